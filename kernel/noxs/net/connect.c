// SPDX-License-Identifier: GPL-2.0
/*
 * Connecting a vif: the guest's two rings mapped, its channels bound, NAPI on; and the way back.
 *
 * One NAPI instance serves both directions, so that ring state needs no lock.
 */
#include "../compat.h"
#include "../hypercall.h"
#include "../ring.h"
#include "connect.h"
#include "rx.h"
#include "rxqueue.h"
#include "tx.h"

/* ---- interrupts ---- */

static irqreturn_t vif_interrupt(int irq, void *arg)
{
	struct vif *vif = arg;
	bool is_tx = irq == vif->eoi.irq[VIF_TX], is_rx = irq == vif->eoi.irq[VIF_RX];

	if (!(is_tx && vif_tx_has_work(vif)) && !(is_rx && vif_rx_has_work(vif))) {
		noxs_eoi_no_work(&vif->eoi, irq);
		return IRQ_HANDLED;
	}
	noxs_eoi_hold(&vif->eoi, is_tx ? VIF_TX : VIF_RX);
	napi_schedule(&vif->napi);
	return IRQ_HANDLED;
}

/* What looked like work may have been none: one buffer for a packet that needs two. */
static void vif_send_eoi(struct vif *vif)
{
	if (noxs_eoi_send(&vif->eoi, vif->worked))
		vif->worked = false;
}

int vif_poll(struct napi_struct *napi, int budget)
{
	struct vif *vif = container_of(napi, struct vif, napi);
	bool more;
	int done;

	/* netpoll, perhaps in a hard interrupt: the scratch memory may be in use on this CPU. */
	if (!budget)
		return 0;
	/* A broken ring is left alone, its event masked, until the device is closed. */
	if (atomic_read(&vif->dev.fault)) {
		napi_complete(napi);
		return 0;
	}
	more = vif_rx_poll(vif);
	done = vif_tx_poll(vif, budget);
	if (done) {
		vif->worked = true;
		noxs_eoi_progress(&vif->eoi);
	}
	if (more || done == budget)
		return budget;
	/*
	 * Ask for an event, look once more, let events through, stop: nothing can come between
	 * two of these steps without one of the later ones seeing it.  Without credit no event is
	 * wanted: the timer comes.
	 */
	if (!vif_tx_waits(vif) && vif_tx_arm(vif))
		return budget;
	if (!atomic_read(&vif->dev.fault))
		vif_send_eoi(vif);
	napi_complete_done(napi, done);
	return done;
}

/* ---- rings and channels ---- */

/*
 * A front-end that reconnects may hand us a ring in use: go on where its responses end.  The
 * indices are looked at here and at every batch.
 */
static int vif_attach_rings(struct vif *vif)
{
	struct xen_netif_tx_sring *tx = vif->tx_grant.vaddr;
	struct xen_netif_rx_sring *rx = vif->rx_grant.vaddr;
	RING_IDX tx_rsp = READ_ONCE(tx->rsp_prod);
	RING_IDX rx_rsp = READ_ONCE(rx->rsp_prod);

	BACK_RING_ATTACH(&vif->tx, tx, tx_rsp, XEN_PAGE_SIZE);
	BACK_RING_ATTACH(&vif->rx, rx, rx_rsp, XEN_PAGE_SIZE);
	if (noxs_ring_pending(READ_ONCE(tx->req_prod), tx_rsp, tx_rsp, RING_SIZE(&vif->tx)) < 0 ||
	    noxs_ring_pending(READ_ONCE(rx->req_prod), rx_rsp, rx_rsp, RING_SIZE(&vif->rx)) < 0)
		return -EPROTO;
	return 0;
}

static int vif_map_rings(struct vif *vif, const struct vif_params *params)
{
	int err;

	err = noxs_grant_map(&vif->tx_grant, vif->domid, params->tx_gref);
	if (err)
		return err;
	err = noxs_grant_map(&vif->rx_grant, vif->domid, params->rx_gref);
	if (!err)
		err = vif_attach_rings(vif);
	return err;
}

/* Interrupts can come from here on; NAPI is off, so they wait. */
static int vif_bind_channels(struct vif *vif, const struct vif_params *params)
{
	int irq;

	irq = noxs_evtchn_bind(vif->domid, params->tx_port, vif_interrupt, vif->name, vif);
	if (irq < 0)
		return irq;
	vif->eoi.irq[VIF_TX] = irq;
	if (params->rx_port != params->tx_port) {
		irq = noxs_evtchn_bind(vif->domid, params->rx_port, vif_interrupt, vif->name, vif);
		if (irq < 0)
			return irq;
	}
	vif->eoi.irq[VIF_RX] = irq;
	return 0;
}

/* ---- connecting ---- */

static void vif_set_connected(struct vif *vif, bool connected)
{
	spin_lock_bh(&vif->rx_queue.lock);
	vif->connected = connected;
	spin_unlock_bh(&vif->rx_queue.lock);
}

static void vif_set_carrier(struct vif *vif, bool on)
{
	if (vif->link->set_carrier)
		vif->link->set_carrier(vif, on);
}

static void vif_release(struct vif *vif)
{
	int tx_irq = vif->eoi.irq[VIF_TX], rx_irq = vif->eoi.irq[VIF_RX];

	if (tx_irq)
		noxs_evtchn_unbind(tx_irq, vif);
	if (rx_irq && rx_irq != tx_irq)
		noxs_evtchn_unbind(rx_irq, vif);
	vif->eoi.irq[VIF_TX] = 0;
	vif->eoi.irq[VIF_RX] = 0;
	noxs_grant_unmap(&vif->rx_grant);
	noxs_grant_unmap(&vif->tx_grant);
}

int vif_connect(struct vif *vif, const struct vif_params *params)
{
	int err;

	noxs_eoi_init(&vif->eoi);
	err = vif_map_rings(vif, params);
	if (!err)
		err = vif_bind_channels(vif, params);
	if (err) {
		vif_release(vif);
		return err;
	}
	vif_set_connected(vif, true);
	napi_enable(&vif->napi);
	vif_set_carrier(vif, true);
	/* Events may have been lost before: look at both rings once. */
	local_bh_disable();
	napi_schedule(&vif->napi);
	local_bh_enable();
	return 0;
}

/*
 * An interrupt meanwhile finds NAPI disabled, and leaves its event masked; packets for the guest
 * are queued.  Neither is lost: vif_thaw() looks at everything.
 */
void vif_quiesce(struct vif *vif)
{
	if (vif->quiesced)
		return;
	vif->quiesced = true;
	napi_disable(&vif->napi);
	vif_tx_stop(vif);
	noxs_timer_delete_sync(&vif->rx_stall);
}

void vif_thaw(struct vif *vif)
{
	vif->quiesced = false;
	napi_enable(&vif->napi);
	local_bh_disable();
	napi_schedule(&vif->napi);
	local_bh_enable();
}

/*
 * Work is stopped before the interrupts are unbound, because it uses them to notify the guest; an
 * interrupt in between finds NAPI disabled and does nothing.
 */
void vif_disconnect(struct vif *vif)
{
	if (!vif->connected)
		return;
	vif_set_connected(vif, false);
	vif_quiesce(vif);
	vif->quiesced = false;
	vif_release(vif);
	vif_rx_purge(vif);
	/* Bridges and routes want to know, unless the link is about to go anyway. */
	if (vif->dev.dom->live)
		vif_set_carrier(vif, false);
}
