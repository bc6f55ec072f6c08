// SPDX-License-Identifier: GPL-2.0-only
/*
 * fuzz_net: a peer that knows TCP well enough to get everywhere, and sticks to nothing: windows of any
 * size, data out of order, twice and beyond, every option, answers to what was not asked.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz_net.h"

#define CONNECTIONS 24
#define SEND_BUFFER 23360
#define FIN	    1
#define SYN	    2
#define RST	    4
#define PSH	    8
#define ACK	    16

static struct {
	uint16_t port, server;
	uint16_t window, guest_window;
	uint32_t seq;	/* of the next byte the peer has to send */
	uint32_t ack;	/* of the next byte it expects */
	uint32_t acked; /* by the guest */
	uint32_t fin;	/* where the guest has ended, if it has */
	bool has_fin;
} conns[CONNECTIONS];

static uint16_t next_port = 1024;

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}

/* ---- what the guest says ---- */

/*
 * Nothing comes behind the end, and there is one.  What is further away than a send buffer belongs to
 * another connection, whose beginning has got lost.
 */
static void end_check(size_t n, uint8_t flags, uint32_t data_end)
{
	int32_t behind = (int32_t)(data_end - conns[n].fin);

	if ((flags & (SYN | RST)) || behind > SEND_BUFFER || behind < -SEND_BUFFER)
		conns[n].has_fin = false;
	if ((flags & RST) || !(conns[n].has_fin || (flags & FIN)))
		return;
	if (!conns[n].has_fin) {
		conns[n].fin = data_end;
		conns[n].has_fin = true;
		return;
	}
	if (flags & FIN ? !behind : behind <= 1)
		return;
	fprintf(stderr, "fuzz_net: panic: port %u goes on %d behind its FIN, flags %x\n",
		conns[n].server, behind, flags);
	abort();
}

static void saw_tcp(const uint8_t *tcp, size_t len)
{
	size_t header = (tcp[12] >> 4) * 4U, n;
	uint32_t end = get32(tcp + 4) + (uint32_t)(len - header) + !!(tcp[13] & (SYN | FIN));

	for (n = 0; n < CONNECTIONS; n++) {
		if (conns[n].port != get16(tcp + 2) || conns[n].server != get16(tcp))
			continue;
		end_check(n, tcp[13], get32(tcp + 4) + (uint32_t)(len - header));
		if ((tcp[13] & SYN) || (int32_t)(end - conns[n].ack) > 0)
			conns[n].ack = end;
		conns[n].acked = get32(tcp + 8);
		conns[n].guest_window = (uint16_t)get16(tcp + 14);
		if (tcp[13] & RST)
			conns[n].port = 0;
	}
}

void peer_saw(const uint8_t *frame, size_t len)
{
	const uint8_t *ip = frame + 14;
	size_t total;

	if (len < 34 || get16(frame + 12) != 0x800)
		return;
	total = get16(ip + 2);
	if (total + 14 > len || (get16(ip + 6) & 0x3fff) || total < 28)
		return;
	if (ip[9] == 6 && total >= 40)
		saw_tcp(ip + 20, total - 20);
	else if (ip[9] == 17 && get16(ip + 22) == 67)
		dhcp_saw(ip + 28, total - 28);
}

/* ---- what the peer says ---- */

static uint16_t any_window(uint32_t unread)
{
	static const uint16_t usual[] = { 0,   0,   0,	 1,    2,    3,	   10,
					  100, 535, 536, 1459, 1460, 1461, 5840 };

	switch (below(4)) {
	case 0:
		return usual[below(sizeof(usual) / sizeof(*usual))];
	case 1:
		return (uint16_t)below(200);
	case 2:
		return (uint16_t)(unread ? unread - one_in(2) : world_random());
	default:
		return UINT16_MAX;
	}
}

static void options_any(struct segment *s)
{
	static const uint16_t sizes[] = { 0,   1,    2,	   7,	 48,   64,
					  536, 1459, 1460, 1461, 8960, UINT16_MAX };
	uint16_t mss = sizes[below(sizeof(sizes) / sizeof(*sizes))];
	unsigned int i;

	while (s->optlen < 36 && !one_in(3)) {
		uint8_t *at = s->options + s->optlen;

		switch (below(6)) {
		case 0:
			*at = 1;
			s->optlen++;
			break;
		case 1:
		case 2:
			memcpy(at, (uint8_t[]){ 2, 4, (uint8_t)(mss >> 8), (uint8_t)mss }, 4);
			s->optlen += 4;
			break;
		case 3:
			memcpy(at, (uint8_t[]){ 3, 3, (uint8_t)below(20) }, 3);
			s->optlen += 3;
			break;
		case 4:
			memcpy(at, (uint8_t[]){ 4, 2 }, 2);
			s->optlen += 2;
			break;
		default:
			at[0] = (uint8_t)below(one_in(2) ? 9 : 256);
			at[1] = (uint8_t)below(one_in(2) ? 4 : 256);
			s->optlen += 2;
		}
	}
	if (one_in(16))
		for (i = s->optlen = 40; i--;)
			s->options[i] = (uint8_t)below(6);
}

static struct segment segment_of(size_t n, uint8_t flags)
{
	struct segment s = {
		.sport = conns[n].port,
		.dport = conns[n].server,
		.window = conns[n].window,
		.seq = conns[n].seq,
		.ack = conns[n].ack,
		.flags = flags,
	};

	if (one_in(12))
		options_any(&s);
	return s;
}

static void open(size_t n)
{
	static const uint16_t servers[] = { 13,		 80,	    80,	       PORT_STREAM,
					    PORT_STREAM, PORT_ECHO, PORT_ECHO, 9 };
	struct segment s;

	conns[n].port = one_in(4) && conns[n].port ? conns[n].port : ++next_port;
	conns[n].server = servers[below(sizeof(servers) / sizeof(*servers))];
	conns[n].window = any_window(0);
	conns[n].seq = world_random();
	s = segment_of(n, SYN);
	s.ack = 0;
	options_any(&s);
	if (one_in(32))
		s.len = below(100);
	if (one_in(64))
		s.flags |= (uint8_t)world_random();
	conns[n].seq++;
	packet_tcp(&s);
	if (one_in(8))
		packet_tcp(&s);
	if (one_in(4))
		return;
	s = segment_of(n, one_in(16) ? ACK | FIN : one_in(32) ? ACK | SYN : ACK);
	conns[n].seq += !!(s.flags & FIN);
	packet_tcp(&s);
}

static void data(size_t n)
{
	static const char *const requests[] = {
		"GET /1000 HTTP/1.0\r\n\r\n",
		"GET /100 HTTP/1.1\r\nConnection: keep-alive\r\n\r\n",
		"GET /200000 HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n",
		"GET /none HTTP/1.0\r\n\r\n",
		"HEAD / HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.0\r\nContent-Length: 10\r\n\r\n0123456789",
		"GET / HTTP/1.0\r\nX: y",
	};
	const char *text = requests[below(sizeof(requests) / sizeof(*requests))];
	struct segment s = segment_of(n, ACK | (one_in(2) ? PSH : 0));

	if (one_in(2))
		s.window = conns[n].window = any_window(0);
	if (conns[n].server == 80 && !one_in(4)) {
		s.data = text;
		s.len = one_in(4) ? below((uint32_t)strlen(text)) + 1 : strlen(text);
	} else {
		s.len = below(one_in(16) ? 30000 : 1460) + 1;
	}
	if (one_in(24)) {
		s.flags |= FIN;
		if (one_in(2))
			s.len = 0;
	}
	conns[n].seq += (uint32_t)s.len + !!(s.flags & FIN);
	packet_tcp(&s);
}

/* Anywhere near the window: before it, in it, at its end and behind it. */
static void data_anywhere(size_t n)
{
	struct segment s = segment_of(n, ACK);
	uint32_t edge = conns[n].acked + conns[n].guest_window;

	s.len = below(one_in(8) ? 25000 : one_in(2) ? 100 : 1460) + one_in(2);
	if (one_in(2))
		s.seq = conns[n].acked + below(1000) - below(200);
	else
		s.seq = edge - below(3000) + below(100);
	if (one_in(3))
		s.seq = edge - (uint32_t)s.len + below(3) - 1;
	if (one_in(8))
		s.flags |= FIN;
	packet_tcp(&s);
	if (one_in(8)) { /* what is missing before it */
		s.len = s.seq - conns[n].acked < 30000 ? s.seq - conns[n].acked : 1;
		s.seq = conns[n].acked;
		s.flags = ACK;
		packet_tcp(&s);
		conns[n].seq = s.seq + (uint32_t)s.len;
	}
}

/* The whole window from its end to its beginning. */
static void data_backwards(size_t n)
{
	struct segment s = segment_of(n, ACK);
	uint32_t at = conns[n].guest_window, step = 500 + below(1000);

	while (at) {
		uint32_t len = at < step ? at : step;

		at -= len;
		s.seq = conns[n].acked + at;
		s.len = len + (one_in(4) ? below(step) : 0);
		s.flags = ACK | (one_in(32) ? FIN : 0);
		packet_tcp(&s);
	}
}

/* An end out of order, and then data that say it is none. */
static void data_behind_fin(size_t n)
{
	struct segment s = segment_of(n, ACK | FIN);
	uint32_t window = conns[n].guest_window, acked = conns[n].acked;
	uint32_t at = below(window);

	s.seq = acked + at;
	s.len = below(20);
	packet_tcp(&s);
	s.flags = ACK;
	s.seq -= below(at + 1);
	s.len = window - (s.seq - acked);
	s.len -= s.len > 2 ? below(3) : 0;
	packet_tcp(&s);
	s.len = s.seq - acked;
	s.seq = acked;
	packet_tcp(&s);
}

static void ack(size_t n)
{
	struct segment s = segment_of(n, ACK);
	uint32_t mode = below(8), times = one_in(16) ? 5 : 1;

	s.window = conns[n].window = any_window(below(2000));
	if (mode == 0)
		s.ack -= below(3000);
	else if (mode == 1)
		s.ack += below(100) - 50;
	if (one_in(16))
		options_any(&s);
	while (times--)
		packet_tcp(&s);
}

static void end(size_t n)
{
	struct segment s = segment_of(n, one_in(2) ? RST | ACK : RST);

	if (one_in(2)) {
		s.flags = FIN | ACK;
		conns[n].seq++;
	} else if (one_in(2)) {
		s.seq += below(20000);
	}
	packet_tcp(&s);
}

static void act_on(size_t n)
{
	switch (below(24)) {
	case 0:
		open(n);
		break;
	case 1 ... 8:
		data(n);
		break;
	case 9 ... 10:
		data_anywhere(n);
		break;
	case 11:
		if (one_in(8))
			data_backwards(n);
		else if (one_in(8))
			data_behind_fin(n);
		break;
	case 12:
		if (one_in(4))
			end(n);
		break;
	case 13:
		packet_damaged();
		break;
	default:
		ack(n);
	}
}

void peer_act(void)
{
	size_t n = below(one_in(2) ? CONNECTIONS : 3);

	switch (below(100)) {
	case 0 ... 9:
		world_sleep(one_in(16) ? below(60000) : one_in(4) ? below(4000) : 500);
		break;
	case 10:
		packet_ping(below(one_in(8) ? 9000 : 1400));
		break;
	case 11:
		packet_udp((uint16_t)(one_in(8) ? 7 : 5000), one_in(4) ? 99 : 7, GUEST_IP, NULL,
			   below(one_in(8) ? 9000 : 1400));
		break;
	case 12:
		one_in(2) ? packet_noise() : packet_options();
		break;
	case 13 ... 14:
		packet_arp(one_in(2));
		break;
	case 15 ... 16:
		dhcp_answer();
		break;
	default:
		if (conns[n].port)
			act_on(n);
		else
			open(n);
	}
}
