/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Switches and their ports as the data path knows them, and which way a frame goes.
 *
 * A switch is one uplink net device of Dom0's (`ip link add NAME type noxs`) and the ports of any
 * number of guests.  A port is the other form of a vif's link: it has no net device and takes no
 * rtnl, and the thousandth costs what the first does.
 *
 * Frames find their way by the addresses that were configured (../addr.h): nothing is learned, so
 * nobody can take another's traffic, and nobody can speak for another.
 *
 * Readers of the data path are under RCU.  A port is freed a grace period after it has left its
 * switch, and a switch one after all ports have left.
 */
#ifndef NOXS_NET_FORWARD_H
#define NOXS_NET_FORWARD_H

#include <linux/llist.h>
#include <linux/spinlock.h>
#include "frame.h"
#include "vif.h"

/*
 * What a source of frames may still have copied to many ports.  A copy costs Dom0 and the guest it
 * wakes some 14,000 instructions (measured on the bridge), so that FLOOD_RATE of them are 0.11 G
 * per second, some per cent of a core.  A frame goes to all of them or to none: while there is
 * credit it goes, and may leave a debt.
 */
#define FLOOD_RATE	   8192 /* copies per second, and the most that can be saved up */
#define FLOOD_UPLINK_SHARE 4	/* the uplink speaks for everybody outside */

struct flood_credit {
	spinlock_t lock; /* interrupts: netpoll sends with them off */
	unsigned int share;
	long copies;	     /* in debt if negative */
	unsigned long stamp; /* jiffies */
};

/* Ports by what reaches them without being addressed to them. */
enum port_group {
	PORTS_DEFERRED,	 /* no addresses yet: nothing does */
	PORTS_ADDRESSED, /* an IPv4 address, and only IPv4: groups of IPv4 */
	PORTS_OPEN, /* an address from DHCP, or another protocol: everything that might be for it */
	PORT_GROUPS,
};

struct noxs_switch {
	struct net_device *netdev;	      /* the uplink, whose private data this is */
	bool gone;			      /* switch_lock; takes no ports any more */
	struct hlist_head ports[PORT_GROUPS]; /* switch_lock; readers: RCU */
	unsigned int nr_ports[PORT_GROUPS];   /* switch_lock */
	struct flood_credit credit;
	atomic64_t floods_denied;
};

struct vif_port {
	struct vif vif;
	struct noxs_switch __rcu *sw; /* switch_lock; NULL: on none */
	struct hlist_node node;	      /* switch_lock; in sw->ports[group] */
	enum port_group group;	      /* switch_lock */
	struct flood_credit credit;
	struct rcu_head rcu;
	struct llist_node freed; /* after that */
};

/* port.c: the ops of this form, by which it is known. */
extern const struct vif_link_ops vif_port_link_ops;

/* NULL if the vif's link has another form. */
static inline struct vif_port *vif_to_port(struct vif *vif)
{
	return vif->link == &vif_port_link_ops ? container_of(vif, struct vif_port, vif) : NULL;
}

void flood_credit_init(struct flood_credit *credit, unsigned int share);

/*
 * Send a frame on from a guest, or from the uplink.  Consumes @skb; under RCU, softirqs off.
 * From a guest, eth_type_trans() has been called for the uplink.  False from the uplink if it went
 * nowhere.
 */
void noxs_forward_port(struct noxs_switch *sw, struct vif_port *from, struct sk_buff *skb,
		       const struct frame *frame);
bool noxs_forward_uplink(struct noxs_switch *sw, struct sk_buff *skb, const struct frame *frame);

#endif /* NOXS_NET_FORWARD_H */
