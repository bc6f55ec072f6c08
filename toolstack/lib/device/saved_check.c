// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Whether the disks that a restored guest gets will do: it takes them for those it had, and knows their
 * size.
 */
#include <errno.h>

#include "device/dev_plan.h"

static int check(const struct chaos_device *now, const struct chaos_saved_disk *was,
		 struct chaos_error *err)
{
	uint64_t bytes = was->sectors * was->sector_size;
	char vdev[16];

	chaos_vdev_format(was->id, vdev);
	if (now->sectors * now->sector_size < bytes)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"disk %s has %llu bytes, and when the guest was saved it had %llu: give it the same disk, or a copy",
			vdev, (unsigned long long)now->sectors * now->sector_size,
			(unsigned long long)bytes);
	if (now->sector_size > was->sector_size)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"disk %s has sectors of %u bytes, and when the guest was saved they had %u: give it the same disk, or a copy",
			vdev, now->sector_size, was->sector_size);
	return 0;
}

int chaos_saved_disks_check(struct chaos_ctx *ctx, uint32_t domid,
			    const struct chaos_dev_plan *plan, struct chaos_error *err)
{
	const struct chaos_device *now;
	struct chaos_devices devs;
	unsigned int i;
	int rc = 0;

	if (plan->nr_saved_disks)
		rc = chaos_domain_devices(ctx, domid, &devs, err);
	for (i = 0; i < plan->nr_saved_disks && !rc; i++) {
		now = chaos_device_find(&devs, "vbd", plan->saved_disks[i].id);
		rc = now ? check(now, &plan->saved_disks[i], err) :
			   chaos_error_set(err, CHAOS_FAILED, ENOENT,
					   "a disk went away while domain %u was made", domid);
	}
	return rc;
}
