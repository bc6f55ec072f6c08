// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What lies behind a disk.  The lock of an open file (disk_open.c) is that of one inode, and the same
 * sectors may have several: a block device has any number of nodes, and a loop device is another
 * file or device.  Here the first become one node, and the others are looked for.
 *
 * It is looked at once, when a disk is opened: root may set up a loop device at any time later.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <linux/major.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/internal.h"

#define MAX_LOOPS_DEEP 4 /* loop devices on loop devices; more is refused */

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

void chaos_disk_node(const struct stat *st, char *path, size_t size)
{
	char link[64], to[256], name[256 + 8];
	const char *last;
	struct stat node;
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(st->st_rdev),
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
static bool any_loop_conflicts(const struct behind *what, long own, bool writes)
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
			conflicts = loop_conflicts(nr, what, writes);
	closedir(dir);
	return conflicts;
}

/*
 * The file of loop device @nr, if it still has its name; -1 with EBUSY if it is a block device that
 * cannot be written because it is mounted, or with another error.
 */
static int open_loop_file(unsigned int nr, const struct behind *what, bool writes)
{
	int flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
	char link[64], path[PATH_MAX];
	struct stat st;
	FILE *f;

	(void)snprintf(link, sizeof(link), "/sys/block/loop%u/loop/backing_file", nr);
	f = fopen(link, "re");
	if (!f)
		return -1;
	if (!fgets(path, sizeof(path), f))
		path[0] = '\0';
	(void)fclose(f); /* it was read only */
	path[strcspn(path, "\n")] = '\0';
	if (stat(path, &st))
		return -1;
	if (st.st_dev != what->dev || st.st_ino != what->ino) {
		errno = ENOENT;
		return -1;
	}
	if (S_ISBLK(st.st_mode)) {
		chaos_disk_node(&st, path, sizeof(path));
		if (writes)
			flags |= O_EXCL;
	}
	return open(path, flags);
}

/* Whether a guest has the open file in a way that conflicts. */
static bool is_locked(int fd, bool writes)
{
	struct flock whole = { .l_type = writes ? F_WRLCK : F_RDLCK, .l_whence = SEEK_SET };

	return !fcntl(fd, F_OFD_GETLK, &whole) && whole.l_type != F_UNLCK;
}

static int check(int fd, long own, bool writes, unsigned int depth);

/* The same of the file behind loop device @nr. */
static int check_loop(unsigned int nr, const struct behind *what, bool writes, unsigned int depth)
{
	int file, busy;

	if (depth == MAX_LOOPS_DEEP || any_loop_conflicts(what, nr, writes))
		return -1;
	file = open_loop_file(nr, what, writes);
	/* One that has no name any more cannot be given to another guest. */
	if (file < 0)
		return errno == EBUSY ? -1 : 0;
	busy = is_locked(file, writes) || check(file, nr, writes, depth + 1);
	close(file);
	return busy ? -1 : 0;
}

/* @own is the loop device through which the file is reached, -1 if none. */
static int check(int fd, long own, bool writes, unsigned int depth)
{
	struct loop_info64 info;
	struct behind what;
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	what = (struct behind){ st.st_dev, st.st_ino, S_ISBLK(st.st_mode) ? st.st_rdev : 0 };
	if (any_loop_conflicts(&what, own, writes))
		return -1;
	if (major(what.rdev) != LOOP_MAJOR || !loop_status(fd, &info, &what))
		return 0;
	return check_loop(info.lo_number, &what, writes, depth);
}

int chaos_disk_check_behind(int fd, bool writes)
{
	if (!check(fd, -1, writes, 0))
		return 0;
	errno = EBUSY;
	return -1;
}
