// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Which disks can move: those of which all that was written is where the other host finds it.  What has
 * gone through this host's page cache need not be.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/migrate_proto.h"

static int check(uint32_t domid, const struct chaos_devices *devs, struct chaos_error *err)
{
	const struct chaos_device *dev = devs->devs;
	char vdev[16];
	unsigned int i;

	for (i = 0; i < devs->nr_devs; i++, dev++) {
		if (strcmp(dev->cls, "vbd") || dev->is_read_only || dev->is_direct)
			continue;
		chaos_vdev_format(dev->id, vdev);
		return chaos_error_set(
			err, CHAOS_CONFIG, EOPNOTSUPP,
			"domain %u's disk %s is written through this host's page cache: only read-only disks and those with direct-io-safe can be migrated",
			domid, vdev);
	}
	return 0;
}

int migrate_check_disks(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct chaos_devices *devs = calloc(1, sizeof(*devs));
	int rc;

	if (!devs)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = chaos_domain_devices(ctx, domid, devs, err);
	if (!rc)
		rc = chaos_domain_targets(ctx, domid, devs, err);
	if (!rc)
		rc = check(domid, devs, err);
	chaos_devices_fini(devs);
	free(devs);
	return rc;
}
