/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ethtool statistics of a vif.
 */
#ifndef NOXS_NET_ETHTOOL_H
#define NOXS_NET_ETHTOOL_H

#include <linux/ethtool.h>

/* Of a net device whose private data begins with a vif. */
extern const struct ethtool_ops vif_ethtool_ops;

#endif /* NOXS_NET_ETHTOOL_H */
