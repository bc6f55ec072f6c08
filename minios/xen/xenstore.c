/* SPDX-License-Identifier: MIT */
/*
 * XenStore client: one request at a time, its answer waited for.
 *
 * Events of a watch may come between any two messages; that there was one is remembered, and told
 * from the run loop.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/evtchn.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/start.h>
#include <minios/suspend.h>
#include <minios/util.h>
#include <minios/xenstore.h>
#include <minios/xs_ring.h>

static struct xenstore_domain_interface *ring;
static evtchn_port_t port;
static uint32_t last_req_id;

static const char *watched;
static void (*watch_changed)(void);
static bool has_event;

static void store_event(void *data)
{
	(void)data; /* whoever waits looks at the ring */
}

static int attach(void)
{
	const struct start_info *si = start_info_get();

	ring = NULL;
	if (noxs_header()->magic || !si->store_mfn || !si->store_evtchn)
		return -ENODEV;
	ring = mm_frame_map(mm_mfn_to_pfn(si->store_mfn));
	if (!ring)
		return -ENODEV;
	port = si->store_evtchn;
	return evtchn_handle(port, store_event, NULL);
}

/* ---- messages ---- */

static void ring_wait(void)
{
	if (!evtchn_dispatch())
		evtchn_sleep(0);
}

static int send(const void *data, size_t len)
{
	const char *from = data;
	int n;

	for (; len; from += n, len -= (size_t)n) {
		n = xs_ring_put(ring, from, len);
		if (n < 0)
			return n;
		evtchn_notify(port);
		if (!n)
			ring_wait();
	}
	return 0;
}

static int receive(void *data, size_t len)
{
	char *to = data;
	int n;

	for (; len; to += n, len -= (size_t)n) {
		n = xs_ring_take(ring, to, len);
		if (n < 0)
			return n;
		if (n)
			evtchn_notify(port); /* there is room again */
		else
			ring_wait();
	}
	return 0;
}

/* The rest of a message: as much of it as fits into buf, terminated. */
static int receive_payload(size_t len, char *buf, size_t size)
{
	size_t kept = size_min(len, size - 1);
	char rest;
	int err;

	err = receive(buf, kept);
	buf[kept] = 0;
	for (; !err && kept < len; kept++)
		err = receive(&rest, 1);
	return err;
}

static int receive_answer(uint32_t type, char *buf, size_t size)
{
	char said[XENSTORE_VALUE_MAX];
	enum xs_message kind;
	struct xsd_sockmsg msg;
	int err;

	do {
		err = receive(&msg, sizeof(msg));
		if (err)
			return err;
		kind = xs_message_kind(&msg, type, last_req_id);
		if (kind == XS_MESSAGE_BAD)
			return -EIO;
		if (kind == XS_MESSAGE_ANSWER)
			return receive_payload(msg.len, buf, size);
		err = receive_payload(msg.len, said, sizeof(said));
		if (err)
			return err;
		has_event |= kind == XS_MESSAGE_EVENT;
	} while (kind != XS_MESSAGE_REFUSAL);
	return xs_error_number(said, sizeof(said));
}

/* A request whose payload is one or two strings; the first, and the second if asked, with its end. */
static int request(uint32_t type, const char *first, const char *second, bool ends, char *buf,
		   size_t size)
{
	size_t first_len = strlen(first) + 1, second_len = second ? strlen(second) + ends : 0;
	const struct xsd_sockmsg msg = {
		.type = type,
		.req_id = ++last_req_id,
		.len = (uint32_t)(first_len + second_len),
	};
	int err;

	if (!ring)
		return -ENODEV;
	if (msg.len > XENSTORE_VALUE_MAX)
		return -EINVAL;
	err = send(&msg, sizeof(msg));
	if (!err)
		err = send(first, first_len);
	if (!err)
		err = send(second, second_len);
	return err ? err : receive_answer(type, buf, size);
}

int xenstore_read(const char *path, char *buf, size_t size)
{
	return request(XS_READ, path, NULL, false, buf, size);
}

int xenstore_write(const char *path, const char *value)
{
	char answer[8];

	return request(XS_WRITE, path, value, false, answer, sizeof(answer));
}

int xenstore_read_number(const char *path, unsigned long *value)
{
	char text[24];
	int err = xenstore_read(path, text, sizeof(text));
	const char *p;

	if (err)
		return err;
	*value = 0;
	for (p = text; *p >= '0' && *p <= '9'; p++)
		*value = *value * 10 + (unsigned long)(*p - '0');
	return p == text || *p ? -EINVAL : 0;
}

int xenstore_write_number(const char *path, unsigned long value)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%lu", value); /* fits */
	return xenstore_write(path, text);
}

/* ---- the watch ---- */

static int watch_set(void)
{
	char answer[8];

	return request(XS_WATCH, watched, "w", true, answer, sizeof(answer));
}

/* Messages that nobody has asked for. */
static int drain(void)
{
	char said[XENSTORE_VALUE_MAX];
	struct xsd_sockmsg msg;
	int err = 0;

	while (!err && READ_ONCE(ring->rsp_prod) != ring->rsp_cons) {
		err = receive(&msg, sizeof(msg));
		if (!err && msg.len > XENSTORE_PAYLOAD_MAX)
			err = -EIO;
		if (!err)
			err = receive_payload(msg.len, said, sizeof(said));
		has_event |= !err && msg.type == XS_WATCH_EVENT;
	}
	return err;
}

static uint64_t watch_poll(void *data)
{
	(void)data;
	if (ring && drain()) {
		printf("xenstore: xenstored broke the protocol, closing\n");
		ring = NULL;
	}
	if (has_event) {
		has_event = false;
		watch_changed();
		return 0; /* it may have taken another event in */
	}
	return LOOP_NEVER;
}

static struct loop_source source = { .poll = watch_poll };

int xenstore_watch(const char *path, void (*changed)(void))
{
	int err;

	if (watched)
		return -EBUSY;
	watched = path;
	watch_changed = changed;
	err = watch_set();
	if (err) {
		watched = NULL;
		return err;
	}
	loop_add(&source);
	return 0;
}

/* ---- suspend ---- */

/* A restored domain is another one to xenstored, and has no watches. */
static void store_resume(bool restored)
{
	int err;

	if (!restored)
		return;
	err = attach();
	if (!err && watched)
		err = watch_set();
	if (err)
		printf("xenstore: cannot reconnect: %d\n", err);
}

static struct suspend_hook hook = { .resume = store_resume };

int xenstore_init(void)
{
	int err;

	if (ring)
		return 0;
	err = attach();
	if (!err)
		suspend_hook_add(&hook);
	return err;
}
