/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The queue of packets for a guest, and its bounds.
 */
#ifndef NOXS_NET_RXQUEUE_H
#define NOXS_NET_RXQUEUE_H

#include "vif.h"

/* Bytes of the pool that a queued packet has taken: skb->truesize may change on its way. */
static inline u32 *vif_rx_charge(struct sk_buff *skb)
{
	return (u32 *)skb->cb;
}

/* Nothing is queued; NAPI is off. */
void vif_rx_setup(struct vif *vif);

/* Queue a packet for the guest, or drop it.  Softirqs are off; netpoll has interrupts off, too. */
void vif_rx_enqueue(struct vif *vif, struct sk_buff *skb);

/* Drop what is queued. */
void vif_rx_purge(struct vif *vif);

/* Take the first packet, with what it has taken of the budget; or put it back.  NAPI. */
struct sk_buff *vif_rx_dequeue(struct vif *vif);
void vif_rx_requeue(struct vif *vif, struct sk_buff *skb);

/* The guest has buffers for its packets, or none.  NAPI. */
void vif_rx_moves(struct vif *vif);
void vif_rx_starves(struct vif *vif);

#endif /* NOXS_NET_RXQUEUE_H */
