// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_net: applications over lwIP's raw API that do all it lets them, beside daytime and web's server:
 * one that sends much and closes, one that returns what it gets when it likes.
 */
#include <stdlib.h>
#include <string.h>
#include <minios/util.h>
#include "lwip/tcp.h"
#include "cache.h"
#include "files.h"
#include "server.h"
#include "fuzz_net.h"

#define IDLE_POLLS 60 /* of a second */

struct connection {
	uint32_t left; /* to be sent by the stream */
	uint32_t echo; /* to be returned by the echo */
	unsigned int polls;
	bool is_stream, has_ended;
};

static const char text[4096];

static void connection_error(void *arg, err_t err)
{
	(void)err;
	free(arg);
}

static void forget(struct tcp_pcb *pcb, struct connection *c)
{
	tcp_arg(pcb, NULL);
	tcp_recv(pcb, NULL);
	tcp_sent(pcb, NULL);
	tcp_err(pcb, NULL);
	tcp_poll(pcb, NULL, 0);
	free(c);
}

static err_t finish(struct tcp_pcb *pcb, struct connection *c, bool abruptly)
{
	forget(pcb, c);
	if (!abruptly && tcp_close(pcb) == ERR_OK)
		return ERR_OK;
	tcp_abort(pcb);
	return ERR_ABRT;
}

static err_t go_on(struct tcp_pcb *pcb, struct connection *c)
{
	uint32_t *left = c->is_stream ? &c->left : &c->echo;

	while (*left) {
		uint32_t len = below(sizeof(text)) + 1;
		uint8_t flags = one_in(2) ? TCP_WRITE_FLAG_COPY : 0;

		if (len > *left)
			len = *left;
		if (len > tcp_sndbuf(pcb))
			len = tcp_sndbuf(pcb);
		if (!len || tcp_write(pcb, text, (u16_t)len,
				      flags | (one_in(3) ? TCP_WRITE_FLAG_MORE : 0)) != ERR_OK)
			break;
		*left -= len;
		if (one_in(4))
			break;
	}
	if (!*left && (c->is_stream || c->has_ended))
		return finish(pcb, c, one_in(16));
	if (one_in(2))
		tcp_output(pcb);
	return ERR_OK;
}

static err_t connection_received(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	struct connection *c = arg;

	(void)err;
	if (!p) {
		c->has_ended = true;
		return go_on(pcb, c);
	}
	c->polls = 0;
	if (!c->is_stream)
		c->echo += p->tot_len;
	if (!one_in(8))
		tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return go_on(pcb, c);
}

static err_t connection_sent(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	struct connection *c = arg;

	(void)len;
	c->polls = 0;
	return go_on(pcb, c);
}

static err_t connection_polled(void *arg, struct tcp_pcb *pcb)
{
	struct connection *c = arg;

	if (++c->polls > IDLE_POLLS)
		return finish(pcb, c, one_in(2));
	return go_on(pcb, c);
}

static err_t connection_accepted(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct connection *c;

	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	c = calloc(1, sizeof(*c));
	if (!c)
		return ERR_MEM;
	c->is_stream = arg;
	c->left = below(100000);
	tcp_arg(pcb, c);
	tcp_recv(pcb, connection_received);
	tcp_sent(pcb, connection_sent);
	tcp_err(pcb, connection_error);
	tcp_poll(pcb, connection_polled, 2);
	if (one_in(4))
		tcp_nagle_disable(pcb);
	return one_in(2) ? go_on(pcb, c) : ERR_OK;
}

static void listen_at(uint16_t port, void *is_stream)
{
	struct tcp_pcb *pcb = tcp_new();

	if (!pcb || tcp_bind(pcb, IP4_ADDR_ANY, port) != ERR_OK)
		abort();
	pcb = tcp_listen(pcb);
	if (!pcb)
		abort();
	tcp_arg(pcb, is_stream);
	tcp_accept(pcb, connection_accepted);
}

/* ---- files for web: /N has N bytes, which sometimes are not there yet ---- */

bool files_find(const char *path, struct file *file)
{
	unsigned long len = strtoul(path + 1, NULL, 10);

	*file = (struct file){ .offset = 0, .size = (uint32_t)len };
	return len && len <= 1000000;
}

size_t cache_read(struct cache_waiter *waiter, uint64_t offset, const void **data, size_t len)
{
	(void)waiter;
	(void)offset;
	*data = text;
	return one_in(16) ? 0 : size_min(len, sizeof(text));
}

void cache_cancel(struct cache_waiter *waiter)
{
	(void)waiter;
}

void apps_start(void)
{
	static char is_stream;

	listen_at(PORT_STREAM, &is_stream);
	listen_at(PORT_ECHO, NULL);
	if (server_start())
		abort();
	server_disk(true);
}
