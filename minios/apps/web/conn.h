/* SPDX-License-Identifier: MIT */
/* One connection of the server. */
#ifndef WEB_CONN_H
#define WEB_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <minios/http_request.h>
#include "lwip/tcp.h"
#include "cache.h"
#include "reply.h"

struct conn {
	struct conn *next; /* server.c's list of all */
	struct tcp_pcb *pcb;
	enum {
		CONN_READING, /* a request, or waits for one */
		CONN_SENDING, /* the answer to it */
		CONN_CLOSING, /* ours is said; waits until it has arrived and the client closes too */
	} state;
	bool is_eof; /* the client says no more */

	struct http_request *request; /* NULL until its first byte */
	uint64_t skip;		      /* bytes of the last request's body to be dropped */
	struct pbuf *queued;	      /* received, and not looked at yet */

	struct reply reply;
	size_t head_sent;
	uint32_t file_sent;
	struct cache_waiter waiter;

	uint32_t in_flight; /* bytes the client has not acknowledged */
	uint32_t progress;  /* bytes it has, since stalled_s was 0 */
	unsigned int waited_s, stalled_s;
	uint32_t polled_ms;
};

/* What all connections share: server.c's. */
extern bool conn_can_read;	     /* there is a disk */
uint32_t conn_send_share(void);	     /* bytes one of them may have under way */
void conn_forget(struct conn *conn); /* has been freed */

/* Take charge of a connection that has been accepted.  NULL without memory. */
struct conn *conn_open(struct tcp_pcb *pcb);

/* End it at once, with a reset. */
void conn_abort(struct conn *conn);

/* How well it can be done without, for another one: 0 not at all. */
unsigned int conn_worthlessness(const struct conn *conn);

#endif /* WEB_CONN_H */
