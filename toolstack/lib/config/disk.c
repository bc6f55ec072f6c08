// SPDX-License-Identifier: LGPL-2.1-only
/*
 * One string of `disk = [ ... ]`, as xl-disk-configuration(5) has it, through libxlutil's parser;
 * and opening what it names.  A disk is the file as it is: no format other than raw, no script, no
 * QEMU.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <libxlutil.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "core/internal.h"

/*
 * More than a path and all options need.  The library's scanner has a state for each character, in a buffer
 * of 16 KiB that it does not look at the end of.
 */
#define MAX_SPEC 8192U

/* libxlutil's report, its first line being the cause. */
static int parse_spec(const char *spec, libxl_device_disk *xl, struct chaos_error *err)
{
	char *report = NULL;
	XLU_Config *xlu = NULL;
	size_t len;
	FILE *f;
	int rc;

	if (strlen(spec) > MAX_SPEC)
		return chaos_error_set(err, CHAOS_CONFIG, E2BIG,
				       "it is longer than %u bytes: give it another name",
				       MAX_SPEC);
	/* There is no rule for them in the library's scanner, which then ends the process. */
	if (chaos_text_has_control(spec))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "'%s': it has a control character in it", spec);
	f = open_memstream(&report, &len);
	if (f)
		xlu = xlu_cfg_init(f, "disk");
	if (!xlu) {
		rc = chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	} else {
		rc = xlu_disk_parse(xlu, 1, &spec, xl);
		(void)fflush(f); /* a memory stream: at worst the report is cut */
		if (rc)
			rc = chaos_error_set(err, CHAOS_CONFIG, EINVAL,
					     "'%s': %.*s; write 'vdev=xvda,access=rw,target=/path'",
					     spec, (int)strcspn(report, "\n"), report);
		xlu_cfg_destroy(xlu);
	}
	if (f)
		(void)fclose(f); /* a memory stream */
	free(report);
	return rc;
}

static bool is_control_domain(const char *name)
{
	return !strcmp(name, "0") || !strcmp(name, "Domain-0");
}

/* What there is in xl and not here; NULL if it asks for nothing of the kind. */
static const char *unsupported(const libxl_device_disk *xl)
{
	if (xl->script)
		return "script= is not supported: give a file or a block device as target=";
	if (xl->format == LIBXL_DISK_FORMAT_EMPTY)
		return "an empty drive is not supported: leave it out";
	if (xl->format != LIBXL_DISK_FORMAT_RAW && xl->format != LIBXL_DISK_FORMAT_UNKNOWN)
		return "format= is not raw: convert it (qemu-img convert -O raw), or attach it as a block device (qemu-nbd) and give that";
	if (xl->specification == LIBXL_DISK_SPECIFICATION_VIRTIO)
		return "specification=virtio is not supported: leave it out, disks are Xen's own";
	if ((xl->backend_domname && !is_control_domain(xl->backend_domname)) || xl->backend_domid)
		return "backend= is not supported: disks are served by the control domain";
	if (xl->trusted.val < 0)
		return "untrusted is not supported: a guest's back-end is always trusted; leave it out";
	if (xl->colo_host || xl->colo_enable.val > 0)
		return "colo is not supported: leave it out";
	return NULL;
}

/* What makes no difference to the guest's data, and yet is not quite what was asked for. */
static void note_others(const libxl_device_disk *xl, char *others, size_t len)
{
	const char *backend = "";

	others[0] = '\0';
	if (xl->backend == LIBXL_DISK_BACKEND_QDISK || xl->backend == LIBXL_DISK_BACKEND_TAP)
		backend = "backendtype (the noxs module serves the disk)";
	(void)snprintf(others, len, "%s%s%s", backend, *backend && xl->is_cdrom ? ", " : "",
		       xl->is_cdrom ? "devtype=cdrom (taken as a disk that is read only)" : "");
}

/* As xl's block script: phy:vg/lv is a device, by its name in /dev. */
static int make_target(const char *spec, const libxl_device_disk *xl, char **target)
{
	const char *path = xl->pdev_path;
	bool is_phy = !strncmp(spec + strspn(spec, " \t"), "phy:", 4);

	if (!is_phy || *path == '/')
		*target = strdup(path);
	else if (asprintf(target, "/dev/%s", path) < 0)
		*target = NULL;
	return *target ? 0 : -1;
}

static int take(const char *spec, const libxl_device_disk *xl, struct chaos_disk *disk,
		struct chaos_error *err)
{
	const char *why = unsupported(xl);
	long number;

	if (why)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "'%s': %s", spec, why);
	number = chaos_vdev_parse(xl->vdev);
	if (number < 0 || strlen(xl->vdev) >= sizeof(disk->vdev))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "'%s': vdev=%s is no disk; write xvda, xvdb, or xvda1", spec,
				       xl->vdev);
	if (!xl->pdev_path || !*xl->pdev_path)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "'%s': no target=; give a file or a block device", spec);
	if (make_target(spec, xl, &disk->target))
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	disk->id = (uint16_t)number;
	memcpy(disk->vdev, xl->vdev, strlen(xl->vdev) + 1);
	disk->is_read_only = !xl->readwrite;
	disk->is_direct = xl->direct_io_safe;
	disk->has_no_discard = xl->discard_enable.val < 0;
	return 0;
}

int chaos_disk_parse(const char *spec, struct chaos_disk *disk, char *others, size_t len,
		     struct chaos_error *err)
{
	libxl_device_disk xl = { 0 };
	int rc;

	memset(disk, 0, sizeof(*disk));
	others[0] = '\0';
	rc = parse_spec(spec, &xl, err);
	if (!rc)
		rc = take(spec, &xl, disk, err);
	if (!rc)
		note_others(&xl, others, len);
	/* libxl_device_disk_dispose() is libxl's, which is not linked. */
	free(xl.pdev_path);
	free(xl.vdev);
	free(xl.script);
	free(xl.backend_domname);
	free(xl.colo_host);
	free(xl.colo_export);
	free(xl.active_disk);
	free(xl.hidden_disk);
	return rc;
}

/* ---- opening ---- */

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
		what = "in use by another guest, or mounted; a disk has one writer, or readers (access=ro)";
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

int chaos_disk_open(const struct chaos_disk *disk, int *out, struct chaos_error *err)
{
	struct statfs fs;
	struct stat st;
	int fd, e = 0;

	fd = open_target(disk);
	if (fd < 0)
		return chaos_disk_error(disk, errno, err);
	if (fstat(fd, &st) || fstatfs(fd, &fs))
		e = errno;
	/* Its files have no sectors, whatever they say. */
	else if (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC)
		e = ENOTBLK;
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		e = ENOTBLK;
	else if (lock(fd, disk) || chaos_disk_check_behind(fd, !disk->is_read_only))
		e = errno;
	if (e) {
		close(fd);
		return chaos_disk_error(disk, e, err);
	}
	*out = fd;
	return 0;
}
