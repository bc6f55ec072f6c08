// SPDX-License-Identifier: LGPL-2.1-only
/*
 * One string of `disk = [ ... ]`, as xl-disk-configuration(5) has it, through libxlutil's parser.  A
 * disk is the file as it is: no format other than raw, no script, no QEMU.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"
#include "config/xlu.h"

/*
 * More than a path and all options need.  The library's scanner has a state for each character, in a buffer
 * of 16 KiB that it does not look at the end of.
 */
#define MAX_SPEC 8192U

/* libxlutil's report, its first line being the cause. */
static int parse_spec(const char *spec, libxl_device_disk *xl, struct chaos_error *err)
{
	struct chaos_xlu xlu;
	int rc;

	if (strlen(spec) > MAX_SPEC)
		return chaos_error_set(err, CHAOS_CONFIG, E2BIG,
				       "it is longer than %u bytes: give it another name",
				       MAX_SPEC);
	/* There is no rule for them in the library's scanner, which then ends the process. */
	if (chaos_text_has_control(spec))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "'%s': it has a control character in it", spec);
	rc = chaos_xlu_open(&xlu, "disk", err);
	if (rc)
		return rc;
	rc = xlu_disk_parse(xlu.cfg, 1, &spec, xl);
	if (rc)
		rc = chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				     "'%s': %s; write 'vdev=xvda,access=rw,target=/path'", spec,
				     chaos_xlu_report(&xlu));
	chaos_xlu_close(&xlu);
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

/* Whether it is said to be a device: by backendtype=phy, or by a phy: at the head of any of its parts. */
static bool is_phy(const char *spec, const libxl_device_disk *xl)
{
	const char *p;

	if (xl->backend == LIBXL_DISK_BACKEND_PHY)
		return true;
	for (p = strstr(spec, "phy:"); p; p = strstr(p + 1, "phy:"))
		if (p == spec || strchr(" \t,:=", p[-1]))
			return true;
	return false;
}

/* As xl's block script: phy:vg/lv is a device, by its name in /dev. */
static int make_target(const char *spec, const libxl_device_disk *xl, char **target)
{
	const char *path = xl->pdev_path;

	if (*path == '/' || !is_phy(spec, xl))
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
