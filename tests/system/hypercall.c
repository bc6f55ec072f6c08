/* SPDX-License-Identifier: MIT */
/*
 * Every sub-operation of the noxs hypercall, called from Dom0: what it does, and each error it
 * promises.  Runs in the lab; the module, which would collect the events first, is unloaded
 * meanwhile.  The domains it makes never run.  Proves the control domain's side only; what guests
 * may not do is tests/guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <xenevtchn.h>

#include "hypercall.h"

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
	map = (struct noxs_map){ .page = 1 };
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -ENOENT, "map another page");
	map = (struct noxs_map){ .gfn = 1 };
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 0), -EINVAL, "map gfn of a PV domain");
	map.gfn = 0;
	expect(noxs(NOXS_OP_map, &map, sizeof(map), NULL, 0, 1), -EINVAL, "map count");
	expect(noxs_raw(NOXS_OP_map, (void *)8, NULL, 0), -EFAULT, "map bad handle");
}

/* Dom0 has no page; what is read where there is one, tests/guest proves. */
static void test_read(void)
{
	struct noxs_dev_page page;

	expect(noxs(NOXS_OP_read, NULL, 0, &page, sizeof(page), sizeof(page)), -ENOENT,
	       "read without a page");
	expect(noxs(NOXS_OP_read, NULL, 0, &page, sizeof(page), 0), -EINVAL, "read nothing");
	expect(noxs(NOXS_OP_read, &page, sizeof(page), &page, sizeof(page), sizeof(page)), -EINVAL,
	       "read with arg");
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

/* One that fails takes nothing. */
static void test_soft_reset_fails(void)
{
	uint32_t domid = domain_create();
	struct noxs_dev dev = vif(0, 0);
	struct noxs_dev_page page;
	struct noxs_get g;
	int rc;

	dev_add(domid, &dev, 1);
	check(xc_domain_soft_reset(xch, domid), "no soft reset of a PV guest", "there is");
	rc = get(domid, &g, &page);
	check(!rc && page.hdr.nr_devs == 1 && page.dev[0].cls, "its devices stay", "rc %d nr %u",
	      rc, page.hdr.nr_devs);
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
	if (!hypercall_open()) {
		printf("ERROR: hypercall: cannot open /dev/xen: %s\n", strerror(errno));
		return 1;
	}

	had_module = module_unload();
	test_version();
	test_map();
	test_read();
	test_domids();
	a = domain_create();
	b = domain_create();
	c = domain_create();
	test_set_info_errors(a);
	test_set_info(a, b);
	test_uuid();
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
	test_domid_reused();
	test_events_in_turn();
	test_collector();
	test_virq();
	test_ports();
	test_soft_reset();
	test_soft_reset_fails();
	test_leak();
	if (had_module)
		module_load();
	return failures != 0;
}
