/* SPDX-License-Identifier: MIT */
/*
 * Every sub-operation of the noxs hypercall, called from Dom0: what it does, and each error it
 * promises.  Runs in the lab; the module, which would collect the events first, is unloaded
 * meanwhile.  The domains it makes never run.  Proves the control domain's side only; what guests
 * may not do is tests/guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <xencall.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include "noxs.h"

#define BUF_SIZE (256 * 1024)

static xc_interface *xch;
static xencall_handle *xcall;
static xenforeignmemory_handle *fmem;
static void *arg_buf, *buf_buf; /* hypercall-safe memory */
static int failures;

static void __attribute__((format(printf, 3, 4)))
check(bool ok, const char *name, const char *fmt, ...)
{
	va_list ap;

	if (ok) {
		printf("PASS: hypercall: %s\n", name);
		return;
	}
	failures++;
	printf("FAIL: hypercall: %s: ", name);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
}

/* Returns the hypercall's value, or -errno. */
static int noxs_raw(unsigned int op, void *arg, void *buf, unsigned int count)
{
	int rc = xencall4(xcall, __HYPERVISOR_noxs_op, op, (uintptr_t)arg, (uintptr_t)buf, count);

	return rc < 0 ? -errno : rc;
}

/* Copies arguments to and from hypercall-safe memory. */
static int noxs(unsigned int op, void *arg, size_t arg_size, void *buf, size_t buf_size,
		unsigned int count)
{
	int rc;

	if (arg)
		memcpy(arg_buf, arg, arg_size);
	if (buf)
		memcpy(buf_buf, buf, buf_size);
	rc = noxs_raw(op, arg ? arg_buf : NULL, buf ? buf_buf : NULL, count);
	if (arg)
		memcpy(arg, arg_buf, arg_size);
	if (buf)
		memcpy(buf, buf_buf, buf_size);
	return rc;
}

static void expect(int rc, int want, const char *name)
{
	check(rc == want, name, "got %d, want %d", rc, want);
}

/* ---- the operations, with the usual arguments ---- */

static int set_info(const struct noxs_set_info *info, unsigned int nr)
{
	return noxs(NOXS_OP_set_info, (void *)info, nr * sizeof(*info), NULL, 0, nr);
}

static int set_name(uint32_t domid, const char *name)
{
	struct noxs_set_info info = { .domid = domid, .what = NOXS_SET_NAME };

	strncpy(info.name, name, sizeof(info.name) - 1);
	return set_info(&info, 1);
}

static int dev_add(uint32_t domid, struct noxs_dev *devs, unsigned int nr)
{
	struct noxs_dev_op op = { .domid = domid };

	return noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, nr * sizeof(*devs), nr);
}

static int dev_remove(uint32_t domid, struct noxs_dev_id *ids, unsigned int nr)
{
	struct noxs_dev_op op = { .domid = domid };

	return noxs(NOXS_OP_dev_remove, &op, sizeof(op), ids, nr * sizeof(*ids), nr);
}

static int get(uint32_t domid, struct noxs_get *get, struct noxs_dev_page *page)
{
	memset(get, 0, sizeof(*get));
	get->domid = domid;
	return noxs(NOXS_OP_get, get, sizeof(*get), page, sizeof(*page), 0);
}

/* The list's entry of one domain; -ENOENT if it is not there. */
static int list_find(uint32_t domid, struct noxs_dominfo *info)
{
	struct noxs_list list = { .first = domid };
	int rc = noxs(NOXS_OP_list, &list, sizeof(list), info, sizeof(*info), 1);

	if (rc < 0)
		return rc;
	return rc == 1 && info->domid == domid ? 0 : -ENOENT;
}

static int events_drain(void)
{
	struct noxs_event ev[NOXS_EVENTS_MAX];
	int rc;

	do
		rc = noxs(NOXS_OP_next_event, ev, sizeof(ev), NULL, 0, NOXS_EVENTS_MAX);
	while (rc > 0);
	return rc;
}

/* Waits for an event of domid with all of flags. */
static bool event_wait(uint32_t domid, uint32_t flags, struct noxs_event *ev)
{
	for (int tries = 0; tries < 200; tries++) {
		int rc = noxs(NOXS_OP_next_event, ev, sizeof(*ev), NULL, 0, 1);

		if (rc == 1 && ev->domid == domid && (ev->flags & flags) == flags)
			return true;
		if (rc == 0)
			usleep(10000);
	}
	return false;
}

static uint32_t domain_create_as(uint32_t flags)
{
	struct xen_domctl_createdomain config = {
		.flags = flags,
		.arch.emulation_flags = flags & XEN_DOMCTL_CDF_hvm ? XEN_X86_EMU_LAPIC : 0,
		.max_vcpus = 1,
		.max_evtchn_port = 127,
		.max_grant_frames = 4,
		.max_maptrack_frames = 4,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
		.handle = { 0xd0, 0x0d },
	};
	uint32_t domid = 0;

	if (xc_domain_create(xch, &domid, &config)) {
		printf("ERROR: hypercall: xc_domain_create: %s\n", strerror(errno));
		exit(1);
	}
	return domid;
}

static uint32_t domain_create(void)
{
	return domain_create_as(0);
}

static struct noxs_dev vif(uint16_t id, uint16_t slot)
{
	return (struct noxs_dev){
		.cls = NOXS_CLASS_VIF,
		.id = id,
		.ctrl_slot = slot,
		.ctrl_port = 3,
		.ctrl_gfn = 77,
		.config.vif = { .mac = { 0, 0x16, 0x3e, 0, 0, id }, .mtu = 1500, .prefix = 24 },
	};
}

/* ---- tests ---- */

static void test_version(void)
{
	uint32_t x = 0;

	expect(noxs(NOXS_OP_version, NULL, 0, NULL, 0, 0), NOXS_ABI_VERSION, "version");
	expect(noxs(NOXS_OP_version, &x, sizeof(x), NULL, 0, 0), -EINVAL, "version with arg");
	expect(noxs(NOXS_OP_version, NULL, 0, &x, sizeof(x), 0), -EINVAL, "version with buf");
	expect(noxs(NOXS_OP_version, NULL, 0, NULL, 0, 1), -EINVAL, "version with count");
	expect(noxs(NOXS_OP_MAX + 1, NULL, 0, NULL, 0, 0), -EOPNOTSUPP, "unknown operation");
	expect(noxs(~0U, NULL, 0, NULL, 0, 0), -EOPNOTSUPP, "operation -1");
	expect(noxs((1U << 16) | NOXS_OP_list, NULL, 0, NULL, 0, 0), -EOPNOTSUPP,
	       "high bits of the operation");
}

static void test_map(void)
{
	struct noxs_map map = { 0 };

	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -ENOENT, "map without a page");
	map.flags = 1;
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -EINVAL, "map flags");
	map = (struct noxs_map){ .pad0 = 1 };
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -EINVAL, "map padding");
	map = (struct noxs_map){ .gfn = 1 };
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -EINVAL, "map gfn of a PV domain");
	map.gfn = 0;
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 1), -EINVAL, "map count");
	expect(noxs_raw(NOXS_OP_map, (void *)8, NULL, 0), -EFAULT, "map bad handle");
}

/* The checks of domid that all operations on a domain share. */
static void test_domids(void)
{
	static const struct {
		uint32_t domid;
		int rc;
		const char *name;
	} cases[] = {
		{ 0, -EINVAL, "own domid" },	     { DOMID_SELF, -EINVAL, "DOMID_SELF" },
		{ DOMID_XEN, -EINVAL, "DOMID_XEN" }, { DOMID_FIRST_RESERVED, -EINVAL, "reserved" },
		{ 0xffff, -EINVAL, "0xffff" },	     { 31000, -ESRCH, "no such domain" },
	};
	struct noxs_dev dev = vif(0, 0);
	struct noxs_dev_id id = { .cls = NOXS_CLASS_VIF };
	struct noxs_dev_page page;
	struct noxs_get g;
	char name[64];

	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(name, sizeof(name), "dev_add to %s", cases[i].name);
		expect(dev_add(cases[i].domid, &dev, 1), cases[i].rc, name);
		snprintf(name, sizeof(name), "dev_remove from %s", cases[i].name);
		expect(dev_remove(cases[i].domid, &id, 1), cases[i].rc, name);
		snprintf(name, sizeof(name), "set_info of %s", cases[i].name);
		expect(set_name(cases[i].domid, "x"), cases[i].rc, name);
		snprintf(name, sizeof(name), "get of %s", cases[i].name);
		expect(get(cases[i].domid, &g, &page), cases[i].rc, name);
	}
}

static void test_set_info_errors(uint32_t domid)
{
	static const char *const bad_names[] = { "a/b", "a b", "a\tb", "a\x7f", "\x01" };
	struct noxs_set_info info;

#define BAD(text, ...)                                                        \
	do {                                                                  \
		info = (struct noxs_set_info){ .domid = domid, __VA_ARGS__ }; \
		expect(set_info(&info, 1), -EINVAL, "set_info " text);        \
	} while (0)
	BAD("unknown flag", .what = NOXS_SET_ALL + 1);
	BAD("unnamed name", .what = NOXS_SET_STATE, .name = "x");
	BAD("unnamed state", .what = NOXS_SET_NAME, .name = "x", .state = 1);
	BAD("unnamed uuid", .what = NOXS_SET_NAME, .name = "x", .uuid = { 1 });
	BAD("unnamed gen_id", .what = NOXS_SET_NAME, .name = "x", .gen_id = { [15] = 1 });
	BAD("unnamed family", .what = NOXS_SET_NAME, .name = "x", .family = 1);
	BAD("unnamed parent", .what = NOXS_SET_NAME, .name = "x", .parent = 1);
	BAD("bad state", .what = NOXS_SET_STATE, .state = NOXS_DOM_STATE_MAX + 1);
	BAD("bad parent", .what = NOXS_SET_FAMILY, .parent = DOMID_FIRST_RESERVED);
	BAD("bytes behind the name", .what = NOXS_SET_NAME, .name = { 'a', 0, 'b' });
	BAD("bytes behind no name", .what = NOXS_SET_NAME, .name = { 0, 'b' });
#undef BAD
	for (unsigned int i = 0; i < sizeof(bad_names) / sizeof(bad_names[0]); i++)
		expect(set_name(domid, bad_names[i]), -EINVAL, "set_info bad byte in the name");

	info = (struct noxs_set_info){ .domid = domid, .what = NOXS_SET_NAME };
	memset(info.name, 'a', sizeof(info.name));
	expect(set_info(&info, 1), -EINVAL, "set_info name without NUL");
	expect(noxs(NOXS_OP_set_info, &info, sizeof(info), NULL, 0, 0), -EINVAL,
	       "set_info count 0");
	expect(noxs(NOXS_OP_set_info, &info, sizeof(info), NULL, 0, NOXS_SET_INFO_MAX + 1), -EINVAL,
	       "set_info count too large");
	expect(noxs(NOXS_OP_set_info, &info, sizeof(info), &info, sizeof(info), 1), -EINVAL,
	       "set_info with buf");
	expect(noxs_raw(NOXS_OP_set_info, (void *)8, NULL, 1), -EFAULT, "set_info bad handle");
}

static void test_set_info(uint32_t a, uint32_t b)
{
	struct noxs_set_info infos[NOXS_SET_INFO_MAX];
	struct noxs_dev_page page;
	struct noxs_dominfo di;
	struct noxs_get g;
	int rc;

	expect(get(a, &g, &page), -ENOENT, "get before there is a page");
	rc = list_find(a, &di);
	check(!rc && !(di.flags & NOXS_DOMF_NOXS) && di.serial && !di.name[0] && di.uuid[0] == 0xd0,
	      "list a domain without a page", "rc %d flags %#x", rc, di.flags);

	infos[0] = (struct noxs_set_info){
		.domid = a,
		.what = NOXS_SET_ALL,
		.state = NOXS_DOM_SHELL,
		.family = 7,
		.parent = b,
		.uuid = { 1, 2, [15] = 16 },
		.gen_id = { 9, [15] = 8 },
		.name = "alpha",
	};
	expect(set_info(infos, 1), 1, "set_info everything");
	rc = get(a, &g, &page);
	check(!rc && page.hdr.magic == NOXS_DEV_PAGE_MAGIC &&
		      page.hdr.version == NOXS_ABI_VERSION && !(page.hdr.seq & 1) && page.hdr.seq &&
		      page.hdr.domid == a && page.hdr.parent == b && page.hdr.family == 7 &&
		      page.hdr.state == NOXS_DOM_SHELL &&
		      !memcmp(page.hdr.uuid, infos[0].uuid, 16) &&
		      !memcmp(page.hdr.gen_id, infos[0].gen_id, 16) &&
		      !strcmp(page.hdr.name, "alpha") && !page.hdr.nr_devs && !page.hdr.nr_slots,
	      "get says what was set", "rc %d name '%.63s' seq %u", rc, page.hdr.name,
	      page.hdr.seq);
	rc = list_find(a, &di);
	check(!rc && (di.flags & NOXS_DOMF_NOXS) && di.state == NOXS_DOM_SHELL &&
		      !strcmp(di.name, "alpha") && !memcmp(di.uuid, infos[0].uuid, 16) &&
		      di.serial == g.serial,
	      "list says what was set", "rc %d flags %#x", rc, di.flags);

	expect(set_name(b, "alpha"), -EEXIST, "set_info name of another");
	expect(set_name(a, "alpha"), 1, "set_info own name again");
	expect(set_name(a, "beta"), 1, "set_info rename");
	expect(set_name(b, "alpha"), 1, "set_info name given up by a rename");
	expect(set_name(b, ""), 1, "set_info no name");
	expect(set_name(a, ""), 1, "set_info two without a name");
	expect(set_name(a, "alpha"), 1, "set_info name given up for none");

	/* Applied in order, stops at the first error, returns the number done. */
	infos[0] = (struct noxs_set_info){ .domid = b, .what = NOXS_SET_NAME, .name = "gamma" };
	infos[1] = (struct noxs_set_info){ .domid = 31000, .what = NOXS_SET_NAME, .name = "delta" };
	infos[2] = (struct noxs_set_info){ .domid = b, .what = NOXS_SET_NAME, .name = "epsilon" };
	expect(set_info(infos, 3), 1, "set_info stops at an error");
	rc = list_find(b, &di);
	check(!rc && !strcmp(di.name, "gamma"), "set_info batch in order", "name '%.63s'", di.name);

	/* Longer than a time slice: goes on where it was preempted. */
	for (unsigned int i = 0; i < NOXS_SET_INFO_MAX; i++) {
		infos[i] = (struct noxs_set_info){ .domid = i & 1 ? a : b, .what = NOXS_SET_NAME };
		snprintf(infos[i].name, sizeof(infos[i].name), "name-%u", i);
	}
	expect(set_info(infos, NOXS_SET_INFO_MAX), NOXS_SET_INFO_MAX, "set_info of 1024");
	rc = list_find(a, &di);
	check(!rc && !strcmp(di.name, "name-1023"), "set_info of 1024 reaches the last",
	      "name '%.63s'", di.name);
}

static void test_dev_errors(uint32_t domid)
{
	struct noxs_dev many[NOXS_MAX_DEVS + 1];
	struct noxs_dev_op op;
	struct noxs_dev dev, pair[2];

#define BAD(text, change)                                                  \
	do {                                                               \
		dev = vif(0, 0);                                           \
		change;                                                    \
		expect(dev_add(domid, &dev, 1), -EINVAL, "dev_add " text); \
	} while (0)
	BAD("class none", dev.cls = NOXS_CLASS_NONE);
	BAD("class too large", dev.cls = NOXS_CLASS_MAX + 1);
	BAD("sysctl with configuration", dev.cls = NOXS_CLASS_SYSCTL);
	BAD("sysctl id",
	    (dev.cls = NOXS_CLASS_SYSCTL, dev.id = 1, memset(&dev.config, 0, sizeof(dev.config))));
	BAD("unknown flag", dev.flags = NOXS_DEV_FLAGS_ALL + 1);
	BAD("padding", dev.pad0 = 1);
	BAD("control slot", dev.ctrl_slot = NOXS_CTRL_SLOTS);
	BAD("back-end domid", dev.backend_domid = DOMID_FIRST_RESERVED);
	BAD("vif prefix", dev.config.vif.prefix = 33);
	BAD("vif padding 0", dev.config.vif.pad0[2] = 1);
	BAD("vif padding 1", dev.config.vif.pad1[11] = 1);
	BAD("ring frame without PRECONNECTED", dev.ring_gfn = 1);
	BAD("rings without PRECONNECTED", dev.nr_rings = 1);
	BAD("port without PRECONNECTED", dev.data_port[0] = 1);
	BAD("split without PRECONNECTED", dev.flags = NOXS_DEV_SPLIT_EVTCHN);
	BAD("PRECONNECTED without anything", dev.flags = NOXS_DEV_PRECONNECTED);
	BAD("split with one port", (dev.flags = NOXS_DEV_FLAGS_ALL, dev.ring_gfn = 1,
				    dev.nr_rings = 2, dev.data_port[0] = dev.data_port[1] = 5));
	BAD("vbd padding",
	    (dev.cls = NOXS_CLASS_VBD, memset(&dev.config, 0, 32), dev.config.vbd.pad0[0] = 1));
	BAD("vbd flags", (dev.cls = NOXS_CLASS_VBD, memset(&dev.config, 0, 32),
			  dev.config.vbd.flags = NOXS_VBD_FLAGS_ALL + 1));
#undef BAD
	dev = vif(0, 0);
	op = (struct noxs_dev_op){ .domid = domid, .flags = NOXS_DEV_ADD_FLAGS_ALL + 1 };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 1), -EINVAL,
	       "dev_add flags");
	op = (struct noxs_dev_op){ .domid = domid, .pad0 = 1 };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 1), -EINVAL,
	       "dev_add argument's padding");
	op = (struct noxs_dev_op){ .domid = domid };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 0), -EINVAL,
	       "dev_add count 0");
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), NULL, 0, 1), -EFAULT, "dev_add without buf");
	memset(many, 0, sizeof(many));
	expect(dev_add(domid, many, NOXS_MAX_DEVS + 1), -EINVAL, "dev_add 49");
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), many, sizeof(many), ~0U), -EINVAL,
	       "dev_add -1");

	pair[0] = pair[1] = vif(0, 0);
	pair[1].ctrl_slot = 1;
	expect(dev_add(domid, pair, 2), -EEXIST, "dev_add the same device twice");
	pair[1] = vif(1, 0);
	expect(dev_add(domid, pair, 2), -EEXIST, "dev_add the same control slot twice");
	pair[1] = vif(1, 31);
	expect(dev_add(domid, pair, 2), -EINVAL, "dev_add one good and one bad");
}

static bool mapped_same(uint32_t domid, uint64_t frame, const struct noxs_dev_page *page)
{
	xen_pfn_t mfn = frame;
	void *p = xenforeignmemory_map(fmem, domid, PROT_READ, 1, &mfn, NULL);
	bool same = p && !memcmp(p, page, sizeof(*page));

	if (p)
		xenforeignmemory_unmap(fmem, p, 1);
	return same;
}

static void test_devs(uint32_t domid)
{
	struct noxs_dev devs[NOXS_MAX_DEVS];
	struct noxs_dev_id ids[2];
	struct noxs_dev_page page;
	struct noxs_dev_op op = { .domid = domid };
	struct noxs_dominfo di;
	struct noxs_get g;
	xen_pfn_t mfn;
	uint32_t seq;
	void *p;
	int rc;

	for (unsigned int i = 0; i < NOXS_MAX_DEVS; i++) {
		devs[i] = vif(i, i % NOXS_CTRL_SLOTS);
		devs[i].backend_domid = i / NOXS_CTRL_SLOTS;
	}
	get(domid, &g, &page);
	seq = page.hdr.seq;
	rc = noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, 3 * sizeof(devs[0]), 3);
	expect(rc, 0, "dev_add three");
	rc = get(domid, &g, &page);
	check(!rc && page.hdr.nr_devs == 3 && page.hdr.nr_slots == 3 && page.hdr.seq == seq + 2 &&
		      !memcmp(page.dev, devs, 3 * sizeof(devs[0])) && !page.dev[3].cls,
	      "dev_add stores what was passed, in one change", "rc %d nr %u seq %u -> %u", rc,
	      page.hdr.nr_devs, seq, page.hdr.seq);
	check(op.frame && op.frame == g.frame, "dev_add tells the frame", "%#llx %#llx",
	      (unsigned long long)op.frame, (unsigned long long)g.frame);
	check(mapped_same(domid, g.frame, &page), "the page is what get says", "it differs");

	mfn = g.frame;
	p = xenforeignmemory_map(fmem, domid, PROT_READ | PROT_WRITE, 1, &mfn, NULL);
	check(!p, "not even Dom0 maps the page writable", "it does");
	if (p)
		xenforeignmemory_unmap(fmem, p, 1);

	expect(dev_add(domid, &devs[2], 2), -EEXIST, "dev_add one that is there");
	get(domid, &g, &page);
	check(page.hdr.nr_devs == 3, "dev_add is all or nothing", "%u devices", page.hdr.nr_devs);

	ids[0] = (struct noxs_dev_id){ .cls = NOXS_CLASS_VIF, .id = 1 };
	ids[1] = ids[0];
	expect(dev_remove(domid, ids, 2), -ENOENT, "dev_remove the same twice");
	ids[1].id = 40;
	expect(dev_remove(domid, ids, 2), -ENOENT, "dev_remove one that is not there");
	ids[1].pad0 = 1;
	expect(dev_remove(domid, ids, 2), -EINVAL, "dev_remove padding");
	expect(dev_remove(domid, ids, 0), -EINVAL, "dev_remove none");
	ids[0].cls = NOXS_CLASS_NONE;
	expect(dev_remove(domid, ids, 1), -EINVAL, "dev_remove class none");
	get(domid, &g, &page);
	check(page.hdr.nr_devs == 3, "dev_remove is all or nothing", "%u devices",
	      page.hdr.nr_devs);

	ids[0] = (struct noxs_dev_id){ .cls = NOXS_CLASS_VIF, .id = 1 };
	expect(dev_remove(domid, ids, 1), 0, "dev_remove");
	rc = get(domid, &g, &page);
	check(!rc && page.hdr.nr_devs == 2 && page.hdr.nr_slots == 3 && !page.dev[1].cls &&
		      !memcmp(&page.dev[2], &devs[2], sizeof(devs[2])) &&
		      mapped_same(domid, g.frame, &page),
	      "dev_remove leaves a hole", "rc %d nr %u", rc, page.hdr.nr_devs);

	expect(dev_add(domid, &devs[3], 45), 0, "dev_add up to 47, filling the hole");
	rc = get(domid, &g, &page);
	check(!rc && page.hdr.nr_devs == 47 && page.hdr.nr_slots == 47 && page.dev[1].id == 3 &&
		      page.dev[2].id == 2 && page.dev[46].id == 47,
	      "dev_add fills holes first", "nr %u slots %u", page.hdr.nr_devs, page.hdr.nr_slots);
	devs[0] = vif(100, 30);
	devs[0].backend_domid = 5;
	expect(dev_add(domid, devs, 1), 0, "dev_add the 48th");
	devs[0] = vif(101, 29);
	devs[0].backend_domid = 5;
	expect(dev_add(domid, devs, 1), -ENOSPC, "dev_add the 49th");
	rc = list_find(domid, &di);
	check(!rc && di.nr_devs == 48, "list counts devices", "rc %d nr %u", rc, di.nr_devs);
	check(mapped_same(domid, g.frame, &page) == false && !get(domid, &g, &page) &&
		      mapped_same(domid, g.frame, &page),
	      "the page follows", "it does not");
}

/* New contents in the old places; every error of it is tried by guest/privileged. */
static void test_replace(uint32_t domid)
{
	struct noxs_dev_op op = { .domid = domid, .flags = NOXS_DEV_REPLACE };
	struct noxs_dev devs[2] = { vif(2, 2), vif(3, 3) };
	struct noxs_dev_page before, page;
	struct noxs_get g;
	unsigned int same = 0;
	int rc;

	get(domid, &g, &before);
	devs[0].config.vif.mtu = 9000;
	devs[1].config.vif.mtu = 576;
	rc = noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, sizeof(devs), 2);
	expect(rc, 0, "replace two");
	check(op.frame == g.frame, "replace tells the frame", "%#llx",
	      (unsigned long long)op.frame);
	rc = get(domid, &g, &page);
	for (unsigned int i = 0; i < NOXS_MAX_DEVS; i++)
		same += !memcmp(&page.dev[i], &before.dev[i], sizeof(page.dev[i]));
	check(!rc && page.hdr.seq == before.hdr.seq + 2 && same == NOXS_MAX_DEVS - 2 &&
		      !memcmp(&page.dev[2], &devs[0], sizeof(devs[0])) &&
		      !memcmp(&page.dev[1], &devs[1], sizeof(devs[1])) &&
		      mapped_same(domid, g.frame, &page),
	      "replace changes these slots alone, at once", "rc %d, %u the same, seq %u -> %u", rc,
	      same, before.hdr.seq, page.hdr.seq);
	expect(noxs(NOXS_OP_dev_remove, &op, sizeof(op), devs, sizeof(devs), 1), -EINVAL,
	       "dev_remove flags");
}

static void test_preconnected(uint32_t domid)
{
	struct noxs_dev dev = vif(0, 0);
	struct noxs_dev_id id = { .cls = NOXS_CLASS_VIF };

	dev.flags = NOXS_DEV_PRECONNECTED;
	dev.ring_gfn = 9;
	dev.nr_rings = 2;
	dev.data_port[0] = dev.data_port[1] = 5;
	expect(dev_add(domid, &dev, 1), 0, "dev_add pre-connected");
	expect(dev_remove(domid, &id, 1), 0, "dev_remove pre-connected");
	dev.flags |= NOXS_DEV_SPLIT_EVTCHN;
	dev.data_port[1] = 6;
	expect(dev_add(domid, &dev, 1), 0, "dev_add pre-connected with two ports");
}

static void test_get_errors(uint32_t domid)
{
	struct noxs_get g = { .domid = domid, .flags = 1 };
	uint64_t serial;

	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), -EINVAL, "get flags");
	g = (struct noxs_get){ .domid = domid, .pad0 = 1 };
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), -EINVAL, "get padding");
	g = (struct noxs_get){ .domid = domid };
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 1), -EINVAL, "get count");
	expect(noxs(NOXS_OP_get, &g, sizeof(g), NULL, 0, 0), 0, "get without buf");
	serial = g.serial;
	check(serial && g.frame, "get without buf tells frame and serial", "it does not");
	memcpy(arg_buf, &g, sizeof(g));
	expect(noxs_raw(NOXS_OP_get, arg_buf, (void *)8, 0), -EFAULT, "get bad buf");
	expect(noxs_raw(NOXS_OP_get, (void *)8, NULL, 0), -EFAULT, "get bad arg");
}

static void test_list(uint32_t a, uint32_t b)
{
	struct noxs_dominfo infos[64] = { 0 };
	struct noxs_list list = { 0 };
	bool sorted = true;
	unsigned int one = 0;
	int rc, all;

	all = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64);
	for (int i = 1; i < all; i++)
		sorted &= infos[i].domid > infos[i - 1].domid;
	check(all >= 3 && list.next == NOXS_DOMID_NONE && infos[0].domid == 0 && sorted &&
		      infos[0].nr_vcpus && infos[0].cpu_time_ns && infos[0].tot_pages &&
		      (infos[0].flags & NOXS_DOMF_RUNNING),
	      "list all", "%d domains, next %u, flags %#x", all, list.next, infos[0].flags);

	list = (struct noxs_list){ 0 };
	do {
		rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos[0]), 1);
		one += rc == 1;
		list.first = list.next;
	} while (rc == 1 && list.next != NOXS_DOMID_NONE);
	check(rc == 1 && (int)one == all, "list one by one", "%u of %d, rc %d", one, all, rc);

	list = (struct noxs_list){ .first = a + 1 };
	rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64);
	check(rc >= 1 && infos[0].domid == b && (infos[0].flags & NOXS_DOMF_PAUSED),
	      "list from the middle", "rc %d", rc);
	list = (struct noxs_list){ .first = 31000 };
	rc = noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64);
	check(!rc && list.next == NOXS_DOMID_NONE, "list from beyond the end", "rc %d", rc);

	list = (struct noxs_list){ .flags = 1 };
	expect(noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 64), -EINVAL,
	       "list flags");
	list.flags = 0;
	expect(noxs(NOXS_OP_list, &list, sizeof(list), infos, sizeof(infos), 0), -EINVAL,
	       "list count 0");
	expect(noxs(NOXS_OP_list, &list, sizeof(list), NULL, 0, 1), -EFAULT, "list without buf");
}

static void test_gone(uint32_t domid)
{
	struct noxs_event ev;

	xc_domain_destroy(xch, domid);
	check(event_wait(domid, NOXS_DOMF_GONE, &ev), "next_event tells of the end", "flags %#x",
	      ev.flags);
}

static void test_events(void)
{
	uint32_t domid = domain_create(), successor;
	struct noxs_set_info info = { .what = NOXS_SET_NAME, .name = "successor" };
	struct noxs_dominfo di;
	struct noxs_dev_page page;
	struct noxs_event ev;
	struct noxs_get g;
	uint64_t serial;
	int rc;

	expect(events_drain(), 0, "next_event has no more");
	expect(noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 0), -EINVAL,
	       "next_event count 0");
	expect(noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, NOXS_EVENTS_MAX + 1), -EINVAL,
	       "next_event count too large");
	expect(noxs(NOXS_OP_next_event, &ev, sizeof(ev), &ev, sizeof(ev), 1), -EINVAL,
	       "next_event with buf");

	expect(set_name(domid, "successor"), 1, "set_info before its death");
	get(domid, &g, &page);
	serial = g.serial;
	xc_domain_shutdown(xch, domid, SHUTDOWN_crash);
	expect(noxs_raw(NOXS_OP_next_event, (void *)8, NULL, 1), -EFAULT, "next_event bad handle");
	rc = noxs(NOXS_OP_next_event, &ev, sizeof(ev), NULL, 0, 1);
	check(rc == 1 && ev.domid == domid && ev.reason == SHUTDOWN_crash && ev.serial == serial &&
		      ev.flags == (NOXS_DOMF_NOXS | NOXS_DOMF_PAUSED | NOXS_DOMF_SHUTDOWN),
	      "next_event tells of a shutdown, not lost by a fault", "rc %d flags %#x reason %u",
	      rc, ev.flags, ev.reason);
	expect(events_drain(), 0, "next_event tells once");
	rc = list_find(domid, &di);
	check(!rc && (di.flags & NOXS_DOMF_SHUTDOWN) && di.reason == SHUTDOWN_crash,
	      "list tells it again", "rc %d flags %#x", rc, di.flags);

	/* A page mapped by somebody else keeps a dying domain. */
	xen_pfn_t mfn = g.frame;
	void *p = xenforeignmemory_map(fmem, domid, PROT_READ, 1, &mfn, NULL);

	check(p != NULL, "map the page of a domain", "%s", strerror(errno));
	expect(xc_domain_destroy(xch, domid), 0, "destroy");
	check(event_wait(domid, NOXS_DOMF_DYING, &ev) && ev.serial == serial,
	      "next_event tells of dying", "flags %#x", ev.flags);
	expect(get(domid, &g, &page), 0, "get of a dying domain");
	expect(set_name(domid, "other"), -ESRCH, "set_info of a dying domain");
	struct noxs_dev dev = vif(0, 0);
	struct noxs_dev_id id = { .cls = NOXS_CLASS_VIF };

	expect(dev_add(domid, &dev, 1), -ESRCH, "dev_add to a dying domain");
	expect(dev_remove(domid, &id, 1), -ESRCH, "dev_remove from a dying domain");
	rc = list_find(domid, &di);
	check(!rc && (di.flags & NOXS_DOMF_DYING) && !di.name[0], "list a dying domain, nameless",
	      "rc %d flags %#x name '%.63s'", rc, di.flags, di.name);

	successor = domain_create();
	info.domid = successor;
	expect(set_info(&info, 1), 1, "the name of a dying domain is free");
	if (p)
		xenforeignmemory_unmap(fmem, p, 1);
	check(event_wait(domid, NOXS_DOMF_GONE, &ev) && ev.flags == NOXS_DOMF_GONE && !ev.serial,
	      "next_event tells that it is gone", "flags %#x", ev.flags);
	expect(get(domid, &g, &page), -ESRCH, "get of one that is gone");
	rc = get(successor, &g, &page);
	check(!rc && g.serial > serial, "serials grow", "%llu after %llu",
	      (unsigned long long)g.serial, (unsigned long long)serial);
	test_gone(successor);
}

/* VIRQ_NOXS comes, once for each of the three changes, and says nothing by itself. */
static void test_virq(void)
{
	xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
	xenevtchn_port_or_error_t port = xce ? xenevtchn_bind_virq(xce, VIRQ_NOXS) : -1;
	struct pollfd pfd = { .fd = xce ? xenevtchn_fd(xce) : -1, .events = POLLIN };
	uint32_t domid = domain_create();
	int rc;

	check(port >= 0, "bind VIRQ_NOXS", "%s", strerror(errno));
	if (port < 0)
		return;
	events_drain();
	while (poll(&pfd, 1, 0) == 1)
		xenevtchn_unmask(xce, xenevtchn_pending(xce));
	check(poll(&pfd, 1, 100) == 0, "no VIRQ without a change", "there is one");
	xc_domain_shutdown(xch, domid, SHUTDOWN_poweroff);
	rc = poll(&pfd, 1, 2000);
	check(rc == 1 && xenevtchn_pending(xce) == port, "VIRQ at shutdown", "poll says %d", rc);
	xenevtchn_unmask(xce, port);
	xc_domain_destroy(xch, domid);
	rc = poll(&pfd, 1, 2000);
	check(rc == 1 && xenevtchn_pending(xce) == port, "VIRQ at destruction", "poll says %d", rc);
	xenevtchn_unmask(xce, port);
	xenevtchn_close(xce);
}

/* Bind 300 ports; true if each lies above the one before. */
static bool bind_ports(xenevtchn_handle *xce, xenevtchn_port_or_error_t ports[300])
{
	bool ascending = true;

	for (int i = 0; i < 300; i++) {
		ports[i] = xenevtchn_bind_unbound_port(xce, 0);
		ascending &= ports[i] > (i ? ports[i - 1] : 0);
	}
	return ascending;
}

/* Xen remembers where to look for a free port; the lowest one still comes first. */
static void test_ports(void)
{
	xenevtchn_handle *xce = xenevtchn_open(NULL, 0);
	xenevtchn_port_or_error_t ports[300], again[3];
	static const int freed[3] = { 250, 5, 20 }, want[3] = { 5, 20, 250 };
	bool ascending = bind_ports(xce, ports), lowest = true;

	/* The kernel may free a low port of its own meanwhile, but not each time. */
	for (int i = 0; i < 3 && !ascending; i++) {
		xenevtchn_close(xce);
		sleep(1);
		xce = xenevtchn_open(NULL, 0);
		ascending = bind_ports(xce, ports);
	}
	check(ascending, "300 ports in ascending order", "%d to %d", ports[0], ports[299]);
	for (int i = 0; i < 3; i++)
		xenevtchn_unbind(xce, ports[freed[i]]);
	for (int i = 0; i < 3; i++) {
		again[i] = xenevtchn_bind_unbound_port(xce, 0);
		lowest &= again[i] == ports[want[i]];
	}
	check(lowest, "the lowest free port first", "%d %d %d", again[0], again[1], again[2]);
	check(xenevtchn_bind_unbound_port(xce, 0) > ports[299], "then new ones", "an old one");
	xenevtchn_close(xce);
}

/* Soft reset, which is for translated guests alone, takes the devices and leaves the identity. */
static void test_soft_reset(void)
{
	uint32_t domid = domain_create_as(XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	struct noxs_dev devs[2] = { vif(0, 0), vif(1, 1) };
	struct noxs_dev_page page;
	struct noxs_dominfo di;
	struct noxs_get g;
	int rc;

	set_name(domid, "soft");
	expect(dev_add(domid, devs, 2), 0, "dev_add to a translated guest");
	rc = list_find(domid, &di);
	check(!rc && (di.flags & NOXS_DOMF_HVM), "list a translated guest", "flags %#x", di.flags);
	rc = xc_domain_soft_reset(xch, domid);
	check(!rc, "soft reset", "%s", strerror(errno));
	rc = get(domid, &g, &page);
	check(!rc && !page.hdr.nr_devs && !page.hdr.nr_slots && !page.dev[0].cls &&
		      !page.dev[1].cls && !strcmp(page.hdr.name, "soft"),
	      "soft reset removes devices and keeps the name", "rc %d nr %u name '%.63s'", rc,
	      page.hdr.nr_devs, page.hdr.name);
	expect(dev_add(domid, devs, 2), 0, "dev_add after soft reset");
	test_gone(domid);
}

/* What the pages cost is given back. */
static void test_leak(void)
{
	unsigned long before = 0, after = 0;
	struct noxs_dev dev = vif(0, 0);
	struct noxs_event ev;
	xc_physinfo_t info;

	for (int round = 0; round < 60; round++) {
		uint32_t domid = domain_create();

		set_name(domid, "leaky");
		dev_add(domid, &dev, 1);
		xc_domain_destroy(xch, domid);
		event_wait(domid, NOXS_DOMF_GONE, &ev);
		if (round != 9 && round != 59)
			continue;
		xc_physinfo(xch, &info);
		*(round == 9 ? &before : &after) = info.free_pages + info.scrub_pages;
	}
	check(after + 10 > before, "50 domains leave nothing behind", "%lu pages free, then %lu",
	      before, after);
}

#define MODULE "/lib/lab/noxs.ko"

/* True if there was one to unload. */
static bool module_unload(void)
{
	if (!syscall(SYS_delete_module, "noxs", O_NONBLOCK))
		return true;
	if (errno != ENOENT) {
		printf("ERROR: hypercall: cannot unload the module: %s\n", strerror(errno));
		exit(1);
	}
	return false;
}

static void module_load(void)
{
	int fd = open(MODULE, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || syscall(SYS_finit_module, fd, "", 0)) {
		printf("ERROR: hypercall: cannot load the module again: %s\n", strerror(errno));
		exit(1);
	}
	close(fd);
}

int main(void)
{
	uint32_t a, b, c;
	bool had_module;

	setvbuf(stdout, NULL, _IOLBF, 0);
	xch = xc_interface_open(NULL, NULL, 0);
	xcall = xencall_open(NULL, 0);
	fmem = xenforeignmemory_open(NULL, 0);
	if (!xch || !xcall || !fmem) {
		printf("ERROR: hypercall: cannot open /dev/xen: %s\n", strerror(errno));
		return 1;
	}
	arg_buf = xencall_alloc_buffer(xcall, BUF_SIZE);
	buf_buf = xencall_alloc_buffer(xcall, BUF_SIZE);

	had_module = module_unload();
	test_version();
	test_map();
	test_domids();
	a = domain_create();
	b = domain_create();
	c = domain_create();
	test_set_info_errors(a);
	test_set_info(a, b);
	test_dev_errors(a);
	test_devs(a);
	test_replace(a);
	test_preconnected(c);
	test_get_errors(a);
	test_list(a, b);
	test_gone(a);
	test_gone(b);
	test_gone(c);
	test_events();
	test_virq();
	test_ports();
	test_soft_reset();
	test_leak();
	if (had_module)
		module_load();
	return failures != 0;
}
