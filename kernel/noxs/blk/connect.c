// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting a vbd: the guest's rings mapped, its channel bound, requests served; and the way back.
 */
#include <linux/delay.h>
#include <linux/slab.h>
#include "../hypercall.h"
#include "../ring.h"
#include "connect.h"
#include "pump.h"
#include "queue.h"

/* ---- interrupts ---- */

static irqreturn_t vbd_interrupt(int irq, void *arg)
{
	struct vbd *vbd = arg;
	unsigned int i, busy = 0;

	for (i = 0; i < vbd->nr_rings; i++)
		if (vbd_ring_has_work(vbd->rings[i]))
			busy |= BIT(i);
	if (!busy) {
		noxs_eoi_no_work(&vbd->eoi, irq);
		return IRQ_HANDLED;
	}
	noxs_eoi_hold(&vbd->eoi, 0);
	for (i = 0; i < vbd->nr_rings; i++)
		if (busy & BIT(i))
			noxs_turn_queue(&vbd->rings[i]->turn);
	return IRQ_HANDLED;
}

/* ---- rings ---- */

/*
 * A front-end that reconnects may hand us a ring in use: go on where its responses end.  The
 * indices are looked at here and at every round.
 */
static int ring_attach(struct vbd_ring *ring)
{
	struct blkif_sring *sring = ring->grant.vaddr;
	RING_IDX rsp = READ_ONCE(sring->rsp_prod);

	BACK_RING_ATTACH(&ring->back, sring, rsp, XEN_PAGE_SIZE);
	if (noxs_ring_pending(READ_ONCE(sring->req_prod), rsp, rsp, RING_SIZE(&ring->back)) < 0)
		return -EPROTO;
	return 0;
}

static struct vbd_ring *ring_create(struct vbd *vbd, u32 gref, bool persistent)
{
	struct vbd_ring *ring = kzalloc(sizeof(*ring), GFP_KERNEL);
	int err;

	if (!ring)
		return ERR_PTR(-ENOMEM);
	ring->vbd = vbd;
	/* No round before everything is there. */
	ring->mode = VBD_RING_STOPPED;
	init_llist_head(&ring->ended);
	noxs_turn_init(&ring->turn, &vbd->dev.dom->share, vbd_queue_wq(vbd->queue), vbd_ring_work);
	err = noxs_grant_map(&ring->grant, vbd->domid, gref);
	if (!err)
		err = ring_attach(ring);
	if (err) {
		noxs_grant_unmap(&ring->grant);
		kfree(ring);
		return ERR_PTR(err);
	}
	if (persistent)
		ring->persist = vbd_persist_create(vbd->domid, &vbd->mapped_pages);
	return ring;
}

static void ring_destroy(struct vbd_ring *ring)
{
	struct vbd_stats *sum = &ring->vbd->stats;

	/* Whoever told of the last request that ended may still be about to queue the work. */
	while (atomic_read_acquire(&ring->completing))
		usleep_range(10, 50);
	/* The handler is gone and nothing is in flight: nobody queues it any more. */
	noxs_turn_cancel_sync(&ring->turn);
	vbd_persist_destroy(ring->persist);
	noxs_grant_unmap(&ring->grant);
	sum->reads += ring->stats.reads;
	sum->read_bytes += ring->stats.read_bytes;
	sum->writes += ring->stats.writes;
	sum->written_bytes += ring->stats.written_bytes;
	sum->errors += ring->stats.errors;
	kfree(ring);
}

/*
 * Whether the ring, whose mode is not RUNS, is at rest: nothing is in flight, and the work, should
 * an interrupt queue it, finds nothing to do.  The three reads in this order, each of them against
 * vbd_ring_work(), which says that it runs before it looks at the mode:
 *
 *   1. no work runs: one that has not seen the mode has ended, and after it none begins a round.
 *      From there on in_flight only falls;
 *   2. nothing is in flight;
 *   3. no work runs: the one that has counted the last request down has answered it.
 *
 * A work that makes this true later sees the mode when it ends, and tells.
 */
static bool ring_is_at_rest(const struct vbd_ring *ring)
{
	return !atomic_read_acquire(&ring->running) && !atomic_read_acquire(&ring->in_flight) &&
	       !atomic_read_acquire(&ring->running);
}

bool vbd_stop(struct vbd *vbd, enum vbd_ring_mode mode)
{
	bool at_rest = true;
	unsigned int i;

	/* All rings stop taking requests before any of them is looked at. */
	for (i = 0; i < vbd->nr_rings; i++)
		if (vbd->rings[i]->mode < mode)
			WRITE_ONCE(vbd->rings[i]->mode, mode);
	smp_mb(); /* pairs with those in vbd_ring_work() */
	for (i = 0; i < vbd->nr_rings; i++)
		at_rest &= ring_is_at_rest(vbd->rings[i]);
	return at_rest;
}

static void vbd_start(struct vbd *vbd)
{
	unsigned int i;

	for (i = 0; i < vbd->nr_rings; i++) {
		WRITE_ONCE(vbd->rings[i]->mode, VBD_RING_RUNS);
		/* Events may have been lost before: look at the ring once. */
		noxs_turn_queue(&vbd->rings[i]->turn);
	}
}

/* ---- connecting ---- */

static void vbd_release(struct vbd *vbd)
{
	unsigned int nr_rings = vbd->nr_rings;

	if (vbd->eoi.irq[0])
		noxs_evtchn_unbind(vbd->eoi.irq[0], vbd);
	vbd->eoi.irq[0] = 0;
	vbd->nr_rings = 0;
	while (nr_rings)
		ring_destroy(vbd->rings[--nr_rings]);
}

static int vbd_map_rings(struct vbd *vbd, const struct vbd_params *params)
{
	struct vbd_ring *ring;

	while (vbd->nr_rings < params->nr_rings) {
		ring = ring_create(vbd, params->ring_gref[vbd->nr_rings], params->persistent);
		if (IS_ERR(ring))
			return PTR_ERR(ring);
		vbd->rings[vbd->nr_rings++] = ring;
	}
	return 0;
}

static int vbd_bind_channel(struct vbd *vbd, const struct vbd_params *params)
{
	int irq;

	irq = noxs_evtchn_bind(vbd->domid, params->port, vbd_interrupt, vbd->name, vbd);
	if (irq < 0)
		return irq;
	vbd->eoi.irq[0] = irq;
	return 0;
}

int vbd_connect(struct vbd *vbd, const struct vbd_params *params)
{
	int err;

	noxs_eoi_init(&vbd->eoi);
	err = vbd_map_rings(vbd, params);
	if (!err)
		err = vbd_bind_channel(vbd, params);
	if (err) {
		vbd_release(vbd);
		return err;
	}
	vbd_start(vbd);
	return 0;
}

/*
 * An interrupt while the rings drain queues a work that does nothing, and leaves its event masked
 * if there are requests: every ring is looked at here.
 */
void vbd_thaw(struct vbd *vbd)
{
	if (vbd->nr_rings && vbd->rings[0]->mode == VBD_RING_DRAINS)
		vbd_start(vbd);
}

/*
 * Rounds are stopped before the channel is unbound, because they use it to notify the guest; an
 * interrupt in between queues a work that does nothing.
 */
void vbd_disconnect(struct vbd *vbd)
{
	while (!vbd_stop(vbd, VBD_RING_STOPPED))
		usleep_range(100, 1000);
	vbd_release(vbd);
}
