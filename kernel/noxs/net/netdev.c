// SPDX-License-Identifier: GPL-2.0
/*
 * A vif's link as a net device of its own: made, attached to its bridge, opened; and unregistered
 * in batches.
 */
#include <linux/etherdevice.h>
#include <linux/llist.h>
#include <linux/nsproxy.h>
#include <linux/rtnetlink.h>
#include "../compat.h"
#include "connect.h"
#include "ethtool.h"
#include "netdev.h"
#include "rxqueue.h"
#include "tx.h"

/* The private data of the net device; ethtool.c relies on the vif being first. */
struct vif_netdev {
	struct vif vif;
	struct net_device *netdev;
	struct llist_node reap_node;
};

static inline struct vif_netdev *vif_to_netdev(struct vif *vif)
{
	return container_of(vif, struct vif_netdev, vif);
}

/* The address of Dom0's end, as xen-netback has it: the highest, so that no bridge adopts it. */
static const u8 vif_dom0_mac[ETH_ALEN] = { 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff };

static netdev_tx_t vif_start_xmit(struct sk_buff *skb, struct net_device *netdev)
{
	struct vif *vif = netdev_priv(netdev);

	if (vif_fits(vif, skb)) {
		vif_rx_enqueue(vif, skb);
	} else {
		atomic64_inc(&vif->rx_dropped);
		dev_kfree_skb_any(skb);
	}
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
		features &= ~NETIF_F_IP_CSUM;
	if (!(chosen & NOXS_VIF_F_CSUM_IPV6))
		features &= ~NETIF_F_IPV6_CSUM;
	if (skb_is_gso(skb) && !(chosen & vif_gso_feature(skb)))
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
	/* A bridge takes the least of its ports' MTUs for its own: none of a guest's. */
	netdev->mtu = bridge ? bridge->mtu : req->config.vif.mtu;
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

/* How many vifs were to be unregistered, and have been; counts up. */
static atomic_t vif_reaps_due, vif_reaps_done;
static DECLARE_WAIT_QUEUE_HEAD(vif_reaped);

/* Wait for those that are on their way out now.  -ERESTARTSYS: killed. */
static int vif_await_reaped(void)
{
	int due = atomic_read(&vif_reaps_due);

	return wait_event_killable(vif_reaped, atomic_read(&vif_reaps_done) - due >= 0);
}

/* Register, enslave and open it. */
static int vif_netdev_attach(struct vif *vif, const struct noxs_ioc_dev *req)
{
	struct net_device *netdev = vif_to_netdev(vif)->netdev;
	bool name_taken;
	int err;

	/* dom->lock is held, and others wait for that: all of them can be killed. */
	if (rtnl_lock_killable())
		return -EINTR;
	name_taken = __dev_get_by_name(dev_net(netdev), netdev->name);
	if (name_taken) {
		/* A predecessor of this vif may be on its way out. */
		rtnl_unlock();
		if (vif_await_reaped() || rtnl_lock_killable())
			return -EINTR;
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
	struct vif_netdev *vn;
	LIST_HEAD(netdevs);
	int nr = 0;

	if (!head)
		return;
	rtnl_lock();
	llist_for_each_entry(vn, head, reap_node) {
		unregister_netdevice_queue(vn->netdev, &netdevs);
		nr++;
	}
	unregister_netdevice_many(&netdevs);
	rtnl_unlock(); /* frees them */
	atomic_add(nr, &vif_reaps_done);
	wake_up_all(&vif_reaped);
}

static DECLARE_WORK(vif_reap_work, vif_reap_fn);

static void vif_netdev_destroy(struct vif *vif)
{
	struct vif_netdev *vn = vif_to_netdev(vif);

	if (vn->netdev->reg_state != NETREG_REGISTERED) {
		synchronize_net(); /* a switch may have found its addresses */
		free_netdev(vn->netdev);
		return;
	}
	atomic_inc(&vif_reaps_due);
	llist_add(&vn->reap_node, &vif_reap_list);
	schedule_work(&vif_reap_work);
}

void vif_netdev_flush(void)
{
	flush_work(&vif_reap_work);
}

/* ---- the form ---- */

static bool vif_netdev_deliver(struct vif *vif, struct sk_buff *skb)
{
	struct net_device *netdev = vif_to_netdev(vif)->netdev;

	if (!netif_running(netdev))
		goto refuse;
	skb->protocol = eth_type_trans(skb, netdev); /* sets skb->dev */
	skb_reset_network_header(skb);
	if (!vif_tx_finish_skb(skb))
		goto refuse;
	netif_receive_skb(skb);
	return true;

refuse:
	kfree_skb(skb);
	return false;
}

static void vif_netdev_set_carrier(struct vif *vif, bool on)
{
	struct net_device *netdev = vif_to_netdev(vif)->netdev;

	if (on)
		netif_carrier_on(netdev);
	else
		netif_carrier_off(netdev);
}

/* Who has it now: it may have been moved, and its bridge been renamed or deleted. */
static void vif_netdev_query(struct vif *vif, struct noxs_ioc_dev_state *state)
{
	struct net_device *netdev = vif_to_netdev(vif)->netdev;
	struct net_device *master;

	strscpy(state->ifname, netdev->name, sizeof(state->ifname));
	rcu_read_lock();
	master = netdev_master_upper_dev_get_rcu(netdev);
	if (master)
		strscpy(state->link, master->name, sizeof(state->link));
	else if (state->link[0] && !state->error)
		state->error = ENODEV;
	rcu_read_unlock();
}

static const struct vif_link_ops vif_netdev_link_ops = {
	.attach = vif_netdev_attach,
	.set_carrier = vif_netdev_set_carrier,
	.deliver = vif_netdev_deliver,
	.query = vif_netdev_query,
	.destroy = vif_netdev_destroy,
};

struct vif *vif_netdev_alloc(u16 domid, const struct noxs_ioc_dev *req)
{
	struct net_device *netdev;
	struct vif_netdev *vn;

	netdev = alloc_netdev(sizeof(*vn), "vif%d", NET_NAME_ENUM, ether_setup);
	if (!netdev)
		return NULL;
	vn = netdev_priv(netdev);
	vn->netdev = netdev;
	vif_setup(&vn->vif, &vif_netdev_link_ops, domid, req);
	strscpy(netdev->name, vn->vif.name, sizeof(netdev->name));
	dev_net_set(netdev, current->nsproxy->net_ns);
	netdev->netdev_ops = &vif_netdev_ops;
	netdev->ethtool_ops = &vif_ethtool_ops;
	netdev->hw_features = NETIF_F_SG | NETIF_F_IP_CSUM | NETIF_F_IPV6_CSUM | NETIF_F_TSO |
			      NETIF_F_TSO6;
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
	netif_napi_add(netdev, &vn->vif.napi, vif_poll);
	return &vn->vif;
}
