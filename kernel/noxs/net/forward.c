// SPDX-License-Identifier: GPL-2.0
/*
 * Which way a frame goes.
 *
 *	to			from a guest			from the uplink
 *	one station		its port, or the uplink		its port, or nowhere
 *	ARP, asking for a port	that port			that port
 *	ARP, other request	uplink, open ports		open ports
 *	ARP, announcement	uplink, open ports		all ports
 *	group, IPv4		uplink, all ports		all ports
 *	group, other		uplink, open ports		open ports
 *
 * So an ARP request wakes one guest, not a thousand.  What goes to several ports costs credit
 * (struct flood_credit); without it, it goes to the uplink only.
 *
 * No locks are held across anything here, and no port's delivery does more than to queue the
 * frame and schedule that port's NAPI: there is no recursion, whatever guests send to each other.
 */
#include <linux/etherdevice.h>
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include "../compat.h"
#include "forward.h"
#include "rxqueue.h"

/* More segments than this of one packet are of no use: the port's queue would not hold them. */
#define FORWARD_MAX_SEGS 512U

/* ---- credit ---- */

void flood_credit_init(struct flood_credit *credit, unsigned int share)
{
	spin_lock_init(&credit->lock);
	credit->share = share;
	credit->copies = (long)FLOOD_RATE * share;
	credit->stamp = jiffies;
}

static bool flood_credit_spend(struct flood_credit *credit, unsigned int copies)
{
	long most = (long)FLOOD_RATE * credit->share;
	unsigned long elapsed, flags;
	bool allowed;

	spin_lock_irqsave(&credit->lock, flags);
	elapsed = jiffies - credit->stamp;
	if (elapsed) {
		/* A debt is at most one frame to every port there is: 8 s for 65,536. */
		credit->stamp += elapsed;
		elapsed = min_t(unsigned long, elapsed, 16 * HZ);
		credit->copies = min(credit->copies + most * (long)elapsed / HZ, most);
	}
	allowed = credit->copies > 0;
	if (allowed)
		credit->copies -= copies;
	spin_unlock_irqrestore(&credit->lock, flags);
	return allowed;
}

/* ---- one port ---- */

static struct vif_port *port_of(const struct noxs_switch *sw, struct noxs_addr *addr)
{
	struct vif_port *port = addr ? vif_to_port(container_of(addr, struct vif, addr)) : NULL;

	return port && rcu_access_pointer(port->sw) == sw ? port : NULL;
}

static void port_drop(struct vif_port *port, struct sk_buff *skb)
{
	atomic64_inc(&port->vif.rx_dropped);
	kfree_skb(skb);
}

/* Whether the guest can take it as one; it may choose anew at any time, see rx_acceptable(). */
static bool port_takes_gso(const struct vif_port *port, const struct sk_buff *skb)
{
	return READ_ONCE(port->vif.dev.features) & vif_gso_feature(skb);
}

/* Cut a packet into what its sender's offload would have sent. */
static void port_give_segments(struct vif_port *port, struct sk_buff *skb)
{
	u32 chosen = READ_ONCE(port->vif.dev.features);
	netdev_features_t features = NETIF_F_SG;
	struct sk_buff *segs, *next;

	if (chosen & NOXS_VIF_F_CSUM_IPV4)
		features |= NETIF_F_IP_CSUM;
	if (chosen & NOXS_VIF_F_CSUM_IPV6)
		features |= NETIF_F_IPV6_CSUM;
	segs = skb_shinfo(skb)->gso_segs > FORWARD_MAX_SEGS ? NULL : skb_gso_segment(skb, features);
	if (IS_ERR_OR_NULL(segs)) {
		port_drop(port, skb);
		return;
	}
	consume_skb(skb);
	skb_list_walk_safe(segs, skb, next)
	{
		skb_mark_not_on_list(skb);
		vif_rx_enqueue(&port->vif, skb);
	}
}

/* Queue a frame, Ethernet header first, for the guest. */
static void port_give(struct vif_port *port, struct sk_buff *skb)
{
	if (!vif_fits(&port->vif, skb) || !READ_ONCE(port->vif.connected))
		port_drop(port, skb);
	else if (skb_is_gso(skb) && !port_takes_gso(port, skb))
		port_give_segments(port, skb);
	else
		vif_rx_enqueue(&port->vif, skb);
}

/* ---- many ports ---- */

static void flood_group(struct noxs_switch *sw, enum port_group group, struct vif_port *from,
			struct sk_buff *skb)
{
	struct vif_port *port;
	struct sk_buff *copy;

	hlist_for_each_entry_rcu(port, &sw->ports[group], node) {
		if (port == from || !READ_ONCE(port->vif.connected))
			continue;
		copy = skb_clone(skb, GFP_ATOMIC);
		if (copy)
			port_give(port, copy);
		else
			atomic64_inc(&port->vif.rx_dropped);
	}
}

/*
 * Copy a frame, Ethernet header first, to all ports or to the open ones.  Leaves @skb alone; false
 * if there is no credit.  Segments for a group are nobody's: TCP has no groups.
 */
static bool flood(struct noxs_switch *sw, struct vif_port *from, struct sk_buff *skb, bool all)
{
	struct flood_credit *credit = from ? &from->credit : &sw->credit;
	unsigned int copies = READ_ONCE(sw->nr_ports[PORTS_OPEN]);

	if (all)
		copies += READ_ONCE(sw->nr_ports[PORTS_ADDRESSED]);
	if (!copies || skb_is_gso(skb))
		return true;
	if (!flood_credit_spend(credit, copies)) {
		atomic64_inc(&sw->floods_denied);
		return false;
	}
	flood_group(sw, PORTS_OPEN, from, skb);
	if (all)
		flood_group(sw, PORTS_ADDRESSED, from, skb);
	return true;
}

/* ---- the way ---- */

/* The one port that a frame is for; NULL if there is none, or if it is for many. */
static struct vif_port *find_port(const struct noxs_switch *sw, const struct frame *frame)
{
	if (!frame_is_group(frame))
		return port_of(sw, noxs_addr_find_mac(frame->dst));
	if (frame->kind == FRAME_ARP_REQUEST && !frame_is_announcement(frame))
		return port_of(sw, noxs_addr_find_ipv4((__force __be32)frame->ipv4_dst));
	return NULL;
}

static void uplink_receive(struct noxs_switch *sw, struct sk_buff *skb)
{
	dev_sw_netstats_rx_add(sw->netdev, skb->len + ETH_HLEN);
	netif_receive_skb(skb);
}

void noxs_forward_port(struct noxs_switch *sw, struct vif_port *from, struct sk_buff *skb,
		       const struct frame *frame)
{
	struct vif_port *to = find_port(sw, frame);

	if (to == from) {
		kfree_skb(skb);
		return;
	}
	if (to) {
		__skb_push(skb, ETH_HLEN);
		port_give(to, skb);
		return;
	}
	if (frame_is_group(frame)) {
		__skb_push(skb, ETH_HLEN);
		(void)flood(sw, from, skb, frame->kind == FRAME_IPV4); /* the uplink gets it */
		__skb_pull(skb, ETH_HLEN);
	}
	uplink_receive(sw, skb);
}

bool noxs_forward_uplink(struct noxs_switch *sw, struct sk_buff *skb, const struct frame *frame)
{
	struct vif_port *to = find_port(sw, frame);
	bool flooded = false;

	if (to) {
		port_give(to, skb);
		return true;
	}
	if (frame_is_group(frame))
		flooded = flood(sw, NULL, skb,
				frame->kind == FRAME_IPV4 || frame_is_announcement(frame));
	if (flooded)
		consume_skb(skb);
	else
		kfree_skb(skb);
	return flooded;
}
