// SPDX-License-Identifier: GPL-2.0
/*
 * A vif's link as a port of a switch.
 *
 * NAPI wants a net device: all ports share a dummy, which outlives any switch, or each has its own
 * where sharing would make them wait for each other (compat.h).  They stay out of the hash of busy
 * polling (no socket polls a port), whose 256 chains would grow with them.
 */
#include <linux/etherdevice.h>
#include <linux/llist.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include "../compat.h"
#include "connect.h"
#include "port.h"
#include "switch.h"
#include "tx.h"

static struct net_device *port_dummy; /* the shared one, or NULL */
/* A dummy's list of NAPI instances.  A mutex: from Linux 6.14 on, changing that takes another. */
static DEFINE_MUTEX(port_dummy_lock);

static LLIST_HEAD(ports_freed); /* with dummies of their own */

struct vif *vif_port_alloc(u16 domid, const struct noxs_ioc_dev *req)
{
	struct vif_port *port = kzalloc(sizeof(*port), GFP_KERNEL);
	struct net_device *dummy = port_dummy;

	if (!port)
		return NULL;
	if (!NOXS_NAPI_CAN_SHARE) {
		dummy = noxs_dummy_netdev_alloc();
		if (!dummy) {
			kfree(port);
			return NULL;
		}
	}
	vif_setup(&port->vif, &vif_port_link_ops, domid, req);
	flood_credit_init(&port->credit, 1);
	mutex_lock(&port_dummy_lock);
	netif_napi_add_tx(dummy, &port->vif.napi, vif_poll);
	mutex_unlock(&port_dummy_lock);
	return &port->vif;
}

/* Freeing a net device may sleep, and it is looked at until the last poll has returned. */
static void port_free(struct vif_port *port)
{
	noxs_dummy_netdev_free(port->vif.napi.dev);
	kfree(port);
}

static void ports_free_fn(struct work_struct *work)
{
	struct vif_port *port, *next;

	llist_for_each_entry_safe(port, next, llist_del_all(&ports_freed), freed)
		port_free(port);
}

static DECLARE_WORK(ports_free_work, ports_free_fn);

static void port_free_rcu(struct rcu_head *head)
{
	struct vif_port *port = container_of(head, struct vif_port, rcu);

	llist_add(&port->freed, &ports_freed);
	schedule_work(&ports_free_work);
}

static void port_destroy(struct vif *vif)
{
	struct vif_port *port = vif_to_port(vif);

	noxs_switch_leave(port);
	mutex_lock(&port_dummy_lock);
	__netif_napi_del(&vif->napi);
	mutex_unlock(&port_dummy_lock);
	if (NOXS_NAPI_CAN_SHARE)
		kfree_rcu(port, rcu);
	else
		call_rcu(&port->rcu, port_free_rcu);
}

static int port_attach(struct vif *vif, const struct noxs_ioc_dev *req)
{
	return noxs_switch_join(vif_to_port(vif), req->link);
}

static void port_configured(struct vif *vif)
{
	noxs_switch_regroup(vif_to_port(vif));
}

/* An address that another vif was given is not for a guest that was given none. */
static bool port_owns_ipv4(const struct vif_port *port, const struct frame *frame)
{
	const struct noxs_addr *owner;

	if (port->vif.addr.ipv4 || frame->kind == FRAME_OTHER)
		return true;
	owner = noxs_addr_find_ipv4((__force __be32)frame->ipv4_src);
	return !owner || owner == &port->vif.addr;
}

static bool port_deliver_rcu(struct vif_port *port, struct sk_buff *skb)
{
	struct noxs_switch *sw = rcu_dereference(port->sw);
	const struct noxs_addr *addr = &port->vif.addr;
	struct frame frame;

	/* The headers are linear: see TX_HEADERS_LEN in tx.c. */
	if (!sw || !netif_running(sw->netdev) || frame_parse(skb->data, skb_headlen(skb), &frame) ||
	    !frame_is_honest(&frame, addr->mac, (__force u32)addr->ipv4) ||
	    !port_owns_ipv4(port, &frame))
		return false;
	skb->protocol = eth_type_trans(skb, sw->netdev); /* sets skb->dev */
	skb_reset_network_header(skb);
	if (!vif_tx_finish_skb(skb))
		return false;
	noxs_forward_port(sw, port, skb, &frame);
	return true;
}

static bool port_deliver(struct vif *vif, struct sk_buff *skb)
{
	bool taken;

	rcu_read_lock();
	taken = port_deliver_rcu(vif_to_port(vif), skb);
	rcu_read_unlock();
	if (!taken)
		kfree_skb(skb);
	return taken;
}

/* The switch may have another name by now, or be no more. */
static void port_query(struct vif *vif, struct noxs_ioc_dev_state *state)
{
	struct noxs_switch *sw;

	memset(state->link, 0, sizeof(state->link));
	rcu_read_lock();
	sw = rcu_dereference(vif_to_port(vif)->sw);
	if (sw)
		strscpy(state->link, sw->netdev->name, sizeof(state->link));
	rcu_read_unlock();
}

const struct vif_link_ops vif_port_link_ops = {
	.attach = port_attach,
	.configured = port_configured,
	.deliver = port_deliver,
	.query = port_query,
	.destroy = port_destroy,
};

int vif_port_init(void)
{
	int err;

	if (NOXS_NAPI_CAN_SHARE) {
		port_dummy = noxs_dummy_netdev_alloc();
		if (!port_dummy)
			return -ENOMEM;
	}
	err = noxs_switch_init();
	if (err && port_dummy)
		noxs_dummy_netdev_free(port_dummy);
	return err;
}

void vif_port_fini(void)
{
	noxs_switch_fini();
	synchronize_net(); /* nobody polls any more */
	rcu_barrier();	   /* the last ports are on their list */
	flush_work(&ports_free_work);
	if (port_dummy)
		noxs_dummy_netdev_free(port_dummy);
}
