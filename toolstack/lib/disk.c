// SPDX-License-Identifier: LGPL-2.1-only
/*
 * One string of `disk = [ ... ]`, as xl-disk-configuration(5) has it, through libxlutil's parser;
 * and opening what it names.  A disk is the file as it is: no format other than raw, no script, no
 * QEMU.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* Letters count as in xvdz, xvdaa; with the 16 bits of the device's number. */
#define MAX_DISK_NUMBER 0xffffL

long chaos_vdev_parse(const char *vdev)
{
	static const char *const prefixes[] = { "xvd", "sd", "hd" };
	const char *p = NULL;
	long number = -1;
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]) && !p; i++)
		if (!strncmp(vdev, prefixes[i], strlen(prefixes[i])))
			p = vdev + strlen(prefixes[i]);
	if (!p || !*p)
		return -1;
	for (; *p; p++) {
		if (!islower((unsigned char)*p) || number > MAX_DISK_NUMBER / 26)
			return -1;
		number = (number + 1) * 26 + (*p - 'a');
	}
	return number <= MAX_DISK_NUMBER ? number : -1;
}

/* libxlutil's report, its first line being the cause. */
static int parse_spec(const char *spec, libxl_device_disk *xl, struct chaos_error *err)
{
	char *report = NULL;
	XLU_Config *xlu = NULL;
	size_t len;
	FILE *f;
	int rc;

	f = open_memstream(&report, &len);
	if (f)
		xlu = xlu_cfg_init(f, "disk");
	if (!xlu) {
		rc = chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	} else {
		rc = xlu_disk_parse(xlu, 1, &spec, xl);
		(void)fflush(f); /* a memory stream: at worst the report is cut */
		if (rc)
			rc = chaos_error_set(
				err, CHAOS_CONFIG, EINVAL,
				"disk '%s': %.*s; write 'vdev=xvda,access=rw,target=/path'", spec,
				(int)strcspn(report, "\n"), report);
		xlu_cfg_destroy(xlu);
	}
	if (f)
		(void)fclose(f); /* a memory stream */
	free(report);
	return rc;
}

/* What there is in xl and not here; NULL if it asks for nothing of the kind. */
static const char *unsupported(const libxl_device_disk *xl)
{
	if (xl->script)
		return "script= is not supported: give a file or a block device as target=";
	if (xl->format != LIBXL_DISK_FORMAT_RAW && xl->format != LIBXL_DISK_FORMAT_UNKNOWN)
		return "format= is not raw: convert it (qemu-img convert -O raw), or attach it as a block device (qemu-nbd) and give that";
	if (xl->backend != LIBXL_DISK_BACKEND_UNKNOWN && xl->backend != LIBXL_DISK_BACKEND_PHY)
		return "backendtype= is not supported: leave it out, the noxs module serves the disk";
	if (xl->is_cdrom || xl->removable)
		return "devtype=cdrom is not supported: leave it out and give access=ro";
	if (xl->backend_domname || xl->backend_domid)
		return "backend= is not supported: disks are served by the control domain";
	if (xl->colo_host || xl->colo_enable.val > 0)
		return "colo is not supported: leave it out";
	return NULL;
}

static int take(const char *spec, const libxl_device_disk *xl, struct chaos_disk *disk,
		struct chaos_error *err)
{
	const char *why = unsupported(xl);
	long number;

	if (why)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "disk '%s': %s", spec, why);
	number = chaos_vdev_parse(xl->vdev);
	if (number < 0 || strlen(xl->vdev) >= sizeof(disk->vdev))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"disk '%s': vdev=%s is not a whole disk; write xvda, xvdb...", spec,
			xl->vdev);
	if (!xl->pdev_path || !*xl->pdev_path)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "disk '%s': no target=; give a file or a block device",
				       spec);
	disk->target = strdup(xl->pdev_path);
	if (!disk->target)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	disk->id = (uint16_t)number;
	memcpy(disk->vdev, xl->vdev, strlen(xl->vdev) + 1);
	disk->is_read_only = !xl->readwrite;
	disk->is_direct = xl->direct_io_safe;
	return 0;
}

int chaos_disk_parse(const char *spec, struct chaos_disk *disk, struct chaos_error *err)
{
	libxl_device_disk xl = { 0 };
	int rc;

	memset(disk, 0, sizeof(*disk));
	rc = parse_spec(spec, &xl, err);
	if (!rc)
		rc = take(spec, &xl, disk, err);
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

static int check_number(const struct chaos_config *cfg, const char *path,
			const struct chaos_disk *disk, struct chaos_error *err)
{
	const struct chaos_disk *other;

	for (other = cfg->disks; other < disk; other++)
		if (other->id == disk->id)
			return chaos_error_set(
				err, CHAOS_CONFIG, EINVAL,
				"%s: disk: vdev %s is there twice (as %s); give each disk its own",
				path, disk->vdev, other->vdev);
	return 0;
}

static int list_error(const char *path, const char *what, struct chaos_error *err)
{
	return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: disk %s", path, what);
}

int chaos_disks_load(XLU_Config *xlu, const char *path, struct chaos_config *cfg,
		     struct chaos_error *err)
{
	XLU_ConfigList *list;
	const char *spec;
	int rc, n, i;

	rc = xlu_cfg_get_list(xlu, "disk", &list, &n, 1);
	if (rc == ESRCH)
		return 0;
	if (rc)
		return list_error(path, "is not a list; write disk = [ 'vdev=xvda,target=/path' ]",
				  err);
	if (n > CHAOS_MAX_DISKS || cfg->nr_vifs + (unsigned int)n >= CHAOS_MAX_DEVS)
		return list_error(path, "has too many entries: 16, and 30 together with vif", err);
	for (i = 0; i < n; i++) {
		spec = xlu_cfg_get_listitem(list, i);
		if (!spec)
			return list_error(path, "has an entry that is not a string", err);
		rc = chaos_disk_parse(spec, &cfg->disks[i], err);
		if (rc)
			return rc;
		cfg->nr_disks++;
		rc = check_number(cfg, path, &cfg->disks[i], err);
		if (rc)
			return rc;
	}
	return 0;
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
		what = "it is empty; give it a size (truncate -s 1G)";
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
	struct stat st;

	if (stat(disk->target, &st))
		return -1;
	/* To open a device of another kind may already do something. */
	if (S_ISCHR(st.st_mode)) {
		errno = ENOTBLK;
		return -1;
	}
	/* Of a block device: not together with a file system of ours. */
	if (S_ISBLK(st.st_mode) && !disk->is_read_only)
		flags |= O_EXCL;
	return open(disk->target, flags);
}

int chaos_disk_open(const struct chaos_disk *disk, int *out, struct chaos_error *err)
{
	struct stat st;
	int fd, e = 0;

	fd = open_target(disk);
	if (fd < 0)
		return chaos_disk_error(disk, errno, err);
	if (fstat(fd, &st))
		e = errno;
	else if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		e = ENOTBLK;
	else if (lock(fd, disk))
		e = errno;
	if (e) {
		close(fd);
		return chaos_disk_error(disk, e, err);
	}
	*out = fd;
	return 0;
}
