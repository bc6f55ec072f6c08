/* SPDX-License-Identifier: MIT */
/*
 * What stands between a peer and lwIP's assertions, each of which is a panic here.
 *
 * lwIP 2.1.3 asserts things a peer can make untrue, and reads a little behind short packets.  Nothing
 * of lwIP is changed, and no assertion is switched off: what would break one of its assumptions is
 * kept from it, or put right before lwIP looks at it again.  tests/unit/minios/fuzz_net.c tries to get
 * through.  How much a peer may take is net_limit.c's matter.
 */
#include <string.h>
#include <minios/net_guard.h>
#include "lwip/pbuf.h"
#include "lwip/prot/ethernet.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"
#include "lwip/priv/tcp_priv.h"

/* Without the checksum.  lwIP reads headers before it knows that there is so much of the frame. */
#define FRAME_MIN	 60U
/* As Linux has it (TCP_MIN_SND_MSS): no peer needs less, and 1 makes a packet of every byte. */
#define MSS_MIN		 48U
#define DHCP_CLIENT_PORT 68
#define OPT_LEN_MSS	 4U

/* ---- frames and packets ---- */

/*
 * In one piece, because lwIP looks for headers in the first, and its DHCP client reads behind all but
 * the last.  Padded, because lwIP's ARP takes its lengths for granted.
 */
struct pbuf *net_guard_frame(struct pbuf *frame)
{
	uint16_t len = frame->tot_len < FRAME_MIN ? FRAME_MIN : frame->tot_len;
	struct pbuf *whole;

	if (!frame->next && frame->len == len)
		return frame;
	whole = pbuf_alloc(PBUF_RAW, len, PBUF_RAM);
	if (whole) {
		(void)pbuf_copy_partial(frame, whole->payload, frame->tot_len, 0);
		memset((char *)whole->payload + frame->tot_len, 0, len - frame->tot_len);
	}
	pbuf_free(frame);
	return whole;
}

/*
 * No options, which nobody needs, and for which lwIP reads UDP ports behind the packet.  A fragment but
 * the last is a multiple of 8 bytes: lwIP's ICMP error quotes 8 bytes, whether there are so many or not.
 * A DHCP message in fragments would come to the client in several pieces (see above).
 */
bool net_guard_packet(const struct pbuf *packet)
{
	const struct ip_hdr *ip = packet->payload;
	uint16_t offset, total, data;

	if (packet->len < IP_HLEN || IPH_HL_BYTES(ip) != IP_HLEN)
		return false;
	offset = lwip_ntohs(IPH_OFFSET(ip));
	total = lwip_ntohs(IPH_LEN(ip));
	if (total < IP_HLEN || total > packet->len)
		return false;
	data = (uint16_t)(total - IP_HLEN);
	if ((offset & IP_MF) && (!data || data % 8))
		return false;
	if ((offset & IP_MF) && !(offset & IP_OFFMASK) && IPH_PROTO(ip) == IP_PROTO_UDP) {
		const struct udp_hdr *udp = (const void *)((const char *)packet->payload + IP_HLEN);

		return udp->dest != PP_HTONS(DHCP_CLIENT_PORT);
	}
	return true;
}

/* ---- TCP segments ---- */

/* The options of a segment, the end of which may be in another buffer. */
struct options {
	uint8_t *first, *rest;
	uint16_t len, first_len;
};

static uint8_t *option_byte(const struct options *o, unsigned int i)
{
	return i < o->first_len ? &o->first[i] : &o->rest[i - o->first_len];
}

static void option_mss(const struct options *o, unsigned int i, bool is_opening)
{
	uint8_t *high = option_byte(o, i + 2), *low = option_byte(o, i + 3);
	unsigned int n, mss = (unsigned int)*high << 8 | *low;

	if (!is_opening) {
		for (n = 0; n < OPT_LEN_MSS; n++)
			*option_byte(o, i + n) = LWIP_TCP_OPT_NOP;
	} else if (mss && mss < MSS_MIN) { /* 0 is none for lwIP */
		*high = 0;
		*low = MSS_MIN;
	}
}

/*
 * lwIP takes a maximum segment size from any segment, and then finds that those it has queued are too
 * large ("split <= mss").  It is for segments that open a connection (RFC 9293, 3.2): elsewhere there
 * is none.  What does not fit into the header ends the options.
 */
static void options_mend(const struct options *o, bool is_opening)
{
	unsigned int i = 0, size;

	while (i < o->len && *option_byte(o, i) != LWIP_TCP_OPT_EOL) {
		if (*option_byte(o, i) == LWIP_TCP_OPT_NOP) {
			i++;
			continue;
		}
		size = i + 1 < o->len ? *option_byte(o, i + 1) : 0;
		if (size < 2 || i + size > o->len) {
			*option_byte(o, i) = LWIP_TCP_OPT_EOL;
			return;
		}
		if (*option_byte(o, i) == LWIP_TCP_OPT_MSS && size == OPT_LEN_MSS)
			option_mss(o, i, is_opening);
		i += size;
	}
}

/*
 * Put right what lwIP would fail on:
 * - The last byte may be acknowledged after a window probe; then there is nothing left to probe with
 *   ("persist ticking with empty send buffer").
 * - Segments are made for half of the largest window seen, or of full size while that is none: the
 *   first small window would find them too large, and a very small one our SYN with its option
 *   ("mss_local is too small").
 */
static void pcb_mend(struct tcp_pcb *pcb)
{
	if (pcb->persist_backoff && !pcb->unsent)
		pcb->persist_backoff = 0;
	if (pcb->state != SYN_SENT && pcb->snd_wnd_max < 2 * MSS_MIN)
		pcb->snd_wnd_max = (tcpwnd_size_t)(2 * pcb->mss);
}

/*
 * True for data, or a FIN, beyond the window or beyond a FIN that is there already.  lwIP queues most
 * of it, and fails when what is missing has come ("ooseq tcplen > rcv_wnd", "not trimmed correctly").
 * A segment that begins where the last ended may go beyond the window: that one lwIP cuts.
 */
static bool is_beyond(const struct tcp_pcb *pcb, const struct tcp_hdr *hdr, const struct pbuf *data)
{
	bool has_fin = TCPH_FLAGS(hdr) & TCP_FIN;
	uint32_t end = hdr->seqno + data->tot_len;
	const struct tcp_seg *seg;

	for (seg = pcb->ooseq; seg; seg = seg->next)
		if ((TCPH_FLAGS(seg->tcphdr) & TCP_FIN) &&
		    TCP_SEQ_GT(end, seg->tcphdr->seqno + seg->len))
			return true;
	return TCP_SEQ_GT(hdr->seqno, pcb->rcv_nxt) &&
	       TCP_SEQ_GT(end + has_fin, pcb->rcv_nxt + pcb->rcv_wnd);
}

/* The connection that data have come for, and its callback, which lwIP has for us to call. */
static struct {
	struct tcp_pcb *pcb;
	tcp_sent_fn sent;
	uint32_t len;
} deferred;

static err_t sent_later(void *arg, struct tcp_pcb *pcb, u16_t len)
{
	(void)arg;
	(void)pcb;
	deferred.len += len;
	return ERR_OK;
}

/*
 * lwIP tells that data have been acknowledged before it gives away those in the same segment, and
 * forgets to free them if the connection is closed at that.  So it is told afterwards.
 */
static void sent_defer(struct tcp_pcb *pcb)
{
	if (!pcb->sent)
		return;
	deferred.pcb = pcb;
	deferred.sent = pcb->sent;
	deferred.len = 0;
	pcb->sent = sent_later;
}

static bool is_in(const struct tcp_pcb *list, const struct tcp_pcb *which)
{
	while (list && list != which)
		list = list->next;
	return list;
}

/*
 * Also one that the segment has moved to TIME-WAIT, from where nothing more is heard of it: a server that
 * waits for the last acknowledgement would keep a connection that lwIP uses again for another.
 */
static bool is_alive(const struct tcp_pcb *which)
{
	return is_in(tcp_active_pcbs, which) || is_in(tcp_tw_pcbs, which);
}

void net_guard_input_done(void)
{
	struct tcp_pcb *pcb = deferred.pcb;

	deferred.pcb = NULL;
	if (!pcb || !is_alive(pcb))
		return;
	if (pcb->sent == sent_later)
		pcb->sent = deferred.sent;
	if (!deferred.len || !pcb->sent)
		return;
	/* It may close the connection. */
	if (pcb->sent(pcb->callback_arg, pcb, (u16_t)deferred.len) == ERR_OK &&
	    is_in(tcp_active_pcbs, pcb))
		(void)tcp_output(pcb); /* lwIP tries again by its timer */
}

/*
 * lwIP's hook: a segment whose checksum is right, for a connection or somebody who listens; its header
 * is in host order.  0: it goes its way; otherwise it is dropped.
 */
int net_tcp_segment(struct tcp_pcb *pcb, struct tcp_hdr *hdr, uint16_t optlen, uint16_t opt1len,
		    uint8_t *opt2, const struct pbuf *data)
{
	const struct options options = {
		.first = (uint8_t *)hdr + TCP_HLEN,
		.rest = opt2,
		.len = optlen,
		.first_len = opt1len,
	};
	unsigned int flags = TCPH_FLAGS(hdr);
	bool is_new = pcb->state == LISTEN || pcb->state == SYN_SENT;

	options_mend(&options, is_new && (flags & TCP_SYN));
	/* Nor is anything else with a SYN what it should be, but lwIP answers that by itself. */
	if ((flags & (TCP_SYN | TCP_FIN)) == (TCP_SYN | TCP_FIN))
		return -1;
	if (pcb->state == LISTEN && (flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN)
		return net_limit_syn() ? 0 : -1;
	if (pcb->state == LISTEN || pcb->state == TIME_WAIT)
		return 0;
	/*
	 * lwIP would count the SYN among the data.  A FIN in the segment that opens the connection it
	 * would take for the peer's alone, if we close in the callback of accept: it would wait for us
	 * for ever.  Whoever means it sends it again, after our SYN.
	 */
	if (pcb->state == SYN_RCVD &&
	    ((flags & TCP_FIN) || (flags & (TCP_SYN | TCP_ACK)) == (TCP_SYN | TCP_ACK)))
		return -1;
	pcb_mend(pcb);
	if (is_new || !(data->tot_len || (flags & TCP_FIN)))
		return 0;
	if (is_beyond(pcb, hdr, data))
		return -1;
	net_limit_data(pcb);
	sent_defer(pcb);
	return 0;
}

/* ---- timers ---- */

/*
 * To send the beginning of a segment, lwIP leaves the FIN of the whole in it, so that the peer never
 * gets the rest.  Give the FIN a segment of its own as long as there is a choice.  Without memory for
 * that the timer waits.
 */
static void fin_part(struct tcp_pcb *pcb)
{
	struct tcp_seg *last = pcb->unsent;

	while (last->next)
		last = last->next;
	if (!last->len || !(TCPH_FLAGS(last->tcphdr) & TCP_FIN))
		return;
	TCPH_UNSET_FLAG(last->tcphdr, TCP_FIN);
	pcb->snd_lbb = lwip_ntohl(last->tcphdr->seqno) + last->len;
	if (tcp_enqueue_flags(pcb, TCP_FIN) == ERR_OK)
		return;
	TCPH_SET_FLAG(last->tcphdr, TCP_FIN);
	pcb->persist_cnt = 0;
}

void net_guard_tick(void)
{
	struct tcp_pcb *pcb;

	net_limit_tick();
	for (pcb = tcp_active_pcbs; pcb; pcb = pcb->next) {
		pcb_mend(pcb);
		if (pcb->persist_backoff && pcb->unsent)
			fin_part(pcb);
	}
}
