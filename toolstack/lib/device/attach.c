// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Attaches a domain's back-ends, all at once, or as a shell's that get their addresses later, or more
 * of them while it runs.  An address that was made up is replaced when it is taken; one that was given
 * is an error.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/internal.h"

/* One ioctl that names devices: CREATE, CONFIGURE or ADD, which tell of conflicts in the same way. */
struct attempt {
	struct chaos_ctx *ctx;
	unsigned long request;
	void *arg;
	uint32_t domid;
	const struct chaos_config *cfg;
	struct chaos_vif *vifs; /* of cfg, if their addresses may be replaced */
	struct noxs_ioc_dev *devs;
	unsigned int first_vif; /* its index in devs; those behind it follow in order */
	uint16_t *err_dev, *conflict_domid;
	uint32_t *conflict_what;
};

/* The vif the error is about, NULL if it is about none; *nr is its number. */
static const struct chaos_vif *vif_in_error(const struct attempt *a, unsigned int *nr)
{
	*nr = *a->err_dev - a->first_vif;
	return *a->err_dev != 0xffff && *nr < a->cfg->nr_vifs ? &a->cfg->vifs[*nr] : NULL;
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
	unsigned int nr = *a->err_dev - a->first_vif - a->cfg->nr_vifs;

	if (a->request == NOXS_IOC_CONFIGURE || *a->err_dev == 0xffff || nr >= a->cfg->nr_disks)
		return NULL;
	return &a->cfg->disks[nr];
}

/* What only a domain that runs can be in the way of; 0 if it is nothing of the kind. */
static int add_error(const struct attempt *a, int e, struct chaos_error *err)
{
	const struct chaos_disk *disk = disk_in_error(a);
	const char *name = a->cfg->name;
	const struct chaos_vif *vif;
	unsigned int nr;

	vif = vif_in_error(a, &nr);
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
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, e,
			"vif %u: no %s \"%s\": make it (ip link add %s type %s && ip link set %s up) or correct '%s='",
			nr, kind, vif->bridge, vif->bridge, vif->on_switch ? "noxs" : "bridge",
			vif->bridge, kind);
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
	const struct chaos_config *cfg = a->cfg;
	const struct chaos_vif *vif;
	unsigned int nr;
	int rc;

	rc = a->request == NOXS_IOC_ADD ? add_error(a, e, err) : 0;
	if (rc)
		return rc;
	/* It refuses flags that it does not know. */
	if (e == EINVAL && (!(a->ctx->module_flags & NOXS_MODULE_ENDS) ||
			    (cfg->is_logged && !(a->ctx->module_flags & NOXS_MODULE_LOG))))
		return chaos_module_old(e, err);
	if (disk_in_error(a))
		return chaos_disk_error(disk_in_error(a), e, err);
	vif = vif_in_error(a, &nr);
	if (*a->conflict_what == NOXS_CONFLICT_NAME)
		return chaos_name_taken(a->ctx, cfg->name, err);
	if (vif)
		return vif_error(a, vif, e, err);
	return chaos_error_set(err, chaos_code_of_errno(e), e,
			       "the noxs module cannot attach domain \"%s\": %s", cfg->name,
			       strerror(e));
}

static void fill_vif(struct noxs_ioc_dev *dev, const struct chaos_vif *vif)
{
	memset(dev, 0, sizeof(*dev));
	dev->cls = NOXS_CLASS_VIF;
	dev->id = vif->id;
	dev->fd = -1;
	if (vif->bridge[0])
		dev->flags = vif->on_switch ? NOXS_VIF_SWITCH : NOXS_VIF_BRIDGE;
	memcpy(dev->link, vif->bridge, sizeof(vif->bridge));
	memcpy(dev->config.vif.mac, vif->mac, sizeof(vif->mac));
	dev->config.vif.mtu = vif->mtu;
	dev->config.vif.ipv4 = vif->ipv4;
	dev->config.vif.gateway = vif->gateway;
	dev->config.vif.prefix = vif->prefix;
}

/* The rings of a vif that the builder has connected. */
static void fill_rings(struct noxs_ioc_dev *dev, const struct chaos_built_vif *built)
{
	if (!built->port)
		return;
	dev->flags |= NOXS_DEV_PRECONNECT;
	dev->ring_gfn = built->ring_gfn;
	dev->nr_rings = 2;
	dev->ring_gref[0] = built->tx_gref;
	dev->ring_gref[1] = built->rx_gref;
	dev->data_port[0] = dev->data_port[1] = built->port;
}

/* What a shell's vif has: everything but addresses. */
static void fill_deferred(struct noxs_ioc_dev *dev, const struct chaos_vif *vif)
{
	struct chaos_vif blank = *vif;

	chaos_vif_blank(&blank);
	fill_vif(dev, &blank);
	dev->flags |= NOXS_VIF_DEFERRED;
}

/* What such a vif still lacks. */
static void fill_addresses(struct noxs_ioc_dev *dev, const struct chaos_vif *vif)
{
	fill_vif(dev, vif);
	dev->flags = 0;
	memset(dev->link, 0, sizeof(dev->link));
}

/* A random address that is taken is replaced; true if there is one to try. */
static bool replace_mac(const struct attempt *a)
{
	struct chaos_vif *vif;
	unsigned int nr;

	if (*a->conflict_what != NOXS_CONFLICT_MAC || !a->vifs || !vif_in_error(a, &nr))
		return false;
	vif = &a->vifs[nr];
	if (!vif->mac_is_random || chaos_mac_random(vif->mac))
		return false;
	memcpy(a->devs[nr + a->first_vif].config.vif.mac, vif->mac, sizeof(vif->mac));
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

static void fill_sysctl(struct noxs_ioc_dev *dev)
{
	memset(dev, 0, sizeof(*dev));
	dev->cls = NOXS_CLASS_SYSCTL;
	dev->fd = -1;
}

/* Open the disks and describe them; *nr_open of them are to be closed in any case. */
static int fill_disks(struct noxs_ioc_dev *devs, const struct chaos_config *cfg,
		      unsigned int *nr_open, struct chaos_error *err)
{
	unsigned int i;
	int rc;

	for (i = 0; i < cfg->nr_disks; i++) {
		memset(&devs[i], 0, sizeof(devs[i]));
		devs[i].cls = NOXS_CLASS_VBD;
		devs[i].id = cfg->disks[i].id;
		if (cfg->disks[i].is_read_only)
			devs[i].config.vbd.flags = NOXS_VBD_READ_ONLY;
		if (cfg->disks[i].has_no_discard)
			devs[i].flags = NOXS_VBD_NO_DISCARD;
		rc = chaos_disk_open(&cfg->disks[i], &devs[i].fd, err);
		if (rc)
			return rc;
		++*nr_open;
	}
	return 0;
}

/* With cfg's disks, which come behind everything else in devs. */
static int attempt_with_disks(const struct attempt *a, struct chaos_error *err)
{
	struct noxs_ioc_dev *disks = a->devs + a->first_vif + a->cfg->nr_vifs;
	unsigned int nr_open = 0;
	int rc;

	rc = fill_disks(disks, a->cfg, &nr_open, err);
	if (!rc)
		rc = attempt(a, err);
	/* The module has its own hold on them. */
	while (nr_open)
		close(disks[--nr_open].fd);
	return rc;
}

/* CREATE of the devices in @devs, which begin with sysctl; @vifs as in struct attempt. */
static int create(struct chaos_ctx *ctx, struct noxs_ioc_create *arg, struct noxs_ioc_dev *devs,
		  const struct chaos_built *built, const struct chaos_config *cfg,
		  struct chaos_vif *vifs, struct chaos_error *err)
{
	struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_CREATE,
		.arg = arg,
		.domid = arg->domid,
		.cfg = cfg,
		.vifs = vifs,
		.devs = devs,
		.first_vif = 1,
		.err_dev = &arg->err_dev,
		.conflict_domid = &arg->conflict_domid,
		.conflict_what = &arg->conflict_what,
	};
	unsigned int i;

	fill_sysctl(&devs[0]);
	for (i = 0; i < cfg->nr_vifs; i++)
		fill_rings(&devs[i + 1], &built->vifs[i]);
	arg->nr_devs = (uint16_t)(1 + cfg->nr_vifs + cfg->nr_disks);
	arg->devs = (uintptr_t)devs;
	return attempt_with_disks(&a, err);
}

/* What the module remembers with the domain. */
static uint32_t flags_of(const struct chaos_config *cfg)
{
	return chaos_ends_flags(cfg->on_poweroff, cfg->on_reboot, cfg->on_crash) |
	       (cfg->is_logged ? NOXS_KEEP_LOG : 0);
}

int chaos_module_attach(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			const struct chaos_built *built, struct chaos_config *cfg,
			struct chaos_error *err)
{
	struct noxs_ioc_dev devs[CHAOS_MAX_DEVS];
	unsigned int i;
	int rc;

	rc = chaos_vif_check_host(cfg->vifs, cfg->nr_vifs, err);
	if (rc)
		return rc;
	for (i = 0; i < cfg->nr_vifs; i++)
		fill_vif(&devs[i + 1], &cfg->vifs[i]);
	arg->flags |= flags_of(cfg);
	return create(ctx, arg, devs, built, cfg, cfg->vifs, err);
}

int chaos_module_attach_shell(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			      const struct chaos_built *built, const struct chaos_config *cfg,
			      struct chaos_error *err)
{
	struct noxs_ioc_dev devs[CHAOS_MAX_DEVS];
	unsigned int i;

	for (i = 0; i < cfg->nr_vifs; i++)
		fill_deferred(&devs[i + 1], &cfg->vifs[i]);
	return create(ctx, arg, devs, built, cfg, NULL, err);
}

int chaos_module_configure(struct chaos_ctx *ctx, struct noxs_ioc_configure *arg,
			   struct chaos_config *cfg, struct chaos_error *err)
{
	struct noxs_ioc_dev devs[CHAOS_MAX_VIFS];
	struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_CONFIGURE,
		.arg = arg,
		.domid = arg->domid,
		.cfg = cfg,
		.vifs = cfg->vifs,
		.devs = devs,
		.first_vif = 0,
		.err_dev = &arg->err_dev,
		.conflict_domid = &arg->conflict_domid,
		.conflict_what = &arg->conflict_what,
	};
	unsigned int i;
	int rc;

	rc = chaos_vif_check_host(cfg->vifs, cfg->nr_vifs, err);
	if (rc)
		return rc;
	for (i = 0; i < cfg->nr_vifs; i++)
		fill_addresses(&devs[i], &cfg->vifs[i]);
	arg->flags |= flags_of(cfg);
	arg->nr_devs = (uint16_t)cfg->nr_vifs;
	arg->devs = (uintptr_t)devs;
	return attempt(&a, err);
}

int chaos_module_add(struct chaos_ctx *ctx, uint32_t domid, struct chaos_config *cfg,
		     struct chaos_error *err)
{
	struct noxs_ioc_dev devs[CHAOS_MAX_DEVS];
	struct noxs_ioc_add arg = {
		.domid = (uint16_t)domid,
		.nr_devs = (uint16_t)(cfg->nr_vifs + cfg->nr_disks),
		.devs = (uintptr_t)devs,
	};
	struct attempt a = {
		.ctx = ctx,
		.request = NOXS_IOC_ADD,
		.arg = &arg,
		.domid = domid,
		.cfg = cfg,
		.vifs = cfg->vifs,
		.devs = devs,
		.first_vif = 0,
		.err_dev = &arg.err_dev,
		.conflict_domid = &arg.conflict_domid,
		.conflict_what = &arg.conflict_what,
	};
	unsigned int i;
	int rc;

	rc = chaos_vif_check_host(cfg->vifs, cfg->nr_vifs, err);
	if (rc)
		return rc;
	for (i = 0; i < cfg->nr_vifs; i++)
		fill_vif(&devs[i], &cfg->vifs[i]);
	return attempt_with_disks(&a, err);
}
