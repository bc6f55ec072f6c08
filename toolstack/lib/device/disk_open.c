// SPDX-License-Identifier: LGPL-2.1-only
/* Opens what a disk names, and makes sure that nobody else uses it in a way that does not go together. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "device/internal.h"

int chaos_disk_error(const struct chaos_disk *disk, int e, struct chaos_error *err)
{
	enum chaos_code code = CHAOS_CONFIG;
	const char *what = strerror(e);

	switch (e) {
	case ENOTBLK:
	case EISDIR:
	case ENXIO:
		what = "neither a regular file nor a block device; correct 'target='";
		break;
	case ENODATA:
		what = "it is empty, or smaller than a sector; give it a size (truncate -s 1G)";
		break;
	case EBUSY:
	case EAGAIN:
		code = CHAOS_EXISTS;
		what = "in use by another guest, mounted, or part of another device; a disk has one writer, or readers (access=ro)";
		break;
	case EROFS:
	case EACCES:
		what = "cannot be written; give access=ro, or make it writable";
		break;
	case EINVAL:
		if (disk->is_direct)
			what = "its file system knows no direct I/O; leave 'direct-io-safe' out";
		break;
	case EOPNOTSUPP:
		code = CHAOS_ENVIRONMENT;
		what = "this noxs module has no block devices; load the module of this version";
		break;
	default:
		break;
	}
	return chaos_error_set(err, code, e, "disk %s, \"%s\": %s", disk->vdev, disk->target, what);
}

/*
 * One writer or any number of readers.  The lock is the open file's: it goes with the last hold on
 * it, which is the module's.
 */
static int lock(int fd, const struct chaos_disk *disk)
{
	struct flock whole = {
		.l_type = disk->is_read_only ? F_RDLCK : F_WRLCK,
		.l_whence = SEEK_SET,
	};

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int open_target(const struct chaos_disk *disk)
{
	/* O_NONBLOCK: not to wait for the other end of a pipe. */
	int flags = O_CLOEXEC | O_NONBLOCK | (disk->is_read_only ? O_RDONLY : O_RDWR) |
		    (disk->is_direct ? O_DIRECT : 0);
	char path[PATH_MAX];
	struct stat st;

	if (strlen(disk->target) >= sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(path, disk->target, strlen(disk->target) + 1);
	if (stat(path, &st))
		return -1;
	/* To open a device of another kind may already do something. */
	if (S_ISCHR(st.st_mode)) {
		errno = ENOTBLK;
		return -1;
	}
	if (!S_ISBLK(st.st_mode))
		return open(path, flags);
	/* Locks are the node's, so all guests are to have the same. */
	chaos_disk_node(&st, path, sizeof(path));
	/* Not together with a file system of ours. */
	return open(path, disk->is_read_only ? flags : flags | O_EXCL);
}

static int in_use(const struct chaos_disk *disk, const char *why, struct chaos_error *err)
{
	return chaos_error_set(
		err, CHAOS_EXISTS, EBUSY,
		"disk %s, \"%s\": in use: %s; a disk has one writer, or readers (access=ro)",
		disk->vdev, disk->target, why);
}

/* Somebody else holds the block device: say who, if it can be found. */
static int held(const struct chaos_disk *disk, struct chaos_error *err)
{
	int fd = open(disk->target, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char why[CHAOS_DISK_WHY];
	bool found = fd >= 0 && chaos_disk_conflicts(fd, true, why);

	if (fd >= 0)
		close(fd);
	return found ? in_use(disk, why, err) : chaos_disk_error(disk, EBUSY, err);
}

int chaos_disk_open(const struct chaos_disk *disk, int *out, struct chaos_error *err)
{
	char why[CHAOS_DISK_WHY];
	struct statfs fs;
	struct stat st;
	int fd, e = 0;

	fd = open_target(disk);
	if (fd < 0)
		return errno == EBUSY ? held(disk, err) : chaos_disk_error(disk, errno, err);
	if (fstat(fd, &st) || fstatfs(fd, &fs))
		e = errno;
	/* Its files have no sectors, whatever they say. */
	else if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		e = ENOTBLK;
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		e = ENOTBLK;
	else if (lock(fd, disk))
		e = errno;
	if (!e && chaos_disk_conflicts(fd, !disk->is_read_only, why)) {
		close(fd);
		return in_use(disk, why, err);
	}
	if (e) {
		close(fd);
		return chaos_disk_error(disk, e, err);
	}
	*out = fd;
	return 0;
}
