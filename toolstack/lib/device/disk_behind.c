// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What lies behind a disk.  The lock of an open file (disk_open.c) is that of one inode, and the same
 * sectors may have several: a block device has any number of nodes, is a part of others, has parts
 * and is made of others (partitions, device-mapper, md); a loop device is another file or device;
 * a file of an overlayfs is a file of a layer.  Here the first become one node, and the others are
 * looked for:
 *
 *	above	what reaches the sectors of the disk: its partitions, loop devices of it
 *	below	what its sectors are of: the disk of a partition, the slaves of a device, the file
 *		of a loop device; of these, loop devices, and of the last, all that is above it
 *
 * Each is in use if a guest has it locked, or the kernel or somebody else holds it (O_EXCL).  Other
 * partitions of the same disk, and other devices made of the same slave, are other sectors.
 *
 * It is looked at once, when a disk is opened: root may set up a loop device at any time later.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/disk_mounts.h"
#include "device/disk_sysfs.h"
#include "device/internal.h"

#define MAX_DEEP      8 /* devices on devices; more is refused */

#define CLAIM_TRIES   10 /* others may be looking at the same time, and hold it for that */
#define CLAIM_WAIT_US 5000

struct search {
	bool writes;
	char *why; /* what is said of the conflict; of CHAOS_DISK_WHY bytes */
};

/* A file is (dev, inode), a block device its number, whatever the node. */
struct behind {
	dev_t dev;
	ino_t ino;
	dev_t rdev;
};

static bool is_same(const struct behind *a, const struct behind *b)
{
	if (a->rdev || b->rdev)
		return a->rdev == b->rdev;
	return a->dev == b->dev && a->ino == b->ino;
}

static void __attribute__((format(printf, 2, 3))) explain(struct search *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->why, CHAOS_DISK_WHY, fmt, ap);
	va_end(ap);
}

void chaos_disk_node(const struct stat *st, char *path, size_t size)
{
	char link[128], to[256], name[256 + 8];
	const char *last;
	struct stat node;
	ssize_t len;

	(void)snprintf(link, sizeof(link), "%s/dev/block/%u:%u", chaos_sysfs, major(st->st_rdev),
		       minor(st->st_rdev));
	len = readlink(link, to, sizeof(to) - 1);
	if (len < 0)
		return;
	to[len] = '\0';
	last = strrchr(to, '/');
	(void)snprintf(name, sizeof(name), "/dev%s", last ? last : "");
	if (strlen(name) < size && !stat(name, &node) && S_ISBLK(node.st_mode) &&
	    node.st_rdev == st->st_rdev)
		memcpy(path, name, strlen(name) + 1);
}

/* ---- loop devices ---- */

static bool loop_status(int fd, struct loop_info64 *info, struct behind *file)
{
	if (ioctl(fd, LOOP_GET_STATUS64, info))
		return false;
	file->dev = (dev_t)info->lo_device;
	file->ino = (ino_t)info->lo_inode;
	file->rdev = (dev_t)info->lo_rdevice;
	return true;
}

/* Whether loop device @nr is one of this file that may write, or must not be written under. */
static bool loop_conflicts(unsigned int nr, const struct behind *what, bool writes)
{
	struct loop_info64 info;
	struct behind file;
	bool conflicts;
	char path[32];
	int fd;

	(void)snprintf(path, sizeof(path), "/sys/block/loop%u/loop", nr);
	if (access(path, F_OK))
		return false; /* of no file */
	(void)snprintf(path, sizeof(path), "/dev/loop%u", nr);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	conflicts = loop_status(fd, &info, &file) && is_same(&file, what) &&
		    (writes || !(info.lo_flags & LO_FLAGS_READ_ONLY));
	close(fd);
	return conflicts;
}

/* Any but @own; -1: any. */
static bool any_loop_conflicts(struct search *s, const struct behind *what, long own)
{
	bool conflicts = false;
	struct dirent *entry;
	unsigned int nr;
	DIR *dir;

	if (access("/sys/module/loop", F_OK))
		return false;
	dir = opendir("/sys/block");
	if (!dir)
		return false;
	while (!conflicts && (entry = readdir(dir)))
		if (sscanf(entry->d_name, "loop%u", &nr) == 1 && (long)nr != own)
			conflicts = loop_conflicts(nr, what, s->writes);
	closedir(dir);
	if (conflicts)
		explain(s, "/dev/loop%u is a loop device of the same", nr);
	return conflicts;
}

/* The file of loop device @nr, if it still has its name; -1 if not. */
static int open_loop_file(unsigned int nr, const struct behind *what, char path[PATH_MAX])
{
	char link[64];
	struct stat st;
	FILE *f;

	(void)snprintf(link, sizeof(link), "/sys/block/loop%u/loop/backing_file", nr);
	f = fopen(link, "re");
	if (!f)
		return -1;
	if (!fgets(path, PATH_MAX, f))
		path[0] = '\0';
	(void)fclose(f); /* it was read only */
	path[strcspn(path, "\n")] = '\0';
	if (stat(path, &st) || st.st_dev != what->dev || st.st_ino != what->ino)
		return -1;
	if (S_ISBLK(st.st_mode))
		chaos_disk_node(&st, path, PATH_MAX);
	return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

/* ---- who uses a name ---- */

/* Whether a guest has the open file in a way that conflicts. */
static bool is_locked(struct search *s, int fd, const char *path)
{
	struct flock whole = { .l_type = s->writes ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	if (fcntl(fd, F_OFD_GETLK, &whole) || whole.l_type == F_UNLCK)
		return false;
	explain(s, "a guest has the same as \"%s\"", path);
	return true;
}

static int open_dev(dev_t dev, int flags, char path[PATH_MAX])
{
	struct stat st = { .st_rdev = dev };

	path[0] = '\0';
	chaos_disk_node(&st, path, PATH_MAX);
	return *path ? open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | flags) : -1;
}

static bool is_dev_locked(struct search *s, dev_t dev)
{
	char path[PATH_MAX];
	int fd = open_dev(dev, 0, path);
	bool locked;

	/* What has no node no guest can have. */
	if (fd < 0)
		return false;
	locked = is_locked(s, fd, path);
	close(fd);
	return locked;
}

/* Whether those who hold the device do nothing but read, as far as can be seen. */
static bool only_read(dev_t dev)
{
	static const enum chaos_sysfs_side sides[] = { CHAOS_SYSFS_WHOLE, CHAOS_SYSFS_PARTITIONS };
	struct chaos_devs devs, holders;
	bool seen = false;
	unsigned int side, i, j;

	for (side = 0; side <= 2; side++) {
		if (side < 2)
			chaos_sysfs_next(dev, sides[side], &devs);
		else
			devs = (struct chaos_devs){ .nr = 1, .dev = { dev } };
		for (i = 0; i < devs.nr; i++) {
			struct chaos_mounted mounted = chaos_mounts_of(devs.dev[i]);

			chaos_sysfs_next(devs.dev[i], CHAOS_SYSFS_HOLDERS, &holders);
			for (j = 0; j < holders.nr; j++)
				if (!chaos_sysfs_is_read_only(holders.dev[j]))
					return false;
			if (mounted.for_writing)
				return false;
			seen |= mounted.for_reading || holders.nr;
		}
	}
	return seen;
}

/* Whether somebody holds the device for himself in a way that conflicts: a mount, a device made of it. */
static bool is_claimed(struct search *s, dev_t dev)
{
	unsigned int tries = 0;
	char path[PATH_MAX];
	int fd;

	for (;;) {
		fd = open_dev(dev, O_EXCL, path);
		if (fd >= 0) {
			close(fd);
			return false;
		}
		if (errno != EBUSY || (!s->writes && only_read(dev)))
			return false;
		if (++tries == CLAIM_TRIES)
			break;
		usleep(CLAIM_WAIT_US);
	}
	explain(s, "\"%s\" is mounted, or another device is made of it or a part of it", path);
	return true;
}

/* ---- the walk ---- */

/* A guest or a loop device has @dev itself. */
static bool dev_conflicts(struct search *s, dev_t dev)
{
	const struct behind what = { .rdev = dev };

	return is_dev_locked(s, dev) || any_loop_conflicts(s, &what, -1);
}

/* The partitions of @dev. */
static bool partitions_conflict(struct search *s, dev_t dev)
{
	struct chaos_devs parts;
	unsigned int i;

	chaos_sysfs_next(dev, CHAOS_SYSFS_PARTITIONS, &parts);
	for (i = 0; i < parts.nr; i++)
		if (dev_conflicts(s, parts.dev[i]))
			return true;
	return parts.is_cut;
}

/* Another name of the file by an overlayfs. */
static int name_conflicts(const char *path, void *arg)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct search *s = arg;
	struct behind what;
	bool conflicts;
	struct stat st;

	if (fd < 0)
		return 0;
	conflicts = is_locked(s, fd, path);
	if (!conflicts && !fstat(fd, &st)) {
		what = (struct behind){ st.st_dev, st.st_ino, 0 };
		conflicts = any_loop_conflicts(s, &what, -1);
	}
	close(fd);
	return conflicts;
}

static bool below_conflicts(struct search *s, dev_t dev, unsigned int depth);

/* All that is above and below an open file; @own is the loop device it was reached by, -1 if none. */
static bool file_conflicts(struct search *s, int fd, long own, unsigned int depth)
{
	struct behind what;
	struct stat st;

	if (fstat(fd, &st)) {
		explain(s, "%s", strerror(errno));
		return true;
	}
	what = (struct behind){ st.st_dev, st.st_ino, S_ISBLK(st.st_mode) ? st.st_rdev : 0 };
	if (any_loop_conflicts(s, &what, own))
		return true;
	if (!what.rdev)
		return chaos_overlay_names(fd, name_conflicts, s);
	return partitions_conflict(s, what.rdev) || below_conflicts(s, what.rdev, depth);
}

/* The file of loop device @dev, if it is one. */
static bool loop_file_conflicts(struct search *s, dev_t dev, unsigned int depth)
{
	struct loop_info64 info;
	char path[PATH_MAX];
	struct behind what;
	bool conflicts, has_file;
	int fd;

	if (major(dev) != LOOP_MAJOR)
		return false;
	fd = open_dev(dev, 0, path);
	if (fd < 0)
		return false;
	has_file = loop_status(fd, &info, &what);
	close(fd);
	if (!has_file)
		return false;
	fd = open_loop_file(info.lo_number, &what, path);
	if (fd < 0) /* one that has no name any more cannot be given to another guest */
		return any_loop_conflicts(s, &what, info.lo_number);
	conflicts = is_locked(s, fd, path) || file_conflicts(s, fd, info.lo_number, depth + 1) ||
		    (what.rdev && is_claimed(s, what.rdev));
	close(fd);
	return conflicts;
}

/* The devices that @dev is a part of or made of. */
static bool side_conflicts(struct search *s, dev_t dev, enum chaos_sysfs_side side,
			   unsigned int depth)
{
	struct chaos_devs devs;
	unsigned int i;

	chaos_sysfs_next(dev, side, &devs);
	for (i = 0; i < devs.nr; i++)
		if (dev_conflicts(s, devs.dev[i]) ||
		    (side == CHAOS_SYSFS_SLAVES && partitions_conflict(s, devs.dev[i])) ||
		    below_conflicts(s, devs.dev[i], depth + 1))
			return true;
	return devs.is_cut;
}

static bool below_conflicts(struct search *s, dev_t dev, unsigned int depth)
{
	if (depth == MAX_DEEP) {
		explain(s, "more than %u devices lie on each other", MAX_DEEP);
		return true;
	}
	return side_conflicts(s, dev, CHAOS_SYSFS_WHOLE, depth) ||
	       side_conflicts(s, dev, CHAOS_SYSFS_SLAVES, depth) ||
	       loop_file_conflicts(s, dev, depth);
}

bool chaos_disk_conflicts(int fd, bool writes, char why[CHAOS_DISK_WHY])
{
	struct search s = { .writes = writes, .why = why };
	struct stat st;

	explain(&s, "too many devices lie on each other");
	if (file_conflicts(&s, fd, -1, 0))
		return true;
	/* A writer has it for itself since it was opened. */
	return !writes && !fstat(fd, &st) && S_ISBLK(st.st_mode) && is_claimed(&s, st.st_rdev);
}
