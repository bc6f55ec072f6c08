// SPDX-License-Identifier: GPL-2.0
/*
 * The device page, as the hypervisor gives it: a copy, so that nothing of Xen's is in page tables
 * that are saved.  And what userland may want to know of it: parameters in /sys/module/noxs_front.
 */
#include <linux/module.h>
#include <asm/xen/hypercall.h>
#include "main.h"

static long noxs_op(unsigned int op, void *arg, void *buf, unsigned int count)
{
	return xen_single_call(__HYPERVISOR_noxs_op, op, (unsigned long)arg, (unsigned long)buf,
			       count, 0);
}

bool page_is_offered(void)
{
	long version = noxs_op(NOXS_OP_version, NULL, NULL, 0);

	if (version > 0 && version >> 16 != NOXS_ABI_MAJOR)
		pr_err("Xen speaks version %ld of noxs, and this module %u: it cannot be used\n",
		       version >> 16, NOXS_ABI_MAJOR);
	return version > 0 && version >> 16 == NOXS_ABI_MAJOR;
}

int page_read(struct front *f)
{
	struct noxs_dev_page *page = kzalloc(sizeof(*page), GFP_NOIO);
	long n;

	if (!page)
		return -ENOMEM;
	n = noxs_op(NOXS_OP_read, NULL, page, sizeof(*page));
	if (n == sizeof(*page) && page->hdr.magic == NOXS_DEV_PAGE_MAGIC &&
	    page->hdr.version >> 16 == NOXS_ABI_MAJOR) {
		page->hdr.name[sizeof(page->hdr.name) - 1] = 0;
		f->page = *page;
		n = 0;
	}
	kfree(page);
	return n > 0 ? -EPROTO : n;
}

/* ---- parameters ---- */

static int name_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", main_front.page.hdr.name);
}

static int uuid_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%pUb\n", main_front.page.hdr.uuid);
}

/* One line a device: what it is, its number, and what there is to set of it; 0.0.0.0 is none. */
static int devices_get(char *buf, const struct kernel_param *kp)
{
	const struct noxs_dev_page *page = &main_front.page;
	unsigned int i;
	int n = 0;

	for (i = 0; i < min_t(unsigned int, page->hdr.nr_slots, NOXS_MAX_DEVS); i++) {
		const struct noxs_vif_config *vif = &page->dev[i].config.vif;
		const struct noxs_vbd_config *vbd = &page->dev[i].config.vbd;

		switch (page->dev[i].cls) {
		case NOXS_CLASS_VIF:
			n += sysfs_emit_at(buf, n, "vif %u %pM %u %pI4/%u %pI4\n", page->dev[i].id,
					   vif->mac, vif->mtu, &vif->ipv4, vif->prefix,
					   &vif->gateway);
			break;
		case NOXS_CLASS_VBD:
			n += sysfs_emit_at(buf, n, "vbd %u %llu %u %s\n", page->dev[i].id,
					   vbd->sectors, vbd->sector_size,
					   vbd->flags & NOXS_VBD_READ_ONLY ? "r" : "w");
			break;
		}
	}
	return n;
}

static const struct kernel_param_ops name_ops = { .get = name_get };
static const struct kernel_param_ops uuid_ops = { .get = uuid_get };
static const struct kernel_param_ops devices_ops = { .get = devices_get };

module_param_cb(name, &name_ops, NULL, 0444);
module_param_cb(uuid, &uuid_ops, NULL, 0444);
module_param_cb(devices, &devices_ops, NULL, 0444);
