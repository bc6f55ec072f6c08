/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the network to the guest.
 */
#ifndef NOXS_NET_RX_H
#define NOXS_NET_RX_H

#include "vif.h"

/*
 * Give the guest what is queued and what it has buffers for, within bounds.  True if there is more
 * that can be done at once.  NAPI.
 */
bool vif_rx_poll(struct vif *vif);
/* True if there is a packet and, at a glance, room for one.  Any context. */
bool vif_rx_has_work(struct vif *vif);

#endif /* NOXS_NET_RX_H */
