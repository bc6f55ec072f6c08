/* SPDX-License-Identifier: MIT */
/*
 * Network rings and buffers.  The back-end is not trusted more than needed: what it writes is copied
 * once and checked, and it can touch no page but those granted here.
 */
#include <errno.h>
#include <string.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include <minios/netring.h>
#include <minios/suspend.h>

/* Slots of one frame a back-end may use (netif.h: XEN_NETIF_NR_SLOTS_MIN). */
#define MAX_CHAIN    XEN_NETIF_NR_SLOTS_MIN
#define TX_PAGES_MIN 4U
/* Of any frame: a guest without memory can send one of the largest all the same. */
_Static_assert(NETFRONT_TX_MAX <= TX_PAGES_MIN * PAGE_SIZE, "TX_PAGES_MIN");
/* After so many transmissions an event is wanted. */
#define TX_EVENT  (NETRING_TX_BUFS / 2)
/* Frames taken in one go before the rest of the system has its turn. */
#define RX_BUDGET 64U

static int grant_page(struct netring *ring, void **page, bool readonly, uint16_t *gref)
{
	int ref;

	if (!*page)
		*page = page_alloc();
	if (!*page)
		return -ENOMEM;
	ref = gnttab_grant(ring->backend, *page, readonly);
	if (ref < 0)
		return ref;
	*gref = (uint16_t)ref;
	return 0;
}

static void rx_post(struct netring *ring, unsigned int buf)
{
	unsigned int slot = ring->rx.req_prod_pvt % NETRING_SIZE;
	netif_rx_request_t *req = RING_GET_REQUEST(&ring->rx, ring->rx.req_prod_pvt);

	req->id = (uint16_t)slot;
	req->pad = 0;
	req->gref = ring->rx_page_gref[buf];
	ring->rx_slot[slot] = (uint8_t)buf;
	ring->rx.req_prod_pvt++;
}

/*
 * Buffers for both directions.  Those for transmission get their pages when they are needed, but for
 * a few, without which a guest out of memory could not even answer.
 */
static int buffers_init(struct netring *ring, domid_t backend)
{
	unsigned int i;
	int err;

	ring->backend = backend;
	ring->rx_chain = 0;
	ring->rx_chain_bad = ring->rx_extra = false;
	ring->nr_tx_free = NETRING_TX_BUFS;
	memset(ring->tx_busy, 0, sizeof(ring->tx_busy));
	memset(ring->tx_page_gref, 0, sizeof(ring->tx_page_gref));
	for (i = 0; i < NETRING_TX_BUFS; i++)
		ring->tx_free[i] = (uint8_t)(NETRING_TX_BUFS - 1 - i);
	for (i = 0; i < NETRING_RX_BUFS; i++) {
		err = grant_page(ring, &ring->rx_page[i], false, &ring->rx_page_gref[i]);
		if (err)
			return err;
		rx_post(ring, i);
	}
	for (i = 0; i < TX_PAGES_MIN; i++) {
		err = grant_page(ring, &ring->tx_page[i], true, &ring->tx_page_gref[i]);
		if (err)
			return err;
	}
	ring->rx.sring->rsp_event = ring->rx.rsp_cons + 1;
	ring->tx.sring->rsp_event = ring->tx.rsp_cons + TX_EVENT;
	return 0;
}

int netring_create(struct netring *ring, domid_t backend)
{
	void *tx = ring->tx.sring, *rx = ring->rx.sring;
	uint16_t tx_gref, rx_gref;
	int err;

	ring->backend = backend;
	err = grant_page(ring, &tx, false, &tx_gref);
	if (err)
		return err;
	err = grant_page(ring, &rx, false, &rx_gref);
	if (err)
		return err;
	ring->tx_gref = tx_gref;
	ring->rx_gref = rx_gref;
	memset(tx, 0, PAGE_SIZE);
	memset(rx, 0, PAGE_SIZE);
	SHARED_RING_INIT((netif_tx_sring_t *)tx);
	SHARED_RING_INIT((netif_rx_sring_t *)rx);
	FRONT_RING_INIT(&ring->tx, (netif_tx_sring_t *)tx, PAGE_SIZE);
	FRONT_RING_INIT(&ring->rx, (netif_rx_sring_t *)rx, PAGE_SIZE);
	err = buffers_init(ring, backend);
	if (!err)
		RING_PUSH_REQUESTS(&ring->rx); /* the back-end looks when it connects */
	return err;
}

int netring_adopt(struct netring *ring, domid_t backend, void *tx, void *rx)
{
	int notify, err;

	if (!tx || !rx)
		return -EINVAL;
	FRONT_RING_INIT(&ring->tx, (netif_tx_sring_t *)tx, PAGE_SIZE);
	FRONT_RING_INIT(&ring->rx, (netif_rx_sring_t *)rx, PAGE_SIZE);
	err = buffers_init(ring, backend);
	if (err)
		return err;
	/* A packet may have been waiting for buffers since before our first instruction. */
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->rx, notify);
	if (notify)
		evtchn_notify(ring->rx_port);
	return 0;
}

void netring_forget_grants(struct netring *ring)
{
	memset(ring->rx_page_gref, 0, sizeof(ring->rx_page_gref));
	memset(ring->tx_page_gref, 0, sizeof(ring->tx_page_gref));
	ring->tx_gref = ring->rx_gref = 0;
}

static void pages_discard(void *const *pages, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		if (pages[i])
			suspend_discard(mm_virt_to_pfn(pages[i]), 1);
}

void netring_discard(const struct netring *ring)
{
	pages_discard(ring->rx_page, NETRING_RX_BUFS);
	pages_discard(ring->tx_page, NETRING_TX_BUFS / 2);
}

static void ref_release(uint32_t ref)
{
	if (ref)
		(void)gnttab_revoke(ref); /* in use in spite of all: lost */
}

COLD void netring_release(struct netring *ring)
{
	unsigned int i;

	for (i = 0; i < NETRING_RX_BUFS; i++)
		ref_release(ring->rx_page_gref[i]);
	for (i = 0; i < NETRING_TX_BUFS / 2; i++)
		ref_release(ring->tx_page_gref[i]);
	ref_release(ring->tx_gref);
	ref_release(ring->rx_gref);
	netring_forget_grants(ring);
}

/* ---- transmission ---- */

static void *tx_buffer(struct netring *ring, unsigned int buf)
{
	return (char *)ring->tx_page[buf / 2] + (buf % 2) * NETRING_TX_BUF_SIZE;
}

void *netring_tx_piece(struct netring *ring, unsigned int i)
{
	unsigned int buf;

	if (i >= ring->nr_tx_free)
		return NULL;
	buf = ring->tx_free[ring->nr_tx_free - 1 - i];
	if (!ring->tx_page_gref[buf / 2] &&
	    grant_page(ring, &ring->tx_page[buf / 2], true, &ring->tx_page_gref[buf / 2]))
		return NULL;
	return tx_buffer(ring, buf);
}

/* The next free buffer; @size as netif.h has it: the first slot of a frame says that of the whole. */
static void tx_put(struct netring *ring, size_t size, uint16_t flags)
{
	unsigned int buf = ring->tx_free[--ring->nr_tx_free];
	netif_tx_request_t *req = RING_GET_REQUEST(&ring->tx, ring->tx.req_prod_pvt);

	req->gref = ring->tx_page_gref[buf / 2];
	req->offset = (uint16_t)((buf % 2) * NETRING_TX_BUF_SIZE);
	req->flags = flags;
	req->id = (uint16_t)buf;
	req->size = (uint16_t)size;
	ring->tx_busy[buf] = true;
	ring->tx.req_prod_pvt++;
}

void netring_tx_commit(struct netring *ring, size_t len, bool csum_blank)
{
	uint16_t flags = csum_blank ? NETTXF_csum_blank | NETTXF_data_validated : 0;
	size_t size = len;

	for (; len > NETRING_TX_BUF_SIZE; len -= NETRING_TX_BUF_SIZE) {
		tx_put(ring, size, flags | NETTXF_more_data);
		flags = 0;
		size = size_min(len - NETRING_TX_BUF_SIZE, NETRING_TX_BUF_SIZE);
	}
	tx_put(ring, size, flags);
}

void netring_flush(struct netring *ring)
{
	int notify;

	if (ring->tx.req_prod_pvt == ring->tx.sring->req_prod)
		return;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->tx, notify);
	if (notify)
		evtchn_notify(ring->tx_port);
}

/* Responses the other side says it has written; -EIO if that cannot be. */
static int responses_count(RING_IDX prod, RING_IDX cons, RING_IDX req_prod)
{
	return prod - cons <= req_prod - cons ? (int)(prod - cons) : -EIO;
}

/* The responses up to prod. */
static int tx_take(struct netring *ring, RING_IDX prod)
{
	int count = responses_count(prod, ring->tx.rsp_cons, ring->tx.req_prod_pvt);

	if (count < 0)
		return count;
	smp_rmb(); /* rsp_prod before the responses: pairs with the back-end's write barrier */
	while (count--) {
		netif_tx_response_t rsp;

		RING_COPY_RESPONSE(&ring->tx, ring->tx.rsp_cons++, &rsp);
		if (rsp.status == NETIF_RSP_NULL)
			continue;
		if (rsp.id >= NETRING_TX_BUFS || !ring->tx_busy[rsp.id])
			return -EIO;
		ring->tx_busy[rsp.id] = false;
		ring->tx_free[ring->nr_tx_free++] = (uint8_t)rsp.id;
	}
	return 0;
}

/*
 * Nobody waits for a single transmission to finish: an event is wanted only when buffers may run out,
 * for the TX_EVENT-th response from now.  No event comes for one that is there by then, which there can
 * only be if so many requests are on their way: then the ring is looked at once more.
 */
static int tx_reclaim(struct netring *ring)
{
	RING_IDX prod = READ_ONCE(ring->tx.sring->rsp_prod);
	int err;

	if (prod == ring->tx.rsp_cons)
		return 0;
	do {
		err = tx_take(ring, prod);
		if (err)
			return err;
		ring->tx.sring->rsp_event = ring->tx.rsp_cons + TX_EVENT;
		if (ring->tx.req_prod_pvt - ring->tx.rsp_cons < TX_EVENT)
			return 0;
		smp_mb(); /* rsp_event before rsp_prod: pairs with the back-end's, which reads them */
		prod = READ_ONCE(ring->tx.sring->rsp_prod);
	} while (prod - ring->tx.rsp_cons >= TX_EVENT);
	return 0;
}

/* ---- reception ---- */

/* One slot of a frame.  False if the back-end broke the protocol. */
static bool rx_one(struct netring *ring, RING_IDX cons, const struct netfront_ops *ops)
{
	unsigned int slot = cons % NETRING_SIZE, buf = ring->rx_slot[slot];
	netif_rx_response_t rsp;
	size_t len = 0;
	bool last;

	RING_COPY_RESPONSE(&ring->rx, cons, &rsp);
	rx_post(ring, buf);
	if (ring->rx_extra) {
		const struct netif_extra_info *extra = (const void *)&rsp;

		/* Nothing of it is asked for, so nothing is looked at. */
		ring->rx_extra = extra->flags & XEN_NETIF_EXTRA_FLAG_MORE;
		return true;
	}
	if (rsp.id != slot || ++ring->rx_chain > MAX_CHAIN)
		return false;
	if (rsp.status < 0)
		ring->rx_chain_bad = true;
	else
		len = (size_t)rsp.status;
	if (rsp.offset + len > PAGE_SIZE)
		return false;
	ring->rx_extra = rsp.flags & NETRXF_extra_info;
	last = !(rsp.flags & NETRXF_more_data);
	/* netif.h: what is said of the checksum is said in a frame's first slot. */
	if (ring->rx_chain == 1)
		ring->rx_csum = rsp.flags & (NETRXF_csum_blank | NETRXF_data_validated) ?
					NETFRONT_CSUM_GOOD :
					NETFRONT_CSUM_NONE;
	ops->receive((char *)ring->rx_page[buf] + rsp.offset, len, last, !ring->rx_chain_bad,
		     ring->rx_csum);
	if (last) {
		ring->rx_chain = 0;
		ring->rx_chain_bad = false;
	}
	return true;
}

int netring_receive(struct netring *ring, const struct netfront_ops *ops, bool *more)
{
	unsigned int budget = RX_BUDGET;
	int notify, count, err;

	err = tx_reclaim(ring);
	if (err)
		return err;
	*more = false;
	do {
		count = responses_count(READ_ONCE(ring->rx.sring->rsp_prod), ring->rx.rsp_cons,
					ring->rx.req_prod_pvt);
		if (count < 0)
			return count;
		smp_rmb(); /* rsp_prod before the responses: pairs with the back-end's barrier */
		for (; count && budget; count--, budget--)
			if (!rx_one(ring, ring->rx.rsp_cons++, ops))
				return -EIO;
		if (!budget) {
			*more = true;
			break;
		}
		RING_FINAL_CHECK_FOR_RESPONSES(&ring->rx, *more);
	} while (*more);

	if (ring->rx.req_prod_pvt == ring->rx.sring->req_prod)
		return 0;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->rx, notify);
	if (notify)
		evtchn_notify(ring->rx_port);
	return 0;
}
