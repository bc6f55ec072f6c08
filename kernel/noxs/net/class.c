// SPDX-License-Identifier: GPL-2.0
/*
 * The vif class: requests checked, addresses claimed, states changed.
 *
 *	        front OPEN, parameters good
 *	CLOSED ----------------------------> OPEN
 *	   ^                                  |
 *	   +----------------------------------+
 *	              front CLOSED
 *
 *	any --(bad parameters, bad ring)--> FAILED, final
 */
#include <linux/etherdevice.h>
#include <xen/page.h>
#include "class.h"
#include "connect.h"
#include "netdev.h"
#include "port.h"
#include "rxqueue.h"
#include "scratch.h"
#include "tx.h"

/* Linux refuses less for IPv4. */
#define VIF_MTU_MIN  68U
#define VIF_MTU_MAX  (ETH_MAX_MTU - VLAN_ETH_HLEN)

#define VIF_NR_RINGS 2U /* transmit, receive */

/* An IPv6 address that nobody keeps from being forged, or from being used twice, is none. */
static bool vif_has_ipv6(const struct noxs_vif_config *config)
{
	return config->prefix6 || memchr_inv(config->ipv6, 0, sizeof(config->ipv6)) ||
	       memchr_inv(config->gateway6, 0, sizeof(config->gateway6));
}

static_assert(NOXS_RATE_MAX_BYTES <= RATE_BYTES_MAX);

static bool vif_rate_valid(const struct noxs_ioc_vif *vif)
{
	if (memchr_inv(vif->pad0, 0, sizeof(vif->pad0)) || vif->pad1)
		return false;
	if (!vif->rate_bytes && !vif->rate_usecs)
		return true;
	return vif->rate_bytes && vif->rate_bytes <= NOXS_RATE_MAX_BYTES &&
	       vif->rate_usecs >= NOXS_RATE_MIN_USECS && vif->rate_usecs <= NOXS_RATE_MAX_USECS;
}

static bool vif_settings_valid(const struct noxs_ioc_dev *req)
{
	const struct noxs_vif_config *config = &req->config.vif;

	return is_valid_ether_addr(config->mac) && config->prefix <= 32 && !vif_has_ipv6(config) &&
	       vif_rate_valid(&req->vif);
}

/* Nothing but the MTU is there: no rate either. */
static bool vif_settings_blank(const struct noxs_vif_config *config)
{
	const struct noxs_vif_config blank = { .mtu = config->mtu };

	return !memcmp(config, &blank, sizeof(blank));
}

static int vif_check(const struct noxs_ioc_dev *req)
{
	const struct noxs_vif_config *config = &req->config.vif;
	bool bridge = req->flags & NOXS_VIF_BRIDGE;
	bool port = req->flags & NOXS_VIF_SWITCH;

	if (req->flags &
	    ~(NOXS_VIF_BRIDGE | NOXS_VIF_SWITCH | NOXS_DEV_PRECONNECT | NOXS_VIF_DEFERRED))
		return -EINVAL;
	if ((bridge && port) || (bridge || port) != !!req->link[0])
		return -EINVAL;
	if (req->flags & NOXS_DEV_PRECONNECT &&
	    (req->nr_rings != VIF_NR_RINGS || !req->data_port[0] || !req->data_port[1]))
		return -EINVAL;
	if (config->mtu < VIF_MTU_MIN || config->mtu > VIF_MTU_MAX)
		return -EINVAL;
	if (req->flags & NOXS_VIF_DEFERRED)
		return vif_settings_blank(config) ? 0 : -EINVAL;
	return vif_settings_valid(req) ? 0 : -EINVAL;
}

/* ---- addresses ---- */

static int vif_claim(struct vif *vif, const struct noxs_vif_config *config,
		     struct noxs_conflict *conflict)
{
	return noxs_addr_claim(&vif->addr, vif->domid, config->mac, (__force __be32)config->ipv4,
			       conflict);
}

static int vif_configure(struct noxs_device *dev, const struct noxs_ioc_dev *req,
			 struct noxs_conflict *conflict)
{
	/* The link has been made for that MTU. */
	if (req->config.vif.mtu != dev->entry.config.vif.mtu || !vif_settings_valid(req))
		return -EINVAL;
	return vif_claim(dev_to_vif(dev), &req->config.vif, conflict);
}

static void vif_unconfigure(struct noxs_device *dev)
{
	noxs_addr_release(&dev_to_vif(dev)->addr);
	/* It may be claimed again at once, under a reader that stands on it: see addr.h. */
	synchronize_net();
}

/* The claimed addresses are the vif's from now on, and the rate: let packets pass. */
static void vif_start(struct noxs_device *dev, const struct noxs_ioc_dev *req)
{
	struct vif *vif = dev_to_vif(dev);

	if (req->vif.rate_usecs)
		vif_tx_limit(vif, req->vif.rate_bytes, req->vif.rate_usecs);
	smp_store_release(&vif->configured, true); /* pairs with tx_deliver() */
	if (vif->link->configured)
		vif->link->configured(vif);
}

/* ---- making and unmaking ---- */

static void vif_free(struct vif *vif)
{
	noxs_addr_release(&vif->addr); /* if it has any */
	vif->link->destroy(vif);
}

static struct noxs_device *vif_create(struct noxs_domain *dom, const struct noxs_ioc_dev *req,
				      struct noxs_conflict *conflict)
{
	bool deferred = req->flags & NOXS_VIF_DEFERRED;
	struct vif *vif;
	int err = 0;

	vif = req->flags & NOXS_VIF_SWITCH ? vif_port_alloc(dom->domid, req) :
					     vif_netdev_alloc(dom->domid, req);
	if (!vif)
		return ERR_PTR(-ENOMEM);
	vif_rx_setup(vif);
	vif_tx_setup(vif);
	if (!deferred)
		err = vif_claim(vif, &req->config.vif, conflict);
	if (!err)
		err = vif->link->attach(vif, req);
	if (err) {
		vif_free(vif);
		return ERR_PTR(err);
	}
	if (!deferred)
		vif_start(&vif->dev, req);
	vif->dev.slot.back.u.vif.features = VIF_FEATURES;
	vif->dev.slot.back.u.vif.link = 1;
	vif->dev.slot.back.u.vif.max_queues = 1;
	return &vif->dev;
}

static void vif_disconnect_class(struct noxs_device *dev)
{
	vif_disconnect(dev_to_vif(dev));
}

static void vif_quiesce_class(struct noxs_device *dev)
{
	struct vif *vif = dev_to_vif(dev);

	if (vif->connected)
		vif_quiesce(vif);
}

static void vif_thaw_class(struct noxs_device *dev)
{
	struct vif *vif = dev_to_vif(dev);

	if (vif->quiesced)
		vif_thaw(vif);
}

static void vif_destroy(struct noxs_device *dev)
{
	vif_free(dev_to_vif(dev));
}

/* Features that the front-end may choose together. */
static bool vif_features_valid(u32 features)
{
	if (features & ~VIF_FEATURES)
		return false;
	if (features & NOXS_VIF_F_GSO_TCPV4 && !(features & NOXS_VIF_F_CSUM_IPV4))
		return false;
	if (features & NOXS_VIF_F_GSO_TCPV6 && !(features & NOXS_VIF_F_CSUM_IPV6))
		return false;
	return !(features & (NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_GSO_TCPV6)) ||
	       features & NOXS_VIF_F_SG;
}

static int vif_open(struct vif *vif, const struct vif_params *params)
{
	bool split = params->features & NOXS_VIF_F_SPLIT_EVTCHN;
	bool two_ports = params->tx_port != params->rx_port;
	int err;

	if (!vif_features_valid(params->features) || split != two_ports)
		return -EPROTO;
	/* Without chains a packet has one buffer, and none of the larger ones would ever arrive. */
	if (vif->max_len > XEN_PAGE_SIZE && !(params->features & NOXS_VIF_F_SG))
		return -EMSGSIZE;
	/* What the data path may do is settled before it starts. */
	WRITE_ONCE(vif->dev.features, params->features);
	err = vif_connect(vif, params);
	if (err) {
		WRITE_ONCE(vif->dev.features, 0);
		return err;
	}
	vif->dev.slot.back.state = NOXS_STATE_OPEN;
	return 0;
}

/* We offer one queue with rings of one page. */
static int vif_check_queues(const struct noxs_vif_front *front)
{
	return front->nr_queues > 1 || front->ring_order || front->queues_gref ? -EPROTO : 0;
}

static int vif_preconnect(struct noxs_device *dev, const struct noxs_ioc_dev *req,
			  const struct noxs_ctrl_front *front)
{
	struct vif_params params = {
		.tx_gref = req->ring_gref[0],
		.rx_gref = req->ring_gref[1],
		.tx_port = req->data_port[0],
		.rx_port = req->data_port[1],
		.features = front->u.vif.features,
	};

	if (front->state != NOXS_STATE_OPEN)
		return -EINVAL;
	return vif_check_queues(&front->u.vif) ?: vif_open(dev_to_vif(dev), &params);
}

static int vif_front_changed(struct noxs_device *dev, const struct noxs_ctrl_front *front)
{
	struct vif_params params = {
		.tx_gref = front->u.vif.tx_gref,
		.rx_gref = front->u.vif.rx_gref,
		.tx_port = front->u.vif.tx_port,
		.rx_port = front->u.vif.rx_port,
		.features = front->u.vif.features,
	};
	struct vif *vif = dev_to_vif(dev);
	int err = 0;

	/* Publishing OPEN twice changes nothing: new parameters need CLOSED in between. */
	if (front->state == dev->slot.back.state)
		return 0;
	if (front->state == NOXS_STATE_OPEN) {
		err = vif_check_queues(&front->u.vif) ?: vif_open(vif, &params);
	} else {
		vif_disconnect(vif);
		WRITE_ONCE(dev->features, 0);
		dev->slot.back.state = NOXS_STATE_CLOSED;
	}
	if (!err)
		noxs_slot_publish(&dev->slot, false);
	return err;
}

static void vif_query(struct noxs_device *dev, struct noxs_ioc_dev_state *state)
{
	struct vif *vif = dev_to_vif(dev);

	vif->link->query(vif, state);
	if (vif->is_rated) {
		state->vif.rate_bytes = vif->rate.bytes;
		state->vif.rate_usecs = div_u64(vif->rate.interval_ns, NSEC_PER_USEC);
	}
	state->tx_packets = READ_ONCE(vif->tx_stats.packets);
	state->tx_bytes = READ_ONCE(vif->tx_stats.bytes);
	state->tx_errors = READ_ONCE(vif->tx_stats.errors);
	state->rx_packets = READ_ONCE(vif->rx_stats.packets);
	state->rx_bytes = READ_ONCE(vif->rx_stats.bytes);
	state->rx_dropped = atomic64_read(&vif->rx_dropped) + READ_ONCE(vif->rx_stats.errors);
}

const struct noxs_class noxs_vif_class = {
	.cls = NOXS_CLASS_VIF,
	.check = vif_check,
	.create = vif_create,
	.preconnect = vif_preconnect,
	.front_changed = vif_front_changed,
	.configure = vif_configure,
	.unconfigure = vif_unconfigure,
	.start = vif_start,
	.quiesce = vif_quiesce_class,
	.thaw = vif_thaw_class,
	.disconnect = vif_disconnect_class,
	.destroy = vif_destroy,
	.query = vif_query,
};

int noxs_vif_init(void)
{
	int err = vif_scratch_init();

	if (err)
		return err;
	err = vif_port_init();
	if (err)
		vif_scratch_fini();
	return err;
}

void noxs_vif_fini(void)
{
	vif_port_fini();
	vif_netdev_flush();
	vif_scratch_fini();
}
