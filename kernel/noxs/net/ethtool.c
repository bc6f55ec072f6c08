// SPDX-License-Identifier: GPL-2.0
/*
 * ethtool statistics of a vif: what `ip -s link` does not tell.
 */
#include "ethtool.h"
#include "vif.h"

struct vif_stat {
	char name[ETH_GSTRING_LEN];
	size_t offset;
};

static const struct vif_stat vif_stat_table[] = {
	{ "tx_copies", offsetof(struct vif, tx_stats.copies) },
	{ "tx_batches", offsetof(struct vif, tx_stats.batches) },
	{ "tx_errors", offsetof(struct vif, tx_stats.errors) },
	{ "rx_copies", offsetof(struct vif, rx_stats.copies) },
	{ "rx_batches", offsetof(struct vif, rx_stats.batches) },
	{ "rx_errors", offsetof(struct vif, rx_stats.errors) },
};

static int vif_get_sset_count(struct net_device *netdev, int set)
{
	return set == ETH_SS_STATS ? ARRAY_SIZE(vif_stat_table) : -EOPNOTSUPP;
}

static void vif_get_strings(struct net_device *netdev, u32 set, u8 *data)
{
	size_t i;

	if (set != ETH_SS_STATS)
		return;
	for (i = 0; i < ARRAY_SIZE(vif_stat_table); i++)
		memcpy(data + i * ETH_GSTRING_LEN, vif_stat_table[i].name, ETH_GSTRING_LEN);
}

static void vif_get_ethtool_stats(struct net_device *netdev, struct ethtool_stats *stats, u64 *data)
{
	const u8 *vif = netdev_priv(netdev);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(vif_stat_table); i++)
		data[i] = READ_ONCE(*(const u64 *)(vif + vif_stat_table[i].offset));
}

static void vif_get_drvinfo(struct net_device *netdev, struct ethtool_drvinfo *info)
{
	strscpy(info->driver, KBUILD_MODNAME, sizeof(info->driver));
}

const struct ethtool_ops vif_ethtool_ops = {
	.get_drvinfo = vif_get_drvinfo,
	.get_link = ethtool_op_get_link,
	.get_sset_count = vif_get_sset_count,
	.get_strings = vif_get_strings,
	.get_ethtool_stats = vif_get_ethtool_stats,
};
