// SPDX-License-Identifier: GPL-2.0-only
/* dev_add, dev_remove and get: contents of the device page. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "domain.h"
#include "op.h"
#include "privileged.h"

static domid_t dom;
static struct noxs_dev_page page;

static long get(void)
{
	struct noxs_get arg = { .domid = dom };

	memset(&page, 0xa5, sizeof(page));
	return op_get(&arg, &page);
}

static long add(struct noxs_dev *devs, unsigned int count)
{
	struct noxs_dev_op arg = { .domid = dom };

	return op_dev_add(&arg, devs, count);
}

static long remove(unsigned int id)
{
	struct noxs_dev_op arg = { .domid = dom };
	struct noxs_dev_id ids[] = { { .cls = NOXS_CLASS_VIF, .id = (uint16_t)id } };

	return op_dev_remove(&arg, ids, 1);
}

static void test_domids(void)
{
	struct noxs_dev dev = sample_vif(0, 0);
	struct noxs_dev_op arg = { .domid = OWN_DOMID };

	check_value("dev-add-own-domid", op_dev_add(&arg, &dev, 1), -EINVAL);
	arg.domid = DOMID_SELF;
	check_value("dev-add-domid-self", op_dev_add(&arg, &dev, 1), -EINVAL);
	arg.domid = DOMID_XEN;
	check_value("dev-add-domid-xen", op_dev_add(&arg, &dev, 1), -EINVAL);
	arg.domid = MISSING_DOMID;
	check_value("dev-add-no-domain", op_dev_add(&arg, &dev, 1), -ESRCH);
	arg = (struct noxs_dev_op){ .domid = dom, .flags = NOXS_DEV_ADD_FLAGS_ALL + 1 };
	check_value("dev-add-unknown-flag", op_dev_add(&arg, &dev, 1), -EINVAL);
	arg = (struct noxs_dev_op){ .domid = dom, .pad0 = 1 };
	check_value("dev-add-op-padding", op_dev_add(&arg, &dev, 1), -EINVAL);
	arg = (struct noxs_dev_op){ .domid = dom };
	check_value("dev-add-bad-buf", op_dev_add(&arg, BAD_POINTER, 1), -EFAULT);
	check_value("dev-add-count-0", op_dev_add(&arg, &dev, 0), -EINVAL);
	check_value("dev-add-count-too-large", op_dev_add(&arg, &dev, NOXS_MAX_DEVS + 1), -EINVAL);
}

static long replace(struct noxs_dev *devs, unsigned int count)
{
	struct noxs_dev_op arg = { .domid = dom, .flags = NOXS_DEV_REPLACE };

	return op_dev_add(&arg, devs, count);
}

static void expect_refused(const char *name, struct noxs_dev dev)
{
	check_value(name, add(&dev, 1), -EINVAL);
}

static void test_bad_devices(void)
{
	struct noxs_dev dev;

	dev = sample_vif(0, 0);
	dev.cls = NOXS_CLASS_NONE;
	expect_refused("dev-add-class-none", dev);
	dev.cls = NOXS_CLASS_MAX + 1;
	expect_refused("dev-add-class-unknown", dev);
	dev = sample_vif(0, 0);
	dev.pad0 = 1;
	expect_refused("dev-add-padding", dev);
	dev = sample_vif(0, 0);
	dev.config.vif.pad0[0] = 1;
	expect_refused("dev-add-config-padding", dev);
	dev = sample_vif(0, 0);
	dev.flags = NOXS_DEV_FLAGS_ALL + 1;
	expect_refused("dev-add-device-flags", dev);
	dev = sample_vif(0, 0);
	dev.ctrl_slot = NOXS_CTRL_SLOTS;
	expect_refused("dev-add-slot-too-large", dev);
	dev = sample_vif(0, 0);
	dev.config.vif.prefix = 33;
	expect_refused("dev-add-prefix-33", dev);
	dev = sample_vif(0, 0);
	dev.nr_rings = 2;
	expect_refused("dev-add-rings-not-preconnected", dev);
	dev = sample_vif(0, 0);
	dev.cls = NOXS_CLASS_SYSCTL;
	dev.id = 1;
	memset(&dev.config, 0, sizeof(dev.config));
	expect_refused("dev-add-sysctl-1", dev);
	dev = sample_vif(0, 0);
	dev.backend_serial++;
	check_value("dev-add-serial-of-another", add(&dev, 1), -ENODEV);
	dev.backend_serial = 0;
	dev.backend_domid = MISSING_DOMID;
	check_value("dev-add-no-back-end", add(&dev, 1), -ENODEV);
	dev = sample_vif(0, 0);
	check_value("replace-without-page", replace(&dev, 1), -ENOENT);
	check_value("refused-devices-leave-no-trace", get(), -ENOENT);
}

static void test_add_and_get(void)
{
	struct noxs_dev devs[2] = { sample_vif(0, 1), sample_vif(1, 2) };
	struct noxs_dev_op arg = { .domid = dom };
	struct noxs_get got = { .domid = dom };
	const struct noxs_dev_page *mapped;

	check_value("dev-add-two", op_dev_add(&arg, devs, 2), 0);
	check_value("get", get(), 0);
	check_value("page-magic", page.hdr.magic, NOXS_DEV_PAGE_MAGIC);
	check_value("page-version", page.hdr.version, NOXS_ABI_VERSION);
	check_value("page-domid", page.hdr.domid, dom);
	check_value("page-parent", page.hdr.parent, NOXS_DOMID_NONE);
	check_value("page-nr-devs", page.hdr.nr_devs, 2);
	check_value("page-nr-slots", page.hdr.nr_slots, 2);
	check_value("page-seq-even", page.hdr.seq & 1, 0);
	check_true("page-device-0-as-passed", !memcmp(&page.dev[0], &devs[0], sizeof(devs[0])));
	check_true("page-device-1-as-passed", !memcmp(&page.dev[1], &devs[1], sizeof(devs[1])));

	check_value("get-frame", op_get(&got, NULL), 0);
	check_true("frame-is-that-of-dev-add", got.frame && got.frame == arg.frame);
	mapped = domain_frame_map(dom, got.frame);
	check_true("control-domain-maps-page", mapped);
	if (mapped)
		check_true("page-is-what-get-says", !memcmp(mapped, &page, sizeof(page)));
}

static void test_duplicates(void)
{
	struct noxs_dev devs[2] = { sample_vif(5, 5), sample_vif(0, 6) };
	uint32_t seq = page.hdr.seq;

	check_value("dev-add-taken-id", add(devs, 2), -EEXIST);
	devs[1] = sample_vif(6, 1);
	check_value("dev-add-taken-slot", add(devs, 2), -EEXIST);
	devs[1] = sample_vif(5, 7);
	check_value("dev-add-id-twice-in-batch", add(devs, 2), -EEXIST);
	devs[1] = sample_vif(6, 5);
	check_value("dev-add-slot-twice-in-batch", add(devs, 2), -EEXIST);
	check_value("get-after-duplicates", get(), 0);
	check_value("all-or-none", page.hdr.nr_devs, 2);
	check_value("failure-does-not-touch-page", page.hdr.seq, seq);
	check_value("dev-add-again", add(devs, 1), 0);
	check_value("get-after-add", get(), 0);
	check_value("one-change-of-seq", page.hdr.seq, seq + 2);
}

static void test_remove(void)
{
	struct noxs_dev_op arg = { .domid = dom };
	struct noxs_dev_id ids[2] = { { .cls = NOXS_CLASS_VIF, .id = 0 },
				      { .cls = NOXS_CLASS_VIF, .id = 0 } };
	static const struct noxs_dev hole;
	struct noxs_dev dev = sample_vif(9, 9);

	check_value("dev-remove-missing", remove(77), -ENOENT);
	check_value("dev-remove-twice-in-batch", op_dev_remove(&arg, ids, 2), -ENOENT);
	ids[1].pad0 = 1;
	check_value("dev-remove-padding", op_dev_remove(&arg, ids, 2), -EINVAL);
	check_value("dev-remove-count-0", op_dev_remove(&arg, ids, 0), -EINVAL);
	check_value("dev-remove-bad-buf", op_dev_remove(&arg, BAD_POINTER, 1), -EFAULT);
	check_value("get-before-remove", get(), 0);
	check_value("none-removed-yet", page.hdr.nr_devs, 3);
	check_value("dev-remove", remove(0), 0);
	check_value("get-after-remove", get(), 0);
	check_value("removed-one", page.hdr.nr_devs, 2);
	check_value("slots-do-not-shrink", page.hdr.nr_slots, 3);
	check_true("hole-is-zero", !memcmp(&page.dev[0], &hole, sizeof(hole)));
	check_value("others-stay", page.dev[1].id, 1);
	check_value("hole-is-used-again", add(&dev, 1), 0);
	check_value("get-after-reuse", get(), 0);
	check_value("reused-slot", page.dev[0].id, 9);
	check_value("reuse-needs-no-slot", page.hdr.nr_slots, 3);
}

/* Behind test_remove(): vifs 9, 1 and 5 are there. */
static void test_replace(void)
{
	struct noxs_dev devs[2] = { sample_vif(1, 2), sample_vif(9, 9) };
	struct noxs_dev before;
	uint32_t seq;

	check_value("get-before-replace", get(), 0);
	before = page.dev[2];
	seq = page.hdr.seq;
	devs[0].config.vif.mtu = 9000;
	devs[1].config.vif.mtu = 576;
	check_value("replace-two", replace(devs, 2), 0);
	check_value("get-after-replace", get(), 0);
	check_value("replace-is-one-change-of-seq", page.hdr.seq, seq + 2);
	check_true("replaced-in-their-slots",
		   !memcmp(&page.dev[1], &devs[0], sizeof(devs[0])) &&
			   !memcmp(&page.dev[0], &devs[1], sizeof(devs[1])));
	check_true("replace-leaves-others", !memcmp(&page.dev[2], &before, sizeof(before)));
	check_value("replace-needs-no-slot", page.hdr.nr_devs, 3);

	devs[0].config.vif.mtu = 1280;
	devs[1] = sample_vif(77, 20);
	check_value("replace-missing", replace(devs, 2), -ENOENT);
	devs[1] = devs[0];
	check_value("replace-twice-in-batch", replace(devs, 2), -EEXIST);
	devs[1] = sample_vif(9, 10);
	check_value("replace-control-slot", replace(devs, 2), -EINVAL);
	devs[1] = sample_vif(9, 9);
	devs[1].backend_domid = 3;
	check_value("replace-back-end", replace(devs, 2), -ENODEV);
	devs[1].backend_domid = dom;
	devs[1].backend_serial = 0;
	check_value("replace-back-end-by-another", replace(devs, 2), -EINVAL);
	devs[1] = sample_vif(9, 9);
	devs[1].cls = NOXS_CLASS_VBD;
	memset(&devs[1].config, 0, sizeof(devs[1].config));
	devs[1].ctrl_slot = 20;
	check_value("replace-class", replace(devs, 2), -ENOENT);
	devs[1] = sample_vif(9, 9);
	devs[1].pad0 = 1;
	check_value("replace-padding", replace(devs, 2), -EINVAL);
	check_value("replace-count-0", replace(devs, 0), -EINVAL);
	check_value("replace-bad-buf", replace(BAD_POINTER, 1), -EFAULT);
	check_value("get-after-refusals", get(), 0);
	check_value("refusal-does-not-touch-page", page.hdr.seq, seq + 2);
}

static void test_full(void)
{
	unsigned int id;
	long err = 0;

	for (id = 100; id < 100 + NOXS_MAX_DEVS - 3 && !err; id++) {
		struct noxs_dev dev = sample_vif(id, id - 100);

		/* Of the domain itself, which has as many slots of its own. */
		dev.backend_domid = dom;
		dev.backend_serial = 0;
		err = add(&dev, 1);
	}
	check_value("dev-add-all", err, 0);
	{
		struct noxs_dev dev = sample_vif(1000, 20);

		check_value("dev-add-one-more", add(&dev, 1), -ENOSPC);
	}
	check_value("get-full", get(), 0);
	check_value("full-nr-devs", page.hdr.nr_devs, NOXS_MAX_DEVS);
	check_value("full-nr-slots", page.hdr.nr_slots, NOXS_MAX_DEVS);
}

void test_dev(void)
{
	struct noxs_dev dev = sample_vif(0, 0);
	struct noxs_get arg;
	long ret = domain_create();

	if (ret < 0) {
		check_error("dev: domain_create", ret);
		return;
	}
	dom = (domid_t)ret;
	test_domids();
	test_bad_devices();
	test_add_and_get();
	test_duplicates();
	test_remove();
	test_replace();
	test_full();

	arg = (struct noxs_get){ .domid = dom, .flags = 1 };
	check_value("get-unknown-flag", op_get(&arg, &page), -EINVAL);
	arg = (struct noxs_get){ .domid = dom };
	check_value("get-with-count", hypercall_noxs_op(NOXS_OP_get, &arg, &page, 1), -EINVAL);
	check_value("get-bad-buf", op_get(&arg, BAD_POINTER), -EFAULT);
	arg.domid = MISSING_DOMID;
	check_value("get-no-domain", op_get(&arg, &page), -ESRCH);
	arg.domid = OWN_DOMID;
	check_value("get-own-domid", op_get(&arg, &page), -EINVAL);

	check_value("domain-hold", domain_hold(dom), 0);
	(void)domain_destroy(dom); /* stays as dying: its page is held here */
	check_value("dev-add-to-dying", add(&dev, 1), -ESRCH);
	check_value("dev-replace-of-dying", replace(&dev, 1), -ESRCH);
	check_value("dev-remove-from-dying", remove(1), -ESRCH);
	check_value("get-of-dying", get(), 0);
	/* The frame mapped above is let go by mapping another in its place at the next use. */
	domain_release();
}
