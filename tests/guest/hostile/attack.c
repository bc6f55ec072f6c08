// SPDX-License-Identifier: GPL-2.0-only
/*
 * The attacks, each named for what it does wrong.  What the back-end must make of it:
 *
 *   closes the device    tx-index rx-index chain size extra gso ring-grant port features states
 *                        garbage
 *   answers an error     bad-grant offset short
 *   goes on              storm ctrl-storm flip no-rx flood
 *   cleans up            die reset
 */
#include <stddef.h>
#include <string.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/random.h>
#include "hostile.h"

#define UNGRANTED_REF 300
#define UNBOUND_PORT  999
#define FRAME_LEN     60
#define STORM_STEPS   20000
#define FLIP_STEPS    20000
#define FLOOD_STEPS   2000

/* A request as it ought to be. */
static netif_tx_request_t *tx_request(struct victim *v)
{
	netif_tx_request_t *req = RING_GET_REQUEST(&v->ring.tx, v->ring.tx.req_prod_pvt);

	v->ring.tx.req_prod_pvt++;
	*req = (netif_tx_request_t){ .gref = v->gref, .size = FRAME_LEN };
	return req;
}

static void tx_push(struct victim *v)
{
	RING_PUSH_REQUESTS(&v->ring.tx);
	evtchn_notify(v->ring.tx_port);
}

static bool tx_index(struct victim *v)
{
	v->ring.tx.sring->req_prod += NETRING_SIZE + 100;
	evtchn_notify(v->ring.tx_port);
	return false;
}

static bool rx_index(struct victim *v)
{
	v->ring.rx.sring->req_prod += NETRING_SIZE + 100;
	evtchn_notify(v->ring.rx_port);
	return false;
}

static bool bad_grant(struct victim *v)
{
	unsigned int i;

	for (i = 0; i < 100; i++)
		tx_request(v)->gref = i % 2 ? UNGRANTED_REF : UINT32_MAX - i;
	tx_push(v);
	return false;
}

static bool chain(struct victim *v)
{
	unsigned int i;

	for (i = 0; i < 100; i++) {
		netif_tx_request_t *req = tx_request(v);

		req->flags = NETTXF_more_data;
		if (!i)
			req->size = 65000;
	}
	tx_push(v);
	return false;
}

/* The first slot says less than the ones behind it add up to. */
static bool size(struct victim *v)
{
	netif_tx_request_t *req = tx_request(v);

	req->flags = NETTXF_more_data;
	req->size = 100;
	req = tx_request(v);
	req->size = 4000;
	tx_push(v);
	return false;
}

static bool offset(struct victim *v)
{
	tx_request(v)->offset = PAGE_SIZE - 10;
	tx_request(v)->offset = UINT16_MAX;
	tx_push(v);
	return false;
}

static bool too_short(struct victim *v)
{
	tx_request(v)->size = 0;
	tx_request(v)->size = 1;
	tx_request(v)->size = 13;
	tx_push(v);
	return false;
}

static void extra_send(struct victim *v, struct netif_extra_info extra)
{
	tx_request(v)->flags = NETTXF_extra_info;
	memcpy(tx_request(v), &extra, sizeof(extra));
	tx_push(v);
}

static bool extra(struct victim *v)
{
	extra_send(v, (struct netif_extra_info){ .type = 200, .flags = XEN_NETIF_EXTRA_FLAG_MORE });
	return false;
}

/* Segmentation nobody has agreed on, into segments of no size. */
static bool gso(struct victim *v)
{
	struct netif_extra_info info = { .type = XEN_NETIF_EXTRA_TYPE_GSO };

	info.u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	extra_send(v, info);
	return false;
}

static void ring_grant(struct victim *v)
{
	v->half.tx_gref = UNGRANTED_REF;
}

static void port(struct victim *v)
{
	v->half.tx_port = v->half.rx_port = UNBOUND_PORT;
}

static void features(struct victim *v)
{
	v->half.features = UINT32_MAX;
}

static bool states(struct victim *v)
{
	noxs_publish(&v->front, 77, &v->half, sizeof(v->half));
	return false;
}

static uint32_t *page_words(struct victim *v)
{
	return (uint32_t *)v->front.slot.page;
}

/* Every word of the control page, also those that belong to the other side. */
static bool garbage(struct victim *v)
{
	unsigned int i;

	for (i = 0; i < PAGE_SIZE / sizeof(uint32_t); i++)
		WRITE_ONCE(page_words(v)[i], random_u32());
	noxs_kick(&v->front);
	return false;
}

/* Our half changes while it is read. */
static bool flip(struct victim *v)
{
	struct noxs_ctrl_front *half = &v->front.slot.page->slot[v->front.slot.index].front;
	static unsigned int steps;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		WRITE_ONCE(half->state, i % 3);
		WRITE_ONCE(half->u.vif.tx_gref, i % 2 ? v->half.tx_gref : random_u32());
		WRITE_ONCE(half->u.vif.features, random_u32());
		WRITE_ONCE(half->seq, half->seq + i % 2);
		WRITE_ONCE(half->ack, random_u32());
	}
	noxs_kick(&v->front);
	return ++steps < FLIP_STEPS;
}

static bool storm(struct victim *v)
{
	static unsigned int steps;
	unsigned int i;

	for (i = 0; i < 100; i++)
		evtchn_notify(v->ring.tx_port);
	return ++steps < STORM_STEPS;
}

static bool ctrl_storm(struct victim *v)
{
	static unsigned int steps;
	unsigned int i;

	for (i = 0; i < 100; i++)
		noxs_kick(&v->front);
	return ++steps < STORM_STEPS;
}

/* Receives nothing, ever: the buffers posted at the start are all there are. */
static bool no_rx(struct victim *v)
{
	(void)v;
	return false;
}

static bool flood(struct victim *v)
{
	static unsigned int steps;
	netif_tx_sring_t *sring = v->ring.tx.sring;

	while (v->ring.tx.req_prod_pvt - READ_ONCE(sring->rsp_prod) < NETRING_SIZE)
		(void)tx_request(v); /* as it ought to be: broadcast of 0xff */
	tx_push(v);
	return ++steps < FLOOD_STEPS;
}

static bool die(struct victim *v)
{
	unsigned int i;

	for (i = 0; i < NETRING_SIZE; i++)
		(void)tx_request(v); /* as it ought to be */
	tx_push(v);
	domain_shutdown(SHUTDOWN_crash);
}

static bool reset(struct victim *v)
{
	static bool is_done;
	struct evtchn_reset op = { .dom = DOMID_SELF };

	(void)v;
	if (!is_done)
		(void)hypercall_event_channel_op(EVTCHNOP_reset, &op); /* refused is fine, too */
	is_done = true;
	/* No port is left to sleep on. */
	(void)hypercall_sched_op(SCHEDOP_yield, NULL); /* always succeeds */
	return true;
}

const struct attack attacks[] = {
	{ .name = "none" },
	{ .name = "tx-index", .step = tx_index },
	{ .name = "rx-index", .step = rx_index },
	{ .name = "bad-grant", .step = bad_grant },
	{ .name = "chain", .step = chain },
	{ .name = "size", .step = size },
	{ .name = "offset", .step = offset },
	{ .name = "short", .step = too_short },
	{ .name = "extra", .step = extra },
	{ .name = "gso", .step = gso },
	{ .name = "ring-grant", .before = ring_grant },
	{ .name = "port", .before = port },
	{ .name = "features", .before = features },
	{ .name = "states", .step = states },
	{ .name = "garbage", .step = garbage },
	{ .name = "flip", .step = flip },
	{ .name = "storm", .step = storm },
	{ .name = "ctrl-storm", .step = ctrl_storm },
	{ .name = "no-rx", .step = no_rx },
	{ .name = "flood", .step = flood },
	{ .name = "die", .step = die },
	{ .name = "reset", .step = reset },
	{ .name = NULL },
};
