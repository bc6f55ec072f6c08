// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Hot-plug: disks and vifs that come and go while their guest runs.  The module adds the device, and the
 * guest is asked to look at its device page; if it does not, the device is taken away again.
 *
 * Killed at any point, this leaves the device there or not, as the module says; a guest that has not
 * been told learns of it when it is next asked to look.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "device/dev_plan.h"

/* For a guest that has seen a device to open it, which it need not do. */
#define OPEN_TIMEOUT_MS 1000U
#define OPEN_POLL_MS	10U

/* What is being added or removed. */
struct subject {
	struct chaos_ctx *ctx;
	const struct chaos_dominfo *info;
	const char *cls; /* as in struct chaos_device */
	uint16_t id;
};

static uint16_t class_of(const struct subject *s)
{
	return !strcmp(s->cls, "vif") ? NOXS_CLASS_VIF : NOXS_CLASS_VBD;
}

static void describe(const struct subject *s, char text[24])
{
	if (class_of(s) == NOXS_CLASS_VBD)
		chaos_vdev_format(s->id, text);
	else
		(void)snprintf(text, 24, "vif %u", s->id);
}

/* ---- attach ---- */

/* That it can learn of a device; devs is what it has. */
static int check(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		 struct chaos_devices *devs, struct chaos_error *err)
{
	int rc;

	rc = chaos_domain_check(info->domid, err);
	if (!rc)
		rc = chaos_domain_devices(ctx, info->domid, devs, err);
	if (rc)
		return rc;
	if (!info->is_ours)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "domain %u is not a guest of chaos's: use 'xl'",
				       info->domid);
	if (!devs->is_attached)
		return chaos_error_set(
			err, CHAOS_GUEST, ENOENT,
			"domain %u has lost its devices, as the noxs module was loaded anew since it was made: destroy it",
			info->domid);
	if (info->state == CHAOS_STATE_INCOMPLETE || info->state == CHAOS_STATE_SHELL ||
	    info->is_shutdown || info->is_dying)
		return chaos_error_set(err, CHAOS_GUEST, EINVAL,
				       "domain %u is %s and can be given no device", info->domid,
				       chaos_state_name(info->state));
	if (info->is_paused)
		return chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"domain %u is paused and cannot look at a device: 'chaos unpause %u' first",
			info->domid, info->domid);
	/* A guest may listen before it is ready, such as one that waits for a vif: see chaos_repage(). */
	return 0;
}

static int remove_device(const struct subject *s)
{
	struct noxs_ioc_remove arg = {
		.domid = (uint16_t)s->info->domid,
		.cls = class_of(s),
		.id = s->id,
	};

	return ioctl(s->ctx->noxs_fd, NOXS_IOC_REMOVE, &arg);
}

/* The error to tell stays the one that is the reason, unless this fails. */
static int undo(const struct subject *s, int rc, struct chaos_error *err)
{
	const struct chaos_error first = *err;
	char what[24];
	int e;

	if (!remove_device(s)) {
		chaos_repage_later(s->ctx, s->info->domid);
		return rc;
	}
	e = errno;
	/* Somebody else was quicker, or it went with its domain. */
	if (e == ENOENT || e == ESRCH)
		return rc;
	describe(s, what);
	return chaos_error_set(err, first.code, e, "%.300s; and %s is still there: %s", first.text,
			       what, strerror(e));
}

static bool is_failure(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_DEV_FAILED;
}

static int find(const struct subject *s, struct chaos_device *out, struct chaos_error *err)
{
	const struct chaos_device *dev;
	struct chaos_devices devs;
	char what[24];
	int rc;

	rc = chaos_domain_devices(s->ctx, s->info->domid, &devs, err);
	if (rc)
		return rc;
	dev = chaos_device_find(&devs, s->cls, s->id);
	if (dev) {
		*out = *dev;
		return 0;
	}
	describe(s, what);
	return chaos_error_set(err, CHAOS_USAGE, ENOENT, "\"%s\" has no %s", s->info->name, what);
}

static int wait_open(const struct subject *s, struct chaos_device *out, struct chaos_error *err)
{
	uint64_t end_ns = chaos_now_ns() + OPEN_TIMEOUT_MS * 1000000ULL;
	struct noxs_ioc_event event;
	int rc;

	do {
		rc = find(s, out, err);
		if (rc)
			return rc;
		if (!strcmp(out->state, "failed"))
			return chaos_error_set(err, CHAOS_GUEST, out->os_errno,
					       "domain %u broke the protocol of its new %s: %s",
					       s->info->domid, s->cls, strerror(out->os_errno));
		if (!strcmp(out->state, "open"))
			return 0;
		/* Nobody tells of a device that is opened. */
		rc = chaos_module_wait(s->ctx, s->info->domid, OPEN_POLL_MS, is_failure, &event);
		if (rc < 0)
			return chaos_error_set(err, CHAOS_FAILED, errno,
					       "interrupted before domain %u had opened it: %s",
					       s->info->domid, strerror(errno));
	} while (chaos_now_ns() < end_ns);
	return 0;
}

static int tell(const struct subject *s, unsigned int timeout_ms, struct chaos_device *out,
		struct chaos_error *err)
{
	struct chaos_error why = { 0 };
	int rc;

	rc = chaos_repage(s->ctx, s->info->domid,
			  timeout_ms ? timeout_ms : CHAOS_HOTPLUG_TIMEOUT_MS, &why);
	if (!rc)
		rc = wait_open(s, out, &why);
	if (rc)
		rc = undo(s, rc, &why);
	if (rc && err)
		*err = why;
	return rc;
}

/* Before the page changes, so that no answer can be missed. */
static int subscribe(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	if (!chaos_module_subscribe(ctx, ctx->noxs_fd, domid))
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(errno), errno, "watching domain %u: %s",
			       domid, strerror(errno));
}

/* The one disk or vif of cfg, whose number it has by then. */
static int attach(struct subject *s, struct chaos_config *cfg, const struct chaos_attach_opts *opts,
		  struct chaos_device *out, struct chaos_error *err)
{
	struct chaos_dev_plan plan;
	int rc;

	memcpy(cfg->name, s->info->name, sizeof(cfg->name));
	chaos_dev_plan_make(&plan, cfg);
	rc = subscribe(s->ctx, s->info->domid, err);
	if (!rc)
		rc = chaos_module_add(s->ctx, s->info->domid, &plan, err);
	return rc ? rc : tell(s, opts->timeout_ms, out, err);
}

int chaos_block_attach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *spec,
		       const struct chaos_attach_opts *opts, struct chaos_device *out,
		       struct chaos_error *err)
{
	struct subject s = { .ctx = ctx, .info = info, .cls = "vbd" };
	struct chaos_config cfg = { .nr_disks = 1 };
	char others[128], text[160];
	struct chaos_devices devs;
	int rc;

	rc = chaos_disk_parse(spec, &cfg.disks[0], others, sizeof(others), err);
	if (rc)
		return chaos_error_prefix(err, rc, "disk ");
	if (others[0] && opts->warn) {
		(void)snprintf(text, sizeof(text), "disk: not supported: %s", others);
		opts->warn(opts->opaque, text);
	}
	rc = check(ctx, info, &devs, err);
	s.id = cfg.disks[0].id;
	if (!rc)
		rc = attach(&s, &cfg, opts, out, err);
	chaos_config_drop_disks(&cfg);
	return rc;
}

/* As in xl, the first that is free. */
static void number(struct chaos_vif *vif, const struct chaos_devices *devs)
{
	while (!vif->has_id && chaos_device_find(devs, "vif", vif->id))
		vif->id++;
	vif->has_id = true;
}

int chaos_network_attach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *spec,
			 const struct chaos_attach_opts *opts, struct chaos_device *out,
			 struct chaos_error *err)
{
	struct subject s = { .ctx = ctx, .info = info, .cls = "vif" };
	struct chaos_config cfg = { .nr_vifs = 1 };
	char unsupported[128], text[160];
	struct chaos_devices devs;
	int rc;

	rc = chaos_vif_parse(spec, &cfg.vifs[0], unsupported, sizeof(unsupported), err);
	if (rc)
		return chaos_error_prefix(err, rc, "vif: ");
	if (unsupported[0] && opts->warn) {
		(void)snprintf(text, sizeof(text), "vif: not supported: %s", unsupported);
		chaos_text_clean(text);
		opts->warn(opts->opaque, text);
	}
	rc = check(ctx, info, &devs, err);
	if (rc)
		return rc;
	number(&cfg.vifs[0], &devs);
	s.id = cfg.vifs[0].id;
	return attach(&s, &cfg, opts, out, err);
}

/* ---- detach ---- */

static int device_error(const struct subject *s, struct chaos_error *err)
{
	int e = errno;
	char what[24];

	describe(s, what);
	if (e == ENOTTY)
		return chaos_module_old(e, err);
	if (e == EBUSY)
		return chaos_error_set(err, CHAOS_FAILED, e,
				       "\"%s\" is being saved: try again when that has ended",
				       s->info->name);
	if (e == ENOENT || e == ESRCH)
		return chaos_error_set(err, CHAOS_USAGE, e, "\"%s\" has no %s", s->info->name,
				       what);
	return chaos_error_set(err, chaos_code_of_errno(e), e, "%s of \"%s\": %s", what,
			       s->info->name, strerror(e));
}

/* The guest closes what it has open, unless it is in use; then *out is what is left of it. */
static int release(const struct subject *s, unsigned int timeout_ms, struct chaos_device *out,
		   struct chaos_error *err)
{
	char what[24];
	int e;

	if (strcmp(out->state, "open"))
		return 0;
	e = chaos_release(s->ctx, s->info->domid, class_of(s), s->id, timeout_ms);
	if (!e)
		return find(s, out, err);
	describe(s, what);
	if (e == ECANCELED)
		return chaos_error_set(err, CHAOS_FAILED, e,
				       "interrupted before \"%s\" had let go of %s, which stays",
				       s->info->name, what);
	return chaos_error_set(err, CHAOS_GUEST, e,
			       "\"%s\" does not let go of %s: %s: unmount it there, or use --force",
			       s->info->name, what, strerror(e));
}

static int detach(const struct subject *s, const struct chaos_detach_opts *opts,
		  struct chaos_device *out, struct chaos_error *err)
{
	const struct chaos_dominfo *info = s->info;
	bool can_answer = !info->is_paused && !info->is_shutdown && !info->is_dying;
	unsigned int timeout_ms = opts->timeout_ms ? opts->timeout_ms : CHAOS_HOTPLUG_TIMEOUT_MS;
	int rc;

	rc = find(s, out, err);
	if (rc)
		return rc;
	can_answer = can_answer && !subscribe(s->ctx, info->domid, NULL);
	if (can_answer && !opts->is_forced)
		rc = release(s, timeout_ms, out, err);
	if (rc)
		return rc;
	if (remove_device(s))
		return device_error(s, err);
	/* It is gone whatever the guest says; but when that has let go of it the slot is free. */
	if (can_answer)
		(void)chaos_repage(s->ctx, info->domid, timeout_ms, NULL);
	else
		chaos_repage_later(s->ctx, info->domid);
	return 0;
}

/* The disk called vdev, if it is one. */
static int name_disk(struct subject *s, const char *vdev, struct chaos_error *err)
{
	long id = chaos_vdev_parse(vdev);

	if (id < 0)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "%s is no disk; write xvda, xvdb, or xvda1", vdev);
	s->id = (uint16_t)id;
	return 0;
}

int chaos_block_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       const struct chaos_detach_opts *opts, struct chaos_device *out,
		       struct chaos_error *err)
{
	struct subject s = { .ctx = ctx, .info = info, .cls = "vbd" };
	int rc;

	rc = name_disk(&s, vdev, err);
	return rc ? rc : detach(&s, opts, out, err);
}

static int find_mac(struct subject *s, const uint8_t mac[6], struct chaos_error *err)
{
	struct chaos_devices devs;
	char text[18];
	unsigned int i;
	int rc;

	rc = chaos_domain_devices(s->ctx, s->info->domid, &devs, err);
	if (rc)
		return rc;
	for (i = 0; i < devs.nr_devs; i++) {
		if (strcmp(devs.devs[i].cls, "vif") || memcmp(devs.devs[i].vif.mac, mac, 6))
			continue;
		s->id = (uint16_t)devs.devs[i].id;
		return 0;
	}
	chaos_mac_format(mac, text);
	return chaos_error_set(err, CHAOS_USAGE, ENOENT, "\"%s\" has no vif %s", s->info->name,
			       text);
}

int chaos_network_detach(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *which,
			 const struct chaos_detach_opts *opts, struct chaos_device *out,
			 struct chaos_error *err)
{
	struct subject s = { .ctx = ctx, .info = info, .cls = "vif" };
	unsigned long id;
	uint8_t mac[6];
	char *end;
	int rc = 0;

	id = strtoul(which, &end, 10);
	if (*which >= '0' && *which <= '9' && !*end && id <= UINT16_MAX)
		s.id = (uint16_t)id;
	else if (!chaos_mac_parse(which, mac))
		rc = find_mac(&s, mac, err);
	else
		rc = chaos_error_set(err, CHAOS_USAGE, EINVAL,
				     "%s is neither the number of a vif nor a MAC address", which);
	return rc ? rc : detach(&s, opts, out, err);
}

/* ---- resize ---- */

int chaos_block_resize(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *vdev,
		       struct chaos_device *out, struct chaos_error *err)
{
	struct subject s = { .ctx = ctx, .info = info, .cls = "vbd" };
	struct noxs_ioc_resize arg = { .domid = (uint16_t)info->domid };
	int rc;

	rc = name_disk(&s, vdev, err);
	if (!rc)
		rc = find(&s, out, err);
	if (rc)
		return rc;
	arg.id = s.id;
	if (ioctl(ctx->noxs_fd, NOXS_IOC_RESIZE, &arg)) {
		if (errno == EOPNOTSUPP)
			return chaos_error_set(
				err, CHAOS_ENVIRONMENT, EOPNOTSUPP,
				"this Xen is older than this chaos and resizes no disk: boot the one that came with it");
		if (errno != ENODATA)
			return device_error(&s, err);
		return chaos_error_set(err, CHAOS_CONFIG, ENODATA,
				       "%s of \"%s\": its file is empty now; nothing was changed",
				       vdev, info->name);
	}
	out->sectors = arg.sectors;
	return 0;
}
