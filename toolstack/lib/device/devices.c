// SPDX-License-Identifier: LGPL-2.1-only
/* What the module knows of a domain's devices. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "device/internal.h"

static const char *class_name(uint16_t cls)
{
	switch (cls) {
	case NOXS_CLASS_SYSCTL:
		return "sysctl";
	case NOXS_CLASS_VIF:
		return "vif";
	case NOXS_CLASS_VBD:
		return "vbd";
	default:
		return "unknown";
	}
}

static const char *device_state_name(uint32_t state)
{
	switch (state) {
	case NOXS_STATE_CLOSED:
		return "closed";
	case NOXS_STATE_OPEN:
		return "open";
	case NOXS_STATE_FAILED:
		return "failed";
	case NOXS_STATE_GONE:
		return "gone";
	default:
		return "unknown";
	}
}

static void convert_vbd(const struct noxs_ioc_dev_state *in, struct chaos_device *out)
{
	out->sectors = in->config.vbd.sectors;
	out->sector_size = in->config.vbd.sector_size;
	out->is_read_only = in->config.vbd.flags & NOXS_VBD_READ_ONLY;
	out->can_discard = in->config.vbd.flags & NOXS_VBD_DISCARD;
	out->reads = in->rx_packets;
	out->read_bytes = in->rx_bytes;
	out->writes = in->tx_packets;
	out->written_bytes = in->tx_bytes;
	out->io_errors = in->tx_errors;
}

static void convert(const struct noxs_ioc_dev_state *in, struct chaos_device *out)
{
	memset(out, 0, sizeof(*out));
	out->cls = class_name(in->cls);
	out->id = in->id;
	out->state = device_state_name(in->state);
	out->os_errno = (int)in->error;
	memcpy(out->ifname, in->ifname, sizeof(out->ifname) - 1);
	if (in->cls == NOXS_CLASS_VBD)
		convert_vbd(in, out);
	if (in->cls != NOXS_CLASS_VIF)
		return;
	out->vif.id = in->id;
	out->vif.has_id = true;
	memcpy(out->vif.mac, in->config.vif.mac, sizeof(out->vif.mac));
	memcpy(out->vif.bridge, in->link, sizeof(out->vif.bridge) - 1);
	out->vif.on_switch = !in->ifname[0]; /* a port has no net device */
	out->vif.mtu = in->config.vif.mtu;
	out->vif.ipv4 = in->config.vif.ipv4;
	out->vif.gateway = in->config.vif.gateway;
	out->vif.prefix = in->config.vif.prefix;
	out->vif.rate_bytes = in->vif.rate_bytes;
	out->vif.rate_usecs = in->vif.rate_usecs;
	out->tx_packets = in->tx_packets;
	out->tx_bytes = in->tx_bytes;
	out->rx_packets = in->rx_packets;
	out->rx_bytes = in->rx_bytes;
	out->tx_errors = in->tx_errors;
	out->rx_dropped = in->rx_dropped;
}

int chaos_domain_devices(struct chaos_ctx *ctx, uint32_t domid, struct chaos_devices *out,
			 struct chaos_error *err)
{
	struct noxs_ioc_dev_state devs[CHAOS_MAX_DEVS];
	struct noxs_ioc_query arg = {
		.domid = (uint16_t)domid,
		.nr_devs = CHAOS_MAX_DEVS,
		.devs = (uintptr_t)devs,
	};
	unsigned int i;
	int rc;

	memset(out, 0, sizeof(*out));
	out->exit_status = -1;
	rc = chaos_module_query(ctx, &arg, err);
	if (rc <= 0)
		return rc;
	out->is_attached = true;
	out->is_ready = arg.flags & NOXS_DOM_READY;
	out->is_logged = arg.flags & NOXS_KEEP_LOG;
	out->exit_status = chaos_exit_status(arg.flags);
	chaos_ends_convert(arg.flags, &out->ends);
	out->attached_ns = arg.attached_ns;
	out->ready_ns = arg.ready_ns;
	out->guest_start_ns = arg.guest_start_ns;
	out->guest_ready_ns = arg.guest_ready_ns;
	out->nr_devs = arg.nr_devs < CHAOS_MAX_DEVS ? arg.nr_devs : CHAOS_MAX_DEVS;
	for (i = 0; i < out->nr_devs; i++)
		convert(&devs[i], &out->devs[i]);
	return 0;
}

const struct chaos_device *chaos_device_find(const struct chaos_devices *devs, const char *cls,
					     unsigned int id)
{
	unsigned int i;

	for (i = 0; i < devs->nr_devs; i++)
		if (!strcmp(devs->devs[i].cls, cls) && devs->devs[i].id == id)
			return &devs->devs[i];
	return NULL;
}

#define MAX_TARGET 4096U /* struct noxs_ioc_target: what is used at most */

static int get_target(struct chaos_ctx *ctx, uint32_t domid, struct chaos_device *dev,
		      struct chaos_error *err)
{
	char path[MAX_TARGET], vdev[16];
	struct noxs_ioc_target arg = {
		.domid = (uint16_t)domid,
		.id = (uint16_t)dev->id,
		.path = (uintptr_t)path,
		.len = sizeof(path),
	};
	int e;

	if (!ioctl(ctx->noxs_fd, NOXS_IOC_TARGET, &arg)) {
		dev->is_direct = arg.flags & NOXS_TARGET_DIRECT;
		dev->target = strdup(path);
		return dev->target ? 0 :
				     chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	}
	e = errno;
	/* Unlinked, or a name that is too long for anybody to open it by; or the disk has gone. */
	if (e == ENOENT || e == ENAMETOOLONG)
		return 0;
	if (e == ENOTTY)
		return chaos_module_old(e, err);
	chaos_vdev_format(dev->id, vdev);
	return chaos_error_set(err, chaos_code_of_errno(e), e,
			       "cannot ask for the file behind %s of domain %u: %s", vdev, domid,
			       strerror(e));
}

int chaos_domain_targets(struct chaos_ctx *ctx, uint32_t domid, struct chaos_devices *devs,
			 struct chaos_error *err)
{
	unsigned int i;
	int rc = 0;

	for (i = 0; i < devs->nr_devs && !rc; i++)
		if (!strcmp(devs->devs[i].cls, "vbd"))
			rc = get_target(ctx, domid, &devs->devs[i], err);
	return rc;
}

void chaos_devices_fini(struct chaos_devices *devs)
{
	unsigned int i;

	for (i = 0; i < devs->nr_devs; i++)
		free(devs->devs[i].target);
	devs->nr_devs = 0;
}
