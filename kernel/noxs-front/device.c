// SPDX-License-Identifier: GPL-2.0
/*
 * The nodes of network interfaces and disks (public/io/netif.h and blkif.h say what they mean), and
 * what a driver has written there in the words of the control page.
 */
#include "front.h"

/* Numbers of disks: xen-vbd-interface(7). */
#define XVD_MAJOR     202U
#define VDEV_EXTENDED 0x10000000U
#define VDEV_XVD_LAST 0xcaffU

static u32 vdev_of(u32 id)
{
	if (id >= XVD_MAJOR << 8 && id <= VDEV_XVD_LAST)
		return id; /* a partition's: it has one already */
	return id < 16 ? XVD_MAJOR << 8 | id << 4 : VDEV_EXTENDED | id << 8;
}

void device_number(const struct front_dev *d, u32 *major, u32 *minor)
{
	u32 vdev = vdev_of(d->dev.id);

	*major = XVD_MAJOR;
	*minor = vdev & VDEV_EXTENDED ? vdev & ~VDEV_EXTENDED : vdev & 0xff;
}

bool device_name(struct front_dev *d, u16 domid)
{
	const char *type;
	u32 id = d->dev.id;

	switch (d->dev.cls) {
	case NOXS_CLASS_VIF:
		type = "vif";
		break;
	case NOXS_CLASS_VBD:
		type = "vbd";
		id = vdev_of(id);
		break;
	default:
		return false;
	}
	(void)snprintf(d->front, sizeof(d->front), "device/%s/%u", type, id);
	(void)snprintf(d->backend, sizeof(d->backend), "/local/domain/%u/backend/%s/%u/%u",
		       d->dev.backend_domid, type, domid, id);
	return true;
}

static void describe_vif(struct store *s, const struct front_dev *d)
{
	const struct noxs_vif_config *c = &d->dev.config.vif;

	store_write(s, d->front, "handle", "%u", d->dev.id);
	store_write(s, d->front, "mac", "%02x:%02x:%02x:%02x:%02x:%02x", c->mac[0], c->mac[1],
		    c->mac[2], c->mac[3], c->mac[4], c->mac[5]);
	store_write(s, d->front, "mtu", "%u", c->mtu);
}

static void describe_vbd(struct store *s, const struct front_dev *d)
{
	const struct noxs_vbd_config *c = &d->dev.config.vbd;
	bool is_read_only = c->flags & NOXS_VBD_READ_ONLY;

	store_write(s, d->front, "virtual-device", "%u", vdev_of(d->dev.id));
	store_write(s, d->front, "device-type", "disk");
	store_write(s, d->backend, "mode", "%s", is_read_only ? "r" : "w");
	store_write(s, d->backend, "info", "%u", is_read_only ? 4 : 0);
	store_write(s, d->backend, "sector-size", "%u", c->sector_size);
	/* Linux takes them for units of 512 bytes whatever the other says, as xen-blkback does. */
	store_write(s, d->backend, "sectors", "%llu",
		    (unsigned long long)c->sectors * (c->sector_size / 512));
}

void device_describe(struct store *s, const struct front_dev *d, u16 domid)
{
	store_write(s, d->front, "backend", "%s", d->backend);
	store_write(s, d->front, "backend-id", "%u", d->dev.backend_domid);
	store_write(s, d->backend, "frontend", "/local/domain/%u/%s", domid, d->front);
	store_write(s, d->backend, "frontend-id", "%u", domid);
	store_write(s, d->backend, "online", "1");
	if (d->dev.cls == NOXS_CLASS_VIF)
		describe_vif(s, d);
	else
		describe_vbd(s, d);
}

static void offer_vif(struct store *s, const struct front_dev *d)
{
	u32 features = d->back.u.vif.features;

	store_write(s, d->backend, "feature-rx-copy", "1");
	store_write(s, d->backend, "feature-rx-flip", "0");
	store_write(s, d->backend, "feature-sg", "%d", !!(features & NOXS_VIF_F_SG));
	store_write(s, d->backend, "feature-gso-tcpv4", "%d", !!(features & NOXS_VIF_F_GSO_TCPV4));
	store_write(s, d->backend, "feature-gso-tcpv6", "%d", !!(features & NOXS_VIF_F_GSO_TCPV6));
	store_write(s, d->backend, "feature-ipv6-csum-offload", "%d",
		    !!(features & NOXS_VIF_F_CSUM_IPV6));
	store_write(s, d->backend, "feature-rx-notify", "%d", !!(features & NOXS_VIF_F_RX_NOTIFY));
	store_write(s, d->backend, "feature-split-event-channels", "%d",
		    !!(features & NOXS_VIF_F_SPLIT_EVTCHN));
}

static void offer_vbd(struct store *s, const struct front_dev *d)
{
	const struct noxs_vbd_config *c = &d->dev.config.vbd;
	const struct noxs_vbd_back *b = &d->back.u.vbd;

	store_write(s, d->backend, "feature-flush-cache", "%d", !!(c->flags & NOXS_VBD_FLUSH));
	store_write(s, d->backend, "feature-barrier", "%d", !!(c->flags & NOXS_VBD_FLUSH));
	store_write(s, d->backend, "feature-discard", "%d", !!(c->flags & NOXS_VBD_DISCARD));
	store_write(s, d->backend, "discard-secure", "0");
	store_write(s, d->backend, "discard-granularity", "%u", c->sector_size);
	store_write(s, d->backend, "discard-alignment", "0");
	store_write(s, d->backend, "feature-persistent", "%d",
		    !!(b->features & NOXS_VBD_F_PERSISTENT));
	store_write(s, d->backend, "feature-max-indirect-segments", "%u", b->max_indirect);
}

void device_offer(struct store *s, const struct front_dev *d)
{
	if (d->dev.cls == NOXS_CLASS_VIF)
		offer_vif(s, d);
	else
		offer_vbd(s, d);
}

static void choose_vif(const struct store *s, const struct front_dev *d, struct noxs_vif_front *v)
{
	u32 port = store_number(s, d->front, "event-channel", 0);
	u32 chosen = 0;

	v->tx_gref = store_number(s, d->front, "tx-ring-ref", 0);
	v->rx_gref = store_number(s, d->front, "rx-ring-ref", 0);
	v->tx_port = store_number(s, d->front, "event-channel-tx", port);
	v->rx_port = store_number(s, d->front, "event-channel-rx", port);
	if (v->tx_port != v->rx_port)
		chosen |= NOXS_VIF_F_SPLIT_EVTCHN;
	if (store_number(s, d->front, "feature-sg", 0))
		chosen |= NOXS_VIF_F_SG;
	if (!store_number(s, d->front, "feature-no-csum-offload", 0))
		chosen |= NOXS_VIF_F_CSUM_IPV4;
	if (store_number(s, d->front, "feature-ipv6-csum-offload", 0))
		chosen |= NOXS_VIF_F_CSUM_IPV6;
	if (store_number(s, d->front, "feature-rx-notify", 0))
		chosen |= NOXS_VIF_F_RX_NOTIFY;
	chosen &= d->back.u.vif.features;
	/* What it needs it has chosen, or it has not chosen it. */
	if (store_number(s, d->front, "feature-gso-tcpv4", 0) && chosen & NOXS_VIF_F_SG &&
	    chosen & NOXS_VIF_F_CSUM_IPV4)
		chosen |= NOXS_VIF_F_GSO_TCPV4 & d->back.u.vif.features;
	if (store_number(s, d->front, "feature-gso-tcpv6", 0) && chosen & NOXS_VIF_F_SG &&
	    chosen & NOXS_VIF_F_CSUM_IPV6)
		chosen |= NOXS_VIF_F_GSO_TCPV6 & d->back.u.vif.features;
	v->features = chosen;
}

static void choose_vbd(const struct store *s, const struct front_dev *d, struct noxs_vbd_front *v)
{
	v->ring_gref[0] = store_number(s, d->front, "ring-ref", 0);
	v->nr_rings =
		1; /* others were not offered: here they share a port, there each has its own */
	v->port = store_number(s, d->front, "event-channel", 0);
	if (store_number(s, d->front, "feature-persistent", 0))
		v->features = d->back.u.vbd.features & NOXS_VBD_F_PERSISTENT;
}

void device_choose(const struct store *s, const struct front_dev *d, struct noxs_ctrl_front *half)
{
	if (d->dev.cls == NOXS_CLASS_VIF)
		choose_vif(s, d, &half->u.vif);
	else
		choose_vbd(s, d, &half->u.vbd);
}
