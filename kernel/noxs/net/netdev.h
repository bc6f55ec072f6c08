/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vif's link as a net device of its own.
 */
#ifndef NOXS_NET_NETDEV_H
#define NOXS_NET_NETDEV_H

#include "vif.h"

/* Make the net device vifD.I, in whose private data the vif lies. */
struct vif *vif_netdev_alloc(u16 domid, const struct noxs_ioc_dev *req);

/* Wait until every net device whose vif has been destroyed is gone. */
void vif_netdev_flush(void);

#endif /* NOXS_NET_NETDEV_H */
