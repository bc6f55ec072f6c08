/* SPDX-License-Identifier: MIT */
/*
 * The server: who may connect, and what all connections share.
 *
 * There are as many as the guest's memory allows.  Then one more takes the place of the one that is worth
 * least: closed already, one that takes nothing, idle between two requests, one that does not end its
 * request; never one that has just come.  Clients that do nothing keep nobody out.
 */
#include <errno.h>
#include <minios/mm.h>
#include <minios/util.h>
#include "conn.h"
#include "server.h"

#define PORT	   80
/* A connection may need 16 KiB: the head of a request, what is queued, and what is under way. */
#define CONN_PAGES 8U
#define CONNS_MIN  32U
#define CONNS_MAX  1024U
/* This part of the memory may hold what is under way to clients; each may have two segments. */
#define SEND_PART  8U
#define SEND_MIN   (2U * 1460U)

bool conn_can_read;

static struct conn *conns;
static unsigned int nr_conns;

static unsigned int conns_max(void)
{
	size_t max = size_min(mm_nr_pages() / CONN_PAGES, CONNS_MAX);

	return max < CONNS_MIN ? CONNS_MIN : (unsigned int)max;
}

uint32_t conn_send_share(void)
{
	size_t share = mm_nr_pages() * PAGE_SIZE / SEND_PART / (nr_conns ? nr_conns : 1);

	return share < SEND_MIN ? SEND_MIN : (uint32_t)size_min(share, TCP_SND_BUF);
}

void conn_forget(struct conn *conn)
{
	struct conn **c;

	for (c = &conns; *c && *c != conn; c = &(*c)->next)
		;
	if (!*c)
		return;
	*c = conn->next;
	nr_conns--;
}

/* Room for one more, or false. */
static bool make_room(void)
{
	struct conn *c, *worst = NULL;
	unsigned int most = 0, w;

	if (nr_conns < conns_max())
		return true;
	for (c = conns; c; c = c->next) {
		w = conn_worthlessness(c);
		if (w > most) {
			most = w;
			worst = c;
		}
	}
	if (worst)
		conn_abort(worst);
	return worst;
}

/* lwIP ends one that is refused here. */
static err_t on_accept(void *arg, struct tcp_pcb *pcb, err_t err)
{
	struct conn *conn;

	(void)arg;
	if (err != ERR_OK || !pcb)
		return ERR_VAL;
	conn = make_room() ? conn_open(pcb) : NULL;
	if (!conn)
		return ERR_MEM;
	conn->next = conns;
	conns = conn;
	nr_conns++;
	return ERR_OK;
}

void server_disk(bool can_read)
{
	struct conn *c, *next;

	conn_can_read = can_read;
	if (can_read)
		return;
	for (c = conns; c; c = next) {
		next = c->next;
		if (c->state == CONN_SENDING && c->file_sent < c->reply.file.size)
			conn_abort(c);
	}
}

int server_start(void)
{
	struct tcp_pcb *pcb = tcp_new(), *listener;

	if (!pcb)
		return -ENOMEM;
	if (tcp_bind(pcb, IP4_ADDR_ANY, PORT) != ERR_OK)
		return -EADDRINUSE;
	listener = tcp_listen(pcb);
	if (!listener)
		return -ENOMEM;
	tcp_accept(listener, on_accept);
	return 0;
}
