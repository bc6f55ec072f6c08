/* SPDX-License-Identifier: MIT */
/* What lwIP leaves to us of TCP: initial sequence numbers, and when a pair of ends is free again. */
#include <stdbool.h>
#include <minios/net_guard.h>
#include <minios/random.h>
#include <minios/time.h>
#include "lwip/pbuf.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/priv/tcp_priv.h"

/* Above what the connection before has sent; as far as Linux goes, more than any window of ours. */
#define ISN_STEP      65537U
/* Of 200 bytes each, and every SYN looks at them all. */
#define TIME_WAIT_MAX 256U

static struct {
	bool is_set;
	uint32_t isn;
} reopened; /* by the SYN that is being looked at */

/* Initial sequence number as in RFC 6528: a clock of 4 us, apart for every pair of ends. */
uint32_t net_tcp_isn(const ip_addr_t *local, uint16_t local_port, const ip_addr_t *remote,
		     uint16_t remote_port)
{
	const uint32_t ends[] = { local->addr, remote->addr,
				  ((uint32_t)local_port << 16) | remote_port };
	uint32_t isn = (uint32_t)(time_ns() / 4000) + random_hash(ends, sizeof(ends));

	return reopened.is_set && TCP_SEQ_LT(isn, reopened.isn) ? reopened.isn : isn;
}

/* The TCP header of a packet that asks for a new connection, or NULL.  Nothing has been checked yet. */
static const struct tcp_hdr *syn_find(const struct pbuf *p)
{
	const struct ip_hdr *ip = p->payload;
	const struct tcp_hdr *tcp;
	size_t header;

	if (p->len < IP_HLEN || IPH_PROTO(ip) != IP_PROTO_TCP ||
	    (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)))
		return NULL;
	header = IPH_HL_BYTES(ip);
	if (header < IP_HLEN || p->len < header + TCP_HLEN)
		return NULL;
	tcp = (const void *)((const char *)p->payload + header);
	return (TCPH_FLAGS(tcp) & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN ? tcp : NULL;
}

static bool is_between(const struct tcp_pcb *pcb, const struct ip_hdr *ip,
		       const struct tcp_hdr *tcp)
{
	return pcb->remote_port == lwip_ntohs(tcp->src) &&
	       pcb->local_port == lwip_ntohs(tcp->dest) && pcb->remote_ip.addr == ip->src.addr &&
	       pcb->local_ip.addr == ip->dest.addr;
}

/*
 * A client may use a port again while we are in TIME-WAIT; Linux does so by chance once in some hundred
 * connections.  lwIP answers its SYN with an ACK of the connection before, for the two minutes that
 * lasts.  Here a SYN above all that has been received opens the connection anew (RFC 1122, 4.2.2.13): the
 * old one is forgotten, and the SYN finds who listens.  Nor may connections of two minutes fill a small
 * guest's memory: beyond TIME_WAIT_MAX the oldest is forgotten.
 * Returns 0: the packet goes its way; or 1: it is none for lwIP, and gone.
 */
int net_ip4_input(struct pbuf *p)
{
	const struct tcp_hdr *tcp = tcp_tw_pcbs ? syn_find(p) : NULL;
	struct tcp_pcb *pcb, *same = NULL, *oldest = NULL;
	unsigned int count = 0;

	reopened.is_set = false;
	if (!net_guard_packet(p)) {
		pbuf_free(p);
		return 1;
	}
	if (!tcp)
		return 0;
	for (pcb = tcp_tw_pcbs; pcb; pcb = pcb->next) {
		count++;
		oldest = pcb; /* lwIP adds at the head */
		if (is_between(pcb, p->payload, tcp))
			same = pcb;
	}
	/* Of one in TIME-WAIT nobody is told that it is no more. */
	if (same && TCP_SEQ_GT(lwip_ntohl(tcp->seqno), same->rcv_nxt)) {
		reopened.is_set = true;
		reopened.isn = same->snd_nxt + ISN_STEP;
		tcp_abort(same);
	} else if (count > TIME_WAIT_MAX) {
		tcp_abort(oldest);
	}
	return 0;
}
