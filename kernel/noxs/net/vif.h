/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vif back-end: a net device vifD.I at one end, standard netif rings of a guest at the other.
 * Directions are the guest's: it transmits (tx) what the net device receives.
 *
 *	vif.c		the class: create, destroy, state changes
 *	netdev.c	the net device: register, bridge, statistics
 *	connect.c	mapping rings, binding channels, interrupts, NAPI
 *	txchain.c	the shape of a packet in the transmit ring (host-testable)
 *	tx.c rx.c	the data path
 *
 * The guest's data is always copied by the hypervisor (GNTTABOP_copy), never mapped: nothing of a
 * guest is in the network stack, and a guest that dies takes nothing with it.
 */
#ifndef NOXS_NET_VIF_H
#define NOXS_NET_VIF_H

#include <linux/llist.h>
#include <linux/netdevice.h>
#include <linux/skbuff.h>
#include <linux/timer.h>
#include <xen/interface/io/ring.h>
#include <xen/interface/io/netif.h>
#include "../bus.h"

#define VIF_FEATURES                                                                             \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_SPLIT_EVTCHN | \
	 NOXS_VIF_F_RX_NOTIFY)

/* Bits of vif.eoi_due: this channel's handler has run, and its event waits for its EOI. */
#define VIF_EOI_TX BIT(0)
#define VIF_EOI_RX BIT(1)

struct vif_stats {
	u64 packets;
	u64 bytes;
	u64 errors;
	u64 copies;  /* grant-copy operations */
	u64 batches; /* hypercalls that carried them */
};

struct vif {
	struct noxs_device dev;
	struct net_device *netdev;
	struct noxs_addr addr;
	struct llist_node reap_node;

	/* Connection: written under dom->lock while NAPI is off, constant while it is on. */
	u16 domid;
	bool connected; /* also rx_queue.lock, for vif_rx_enqueue() */
	struct noxs_grant tx_grant;
	struct noxs_grant rx_grant;
	int tx_irq; /* 0 if none */
	int rx_irq; /* the same as tx_irq without SPLIT_EVTCHN */
	atomic_t eoi_due;
	atomic_t grace;	   /* events without work that are still forgiven */
	atomic_t progress; /* requests have been consumed since the last such event */
	struct napi_struct napi;

	/* Rings: NAPI only. */
	struct xen_netif_tx_back_ring tx;
	struct xen_netif_rx_back_ring rx;
	struct vif_stats tx_stats;
	struct vif_stats rx_stats;
	bool worked; /* packets have been moved since the last EOI */

	/* Packets for the guest: rx_queue.lock. */
	struct sk_buff_head rx_queue;
	u32 rx_queue_bytes;
	atomic64_t rx_dropped;
	struct timer_list rx_stall; /* runs while the guest posts no buffers */
};

extern const struct noxs_class noxs_vif_class;

int noxs_vif_init(void);
/* Every vif has been destroyed; waits until their net devices are gone, too. */
void noxs_vif_fini(void);

static inline struct vif *dev_to_vif(struct noxs_device *dev)
{
	return container_of(dev, struct vif, dev);
}

/* ---- netdev.c ---- */

/* Make the net device vifD.I, in whose private data the vif lies; free_netdev() undoes it. */
struct vif *vif_netdev_alloc(u16 domid, const struct noxs_ioc_dev *req);

/* Register, enslave and open it.  -ENODEV no such bridge; takes rtnl. */
int vif_netdev_register(struct vif *vif, const struct noxs_ioc_dev *req);

/* Unregister and free it, later and together with others.  It is disconnected. */
void vif_netdev_reap(struct vif *vif);

/* Wait until everything handed to vif_netdev_reap() is gone. */
void vif_netdev_flush(void);

/* ---- connect.c ---- */

struct vif_params {
	u32 tx_gref, rx_gref;
	u32 tx_port, rx_port;
	u32 features;
};

/* Map rings and bind channels; the data path runs from then on. */
int vif_connect(struct vif *vif, const struct vif_params *params);

/* Stop the data path and let go of everything of the guest's.  May be called when not connected. */
void vif_disconnect(struct vif *vif);

/* NAPI's poll function. */
int vif_poll(struct napi_struct *napi, int budget);

/* ---- tx.c, rx.c ---- */

/* Take up to @budget packets from the guest; returns how many.  NAPI. */
int vif_tx_poll(struct vif *vif, int budget);
/* True if the guest has published requests.  Any context. */
bool vif_tx_has_work(struct vif *vif);
/* Ask the guest for an event; true if there are requests already.  NAPI. */
bool vif_tx_arm(struct vif *vif);

/*
 * Give the guest what is queued and what it has buffers for, within bounds.  True if there is more
 * that can be done at once.  NAPI.
 */
bool vif_rx_poll(struct vif *vif);
/* True if there is a packet and, at a glance, room for one.  Any context. */
bool vif_rx_has_work(struct vif *vif);

/* Queue a packet for the guest, or drop it.  Softirqs are off. */
void vif_rx_enqueue(struct vif *vif, struct sk_buff *skb);
void vif_rx_purge(struct vif *vif);
void vif_rx_stalled(struct timer_list *timer);

/* ---- scratch.c ---- */

int vif_scratch_init(void);
void vif_scratch_fini(void);

/* ---- ethtool.c ---- */

extern const struct ethtool_ops vif_ethtool_ops;

#endif /* NOXS_NET_VIF_H */
