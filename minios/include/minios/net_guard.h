/* SPDX-License-Identifier: MIT */
/* What stands between a peer and lwIP's assertions, and how much of us one peer may take. */
#ifndef MINIOS_NET_GUARD_H
#define MINIOS_NET_GUARD_H

#include <stdbool.h>
#include <stdint.h>

struct pbuf;
struct tcp_pcb;

/*
 * A whole frame as lwIP may see it: in one piece, and no shorter than Ethernet has it.  Takes over
 * frame.  NULL: there is no memory, and frame is gone.
 */
struct pbuf *net_guard_frame(struct pbuf *frame);

/* True if lwIP may look at an IPv4 packet, of which nothing has been checked yet. */
bool net_guard_packet(const struct pbuf *packet);

/* lwIP has looked at a frame. */
void net_guard_input_done(void);

/* Before TCP's timers run: undo what a timer would fail on, and end what makes no progress. */
void net_guard_tick(void);

/* A SYN comes for somebody who listens: make room.  False if there is none now. */
bool net_limit_syn(void);

/* Before TCP's timers run: end connections that make no progress or hold too much. */
void net_limit_tick(void);

/* Data arrive for this connection, which may make it hold more: others end if all hold too much. */
void net_limit_data(const struct tcp_pcb *pcb);

/* An allocation has failed.  Not to be called from inside lwIP. */
void net_limit_no_memory(void);

#endif /* MINIOS_NET_GUARD_H */
