/* SPDX-License-Identifier: GPL-2.0 */
/*
 * From the guest to the network.
 */
#ifndef NOXS_NET_TX_H
#define NOXS_NET_TX_H

#include "vif.h"

/* Before anything else. */
void vif_tx_setup(struct vif *vif);
/* The guest may send @bytes each @usecs from now on.  Called once at most, dom->lock being held. */
void vif_tx_limit(struct vif *vif, u64 bytes, u32 usecs);
/* NAPI is off: nobody waits for credit any more.  Process context. */
void vif_tx_stop(struct vif *vif);
/* True while the guest's requests wait for credit: a poll comes by itself.  NAPI. */
bool vif_tx_waits(const struct vif *vif);

/* Take up to @budget packets from the guest; returns how many.  NAPI. */
int vif_tx_poll(struct vif *vif, int budget);
/* True if the guest has published requests.  Any context. */
bool vif_tx_has_work(struct vif *vif);
/* Ask the guest for an event; true if there are requests already.  NAPI. */
bool vif_tx_arm(struct vif *vif);
/*
 * Set checksum and segmentation up for the stack, eth_type_trans() having been called; false if
 * the guest's headers do not bear it out.  For vif_link_ops.deliver().
 */
bool vif_tx_finish_skb(struct sk_buff *skb);

#endif /* NOXS_NET_TX_H */
