/* SPDX-License-Identifier: MIT */
/*
 * A connection: requests come in, one answer after the other goes out.
 *
 *            head complete, or wrong             all of it is with TCP
 *   READING -------------------------> SENDING ------------------------> READING
 *      |  idle, or the client's end               | not persistent
 *      '-----------------> CLOSING <--------------'
 *
 * Nothing is read ahead of the answer but QUEUE_MAX bytes: TCP keeps the rest at the client's.  Nothing
 * lasts for ever: a head has HEAD_S in all, a client between two requests IDLE_S, one that takes its
 * answer must acknowledge PROGRESS_MIN bytes in STALLED_S, and after our FIN there are LINGER_S for its.
 *
 * lwIP moves a connection that both sides have closed to TIME-WAIT, from where no callback comes.  So one
 * whose client has closed is left to lwIP as soon as all but our FIN has been acknowledged.
 */
#include <stdlib.h>
#include <string.h>
#include <minios/util.h>
#include "lwip/sys.h"
#include "conn.h"

#define POLL_TICKS    2U /* of lwIP's, which are 500 ms */
#define POLL_MIN_MS   500U
#define HEAD_S	      15U
#define IDLE_S	      30U
#define STALLED_S     30U
#define LINGER_S      5U
/* One that has stalled for so long may have to make room. */
#define STALLED_MIN_S 3U
#define PROGRESS_MIN  4096U
#define QUEUE_MAX     4096U
#define QUEUE_PBUFS   8U
/* A body that nobody wants is read to its end, up to this; of more the connection ends. */
#define SKIP_MAX      65536U

/* ---- ends ---- */

/* lwIP has no more to do with it. */
static void conn_free(struct conn *c)
{
	cache_cancel(&c->waiter);
	if (c->queued)
		pbuf_free(c->queued);
	free(c->request);
	conn_forget(c);
	free(c);
}

static struct tcp_pcb *pcb_detach(struct conn *c)
{
	struct tcp_pcb *pcb = c->pcb;

	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	return pcb;
}

void conn_abort(struct conn *c)
{
	struct tcp_pcb *pcb = pcb_detach(c);

	conn_free(c);
	tcp_abort(pcb);
}

/* lwIP ends it, which does not take for ever any more. */
static void conn_leave(struct conn *c)
{
	struct tcp_pcb *pcb = pcb_detach(c);

	conn_free(c);
	(void)tcp_close(pcb); /* it has our FIN already, or will have */
}

static void state_set(struct conn *c, int state)
{
	c->state = state;
	c->waited_s = 0;
}

static void closing_begin(struct conn *c)
{
	(void)tcp_shutdown(c->pcb, 0, 1); /* what it cannot do now, it does later by itself */
	state_set(c, CONN_CLOSING);
}

/* ---- receiving ---- */

/* Headers may end where a buffer does, which is then left empty. */
static void empty_drop(struct conn *c)
{
	struct pbuf *p;

	while ((p = c->queued) && !p->len) {
		c->queued = p->next;
		p->next = NULL;
		pbuf_free(p);
	}
}

static void consume(struct conn *c, size_t len)
{
	c->queued = pbuf_free_header(c->queued, (u16_t)len);
	empty_drop(c);
	tcp_recved(c->pcb, (u16_t)len);
}

static void reply_begin(struct conn *c)
{
	struct http_request *req = c->request;
	bool is_last = req->body_len > SKIP_MAX || (c->is_eof && !c->queued);

	reply_make(&c->reply, req, !is_last, conn_can_read);
	c->skip = req->body_len;
	c->head_sent = 0;
	c->file_sent = 0;
	c->request = NULL;
	free(req);
	state_set(c, CONN_SENDING);
}

static void refuse(struct conn *c, int status)
{
	c->request->status = status;
	c->request->is_persistent = false;
	reply_begin(c);
}

/* False without memory. */
static bool bytes_take(struct conn *c)
{
	size_t len;

	if (c->skip) {
		len = size_min(c->queued->len, c->skip);
		c->skip -= len;
		consume(c, len);
		return true;
	}
	if (!c->request) {
		c->request = malloc(sizeof(*c->request));
		if (!c->request)
			return false;
		http_request_init(c->request);
		c->waited_s = 0;
	}
	len = http_request_feed(c->request, c->queued->payload, c->queued->len);
	consume(c, len);
	if (c->request->is_done)
		reply_begin(c);
	return true;
}

/* ---- sending ---- */

/* How much of so many bytes may be given to TCP now: small segments only at the end. */
static size_t room(const struct conn *c, size_t wanted)
{
	size_t share = conn_send_share(), has = tcp_sndbuf(c->pcb);
	size_t segment = size_min(tcp_mss(c->pcb), share / 2);

	share -= size_min(share, c->in_flight);
	has = size_min(has, share);
	return has < wanted && has < segment ? 0 : size_min(has, wanted);
}

/* Give up to len bytes to TCP, as many as it takes.  Returns how many. */
static size_t put(struct conn *c, const void *data, size_t len)
{
	/* A small MSS makes many segments, of which there is a limit. */
	for (len = size_min(len, UINT16_MAX); len; len /= 2)
		if (tcp_write(c->pcb, data, (u16_t)len, TCP_WRITE_FLAG_COPY) == ERR_OK)
			break;
	c->in_flight += (uint32_t)len;
	if (len)
		c->waited_s = 0;
	return len;
}

/* True when all of the answer is with TCP. */
static bool reply_send(struct conn *c)
{
	const struct reply *reply = &c->reply;
	size_t left = reply->head_len - c->head_sent, len;
	const void *data;

	if (left) {
		c->head_sent += put(c, reply->head + c->head_sent, room(c, left));
		if (c->head_sent < reply->head_len)
			return false;
	}
	while (c->file_sent < reply->file.size) {
		left = reply->file.size - c->file_sent;
		len = room(c, left);
		if (len)
			len = cache_read(&c->waiter, (uint64_t)reply->file.offset + c->file_sent,
					 &data, len);
		if (len)
			len = put(c, data, len);
		if (!len)
			return false;
		c->file_sent += (uint32_t)len;
	}
	return true;
}

/* ---- what there is to do ---- */

/* READING: false if nothing happens until something comes. */
static bool read_on(struct conn *c)
{
	if (c->queued)
		return true;
	if (!c->is_eof)
		return false;
	if (c->request && http_request_has_begun(c->request))
		refuse(c, 400); /* cut off */
	else
		closing_begin(c);
	return true;
}

static err_t conn_run(struct conn *c)
{
	for (;;) {
		if (c->state == CONN_READING) {
			if (!read_on(c))
				break;
			if (c->state == CONN_READING && !bytes_take(c)) {
				conn_abort(c);
				return ERR_ABRT;
			}
		} else if (c->state == CONN_SENDING) {
			if (!reply_send(c))
				break;
			if (c->reply.is_persistent)
				state_set(c, CONN_READING);
			else
				closing_begin(c);
		} else {
			if (c->queued)
				consume(c, c->queued->tot_len);
			if (c->is_eof && !c->in_flight) {
				conn_leave(c);
				return ERR_OK;
			}
			break;
		}
	}
	(void)tcp_output(c->pcb); /* what it cannot send now, it does later */
	return ERR_OK;
}

/* ---- what happens ---- */

static err_t on_receive(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct conn *c = arg;

	(void)pcb;
	(void)err;
	if (!p) {
		c->is_eof = true;
		return conn_run(c);
	}
	/* It is given to us again later. */
	if (c->queued &&
	    (c->queued->tot_len + p->tot_len > QUEUE_MAX || pbuf_clen(c->queued) >= QUEUE_PBUFS))
		return ERR_MEM;
	if (c->queued)
		pbuf_cat(c->queued, p);
	else
		c->queued = p;
	empty_drop(c);
	return conn_run(c);
}

static err_t on_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct conn *c = arg;

	(void)pcb;
	c->in_flight -= (uint32_t)size_min(len, c->in_flight);
	c->progress += len;
	if (c->progress >= PROGRESS_MIN || !c->in_flight)
		c->progress = c->stalled_s = 0;
	return conn_run(c);
}

static void on_error(void *arg, err_t err)
{
	(void)err;
	conn_free(arg);
}

static void on_cached(void *data)
{
	(void)conn_run(data); /* called by nobody of lwIP's */
}

/* True if its time is over; false also if that has made it go on to another state. */
static bool is_overdue(struct conn *c)
{
	if (c->stalled_s >= STALLED_S)
		return true;
	switch (c->state) {
	case CONN_READING:
		if (c->request && c->waited_s >= HEAD_S) {
			refuse(c, 408);
			return false;
		}
		if (c->waited_s >= (c->skip ? HEAD_S : IDLE_S))
			closing_begin(c);
		return false;
	case CONN_SENDING:
		return !c->in_flight && c->waited_s >= STALLED_S; /* a dead disk */
	default:
		return false;
	}
}

static err_t on_poll(void *arg, struct tcp_pcb *pcb)
{
	struct conn *c = arg;
	uint32_t now = sys_now();

	(void)pcb;
	/* After a pause of the guest lwIP catches up; that time is not the client's fault. */
	if (now - c->polled_ms < POLL_MIN_MS)
		return ERR_OK;
	c->polled_ms = now;
	c->waited_s++;
	if (c->in_flight)
		c->stalled_s++;
	if (is_overdue(c)) {
		conn_abort(c);
		return ERR_ABRT;
	}
	if (c->state == CONN_CLOSING && !c->in_flight && c->waited_s >= LINGER_S) {
		conn_leave(c);
		return ERR_OK;
	}
	return conn_run(c);
}

struct conn *conn_open(struct tcp_pcb *pcb)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->pcb = pcb;
	c->polled_ms = sys_now();
	c->waiter.ready = on_cached;
	c->waiter.data = c;
	tcp_nagle_disable(pcb);
	tcp_arg(pcb, c);
	tcp_recv(pcb, on_receive);
	tcp_sent(pcb, on_sent);
	tcp_err(pcb, on_error);
	tcp_poll(pcb, on_poll, POLL_TICKS);
	return c;
}

unsigned int conn_worthlessness(const struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return 3000 + c->waited_s;
	if (c->stalled_s >= STALLED_MIN_S)
		return 2000 + c->stalled_s;
	if (c->state != CONN_READING || !c->waited_s)
		return 0; /* at work, or has just come: its request is on its way */
	return (!c->request && !c->skip ? 1000 : 0) + c->waited_s;
}
