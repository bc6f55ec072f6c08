// SPDX-License-Identifier: LGPL-2.1-only
/* A guest that is to be made again: with the devices it has now. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"

static const struct chaos_vif *find_vif(const struct chaos_config *cfg, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_vifs; i++)
		if (cfg->vifs[i].id == id)
			return &cfg->vifs[i];
	return NULL;
}

/* One that the configuration has stays as it is there, which may say more than the module knows. */
static void follow_vifs(struct chaos_config *cfg, const struct chaos_devices *devs)
{
	struct chaos_vif vifs[CHAOS_MAX_VIFS];
	const struct chaos_vif *known;
	unsigned int i, n = 0;

	for (i = 0; i < devs->nr_devs && n < CHAOS_MAX_VIFS; i++) {
		if (strcmp(devs->devs[i].cls, "vif"))
			continue;
		known = find_vif(cfg, devs->devs[i].id);
		vifs[n++] = known ? *known : devs->devs[i].vif;
	}
	memset(cfg->vifs, 0, sizeof(cfg->vifs));
	memcpy(cfg->vifs, vifs, n * sizeof(vifs[0]));
	cfg->nr_vifs = n;
}

static struct chaos_disk *find_disk(struct chaos_config *cfg, unsigned int id)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disks; i++)
		if (cfg->disks[i].id == id)
			return &cfg->disks[i];
	return NULL;
}

static bool has_disk(const struct chaos_devices *devs, unsigned int id)
{
	return chaos_device_find(devs, "vbd", id);
}

static int add_disk(struct chaos_config *cfg, struct chaos_device *dev, uint32_t domid,
		    struct chaos_error *err)
{
	struct chaos_disk *disk = &cfg->disks[cfg->nr_disks];

	if (!dev->target || cfg->nr_disks == CHAOS_MAX_DISKS) {
		chaos_vdev_format(dev->id, disk->vdev);
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOENT,
			"disk %s of domain %u, which was attached to it, has no file with a name any more: detach it",
			disk->vdev, domid);
	}
	memset(disk, 0, sizeof(*disk));
	disk->id = (uint16_t)dev->id;
	chaos_vdev_format(dev->id, disk->vdev);
	disk->is_read_only = dev->is_read_only;
	disk->is_direct = dev->is_direct;
	/* As a save has it: what the device does not offer was not wanted, or the file cannot. */
	disk->has_no_discard = !dev->is_read_only && !dev->can_discard;
	disk->target = dev->target;
	dev->target = NULL;
	cfg->nr_disks++;
	return 0;
}

static int follow_disks(struct chaos_config *cfg, struct chaos_devices *devs, uint32_t domid,
			struct chaos_error *err)
{
	unsigned int i, n = 0;
	int rc = 0;

	for (i = 0; i < cfg->nr_disks; i++) {
		if (has_disk(devs, cfg->disks[i].id))
			cfg->disks[n++] = cfg->disks[i];
		else
			free(cfg->disks[i].target);
	}
	cfg->nr_disks = n;
	for (i = 0; i < devs->nr_devs && !rc; i++)
		if (!strcmp(devs->devs[i].cls, "vbd") && !find_disk(cfg, devs->devs[i].id))
			rc = add_disk(cfg, &devs->devs[i], domid, err);
	return rc;
}

/* The name it was given since. */
static void follow_name(struct chaos_ctx *ctx, struct chaos_config *cfg, uint32_t domid)
{
	struct noxs_dominfo info;

	/* One that has none is going. */
	if (chaos_noxs_dominfo(ctx, domid, &info) || chaos_name_fault(info.name))
		return;
	memcpy(cfg->name, info.name, sizeof(cfg->name));
}

int chaos_config_follow(struct chaos_ctx *ctx, uint32_t domid, struct chaos_config *cfg,
			struct chaos_error *err)
{
	struct chaos_devices *devs = calloc(1, sizeof(*devs));
	int rc;

	if (!devs)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	follow_name(ctx, cfg, domid);
	rc = chaos_domain_devices(ctx, domid, devs, err);
	/* The module has been loaded anew, or the domain is going: nobody knows better than cfg. */
	if (!rc && devs->is_attached) {
		rc = chaos_domain_targets(ctx, domid, devs, err);
		if (!rc)
			rc = follow_disks(cfg, devs, domid, err);
		if (!rc)
			follow_vifs(cfg, devs);
	}
	chaos_devices_fini(devs);
	free(devs);
	return rc;
}
