/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vif back-end: standard netif rings of a guest at one end, a link to Dom0's network at the
 * other.  Directions are the guest's: it transmits (tx) what the link receives.
 *
 * What is in which file: the table in ../Kbuild.
 *
 * The guest's data is always copied by the hypervisor (GNTTABOP_copy), never mapped: nothing of a
 * guest is in the network stack, and a guest that dies takes nothing with it.
 */
#ifndef NOXS_NET_VIF_H
#define NOXS_NET_VIF_H

#include <linux/hrtimer.h>
#include <linux/if_vlan.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <xen/interface/io/ring.h>
#include <xen/interface/io/netif.h>
#include "../budget.h"
#include "../bus.h"
#include "../compat.h"
#include "../eoi.h"
#include "rate.h"

#define VIF_FEATURES                                                                             \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_SPLIT_EVTCHN | \
	 NOXS_VIF_F_RX_NOTIFY | NOXS_VIF_F_CSUM_IPV6 | NOXS_VIF_F_GSO_TCPV6)

/* Channels, as in vif.eoi; the same one without SPLIT_EVTCHN. */
#define VIF_TX 0
#define VIF_RX 1

struct vif_stats {
	u64 packets;
	u64 bytes;
	u64 errors;
	u64 copies;  /* grant-copy operations */
	u64 batches; /* hypercalls that carried them */
};

struct vif;

/*
 * The form of a vif's link.  It embeds struct vif and makes it; the rest of a vif does not know
 * which form it has.  In process context with dom->lock held, unless said otherwise.
 */
struct vif_link_ops {
	/* Join the network that @req names; -ENODEV: there is none. */
	int (*attach)(struct vif *vif, const struct noxs_ioc_dev *req);

	/* The vif has its addresses, for good.  After attach(), perhaps long.  NULL: no matter. */
	void (*configured)(struct vif *vif);

	/* The guest's rings have come to life, or are no more.  NULL: no matter. */
	void (*set_carrier)(struct vif *vif, bool on);

	/* Consume a packet from the guest, Ethernet header first; false: refused.  NAPI. */
	bool (*deliver)(struct vif *vif, struct sk_buff *skb);

	/* Name the link in @state: ifname, link. */
	void (*query)(struct vif *vif, struct noxs_ioc_dev_state *state);

	/* Leave the network, if ever joined, and free the vif, now or later.  Disconnected. */
	void (*destroy)(struct vif *vif);
};

struct vif {
	struct noxs_device dev;
	const struct vif_link_ops *link;
	char name[IFNAMSIZ];  /* vifD.I */
	unsigned int max_len; /* of a frame for the guest, by its MTU; constant */
	bool configured;      /* addr is final; no packet passes before */
	struct noxs_addr addr;

	/* Connection: written under dom->lock while NAPI is off, constant while it is on. */
	u16 domid;
	bool connected; /* also rx_queue.lock, for vif_rx_enqueue() */
	bool quiesced;	/* connected, but NAPI is off; dom->lock */
	struct noxs_grant tx_grant;
	struct noxs_grant rx_grant;
	struct noxs_eoi eoi;
	struct napi_struct napi;

	/* Rings: NAPI only. */
	struct xen_netif_tx_back_ring tx;
	struct xen_netif_rx_back_ring rx;
	struct vif_stats tx_stats;
	struct vif_stats rx_stats;
	bool worked; /* packets have been moved since the last EOI */

	/* What the guest may send: see tx.c. */
	bool is_rated;	      /* set once; before that nobody looks at the rest */
	struct vif_rate rate; /* NAPI only, like the next */
	u64 tx_resumes_ns;    /* when tx_timer fires for requests that wait; 0: none do */
	struct hrtimer tx_timer;

	/* Packets for the guest: rx_queue.lock. */
	struct sk_buff_head rx_queue;
	u32 rx_queue_bytes;
	struct noxs_budget_user rx_user; /* what these and those being copied have of the pool */
	atomic64_t rx_dropped;
	struct timer_list rx_stall; /* runs while the guest posts no buffers */
	bool rx_stalled;	    /* and it has run out; none posted since */
};

static inline struct vif *dev_to_vif(struct noxs_device *dev)
{
	return container_of(dev, struct vif, dev);
}

/* The part of a zeroed vif that all forms make alike. */
static inline void vif_setup(struct vif *vif, const struct vif_link_ops *link, u16 domid,
			     const struct noxs_ioc_dev *req)
{
	vif->link = link;
	vif->domid = domid;
	vif->max_len = req->config.vif.mtu + VLAN_ETH_HLEN;
	snprintf(vif->name, sizeof(vif->name), "vif%u.%u", domid, req->id);
}

/* The feature without which a front-end does not take segments of this kind; 0: none does. */
static inline u32 vif_gso_feature(const struct sk_buff *skb)
{
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV4)
		return NOXS_VIF_F_GSO_TCPV4;
	return skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6 ? NOXS_VIF_F_GSO_TCPV6 : 0;
}

/* Whether a packet is no larger than the guest's MTU allows; else its link drops it. */
static inline bool vif_fits(const struct vif *vif, const struct sk_buff *skb)
{
	return skb_is_gso(skb) ? skb_gso_validate_mac_len(skb, vif->max_len) :
				 skb->len <= vif->max_len;
}

#endif /* NOXS_NET_VIF_H */
