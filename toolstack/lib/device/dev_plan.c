// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Plans a guest's devices: each as the request that the module will get.  Here the configuration of
 * devices ends; attach.c sends what is here, and adds to it what a disk's file is opened as.
 */
#include <string.h>

#include "device/dev_plan.h"

static struct noxs_ioc_dev *fill(struct noxs_ioc_dev *dev, uint16_t cls, uint16_t id)
{
	memset(dev, 0, sizeof(*dev));
	dev->cls = cls;
	dev->id = id;
	dev->fd = -1;
	return dev;
}

static void fill_vif(struct noxs_ioc_dev *dev, const struct chaos_vif *vif)
{
	fill(dev, NOXS_CLASS_VIF, vif->id);
	if (vif->bridge[0])
		dev->flags = vif->on_switch ? NOXS_VIF_SWITCH : NOXS_VIF_BRIDGE;
	memcpy(dev->link, vif->bridge, sizeof(vif->bridge));
	memcpy(dev->config.vif.mac, vif->mac, sizeof(vif->mac));
	dev->config.vif.mtu = vif->mtu;
	dev->config.vif.ipv4 = vif->ipv4;
	dev->config.vif.gateway = vif->gateway;
	dev->config.vif.prefix = vif->prefix;
	dev->vif.rate_bytes = vif->rate_bytes;
	dev->vif.rate_usecs = vif->rate_usecs;
}

static void fill_rings(struct noxs_ioc_dev *dev, const struct chaos_built_vif *built)
{
	dev->flags |= NOXS_DEV_PRECONNECT;
	dev->ring_gfn = built->ring_gfn;
	dev->nr_rings = 2;
	dev->ring_gref[0] = built->tx_gref;
	dev->ring_gref[1] = built->rx_gref;
	dev->data_port[0] = dev->data_port[1] = built->port;
}

static void fill_disk(struct noxs_ioc_dev *dev, const struct chaos_disk *disk)
{
	fill(dev, NOXS_CLASS_VBD, disk->id);
	if (disk->is_read_only)
		dev->config.vbd.flags = NOXS_VBD_READ_ONLY;
	if (disk->has_no_discard)
		dev->flags = NOXS_VBD_NO_DISCARD;
}

void chaos_dev_plan_make(struct chaos_dev_plan *plan, struct chaos_config *cfg)
{
	unsigned int i;

	plan->name = cfg->name;
	plan->flags = chaos_ends_flags(cfg->on_poweroff, cfg->on_reboot, cfg->on_crash) |
		      (cfg->is_logged ? NOXS_KEEP_LOG : 0);
	plan->nr_vifs = cfg->nr_vifs;
	plan->vifs = cfg->vifs;
	plan->nr_disks = cfg->nr_disks;
	plan->disks = cfg->disks;
	plan->nr_saved_disks = cfg->nr_saved_disks;
	plan->saved_disks = cfg->saved_disks;
	plan->is_deferred = false;
	fill(&plan->devs[0], NOXS_CLASS_SYSCTL, 0);
	for (i = 0; i < cfg->nr_vifs; i++)
		fill_vif(&plan->devs[CHAOS_FIRST_VIF + i], &cfg->vifs[i]);
	for (i = 0; i < cfg->nr_disks; i++)
		fill_disk(&plan->devs[CHAOS_FIRST_VIF + cfg->nr_vifs + i], &cfg->disks[i]);
}

void chaos_dev_plan_connect(struct chaos_dev_plan *plan, const struct chaos_built *built)
{
	unsigned int i;

	for (i = 0; i < plan->nr_vifs; i++)
		if (built->vifs[i].port)
			fill_rings(&plan->devs[CHAOS_FIRST_VIF + i], &built->vifs[i]);
}

void chaos_dev_plan_defer(struct chaos_dev_plan *plan)
{
	union noxs_config *config;
	unsigned int i;
	uint16_t mtu;

	plan->flags = 0;
	plan->is_deferred = true;
	for (i = 0; i < plan->nr_vifs; i++) {
		config = &plan->devs[CHAOS_FIRST_VIF + i].config;
		mtu = config->vif.mtu;
		memset(config, 0, sizeof(*config));
		config->vif.mtu = mtu;
		plan->devs[CHAOS_FIRST_VIF + i].flags |= NOXS_VIF_DEFERRED;
	}
}

void chaos_dev_plan_addresses(struct chaos_dev_plan *plan)
{
	struct noxs_ioc_dev *dev;
	unsigned int i;

	for (i = 0; i < plan->nr_vifs; i++) {
		dev = &plan->devs[CHAOS_FIRST_VIF + i];
		dev->flags = 0;
		memset(dev->link, 0, sizeof(dev->link));
	}
}

uint32_t chaos_dev_plan_needs(const struct chaos_dev_plan *plan)
{
	uint32_t needs = NOXS_MODULE_ENDS;
	unsigned int i;

	if (plan->flags & NOXS_KEEP_LOG)
		needs |= NOXS_MODULE_LOG;
	for (i = 0; i < plan->nr_vifs; i++)
		if (plan->vifs[i].rate_usecs)
			needs |= NOXS_MODULE_RATE;
	return needs;
}
