// SPDX-License-Identifier: GPL-2.0
/*
 * Packets that wait for a guest, and how many may.
 *
 * A guest that posts no buffers holds at most RX_QUEUE_PKTS packets and RX_QUEUE_BYTES bytes, for
 * at most RX_STALL_MS, and after that no more than its share until it posts some again.  Everything
 * beyond is dropped.  Whoever sent them is not held back (XSA-392, 424).
 *
 * All vifs together hold at most RX_POOL_BYTES and a share each.  Of the pool a vif gets no more
 * than the RX_POOL_PART-th of what is left, so that however many queues are long there is room for
 * the next one's.
 */
#include <linux/module.h>
#include <linux/sizes.h>
#include "../compat.h"
#include "rxqueue.h"

#define RX_QUEUE_PKTS  512U
#define RX_QUEUE_BYTES SZ_1M
#define RX_STALL_MS    10000U

#define RX_POOL_BYTES  SZ_32M
#define RX_POOL_PART   4U
#define RX_SHARE_BYTES SZ_16K /* some packets of 1500 bytes with what holds them */

/*
 * Of memory for packets in queues, in bytes of skb->truesize.  The share is counted here, under the
 * queue's lock, and costs no atomic operation: what is asked for is the pool.
 */
static struct noxs_budget rx_budget = NOXS_BUDGET_INIT(RX_POOL_BYTES, 0);

/* More than budget.h can count is refused, not taken for less. */
static int rx_max_queued_set(const char *val, const struct kernel_param *param)
{
	return param_set_uint_minmax(val, param, 0, INT_MAX / 4);
}

static const struct kernel_param_ops rx_max_queued_ops = {
	.set = rx_max_queued_set,
	.get = param_get_uint,
};

module_param_cb(vif_max_queued_bytes, &rx_max_queued_ops, &rx_budget.pool, 0644);
MODULE_PARM_DESC(vif_max_queued_bytes,
		 "Bytes of packets that wait for all guests together, beyond 16 KiB for each vif");

/* Bytes that the vif may hold just now. */
static u32 rx_most(const struct vif *vif)
{
	u32 pool = READ_ONCE(rx_budget.pool), used = atomic_read(&rx_budget.pool_used);

	if (READ_ONCE(vif->rx_stalled) || used >= pool)
		return 0;
	return min_t(u32, RX_SHARE_BYTES + (pool - used) / RX_POOL_PART, RX_QUEUE_BYTES);
}

/* rx_queue.lock is held. */
static bool rx_take(struct vif *vif, struct sk_buff *skb)
{
	u32 bytes = vif->rx_queue_bytes + skb->truesize;

	if (!vif->connected || !vif->configured || skb_queue_len(&vif->rx_queue) >= RX_QUEUE_PKTS)
		return false;
	*vif_rx_charge(skb) = 0;
	if (bytes > RX_SHARE_BYTES) {
		if (bytes > rx_most(vif) || !noxs_budget_try(&vif->rx_user, skb->truesize))
			return false;
		*vif_rx_charge(skb) = skb->truesize;
	}
	vif->rx_queue_bytes = bytes;
	return true;
}

void vif_rx_enqueue(struct vif *vif, struct sk_buff *skb)
{
	struct sk_buff_head *queue = &vif->rx_queue;
	bool queued;

	/* Whatever the sender waits for, it must not wait for this guest. */
	if (skb_orphan_frags_rx(skb, GFP_ATOMIC))
		goto drop;
	skb_orphan(skb);
	nf_reset_ct(skb);
	skb->dev = NULL; /* may go before the packet does */
	/* netpoll comes with interrupts off, perhaps in one that has found this lock taken. */
	if (!irqs_disabled())
		spin_lock(&queue->lock);
	else if (!spin_trylock(&queue->lock))
		goto drop;
	queued = rx_take(vif, skb);
	if (queued)
		__skb_queue_tail(queue, skb);
	spin_unlock(&queue->lock);
	if (queued) {
		napi_schedule(&vif->napi);
		return;
	}
drop:
	atomic64_inc(&vif->rx_dropped);
	dev_kfree_skb_any(skb);
}

struct sk_buff *vif_rx_dequeue(struct vif *vif)
{
	struct sk_buff *skb;

	spin_lock(&vif->rx_queue.lock);
	skb = __skb_dequeue(&vif->rx_queue);
	if (skb)
		vif->rx_queue_bytes -= skb->truesize;
	spin_unlock(&vif->rx_queue.lock);
	return skb;
}

void vif_rx_requeue(struct vif *vif, struct sk_buff *skb)
{
	spin_lock(&vif->rx_queue.lock);
	__skb_queue_head(&vif->rx_queue, skb);
	vif->rx_queue_bytes += skb->truesize;
	spin_unlock(&vif->rx_queue.lock);
}

void vif_rx_purge(struct vif *vif)
{
	struct sk_buff_head doomed;
	struct sk_buff *skb;
	u32 bytes = 0;

	__skb_queue_head_init(&doomed);
	spin_lock_bh(&vif->rx_queue.lock);
	skb_queue_splice_init(&vif->rx_queue, &doomed);
	vif->rx_queue_bytes = 0;
	spin_unlock_bh(&vif->rx_queue.lock);
	atomic64_add(skb_queue_len(&doomed), &vif->rx_dropped);
	skb_queue_walk(&doomed, skb) bytes += *vif_rx_charge(skb);
	__skb_queue_purge(&doomed);
	noxs_budget_put(&vif->rx_user, bytes);
}

/* The guest has posted no buffers for RX_STALL_MS: what waits for them is stale. */
static void rx_stalled(struct timer_list *timer)
{
	struct vif *vif = container_of(timer, struct vif, rx_stall);

	WRITE_ONCE(vif->rx_stalled, true);
	vif_rx_purge(vif);
}

void vif_rx_setup(struct vif *vif)
{
	skb_queue_head_init(&vif->rx_queue);
	timer_setup(&vif->rx_stall, rx_stalled, 0);
	noxs_budget_join(&rx_budget, &vif->rx_user);
}

/* ---- buffers ---- */

void vif_rx_moves(struct vif *vif)
{
	WRITE_ONCE(vif->rx_stalled, false);
	noxs_timer_delete(&vif->rx_stall);
}

void vif_rx_starves(struct vif *vif)
{
	if (!timer_pending(&vif->rx_stall))
		mod_timer(&vif->rx_stall, jiffies + msecs_to_jiffies(RX_STALL_MS));
}
