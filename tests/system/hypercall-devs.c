/* SPDX-License-Identifier: MIT */
/* The noxs hypercall: dev_add and dev_remove, and the device page they write. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "hypercall.h"

void test_dev_errors(uint32_t domid)
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
	BAD("vif IPv6 prefix", (dev.config.vif.ipv6[0] = 0xfd, dev.config.vif.prefix6 = 129));
	BAD("vif IPv6 prefix of no address", dev.config.vif.prefix6 = 64);
	BAD("vif IPv6 gateway without an address", dev.config.vif.gateway6[15] = 1);
	BAD("vif padding", dev.config.vif.pad0[21] = 1);
	BAD("ring order", dev.ring_order = 1);
	BAD("extension", dev.ext = NOXS_PAGE_SIZE);
	BAD("ring frame without PRECONNECTED", dev.ring_gfn = 1);
	BAD("rings without PRECONNECTED", dev.nr_rings = 1);
	BAD("port without PRECONNECTED", dev.data_port[0] = 1);
	BAD("split without PRECONNECTED", dev.flags = NOXS_DEV_SPLIT_EVTCHN);
	BAD("PRECONNECTED without anything", dev.flags = NOXS_DEV_PRECONNECTED);
	BAD("split with one port", (dev.flags = NOXS_DEV_FLAGS_ALL, dev.ring_gfn = 1,
				    dev.nr_rings = 2, dev.data_port[0] = dev.data_port[1] = 5));
	BAD("vbd padding", (dev.cls = NOXS_CLASS_VBD, memset(&dev.config, 0, sizeof(dev.config)),
			    dev.config.vbd.pad0[0] = 1));
	BAD("vbd flags", (dev.cls = NOXS_CLASS_VBD, memset(&dev.config, 0, sizeof(dev.config)),
			  dev.config.vbd.flags = NOXS_VBD_FLAGS_ALL + 1));
	BAD("reserved class with configuration", dev.cls = NOXS_CLASS_CHANNEL);
#undef BAD
	dev = vif(0, 0);
	dev.backend_serial++;
	expect(dev_add(domid, &dev, 1), -ENODEV, "dev_add another back-end's serial");
	dev.backend_serial = 0;
	dev.backend_domid = 31000;
	expect(dev_add(domid, &dev, 1), -ENODEV, "dev_add of no back-end");
	dev = vif(0, 0);
	op = (struct noxs_dev_op){ .domid = domid, .flags = NOXS_DEV_ADD_FLAGS_ALL + 1 };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 1), -EINVAL,
	       "dev_add flags");
	op = (struct noxs_dev_op){ .domid = domid, .pad0 = 1 };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 1), -EINVAL,
	       "dev_add argument's padding");
	op = (struct noxs_dev_op){ .domid = domid, .serial = serial_of(domid) + 1 };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 1), -ESRCH,
	       "dev_add to a domain of another serial");
	expect(noxs(NOXS_OP_dev_remove, &op, sizeof(op), &dev, sizeof(dev), 1), -ESRCH,
	       "dev_remove from a domain of another serial");
	op = (struct noxs_dev_op){ .domid = domid, .serial = serial_of(domid) };
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), &dev, sizeof(dev), 0), -EINVAL,
	       "dev_add count 0");
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), NULL, 0, 1), -EFAULT, "dev_add without buf");
	memset(many, 0, sizeof(many));
	expect(dev_add(domid, many, NOXS_MAX_DEVS + 1), -EINVAL, "dev_add one too many");
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

void test_devs(uint32_t domid)
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
		devs[i] = vif(i, i);
		devs[i].backend_serial = i & 1 ? 0 : devs[i].backend_serial; /* Xen knows it */
	}
	get(domid, &g, &page);
	seq = page.hdr.seq;
	rc = noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, 3 * sizeof(devs[0]), 3);
	expect(rc, 0, "dev_add three");
	rc = get(domid, &g, &page);
	devs[1].backend_serial = devs[0].backend_serial;
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
	ids[1].id = 29;
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

	expect(dev_add(domid, &devs[3], NOXS_MAX_DEVS - 3), 0,
	       "dev_add all but one, filling the hole");
	rc = get(domid, &g, &page);
	check(!rc && page.hdr.nr_devs == NOXS_MAX_DEVS - 1 &&
		      page.hdr.nr_slots == NOXS_MAX_DEVS - 1 && page.dev[1].id == 3 &&
		      page.dev[2].id == 2 && page.dev[NOXS_MAX_DEVS - 2].id == NOXS_MAX_DEVS - 1,
	      "dev_add fills holes first", "nr %u slots %u", page.hdr.nr_devs, page.hdr.nr_slots);
	devs[0] = vif(100, 1);
	expect(dev_add(domid, devs, 1), 0, "dev_add the last");
	devs[0] = vif(101, 1);
	devs[0].backend_domid = domid; /* which has as many slots of its own */
	devs[0].backend_serial = 0;
	expect(dev_add(domid, devs, 1), -ENOSPC, "dev_add one more");
	rc = list_find(domid, &di);
	check(!rc && di.nr_devs == NOXS_MAX_DEVS, "list counts devices", "rc %d nr %u", rc,
	      di.nr_devs);
	check(mapped_same(domid, g.frame, &page) == false && !get(domid, &g, &page) &&
		      mapped_same(domid, g.frame, &page),
	      "the page follows", "it does not");
}

/* New contents in the old places; every error of it is tried by guest/privileged. */
void test_replace(uint32_t domid)
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
	devs[0].ctrl_port++;
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, sizeof(devs), 2), -EINVAL,
	       "replace with another control port");
	devs[0].ctrl_port--;
	devs[0].backend_serial++;
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, sizeof(devs), 2), -ENODEV,
	       "replace with another back-end's serial");
	devs[0].backend_serial--;
	devs[1].ctrl_gfn++;
	expect(noxs(NOXS_OP_dev_add, &op, sizeof(op), devs, sizeof(devs), 2), -EINVAL,
	       "replace with another control page");
	expect(noxs(NOXS_OP_dev_remove, &op, sizeof(op), devs, sizeof(devs), 1), -EINVAL,
	       "dev_remove flags");
}

void test_preconnected(uint32_t domid)
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
