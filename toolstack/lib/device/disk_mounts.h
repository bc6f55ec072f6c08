/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the mounts of this process's namespace say about a disk. */
#ifndef CHAOS_DEVICE_DISK_MOUNTS_H
#define CHAOS_DEVICE_DISK_MOUNTS_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

/* Where the mounts are listed; tests have a list of their own. */
extern const char *chaos_mountinfo;

/* How block device @dev is mounted. */
struct chaos_mounted {
	bool for_reading, for_writing;
};

struct chaos_mounted chaos_mounts_of(dev_t dev);

/*
 * Call @fn with each other name that the regular file open as @fd has by an overlayfs: the file of
 * the layer that it comes from, and the merged file that comes from it.  Stops when @fn returns
 * other than 0, and returns that.
 */
int chaos_overlay_names(int fd, int (*fn)(const char *path, void *arg), void *arg);

#endif /* CHAOS_DEVICE_DISK_MOUNTS_H */
