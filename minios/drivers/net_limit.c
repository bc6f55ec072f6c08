/* SPDX-License-Identifier: MIT */
/*
 * How much of a guest its peers may take: connections, memory in them, and time without progress.
 *
 * Nobody can tell an attacker from a slow client at once, but whoever makes progress is none of those
 * who stop a server by doing nothing.  So when there is too much of something, the connection that has
 * been without progress for longest ends; its peer is told by a RST.
 */
#include <minios/mm.h>
#include <minios/net_guard.h>
#include <minios/util.h>
#include "lwip/pbuf.h"
#include "lwip/priv/tcp_priv.h"

/* Connections, and among them half-open ones, for each MiB of the guest. */
#define OPEN_PER_MIB  64U
#define HALF_PER_MIB  32U
/* Below what lwIP lets wait at one port (255): nobody is refused. */
#define HALF_MAX      240U
/* All connections together hold no more than this part of the guest's memory. */
#define MEMORY_SHARE  4U
/* What a buffer costs beside what is in it: struct pbuf, struct tcp_seg, headers, the heap's. */
#define BUFFER_COST   192U

#define TICKS(s)      ((s)*1000U / TCP_SLOW_INTERVAL)
/* We have closed, and the peer takes nothing more; and others the peer takes nothing from. */
#define CLOSING_TICKS TICKS(30)
#define STUCK_TICKS   TICKS(60)

/* Who has moved since is not idle: with too many of those, lwIP's allocations fail, and it tries again. */
#define IDLE_TICKS    1U

/* The only user of lwIP's extra arguments: when there was progress, and what was known then. */
#define EXT_ARG	      0

static uint32_t mib(void)
{
	uint32_t mib = (uint32_t)(mm_nr_pages() >> (20 - PAGE_SHIFT));

	return mib ? mib : 1;
}

/* ---- one connection ---- */

/* Grows with what the peer has acknowledged and with what it has sent. */
static uint32_t progress(const struct tcp_pcb *pcb)
{
	return pcb->lastack + pcb->rcv_nxt;
}

static uint64_t noted(const struct tcp_pcb *pcb)
{
	return (uintptr_t)pcb->ext_args[EXT_ARG].data;
}

/* Ticks since the peer last moved. */
static uint32_t idle(const struct tcp_pcb *pcb)
{
	return noted(pcb) && (uint32_t)noted(pcb) == progress(pcb) ?
		       tcp_ticks - (uint32_t)(noted(pcb) >> 32) :
		       0;
}

static void note(struct tcp_pcb *pcb)
{
	if (!noted(pcb) || (uint32_t)noted(pcb) != progress(pcb))
		pcb->ext_args[EXT_ARG].data =
			(void *)(uintptr_t)((uint64_t)tcp_ticks << 32 | progress(pcb));
}

static bool is_closing(const struct tcp_pcb *pcb)
{
	return pcb->state == FIN_WAIT_1 || pcb->state == CLOSING || pcb->state == LAST_ACK;
}

static bool is_stuck(const struct tcp_pcb *pcb)
{
	if (is_closing(pcb))
		return idle(pcb) > CLOSING_TICKS;
	return pcb->state != SYN_RCVD && (pcb->unsent || pcb->unacked) && idle(pcb) > STUCK_TICKS;
}

static size_t held(const struct tcp_pcb *pcb)
{
	size_t bytes = sizeof(*pcb) + (TCP_SND_BUF - pcb->snd_buf) +
		       (size_t)pcb->snd_queuelen * BUFFER_COST;
	const struct tcp_seg *seg;

	for (seg = pcb->ooseq; seg; seg = seg->next)
		bytes += seg->p->tot_len + (size_t)pbuf_clen(seg->p) * BUFFER_COST;
	return bytes;
}

/* ---- all of them ---- */

/* End the one that has been idle for longest.  False if all but keep have just moved. */
static bool evict(const struct tcp_pcb *keep)
{
	struct tcp_pcb *pcb, *victim = NULL;
	uint32_t longest = IDLE_TICKS;

	/* lwIP moves those that are used to the front: among equals, take the last. */
	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		if (pcb == keep || idle(pcb) < longest)
			continue;
		victim = pcb;
		longest = idle(pcb);
	}
	if (victim)
		tcp_abort(victim);
	return victim;
}

static void memory_bound(const struct tcp_pcb *keep)
{
	size_t most = mm_nr_pages() * PAGE_SIZE / MEMORY_SHARE, bytes;
	const struct tcp_pcb *pcb;

	do {
		bytes = 0;
		for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
			bytes += held(pcb);
	} while (bytes > most && evict(keep));
}

/* The oldest half-open connection; nobody there is told: it may be a dead address. */
static void half_open_recycle(void)
{
	struct tcp_pcb *pcb, *oldest = NULL;
	unsigned int count = 0;

	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		if (pcb->state != SYN_RCVD)
			continue;
		count++;
		if (!oldest || tcp_ticks - pcb->tmr >= tcp_ticks - oldest->tmr)
			oldest = pcb;
	}
	if (oldest && count >= size_min(HALF_MAX, HALF_PER_MIB * mib()))
		tcp_abandon(oldest, 0);
}

bool net_limit_syn(void)
{
	unsigned int count = 0;
	struct tcp_pcb *pcb;

	half_open_recycle();
	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next)
		count++;
	memory_bound(NULL);
	return count < OPEN_PER_MIB * mib() || evict(NULL);
}

void net_limit_data(const struct tcp_pcb *pcb)
{
	memory_bound(pcb);
}

void net_limit_no_memory(void)
{
	(void)evict(NULL);
}

void net_limit_tick(void)
{
	struct tcp_pcb *pcb, *stuck;

	do {
		stuck = NULL;
		for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
			note(pcb);
			if (is_stuck(pcb))
				stuck = pcb;
		}
		if (stuck)
			tcp_abort(stuck); /* may end others, too: look anew */
	} while (stuck);
	memory_bound(NULL);
}
