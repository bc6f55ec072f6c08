// SPDX-License-Identifier: GPL-2.0
/*
 * Switches: the uplink, a net device of link kind "noxs" that is made and deleted with ip-link(8),
 * and which ports a switch has.
 *
 * A deleted switch lets go of its ports: they stay with their guests, on no switch, and drop what
 * these send.  A switch does not hold the module: unloading deletes those that are left.
 */
#include <linux/etherdevice.h>
#include <linux/ethtool.h>
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/nsproxy.h>
#include <linux/rculist.h>
#include <net/rtnetlink.h>
#include "../compat.h"
#include "switch.h"

/* Process context; inside rtnl when a switch goes.  Taken for a few instructions. */
static DEFINE_SPINLOCK(switch_lock);

/* ---- ports ---- */

static const struct net_device_ops switch_netdev_ops;

static enum port_group port_group(const struct vif_port *port)
{
	if (!port->vif.configured)
		return PORTS_DEFERRED;
	return port->vif.addr.ipv4 ? PORTS_ADDRESSED : PORTS_OPEN;
}

static void switch_add(struct noxs_switch *sw, struct vif_port *port)
{
	lockdep_assert_held(&switch_lock);
	port->group = port_group(port);
	hlist_add_head_rcu(&port->node, &sw->ports[port->group]);
	WRITE_ONCE(sw->nr_ports[port->group], sw->nr_ports[port->group] + 1);
	rcu_assign_pointer(port->sw, sw);
}

/* The port may be added again at once if it was a deferred one: no reader looks at those. */
static void switch_remove(struct noxs_switch *sw, struct vif_port *port)
{
	lockdep_assert_held(&switch_lock);
	RCU_INIT_POINTER(port->sw, NULL);
	hlist_del_rcu(&port->node);
	WRITE_ONCE(sw->nr_ports[port->group], sw->nr_ports[port->group] - 1);
}

static struct noxs_switch *port_switch(const struct vif_port *port)
{
	return rcu_dereference_protected(port->sw, lockdep_is_held(&switch_lock));
}

int noxs_switch_join(struct vif_port *port, const char *name)
{
	struct net_device *netdev;
	struct noxs_switch *sw;
	int err = -ENODEV;

	rcu_read_lock();
	netdev = dev_get_by_name_rcu(current->nsproxy->net_ns, name);
	if (netdev && netdev->netdev_ops == &switch_netdev_ops) {
		sw = netdev_priv(netdev);
		spin_lock(&switch_lock);
		if (!sw->gone) {
			switch_add(sw, port);
			err = 0;
		}
		spin_unlock(&switch_lock);
	}
	rcu_read_unlock();
	return err;
}

void noxs_switch_leave(struct vif_port *port)
{
	struct noxs_switch *sw;

	spin_lock(&switch_lock);
	sw = port_switch(port);
	if (sw)
		switch_remove(sw, port);
	spin_unlock(&switch_lock);
}

void noxs_switch_regroup(struct vif_port *port)
{
	struct noxs_switch *sw;

	spin_lock(&switch_lock);
	sw = port_switch(port);
	if (sw) {
		switch_remove(sw, port);
		switch_add(sw, port);
	}
	spin_unlock(&switch_lock);
}

/* ---- the uplink ---- */

static netdev_tx_t switch_start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct noxs_switch *sw = netdev_priv(netdev);
	unsigned int len = skb->len;
	struct frame frame;

	/* All of a short frame, and never more than the headers. */
	if (!pskb_may_pull(skb, min(len, FRAME_HEADERS_LEN)) ||
	    frame_parse(skb->data, skb_headlen(skb), &frame)) {
		kfree_skb(skb);
		goto dropped;
	}
	rcu_read_lock();
	if (!noxs_forward_uplink(sw, skb, &frame)) {
		rcu_read_unlock();
		goto dropped;
	}
	rcu_read_unlock();
	dev_sw_netstats_tx_add(netdev, 1, len);
	return NETDEV_TX_OK;

dropped:
	dev_core_stats_tx_dropped_inc(netdev);
	return NETDEV_TX_OK;
}

static int switch_netdev_init(struct net_device *netdev)
{
	netdev->tstats = netdev_alloc_pcpu_stats(struct pcpu_sw_netstats);
	return netdev->tstats ? 0 : -ENOMEM;
}

/* The core waits for readers before and after this. */
static void switch_netdev_uninit(struct net_device *netdev)
{
	struct noxs_switch *sw = netdev_priv(netdev);
	struct hlist_node *next;
	struct vif_port *port;
	unsigned int i;

	spin_lock(&switch_lock);
	sw->gone = true;
	for (i = 0; i < PORT_GROUPS; i++)
		hlist_for_each_entry_safe(port, next, &sw->ports[i], node)
			switch_remove(sw, port);
	spin_unlock(&switch_lock);
}

static void switch_netdev_free(struct net_device *netdev)
{
	free_percpu(netdev->tstats);
}

static const struct net_device_ops switch_netdev_ops = {
	.ndo_init = switch_netdev_init,
	.ndo_uninit = switch_netdev_uninit,
	.ndo_start_xmit = switch_start_xmit,
	.ndo_get_stats64 = dev_get_tstats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

/* ---- ethtool ---- */

static const char switch_stat_names[][ETH_GSTRING_LEN] = {
	"ports_deferred",
	"ports_addressed",
	"ports_open",
	"floods_denied",
};

static int switch_get_sset_count(struct net_device *netdev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(switch_stat_names) : -EOPNOTSUPP;
}

static void switch_get_strings(struct net_device *netdev, u32 set, u8 *data)
{
	if (set == ETH_SS_STATS)
		memcpy(data, switch_stat_names, sizeof(switch_stat_names));
}

static void switch_get_ethtool_stats(struct net_device *netdev, struct ethtool_stats *stats,
				     u64 *data)
{
	const struct noxs_switch *sw = netdev_priv(netdev);
	unsigned int i;

	for (i = 0; i < PORT_GROUPS; i++)
		data[i] = READ_ONCE(sw->nr_ports[i]);
	data[PORT_GROUPS] = atomic64_read(&sw->floods_denied);
}

static void switch_get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
}

static const struct ethtool_ops switch_ethtool_ops = {
	.get_drvinfo = switch_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = switch_get_sset_count,
	.get_strings = switch_get_strings,
	.get_ethtool_stats = switch_get_ethtool_stats,
};

/* ---- the link kind ---- */

/* DEVTYPE= in the uevent file of sysfs tells what it is, as with a bridge. */
static const struct device_type switch_type = {
	.name = "noxs",
};

/* All offloads, all the time: what the guest at a port has not chosen is done on the way to it. */
static void switch_setup(struct net_device *netdev)
{
	struct noxs_switch *sw = netdev_priv(netdev);

	ether_setup(netdev);
	SET_NETDEV_DEVTYPE(netdev, &switch_type);
	sw->netdev = netdev;
	flood_credit_init(&sw->credit, FLOOD_UPLINK_SHARE);
	netdev->netdev_ops = &switch_netdev_ops;
	netdev->ethtool_ops = &switch_ethtool_ops;
	netdev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO |
			      NETIF_F_TSO6;
	netdev->features = netdev->hw_features;
	noxs_netdev_lltx(netdev);
	netdev->priv_flags |= IFF_NO_QUEUE;
	netdev->priv_flags &= ~IFF_TX_SKB_SHARING; /* packets are queued for guests */
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
	netdev->needs_free_netdev = true;
	netdev->priv_destructor = switch_netdev_free;
	eth_hw_addr_random(netdev);
}

static int switch_validate(struct nlattr *tb[], struct nlattr *data[],
			   struct netlink_ext_ack *extack)
{
	if (!tb[IFLA_ADDRESS])
		return 0;
	if (nla_len(tb[IFLA_ADDRESS]) != ETH_ALEN)
		return -EINVAL;
	return is_valid_ether_addr(nla_data(tb[IFLA_ADDRESS])) ? 0 : -EADDRNOTAVAIL;
}

static struct rtnl_link_ops switch_link_ops = {
	.kind = "noxs",
	.priv_size = sizeof(struct noxs_switch),
	.setup = switch_setup,
	.validate = switch_validate,
};

int noxs_switch_init(void)
{
	return rtnl_link_register(&switch_link_ops);
}

void noxs_switch_fini(void)
{
	rtnl_link_unregister(&switch_link_ops);
}

MODULE_ALIAS_RTNL_LINK("noxs");
