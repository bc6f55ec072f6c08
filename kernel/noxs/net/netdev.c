// SPDX-License-Identifier: GPL-2.0
/*
 * The net device of a vif: made, attached to its bridge, opened; and unregistered in batches.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include "../compat.h"
#include "vif.h"

/* The address of Dom0's end, as xen-netback has it: the highest, so that no bridge adopts it. */
static const u8 vif_dom0_mac[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static netdev_tx_t vif_start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	vif_rx_enqueue(netdev_priv(netdev), skb);
	return NETDEV_TX_OK;
}

/*
 * The net device has all features all the time, so that connecting needs no rtnl; what the guest
 * has not chosen is done in software before a packet comes to us.
 */
static netdev_features_t vif_features_check(struct sk_buff *skb, struct net_device *netdev,
					    netdev_features_t features)
{
	struct vif *vif = netdev_priv(netdev);
	u32 chosen = READ_ONCE(vif->dev.features);

	if (!(chosen & NOXS_VIF_F_CSUM_IPV4))
		features &= ~NETIF_F_CSUM_MASK;
	if (!(chosen & NOXS_VIF_F_GSO_TCPV4))
		features &= ~NETIF_F_GSO_MASK;
	return features;
}

static void vif_get_stats64(struct net_device *netdev, struct rtnl_link_stats64 *stats)
{
	struct vif *vif = netdev_priv(netdev);

	stats->rx_packets = READ_ONCE(vif->tx_stats.packets);
	stats->rx_bytes = READ_ONCE(vif->tx_stats.bytes);
	stats->rx_errors = READ_ONCE(vif->tx_stats.errors);
	stats->tx_packets = READ_ONCE(vif->rx_stats.packets);
	stats->tx_bytes = READ_ONCE(vif->rx_stats.bytes);
	stats->tx_errors = READ_ONCE(vif->rx_stats.errors);
	stats->tx_dropped = atomic64_read(&vif->rx_dropped);
}

static const struct net_device_ops vif_netdev_ops = {
	.ndo_start_xmit = vif_start_xmit,
	.ndo_features_check = vif_features_check,
	.ndo_get_stats64 = vif_get_stats64,
	.ndo_set_mac_address = eth_mac_addr,
	.ndo_validate_addr = eth_validate_addr,
};

struct vif *vif_netdev_alloc(u16 domid, const struct noxs_ioc_dev *req)
{
	struct net_device *netdev;
	char name[IFNAMSIZ];
	struct vif *vif;

	snprintf(name, sizeof(name), "vif%u.%u", domid, req->id);
	netdev = alloc_netdev(sizeof(*vif), name, NET_NAME_ENUM, ether_setup);
	if (!netdev)
		return NULL;
	dev_net_set(netdev, current->nsproxy->net_ns);
	netdev->netdev_ops = &vif_netdev_ops;
	netdev->ethtool_ops = &vif_ethtool_ops;
	netdev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_TSO;
	netdev->features = netdev->hw_features;
	noxs_netdev_lltx(netdev);
	netdev->priv_flags |= IFF_NO_QUEUE;
	netdev->priv_flags &= ~IFF_TX_SKB_SHARING; /* packets are queued for the guest */
	/* It takes whatever the guest sends: a bridge has nothing to switch on (and to log). */
	netdev->flags |= IFF_PROMISC;
	netdev->promiscuity = 1;
	netdev->min_mtu = ETH_MIN_MTU;
	netdev->max_mtu = ETH_MAX_MTU - VLAN_ETH_HLEN;
	eth_hw_addr_set(netdev, vif_dom0_mac);
	/* Nobody waits for this device: spare udev its worker, and sysfs a power folder. */
	dev_set_uevent_suppress(&netdev->dev, true);
	device_set_pm_not_required(&netdev->dev);

	vif = netdev_priv(netdev);
	vif->netdev = netdev;
	vif->domid = domid;
	skb_queue_head_init(&vif->rx_queue);
	timer_setup(&vif->rx_stall, vif_rx_stalled, 0);
	netif_napi_add(netdev, &vif->napi, vif_poll);
	return vif;
}

/* Find the bridge to enslave to; NULL if none is wanted.  rtnl is held. */
static struct net_device *vif_find_bridge(struct net *net, const struct noxs_ioc_dev *req)
{
	struct net_device *bridge;

	if (!(req->flags & NOXS_VIF_BRIDGE))
		return NULL;
	bridge = __dev_get_by_name(net, req->link);
	if (!bridge || !bridge->netdev_ops->ndo_add_slave)
		return ERR_PTR(-ENODEV);
	return bridge;
}

static int vif_register_locked(struct net_device *netdev, const struct noxs_ioc_dev *req)
{
	struct net_device *bridge = vif_find_bridge(dev_net(netdev), req);
	int err;

	if (IS_ERR(bridge))
		return PTR_ERR(bridge);
	/*
	 * A port of a bridge speaks no IP itself.  Below IPv6's minimum MTU no inet6_dev (two
	 * sysctl tables, a proc file, a multicast listener) is made when the device appears.
	 */
	netdev->mtu = req->config.vif.mtu;
	if (bridge) {
		noxs_netdev_no_addrconf(netdev);
		netdev->mtu = ETH_MIN_MTU;
	}
	err = register_netdevice(netdev);
	if (err)
		return err;
	netdev->mtu = req->config.vif.mtu;
	/* Open first: a bridge then starts the port when it takes it, not by a second round. */
	err = dev_open(netdev, NULL);
	if (!err && bridge)
		err = bridge->netdev_ops->ndo_add_slave(bridge, netdev, NULL);
	if (err)
		goto unregister;
	netdev->needs_free_netdev = true;
	return 0;

unregister:
	unregister_netdevice(netdev);
	return err;
}

int vif_netdev_register(struct vif *vif, const struct noxs_ioc_dev *req)
{
	struct net_device *netdev = vif->netdev;
	bool name_taken;
	int err;

	rtnl_lock();
	name_taken = __dev_get_by_name(dev_net(netdev), netdev->name);
	if (name_taken) {
		/* A predecessor of this vif may be on its way out. */
		rtnl_unlock();
		vif_netdev_flush();
		rtnl_lock();
		name_taken = __dev_get_by_name(dev_net(netdev), netdev->name);
	}
	err = name_taken ? -EBUSY : vif_register_locked(netdev, req);
	rtnl_unlock();
	return err;
}

/* ---- unregistering ---- */

static LLIST_HEAD(vif_reap_list);

/* Batched: an unregistration alone waits for several RCU grace periods, and so do a hundred. */
static void vif_reap_fn(struct work_struct *work)
{
	struct llist_node *head = llist_del_all(&vif_reap_list);
	struct vif *vif;
	LIST_HEAD(netdevs);

	if (!head)
		return;
	rtnl_lock();
	llist_for_each_entry(vif, head, reap_node)
		unregister_netdevice_queue(vif->netdev, &netdevs);
	unregister_netdevice_many(&netdevs);
	rtnl_unlock(); /* frees them */
}

static DECLARE_WORK(vif_reap_work, vif_reap_fn);

void vif_netdev_reap(struct vif *vif)
{
	llist_add(&vif->reap_node, &vif_reap_list);
	schedule_work(&vif_reap_work);
}

void vif_netdev_flush(void)
{
	flush_work(&vif_reap_work);
}
