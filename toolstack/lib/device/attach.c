// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Attaches a domain's back-ends, all at once, or as a shell's that get their addresses later, or more
 * of them while it runs, as dev_plan.c has planned them.  An address that was made up is replaced when it
 * is taken; one that was given is an error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/dev_plan.h"

/* One ioctl that names devices: CREATE, CONFIGURE or ADD, which tell of conflicts in the same way. */
struct attempt {
	struct chaos_ctx *ctx;
	unsigned long request;
	void *arg;
	uint32_t domid;
	struct chaos_dev_plan *plan;
	unsigned int first; /* of the plan's devices, that it names */
	uint16_t *err_dev, *conflict_domid;
	uint32_t *conflict_what;
};

/* The vif the error is about, NULL if it is about none. */
static struct chaos_vif *vif_in_error(const struct attempt *a)
{
	unsigned int nr = *a->err_dev + a->first - CHAOS_FIRST_VIF;

	return *a->err_dev != 0xffff && nr < a->plan->nr_vifs ? &a->plan->vifs[nr] : NULL;
}

/* Whoever it was may have gone, or be called something else, by the time we ask. */
int chaos_name_taken(struct chaos_ctx *ctx, const char *name, struct chaos_error *err)
{
	struct chaos_dominfo holder;

	if (chaos_domain_named(ctx, name, &holder, NULL))
		return chaos_error_set(err, CHAOS_EXISTS, EEXIST,
				       "name \"%s\" was in use: try again, or choose another name",
				       name);
	return chaos_error_set(
		err, CHAOS_EXISTS, EEXIST,
		"name \"%s\" is in use by domain %u: destroy it, or choose another name", name,
		holder.domid);
}

/* The same for a disk: they come behind the vifs. */
static const struct chaos_disk *disk_in_error(const struct attempt *a)
{
	unsigned int nr = *a->err_dev + a->first - CHAOS_FIRST_VIF - a->plan->nr_vifs;

	return *a->err_dev != 0xffff && nr < a->plan->nr_disks ? &a->plan->disks[nr] : NULL;
}

/* What only a domain that runs can be in the way of; 0 if it is nothing of the kind. */
static int add_error(const struct attempt *a, int e, struct chaos_error *err)
{
	const struct chaos_disk *disk = disk_in_error(a);
	const struct chaos_vif *vif = vif_in_error(a);
	const char *name = a->plan->name;

	switch (e) {
	case EEXIST:
		if (disk)
			return chaos_error_set(
				err, CHAOS_EXISTS, e,
				"\"%s\" has a disk %s already: choose another vdev, or detach it",
				name, disk->vdev);
		return chaos_error_set(
			err, CHAOS_EXISTS, e,
			"\"%s\" has a vif %u already: choose another devid, or detach it", name,
			vif ? vif->id : 0U);
	case EBUSY:
		if (vif)
			return 0; /* not of the domain, but of this interface */
		return chaos_error_set(err, CHAOS_FAILED, e,
				       "\"%s\" is being saved: try again when that has ended",
				       name);
	case ENOENT:
		return chaos_error_set(err, CHAOS_NO_DOMAIN, e,
				       "\"%s\" has no devices of the noxs module", name);
	case ENOSPC:
		return chaos_error_set(
			err, CHAOS_RESOURCES, e,
			"\"%s\" has no room for another device: it has 30, with those detached that it has not let go of",
			name);
	case ENOTTY:
		return chaos_module_old(e, err);
	default:
		return 0;
	}
}

static int vif_error(const struct attempt *a, const struct chaos_vif *vif, int e,
		     struct chaos_error *err)
{
	const char *kind = chaos_vif_link_kind(vif);
	unsigned int nr = vif->id;
	char mac[18];

	if (*a->conflict_what == NOXS_CONFLICT_MAC) {
		chaos_mac_format(vif->mac, mac);
		return chaos_error_set(
			err, CHAOS_EXISTS, e,
			"vif %u: MAC address %s is in use by domain %u: choose another", nr, mac,
			*a->conflict_domid);
	}
	if (*a->conflict_what == NOXS_CONFLICT_IPV4)
		return chaos_error_set(
			err, CHAOS_EXISTS, e,
			"vif %u: its IPv4 address is in use by domain %u: choose another", nr,
			*a->conflict_domid);
	switch (e) {
	case ENODEV:
		return chaos_vif_no_link(vif, err);
	case EBUSY: /* vif_netdev_attach() of the module */
		return chaos_error_set(
			err, CHAOS_EXISTS, e,
			"vif %u: Dom0 has another interface of the name vif%u.%u: rename or delete it (ip link del vif%u.%u)",
			nr, a->domid, nr, a->domid, nr);
	case EXFULL: /* br_add_if() of Linux */
		return chaos_error_set(
			err, CHAOS_RESOURCES, e,
			"vif %u: bridge %s has %u ports, its most: use another bridge or a switch (ip link add NAME type noxs)",
			nr, vif->bridge, CHAOS_BRIDGE_PORTS);
	default:
		return chaos_error_set(err, chaos_code_of_errno(e), e,
				       "vif %u (%s \"%s\"): cannot be made: %s", nr, kind,
				       vif->bridge, strerror(e));
	}
}

static int attach_error(const struct attempt *a, int e, struct chaos_error *err)
{
	const struct chaos_dev_plan *plan = a->plan;
	int rc;

	rc = a->request == NOXS_IOC_ADD ? add_error(a, e, err) : 0;
	if (rc)
		return rc;
	if (e == EINVAL && chaos_dev_plan_needs(plan) & ~a->ctx->module_flags)
		return chaos_module_old(e, err);
	if (disk_in_error(a))
		return chaos_disk_error(disk_in_error(a), e, err);
	if (*a->conflict_what == NOXS_CONFLICT_NAME)
		return chaos_name_taken(a->ctx, plan->name, err);
	if (vif_in_error(a))
		return vif_error(a, vif_in_error(a), e, err);
	return chaos_error_set(err, chaos_code_of_errno(e), e,
			       "the noxs module cannot attach domain \"%s\": %s", plan->name,
			       strerror(e));
}

/* A random address that is taken is replaced; true if there is one to try. */
static bool replace_mac(const struct attempt *a)
{
	struct chaos_vif *vif = vif_in_error(a);

	if (*a->conflict_what != NOXS_CONFLICT_MAC || a->plan->is_deferred || !vif ||
	    !vif->mac_is_random || chaos_mac_random(vif->mac))
		return false;
	memcpy(a->plan->devs[*a->err_dev + a->first].config.vif.mac, vif->mac, sizeof(vif->mac));
	return true;
}

#define MAC_ATTEMPTS 8

static int attempt(const struct attempt *a, struct chaos_error *err)
{
	unsigned int i;

	for (i = 0; i < MAC_ATTEMPTS; i++) {
		*a->err_dev = 0xffff;
		*a->conflict_what = NOXS_CONFLICT_NONE;
		if (!ioctl(a->ctx->noxs_fd, a->request, a->arg))
			return 0;
		if (errno != EADDRINUSE || !replace_mac(a))
			break;
		errno = EADDRINUSE;
	}
	return attach_error(a, errno, err);
}

/* With the plan's disks open, as long as the module has no hold of its own on them. */
static int attempt_open(const struct attempt *a, struct chaos_error *err)
{
	struct noxs_ioc_dev *disks = &a->plan->devs[CHAOS_FIRST_VIF + a->plan->nr_vifs];
	unsigned int nr;
	int rc = 0;

	for (nr = 0; nr < a->plan->nr_disks; nr++) {
		rc = chaos_disk_open(&a->plan->disks[nr], &disks[nr].fd, err);
		if (rc)
			break;
	}
	if (!rc)
		rc = attempt(a, err);
	while (nr) {
		close(disks[--nr].fd);
		disks[nr].fd = -1;
	}
	return rc;
}

/* Nothing has been asked of the host or the module until here. */
static int attach(const struct attempt *a, struct chaos_error *err)
{
	int rc = 0;

	if (!a->plan->is_deferred)
		rc = chaos_vif_check_host(a->plan->vifs, a->plan->nr_vifs, err);
	return rc ? rc : attempt_open(a, err);
}

static uint16_t nr_devs(const struct chaos_dev_plan *plan, unsigned int first)
{
	return (uint16_t)(CHAOS_FIRST_VIF + plan->nr_vifs + plan->nr_disks - first);
}

int chaos_module_attach(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			struct chaos_dev_plan *plan, struct chaos_error *err)
{
	const struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_CREATE,
		.arg = arg,
		.domid = arg->domid,
		.plan = plan,
		.first = 0,
		.err_dev = &arg->err_dev,
		.conflict_domid = &arg->conflict_domid,
		.conflict_what = &arg->conflict_what,
	};

	arg->flags |= plan->flags;
	arg->nr_devs = nr_devs(plan, a.first);
	arg->devs = (uintptr_t)&plan->devs[a.first];
	return attach(&a, err);
}

int chaos_module_configure(struct chaos_ctx *ctx, struct noxs_ioc_configure *arg,
			   struct chaos_dev_plan *plan, struct chaos_error *err)
{
	const struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_CONFIGURE,
		.arg = arg,
		.domid = arg->domid,
		.plan = plan,
		.first = CHAOS_FIRST_VIF,
		.err_dev = &arg->err_dev,
		.conflict_domid = &arg->conflict_domid,
		.conflict_what = &arg->conflict_what,
	};

	arg->flags |= plan->flags;
	arg->nr_devs = nr_devs(plan, a.first);
	arg->devs = (uintptr_t)&plan->devs[a.first];
	return attach(&a, err);
}

int chaos_module_add(struct chaos_ctx *ctx, uint32_t domid, struct chaos_dev_plan *plan,
		     struct chaos_error *err)
{
	struct noxs_ioc_add arg = { .domid = (uint16_t)domid };
	const struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_ADD,
		.arg = &arg,
		.domid = domid,
		.plan = plan,
		.first = CHAOS_FIRST_VIF,
		.err_dev = &arg.err_dev,
		.conflict_domid = &arg.conflict_domid,
		.conflict_what = &arg.conflict_what,
	};

	arg.nr_devs = nr_devs(plan, a.first);
	arg.devs = (uintptr_t)&plan->devs[a.first];
	return attach(&a, err);
}
