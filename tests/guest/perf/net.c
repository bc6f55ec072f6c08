/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets through a vif.  No data is made and none is looked at: what is counted is the way of a packet
 * from one domain to the other, not what is done with it.
 */
#include <errno.h>
#include <string.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include "perf.h"

#define GSO_PAGES ((PERF_GSO_LEN + PAGE_SIZE - 1) / PAGE_SIZE)
/* One more is the extra info. */
#define GSO_SLOTS (GSO_PAGES + 1)

static struct netring ring;
static uint8_t *gso_headers; /* in the first page */
static uint16_t gso_grefs[GSO_PAGES];

static struct perf_frame last_command;
static bool has_command;
static uint32_t nr_received;

/* ---- receiving ---- */

/* Only the first piece of a packet has headers. */
static void receive(const void *data, size_t len, bool last, bool ok, enum netfront_csum csum)
{
	static const uint8_t command[2] = { PERF_ETHERTYPE >> 8, PERF_ETHERTYPE & 0xff };
	static const uint8_t ipv4[2] = { 0x08, 0x00 };
	static bool is_later, is_data;
	const struct perf_frame *frame = data;

	(void)csum;
	if (!is_later)
		is_data = len >= PERF_HEADER_LEN &&
			  !memcmp(frame->ethertype, ipv4, sizeof(frame->ethertype));
	if (!is_later && last && ok && len >= sizeof(*frame) &&
	    !memcmp(frame->ethertype, command, sizeof(frame->ethertype))) {
		memcpy(&last_command, frame, sizeof(last_command));
		has_command = last_command.magic == PERF_MAGIC;
	}
	nr_received += last && ok && is_data;
	is_later = !last;
}

static const struct netfront_ops ops = { .receive = receive };

/* What has come, answers to transmissions included. */
static int take(void)
{
	bool more;
	int err;

	do {
		err = netring_receive(&ring, &ops, &more);
	} while (!err && more);
	return err;
}

bool perf_net_command(struct perf_frame *command)
{
	if (take() || !has_command)
		return false;
	has_command = false;
	*command = last_command;
	return true;
}

uint32_t perf_net_received(void)
{
	uint32_t n = nr_received;

	nr_received = 0;
	return n;
}

/* ---- transmitting ---- */

int perf_net_answer(const struct perf_frame *answer)
{
	struct perf_frame *frame;
	int err = 0;

	while (!err && !(frame = netring_tx_piece(&ring, 0))) {
		perf_wait();
		err = take();
	}
	if (err)
		return err;
	memcpy(frame, answer, sizeof(*frame));
	memcpy(frame->dst, answer->src, sizeof(frame->dst));
	memcpy(frame->src, answer->dst, sizeof(frame->src));
	netring_tx_commit(&ring, sizeof(*frame), false);
	netring_flush(&ring);
	return 0;
}

/* From the address that commands are sent to, which is ours: others a switch does not let through. */
static void address(uint8_t *frame)
{
	static const uint8_t nobody[6] = { 0x02, 0, 0, 0, 0, 0x09 };

	memcpy(frame, nobody, sizeof(nobody));
	memcpy(frame + 6, last_command.dst, sizeof(last_command.dst));
}

int perf_net_transmit(uint32_t count)
{
	uint8_t *frame;
	int err = 0;

	while (count && !err) {
		while (count && (frame = netring_tx_piece(&ring, 0))) {
			/* A buffer that has been used once has its headers. */
			if (frame[12] != 0x08) {
				memset(frame, 0, PERF_FRAME_LEN);
				address(frame);
				perf_headers(frame, PERF_FRAME_LEN, false);
			}
			netring_tx_commit(&ring, PERF_FRAME_LEN, true);
			count--;
		}
		netring_flush(&ring);
		if (count)
			perf_wait();
		err = take();
	}
	/* The last ones are answered without an event: who asked waits until all is quiet. */
	return err;
}

/* A packet of pages: all packets under way have the same ones. */
static void gso_put(void)
{
	struct netif_extra_info *extra;
	netif_tx_request_t *req;
	unsigned int i, left = PERF_GSO_LEN;

	for (i = 0; i < GSO_PAGES; i++) {
		req = RING_GET_REQUEST(&ring.tx, ring.tx.req_prod_pvt);
		req->gref = gso_grefs[i];
		req->offset = 0;
		req->id = (uint16_t)(ring.tx.req_prod_pvt % NETRING_SIZE);
		/* The first says how long all is. */
		req->size = (uint16_t)(i ? size_min(left, PAGE_SIZE) : PERF_GSO_LEN);
		req->flags = i + 1 < GSO_PAGES ? NETTXF_more_data : 0;
		left -= size_min(left, PAGE_SIZE);
		ring.tx.req_prod_pvt++;
		if (i)
			continue;
		req->flags |= NETTXF_csum_blank | NETTXF_data_validated | NETTXF_extra_info;
		extra = (void *)RING_GET_REQUEST(&ring.tx, ring.tx.req_prod_pvt);
		*extra = (struct netif_extra_info){
			.type = XEN_NETIF_EXTRA_TYPE_GSO,
			.u.gso.size = PERF_GSO_SIZE,
			.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4,
		};
		ring.tx.req_prod_pvt++;
	}
}

static int gso_reclaim(void)
{
	RING_IDX prod = READ_ONCE(ring.tx.sring->rsp_prod);
	netif_tx_response_t rsp;

	smp_rmb(); /* the index before the answers */
	while (ring.tx.rsp_cons != prod) {
		RING_COPY_RESPONSE(&ring.tx, ring.tx.rsp_cons, &rsp);
		ring.tx.rsp_cons++;
		if (rsp.status != NETIF_RSP_OKAY && rsp.status != NETIF_RSP_NULL)
			return -EIO;
	}
	/* An event for half of what is under way: each side has something to do meanwhile. */
	ring.tx.sring->rsp_event =
		ring.tx.rsp_cons + (ring.tx.req_prod_pvt - ring.tx.rsp_cons) / 2 + 1;
	return 0;
}

static RING_IDX gso_room(void)
{
	return NETRING_SIZE - (ring.tx.req_prod_pvt - ring.tx.rsp_cons);
}

int perf_net_transmit_gso(uint32_t count)
{
	int err = take();

	address(gso_headers);
	perf_headers(gso_headers, PERF_GSO_LEN, true);
	while (!err && (count || gso_room() != NETRING_SIZE)) {
		for (; count && gso_room() >= GSO_SLOTS; count--)
			gso_put();
		netring_flush(&ring);
		perf_wait();
		err = gso_reclaim();
	}
	return err;
}

int perf_net_open(void)
{
	unsigned int i;
	int ref, err;

	err = perf_connect_net(&ring);
	for (i = 0; i < GSO_PAGES && !err; i++) {
		uint8_t *page = page_alloc();

		if (!page)
			return -ENOMEM;
		memset(page, 0, PAGE_SIZE);
		if (!i)
			gso_headers = page;
		ref = gnttab_grant(ring.backend, page, true);
		if (ref < 0)
			return ref;
		gso_grefs[i] = (uint16_t)ref;
	}
	return err;
}
