// SPDX-License-Identifier: GPL-2.0
/*
 * From the network to the guest: packets are taken from their queue (rxqueue.c), and copied in
 * batches into the buffers that the guest has posted.
 */
#include <linux/etherdevice.h>
#include <linux/tcp.h>
#include <xen/events.h>
#include <xen/page.h>
#include "../ring.h"
#include "rx.h"
#include "rxqueue.h"
#include "scratch.h"

/* Slots of one packet at most: 64 KiB of data, and the GSO extra. */
#define RX_MAX_SLOTS (0x10000 / XEN_PAGE_SIZE + 2)

/*
 * Copies of one packet at most: its memory is linear, which may lie across pages, and fragments,
 * which may lie across pages each; and each slot's end may cut one in two.
 */
#define RX_MAX_OPS   (2 * (MAX_SKB_FRAGS + 1) + 2 * RX_MAX_SLOTS)

static_assert(RX_MAX_OPS <= SCRATCH_MAX_OPS);

/* ---- the ring ---- */

bool vif_rx_has_work(struct vif *vif)
{
	return !skb_queue_empty_lockless(&vif->rx_queue) &&
	       READ_ONCE(vif->rx.sring->req_prod) != READ_ONCE(vif->rx.req_cons);
}

/* Pages of ours that the packet's memory touches: copies it takes if no buffer's end cuts one. */
static unsigned int rx_nr_pieces(const struct sk_buff *skb)
{
	unsigned int i,
		nr = DIV_ROUND_UP(xen_offset_in_page(skb->data) + skb_headlen(skb), XEN_PAGE_SIZE);

	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];

		/* An empty one is laid out nowhere, wherever it begins. */
		if (!skb_frag_size(frag))
			continue;
		nr += DIV_ROUND_UP(xen_offset_in_page(skb_frag_off(frag)) + skb_frag_size(frag),
				   XEN_PAGE_SIZE);
	}
	return nr;
}

/* How a packet is laid out over the guest's buffers. */
struct rx_shape {
	unsigned int nr_slots; /* the GSO extra included */
	bool spread;	       /* every piece begins a buffer */
};

/*
 * A GSO packet is headers and pages.  Buffers filled to the brim, one after the other, would cut
 * each page in two, because the headers come first: with one buffer more, for the headers alone, a
 * page is one copy.  The headers have to be whole there, as front-ends expect of a first buffer.
 */
static struct rx_shape rx_shape_of(const struct sk_buff *skb)
{
	unsigned int filled = DIV_ROUND_UP(skb->len, XEN_PAGE_SIZE), pieces;

	if (!skb_is_gso(skb))
		return (struct rx_shape){ .nr_slots = filled };
	if (skb->ip_summed == CHECKSUM_PARTIAL &&
	    skb_headlen(skb) >= sizeof(struct tcphdr) + skb_checksum_start_offset(skb)) {
		pieces = rx_nr_pieces(skb);
		if (pieces <= filled + 1 && pieces < RX_MAX_SLOTS)
			return (struct rx_shape){ .nr_slots = pieces + 1, .spread = true };
	}
	return (struct rx_shape){ .nr_slots = filled + 1 };
}

/*
 * Buffers there are for a packet that needs @needed: 0 if too few (an event is asked for), -EPROTO
 * if the index makes no sense.
 */
static int rx_slots_ready(struct vif *vif, unsigned int needed)
{
	unsigned int turns = 0;
	RING_IDX prod;
	int pending;

	do {
		/* An index that moved so often and did not come to @needed has moved backwards. */
		if (turns++ > needed)
			return -EPROTO;
		prod = READ_ONCE(vif->rx.sring->req_prod);
		pending = noxs_ring_pending(prod, vif->rx.req_cons, vif->rx.rsp_prod_pvt,
					    RING_SIZE(&vif->rx));
		virt_rmb(); /* requests are read after the index that published them */
		if (pending < 0 || pending >= needed)
			return pending;
		WRITE_ONCE(vif->rx.sring->req_event, vif->rx.req_cons + needed);
		virt_mb(); /* the front-end publishes, then reads req_event: one of us sees */
	} while (READ_ONCE(vif->rx.sring->req_prod) != prod);
	return 0;
}

/* ---- planning the copies ---- */

/* Take the buffers of one packet from the ring. */
static void rx_take_slots(struct vif *vif, struct vif_scratch *scratch, struct vif_pkt *pkt)
{
	struct xen_netif_rx_request req;
	unsigned int i;

	for (i = 0; i < pkt->nr_slots; i++) {
		RING_COPY_REQUEST(&vif->rx, vif->rx.req_cons, &req);
		vif->rx.req_cons++;
		scratch->rx_slots[scratch->nr_slots++] = (struct vif_rx_slot){
			.gref = req.gref,
			.id = req.id,
		};
	}
}

/* A packet being laid out over its buffers. */
struct rx_cursor {
	struct vif *vif;
	struct vif_scratch *scratch;
	const struct vif_pkt *pkt;
	unsigned int slot; /* index within the packet */
	bool spread;	   /* every piece begins a buffer */
};

static void rx_set_source(struct gnttab_copy *op, struct page *page)
{
	struct xen_page_foreign *foreign = xen_page_foreign(page);

	if (foreign) {
		/* Another back-end's mapping of another guest's page: copy by its grant. */
		op->source.u.ref = foreign->gref;
		op->source.domid = foreign->domid;
		op->flags |= GNTCOPY_source_gref;
	} else {
		op->source.u.gmfn = xen_page_to_gfn(page);
		op->source.domid = DOMID_SELF;
	}
}

/* Lay out @len bytes that lie within one page. */
static void rx_plan_piece(struct rx_cursor *cursor, struct page *page, u32 offset, u32 len)
{
	struct vif_rx_slot *slot;
	struct gnttab_copy *op;
	u32 done, size;

	for (done = 0; done < len; done += size) {
		slot = &cursor->scratch->rx_slots[cursor->pkt->first_slot + cursor->slot];
		if (slot->len == XEN_PAGE_SIZE || (slot->len && cursor->spread)) {
			slot->flags |= XEN_NETRXF_more_data;
			/* The GSO extra lies behind the first buffer. */
			cursor->slot += 1 + (cursor->slot ? 0 : cursor->pkt->nr_extras);
			slot = &cursor->scratch->rx_slots[cursor->pkt->first_slot + cursor->slot];
		}
		size = min_t(u32, len - done, XEN_PAGE_SIZE - slot->len);
		op = &cursor->scratch->ops[cursor->scratch->nr_ops++];
		op->flags = GNTCOPY_dest_gref;
		rx_set_source(op, page);
		op->source.offset = offset + done;
		op->dest.u.ref = slot->gref;
		op->dest.domid = cursor->vif->domid;
		op->dest.offset = slot->len;
		op->len = size;
		slot->len += size;
	}
}

static void rx_plan_linear(struct rx_cursor *cursor, const struct sk_buff *skb)
{
	u8 *data = skb->data;
	u32 left = skb_headlen(skb);
	u32 size;

	for (; left; left -= size, data += size) {
		size = min_t(u32, left, XEN_PAGE_SIZE - xen_offset_in_page(data));
		rx_plan_piece(cursor, virt_to_page(data), xen_offset_in_page(data), size);
	}
}

static void rx_plan_frag(struct rx_cursor *cursor, const skb_frag_t *frag)
{
	u32 offset = skb_frag_off(frag);
	u32 left = skb_frag_size(frag);
	u32 size;

	for (; left; left -= size, offset += size) {
		size = min_t(u32, left, XEN_PAGE_SIZE - xen_offset_in_page(offset));
		rx_plan_piece(cursor, skb_frag_page(frag) + offset / XEN_PAGE_SIZE,
			      xen_offset_in_page(offset), size);
	}
}

static void rx_add_packet(struct vif *vif, struct vif_scratch *scratch, struct sk_buff *skb,
			  const struct rx_shape *shape)
{
	struct vif_pkt *pkt = &scratch->pkts[scratch->nr_pkts++];
	struct rx_cursor cursor = {
		.vif = vif,
		.scratch = scratch,
		.pkt = pkt,
		.spread = shape->spread,
	};
	struct vif_rx_slot *first = &scratch->rx_slots[scratch->nr_slots];
	unsigned int i;

	pkt->skb = skb;
	pkt->first_op = scratch->nr_ops;
	pkt->first_slot = scratch->nr_slots;
	pkt->nr_slots = shape->nr_slots;
	pkt->nr_extras = skb_is_gso(skb);
	rx_take_slots(vif, scratch, pkt);
	rx_plan_linear(&cursor, skb);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++)
		rx_plan_frag(&cursor, &skb_shinfo(skb)->frags[i]);
	pkt->nr_ops = scratch->nr_ops - pkt->first_op;
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		first->flags |= XEN_NETRXF_csum_blank | XEN_NETRXF_data_validated;
	else if (skb->ip_summed == CHECKSUM_UNNECESSARY)
		first->flags |= XEN_NETRXF_data_validated;
	if (pkt->nr_extras)
		first->flags |= XEN_NETRXF_extra_info;
}

/* The feature without which the checksum is not left blank; 0: it never is. */
static u32 rx_csum_feature(const struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IP))
		return NOXS_VIF_F_CSUM_IPV4;
	return skb->protocol == htons(ETH_P_IPV6) ? NOXS_VIF_F_CSUM_IPV6 : 0;
}

/*
 * What vif_features_check() promised may have been for an earlier connection: make sure that this
 * guest can take the packet.
 */
static bool rx_acceptable(struct vif *vif, struct sk_buff *skb, unsigned int slots)
{
	u32 features = vif->dev.features;

	if (slots > RX_MAX_SLOTS || (slots > 1 && !(features & NOXS_VIF_F_SG)))
		return false;
	if (skb_is_gso(skb))
		return features & vif_gso_feature(skb);
	/* Another guest's port may leave blank what no net device would let through. */
	if (skb->ip_summed == CHECKSUM_PARTIAL && !(features & rx_csum_feature(skb)))
		return !skb_checksum_help(skb);
	return true;
}

/* Returns 1 if the queue ran empty or the batch full, 0 if the guest has no buffers, or -EPROTO. */
static int rx_gather(struct vif *vif, struct vif_scratch *scratch)
{
	struct rx_shape shape;
	struct sk_buff *skb;
	int ready;

	while (scratch->nr_pkts < SCRATCH_MAX_PKTS &&
	       scratch->nr_ops + RX_MAX_OPS <= SCRATCH_MAX_OPS &&
	       scratch->nr_slots + RX_MAX_SLOTS <= SCRATCH_MAX_SLOTS) {
		skb = vif_rx_dequeue(vif);
		if (!skb)
			break;
		shape = rx_shape_of(skb);
		if (!rx_acceptable(vif, skb, shape.nr_slots)) {
			atomic64_inc(&vif->rx_dropped);
			noxs_budget_put(&vif->rx_user, *vif_rx_charge(skb));
			kfree_skb(skb);
			continue;
		}
		ready = rx_slots_ready(vif, shape.nr_slots);
		if (ready > 0) {
			rx_add_packet(vif, scratch, skb, &shape);
			continue;
		}
		vif_rx_requeue(vif, skb);
		/* An event in between may have found the queue empty, and woken nobody. */
		if (!ready)
			ready = rx_slots_ready(vif, shape.nr_slots);
		if (ready <= 0)
			return ready;
	}
	return 1;
}

/* ---- answering ---- */

static void rx_respond_extra(struct vif *vif, const struct sk_buff *skb)
{
	struct xen_netif_extra_info *extra =
		(void *)RING_GET_RESPONSE(&vif->rx, vif->rx.rsp_prod_pvt++);

	*extra = (struct xen_netif_extra_info){
		.type = XEN_NETIF_EXTRA_TYPE_GSO,
		.u.gso.type = vif_gso_feature(skb) == NOXS_VIF_F_GSO_TCPV6 ?
				      XEN_NETIF_GSO_TYPE_TCPV6 :
				      XEN_NETIF_GSO_TYPE_TCPV4,
		.u.gso.size = skb_shinfo(skb)->gso_size,
	};
}

static void rx_respond(struct vif *vif, const struct vif_scratch *scratch,
		       const struct vif_pkt *pkt)
{
	bool ok = vif_scratch_succeeded(scratch, pkt);
	const struct vif_rx_slot *slot;
	unsigned int i;

	for (i = 0; i < pkt->nr_slots; i++) {
		if (i && i <= pkt->nr_extras) {
			rx_respond_extra(vif, pkt->skb);
			continue;
		}
		slot = &scratch->rx_slots[pkt->first_slot + i];
		*RING_GET_RESPONSE(&vif->rx, vif->rx.rsp_prod_pvt++) =
			(struct xen_netif_rx_response){
				.id = slot->id,
				.flags = slot->flags,
				.status = ok ? slot->len : XEN_NETIF_RSP_ERROR,
			};
	}
	if (ok) {
		vif->rx_stats.packets++;
		vif->rx_stats.bytes += pkt->skb->len;
	} else {
		vif->rx_stats.errors++;
	}
}

static void rx_answer(struct vif *vif, struct vif_scratch *scratch)
{
	unsigned int i;
	u32 bytes = 0;
	int notify;

	for (i = 0; i < scratch->nr_pkts; i++) {
		rx_respond(vif, scratch, &scratch->pkts[i]);
		bytes += *vif_rx_charge(scratch->pkts[i].skb);
	}
	if (bytes)
		noxs_budget_put(&vif->rx_user, bytes);
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&vif->rx, notify);
	if (notify)
		notify_remote_via_irq(vif->eoi.irq[VIF_RX]);
	for (i = 0; i < scratch->nr_pkts; i++)
		napi_consume_skb(scratch->pkts[i].skb, 1);
}

bool vif_rx_poll(struct vif *vif)
{
	struct vif_scratch *scratch = vif_scratch_get();
	int ret;

	if (skb_queue_empty_lockless(&vif->rx_queue))
		return false;
	ret = rx_gather(vif, scratch);
	if (ret < 0)
		noxs_device_fault(&vif->dev, ret);
	if (scratch->nr_pkts) {
		vif_scratch_copy(scratch);
		vif->rx_stats.copies += scratch->nr_ops;
		vif->rx_stats.batches++;
		rx_answer(vif, scratch);
		vif->worked = true;
		noxs_eoi_progress(&vif->eoi);
	}
	if (scratch->nr_pkts || ret > 0)
		vif_rx_moves(vif);
	if (!ret)
		vif_rx_starves(vif);
	return ret > 0 && !skb_queue_empty_lockless(&vif->rx_queue);
}
