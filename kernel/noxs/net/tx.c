// SPDX-License-Identifier: GPL-2.0
/*
 * From the guest to the network: a batch of packets is gathered from the ring, copied with one
 * hypercall, answered, and handed to the vif's link.
 *
 * A guest with a rate (rate.h) whose bucket is empty has its requests left in the ring, without an
 * event being asked for, and a timer goes on with them.  What events it sends meanwhile finds no
 * work, and the next ones are delayed by that (../eoi.h).  The bucket is the vif's: connecting anew
 * does not fill it.
 */
#include <linux/etherdevice.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include <xen/events.h>
#include <xen/page.h>
#include "../ring.h"
#include "frame.h"
#include "scratch.h"
#include "tx.h"

/*
 * Packets up to here (any MTU of 1500) are copied into linear memory, in one piece; of longer ones
 * the headers (Ethernet 14 + IPv4 60 + TCP 60, rounded up) are, and the rest goes to pages.
 */
#define TX_LINEAR_MAX  1664U
#define TX_HEADERS_LEN 192U

/*
 * Copies of one packet at most: one per slot, and one more for every boundary of the destination:
 * between linear memory and pages, within linear memory, and between two pages.
 */
#define TX_MAX_OPS     (TXCHAIN_MAX_SLOTS + 2 + MAX_SKB_FRAGS)

static_assert(sizeof(struct xen_netif_tx_request) == sizeof(struct txchain_req));
static_assert(offsetof(struct xen_netif_tx_request, id) == offsetof(struct txchain_req, id));
static_assert(offsetof(struct xen_netif_tx_request, size) == offsetof(struct txchain_req, size));
static_assert(XEN_NETTXF_csum_blank == TXCHAIN_F_CSUM_BLANK);
static_assert(XEN_NETTXF_data_validated == TXCHAIN_F_DATA_VALID);
static_assert(XEN_NETTXF_more_data == TXCHAIN_F_MORE);
static_assert(XEN_NETTXF_extra_info == TXCHAIN_F_EXTRA);
static_assert(XEN_NETIF_NR_SLOTS_MIN == TXCHAIN_MAX_SLOTS);
/* What a switch reads is linear. */
static_assert(FRAME_HEADERS_LEN <= TX_HEADERS_LEN);
/* 64 KiB less the headers, in whole pages. */
static_assert((0xffff - TX_HEADERS_LEN) / XEN_PAGE_SIZE + 1 <= MAX_SKB_FRAGS);

bool vif_tx_has_work(struct vif *vif)
{
	return READ_ONCE(vif->tx.sring->req_prod) != READ_ONCE(vif->tx.req_cons);
}

bool vif_tx_arm(struct vif *vif)
{
	int work;

	RING_FINAL_CHECK_FOR_REQUESTS(&vif->tx, work);
	return work;
}

/* ---- the rate ---- */

static enum hrtimer_restart tx_resume(struct hrtimer *timer)
{
	napi_schedule(&container_of(timer, struct vif, tx_timer)->napi);
	return HRTIMER_NORESTART;
}

void vif_tx_setup(struct vif *vif)
{
	noxs_hrtimer_setup(&vif->tx_timer, tx_resume);
}

void vif_tx_limit(struct vif *vif, u64 bytes, u32 usecs)
{
	vif_rate_init(&vif->rate, bytes, (u64)usecs * NSEC_PER_USEC, ktime_get_ns());
	/* Pairs with tx_gather(): its rings may be connected. */
	smp_store_release(&vif->is_rated, true);
}

void vif_tx_stop(struct vif *vif)
{
	hrtimer_cancel(&vif->tx_timer);
	vif->tx_resumes_ns = 0;
}

bool vif_tx_waits(const struct vif *vif)
{
	return vif->tx_resumes_ns;
}

/*
 * So much credit is left.  Requests that begin to wait are what their event was about; those that
 * wait already, with the timer set for them, are not.
 */
static void tx_settle(struct vif *vif, s64 credit, bool has_more)
{
	u64 resumes_ns = 0;

	vif->rate.credit = credit;
	if (has_more && credit <= 0)
		resumes_ns = vif_rate_next_ns(&vif->rate);
	/* One that has fired is set again, should this processor's clock be behind that one's. */
	if (resumes_ns &&
	    (resumes_ns != vif->tx_resumes_ns || !hrtimer_is_queued(&vif->tx_timer))) {
		vif->worked = true;
		hrtimer_start(&vif->tx_timer, ns_to_ktime(resumes_ns), HRTIMER_MODE_ABS);
	}
	vif->tx_resumes_ns = resumes_ns;
}

/* ---- gathering ---- */

/* Where the next byte of a packet goes. */
struct tx_cursor {
	struct sk_buff *skb;
	u32 done; /* bytes placed so far */
};

static struct sk_buff *tx_alloc_skb(struct vif *vif, u32 len)
{
	u32 linear = len <= TX_LINEAR_MAX ? len : TX_HEADERS_LEN;
	struct sk_buff *skb = napi_alloc_skb(&vif->napi, linear);
	struct page *page;
	u32 done, size;

	if (!skb)
		return NULL;
	__skb_put(skb, linear);
	for (done = linear; done < len; done += size) {
		size = min_t(u32, len - done, XEN_PAGE_SIZE);
		page = dev_alloc_page();
		if (!page) {
			kfree_skb(skb);
			return NULL;
		}
		skb_add_rx_frag(skb, skb_shinfo(skb)->nr_frags, page, 0, size, PAGE_SIZE);
	}
	return skb;
}

/* The contiguous piece of the packet's memory at the cursor; returns its length. */
static u32 tx_destination(const struct tx_cursor *cursor, struct gnttab_copy_ptr *dest)
{
	const struct sk_buff *skb = cursor->skb;
	u32 linear = skb_headlen(skb);
	const skb_frag_t *frag;
	void *data;

	dest->domid = DOMID_SELF;
	if (cursor->done < linear) {
		data = skb->data + cursor->done;
		dest->u.gmfn = virt_to_gfn(data);
		dest->offset = xen_offset_in_page(data);
		return min_t(u32, linear - cursor->done, XEN_PAGE_SIZE - dest->offset);
	}
	/* All pages but the last are full. */
	frag = &skb_shinfo(skb)->frags[(cursor->done - linear) / XEN_PAGE_SIZE];
	dest->u.gmfn = xen_page_to_gfn(skb_frag_page(frag));
	dest->offset = (cursor->done - linear) % XEN_PAGE_SIZE;
	return skb_frag_size(frag) - dest->offset;
}

static void tx_plan_slot(struct vif *vif, struct vif_scratch *scratch, struct tx_cursor *cursor,
			 const struct txchain_req *slot)
{
	struct gnttab_copy *op;
	u32 done, len;

	for (done = 0; done < slot->size; done += len) {
		op = &scratch->ops[scratch->nr_ops++];
		len = min_t(u32, slot->size - done, tx_destination(cursor, &op->dest));
		op->source.u.ref = slot->gref;
		op->source.domid = vif->domid;
		op->source.offset = slot->offset + done;
		op->len = len;
		op->flags = GNTCOPY_source_gref;
		cursor->done += len;
	}
}

static void tx_set_offloads(struct sk_buff *skb, const struct txchain *chain)
{
	if (chain->flags & TXCHAIN_F_CSUM_BLANK)
		skb->ip_summed = CHECKSUM_PARTIAL;
	else if (chain->flags & TXCHAIN_F_DATA_VALID)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (chain->gso_size) {
		/* The stack checks and counts segments itself. */
		skb_shinfo(skb)->gso_type = (chain->is_gso6 ? SKB_GSO_TCPV6 : SKB_GSO_TCPV4) |
					    SKB_GSO_DODGY;
		skb_shinfo(skb)->gso_size = chain->gso_size;
		skb->ip_summed = CHECKSUM_PARTIAL;
	}
}

/* Add the packet in scratch->chain to the batch. */
static void tx_add_packet(struct vif *vif, struct vif_scratch *scratch, unsigned int taken)
{
	const struct txchain *chain = &scratch->chain;
	struct vif_pkt *pkt = &scratch->pkts[scratch->nr_pkts++];
	struct tx_cursor cursor = {};
	unsigned int i;

	pkt->first_op = scratch->nr_ops;
	pkt->first_slot = scratch->nr_slots;
	pkt->nr_slots = taken;
	pkt->nr_extras = chain->nr_extras;
	for (i = 0; i < chain->nr_slots; i++) {
		scratch->tx_ids[scratch->nr_slots++] = chain->slot[i].id;
		/* Extras follow the first request, and have no id. */
		if (!i)
			scratch->nr_slots += chain->nr_extras;
	}
	pkt->skb = chain->bad ? NULL : tx_alloc_skb(vif, chain->len);
	if (pkt->skb) {
		cursor.skb = pkt->skb;
		for (i = 0; i < chain->nr_slots; i++)
			tx_plan_slot(vif, scratch, &cursor, &chain->slot[i]);
		tx_set_offloads(pkt->skb, chain);
	}
	pkt->nr_ops = scratch->nr_ops - pkt->first_op;
}

/* Gather up to @budget packets, within the rate; the ring is left where the last whole one ends. */
static int tx_gather(struct vif *vif, struct vif_scratch *scratch, unsigned int budget)
{
	struct txchain_rules rules = {
		.sg = vif->dev.features & NOXS_VIF_F_SG,
		.gso4 = vif->dev.features & NOXS_VIF_F_GSO_TCPV4,
		.gso6 = vif->dev.features & NOXS_VIF_F_GSO_TCPV6,
	};
	RING_IDX prod = READ_ONCE(vif->tx.sring->req_prod);
	bool is_rated = smp_load_acquire(&vif->is_rated); /* pairs with vif_tx_limit() */
	s64 credit = is_rated ? vif_rate_refill(&vif->rate, ktime_get_ns()) : S64_MAX;
	int pending, taken;

	pending = noxs_ring_pending(prod, vif->tx.req_cons, vif->tx.rsp_prod_pvt,
				    RING_SIZE(&vif->tx));
	virt_rmb(); /* requests are read after the index that published them */
	while (pending > 0 && credit > 0 && scratch->nr_pkts < budget &&
	       scratch->nr_ops + TX_MAX_OPS <= SCRATCH_MAX_OPS) {
		taken = txchain_gather(vif->tx.sring->ring, vif->tx.req_cons, pending, &rules,
				       &scratch->chain);
		if (taken < 0)
			return taken;
		vif->tx.req_cons += taken;
		pending -= taken;
		credit -= vif_rate_cost(scratch->chain.len);
		tx_add_packet(vif, scratch, taken);
	}
	if (is_rated)
		tx_settle(vif, credit, pending > 0);
	return pending < 0 ? pending : 0;
}

/* ---- answering and delivering ---- */

static void tx_respond(struct vif *vif, const struct vif_scratch *scratch,
		       const struct vif_pkt *pkt, s16 status)
{
	struct xen_netif_tx_response *rsp;
	unsigned int i;

	for (i = 0; i < pkt->nr_slots; i++) {
		rsp = RING_GET_RESPONSE(&vif->tx, vif->tx.rsp_prod_pvt++);
		if (i && i <= pkt->nr_extras) {
			WRITE_ONCE(rsp->status, XEN_NETIF_RSP_NULL);
			continue;
		}
		WRITE_ONCE(rsp->id, scratch->tx_ids[pkt->first_slot + i]);
		WRITE_ONCE(rsp->status, status);
	}
}

/* The copies are done: sort out those that failed, and give the guest its slots back. */
static void tx_answer(struct vif *vif, struct vif_scratch *scratch)
{
	struct vif_pkt *pkt;
	unsigned int i;
	int notify;

	for (i = 0; i < scratch->nr_pkts; i++) {
		pkt = &scratch->pkts[i];
		if (pkt->skb && !vif_scratch_succeeded(scratch, pkt)) {
			kfree_skb(pkt->skb);
			pkt->skb = NULL;
		}
		tx_respond(vif, scratch, pkt, pkt->skb ? XEN_NETIF_RSP_OKAY : XEN_NETIF_RSP_ERROR);
	}
	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&vif->tx, notify);
	if (notify)
		notify_remote_via_irq(vif->eoi.irq[VIF_TX]);
}

/* Whether a packet of segments is what the guest has said: TCP over that IP. */
static bool tx_gso_is_honest(const struct sk_buff *skb)
{
	bool is_v6 = skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6;

	/* Behind which headers TCP begins has been found out by skb_checksum_setup(). */
	return skb_transport_header_was_set(skb) &&
	       skb->protocol == (is_v6 ? htons(ETH_P_IPV6) : htons(ETH_P_IP)) &&
	       skb->csum_offset == offsetof(struct tcphdr, check) &&
	       skb->len > skb_tcp_all_headers(skb);
}

/* The guest's headers are its own invention: the stack's checks decide. */
bool vif_tx_finish_skb(struct sk_buff *skb)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_setup(skb, skb_is_gso(skb)))
		return false;
	if (!skb_is_gso(skb)) {
		skb_probe_transport_header(skb);
		return true;
	}
	if (!tx_gso_is_honest(skb))
		return false;
	skb_shinfo(skb)->gso_segs =
		DIV_ROUND_UP(skb->len - skb_tcp_all_headers(skb), skb_shinfo(skb)->gso_size);
	return true;
}

static void tx_deliver(struct vif *vif, struct sk_buff *skb)
{
	u32 len = skb->len;

	/* Pairs with vif_start(): the link may rely on them. */
	if (!smp_load_acquire(&vif->configured)) {
		vif->tx_stats.errors++;
		kfree_skb(skb);
		return;
	}
	if (!vif->link->deliver(vif, skb)) {
		vif->tx_stats.errors++;
		return;
	}
	vif->tx_stats.packets++;
	vif->tx_stats.bytes += len;
}

int vif_tx_poll(struct vif *vif, int budget)
{
	struct vif_scratch *scratch = vif_scratch_get();
	unsigned int i;
	int err;

	err = tx_gather(vif, scratch, min_t(unsigned int, budget, SCRATCH_MAX_PKTS));
	if (err)
		noxs_device_fault(&vif->dev, err);
	if (!scratch->nr_pkts)
		return 0;
	vif_scratch_copy(scratch);
	vif->tx_stats.copies += scratch->nr_ops;
	vif->tx_stats.batches++;
	tx_answer(vif, scratch);
	for (i = 0; i < scratch->nr_pkts; i++) {
		if (scratch->pkts[i].skb)
			tx_deliver(vif, scratch->pkts[i].skb);
		else
			vif->tx_stats.errors++;
	}
	return scratch->nr_pkts;
}
