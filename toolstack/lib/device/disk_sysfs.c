// SPDX-License-Identifier: LGPL-2.1-only
/* Which block devices lie on which, as sysfs has it; disk_behind.c says what that means. */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/disk_sysfs.h"

const char *chaos_sysfs = "/sys";

static int read_dev(const char *path, dev_t *dev)
{
	unsigned int major, minor;
	FILE *f = fopen(path, "re");
	bool ok;

	if (!f)
		return -1;
	ok = fscanf(f, "%u:%u", &major, &minor) == 2;
	(void)fclose(f); /* it was read only */
	if (!ok)
		return -1;
	*dev = makedev(major, minor);
	return 0;
}

static void dir_of(dev_t dev, const char *file, char path[PATH_MAX])
{
	(void)snprintf(path, PATH_MAX, "%s/dev/block/%u:%u/%s", chaos_sysfs, major(dev), minor(dev),
		       file);
}

bool chaos_sysfs_is_partition(dev_t dev)
{
	char path[PATH_MAX];

	dir_of(dev, "partition", path);
	return !access(path, F_OK);
}

bool chaos_sysfs_is_read_only(dev_t dev)
{
	char path[PATH_MAX];
	int c = EOF;
	FILE *f;

	dir_of(dev, "ro", path);
	f = fopen(path, "re");
	if (!f)
		return false;
	c = fgetc(f);
	(void)fclose(f); /* it was read only */
	return c == '1';
}

static bool entry_has(const char *dir, const char *name, const char *file, char path[PATH_MAX])
{
	return snprintf(path, PATH_MAX, "%s/%s/%s", dir, name, file) < PATH_MAX &&
	       !access(path, F_OK);
}

/* The devices that are entries of a directory and have the file @having. */
static void devs_in(const char *dir, const char *having, struct chaos_devs *devs)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *d = opendir(dir);

	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || !entry_has(dir, entry->d_name, having, path) ||
		    !entry_has(dir, entry->d_name, "dev", path))
			continue;
		if (devs->nr == CHAOS_SYSFS_DEVS)
			devs->is_cut = true;
		else if (!read_dev(path, &devs->dev[devs->nr]))
			devs->nr++;
	}
	if (d)
		closedir(d);
}

void chaos_sysfs_next(dev_t dev, enum chaos_sysfs_side side, struct chaos_devs *devs)
{
	char path[PATH_MAX];

	devs->nr = 0;
	devs->is_cut = false;
	switch (side) {
	case CHAOS_SYSFS_WHOLE:
		dir_of(dev, "../dev", path);
		if (chaos_sysfs_is_partition(dev) && !read_dev(path, &devs->dev[0]))
			devs->nr = 1;
		break;
	case CHAOS_SYSFS_PARTITIONS:
		dir_of(dev, "", path);
		devs_in(path, "partition", devs);
		break;
	case CHAOS_SYSFS_SLAVES:
		dir_of(dev, "slaves", path);
		devs_in(path, "dev", devs);
		break;
	case CHAOS_SYSFS_HOLDERS:
		dir_of(dev, "holders", path);
		devs_in(path, "dev", devs);
		break;
	}
}
