/* SPDX-License-Identifier: LGPL-2.1-only */
/* Which block devices lie on which; no lock, and it may have changed by the time it is told. */
#ifndef CHAOS_DEVICE_DISK_SYSFS_H
#define CHAOS_DEVICE_DISK_SYSFS_H

#include <stdbool.h>
#include <sys/types.h>

#define CHAOS_SYSFS_DEVS 256 /* next to one; disks with more are refused */

struct chaos_devs {
	unsigned int nr;
	bool is_cut; /* there are more */
	dev_t dev[CHAOS_SYSFS_DEVS];
};

enum chaos_sysfs_side {
	CHAOS_SYSFS_WHOLE,	/* the disk that it is a partition of */
	CHAOS_SYSFS_PARTITIONS, /* its own */
	CHAOS_SYSFS_SLAVES,	/* what it is made of: of device-mapper, md, bcache */
	CHAOS_SYSFS_HOLDERS,	/* what is made of it */
};

/* Where sysfs is mounted; tests have a tree of their own. */
extern const char *chaos_sysfs;

void chaos_sysfs_next(dev_t dev, enum chaos_sysfs_side side, struct chaos_devs *devs);
bool chaos_sysfs_is_partition(dev_t dev);
bool chaos_sysfs_is_read_only(dev_t dev);

#endif /* CHAOS_DEVICE_DISK_SYSFS_H */
