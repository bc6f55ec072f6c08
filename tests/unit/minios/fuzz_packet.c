// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_net: packets, whole or in fragments. */
#include <string.h>
#include "fuzz_net.h"

#define ETH_LEN	   14U
#define IP_LEN	   20U
#define TCP_LEN	   20U
#define UDP_LEN	   8U
#define PROTO_ICMP 1
#define PROTO_TCP  6
#define PROTO_UDP  17

static uint8_t frame[FRAME_MAX + ETH_LEN + 64];
static size_t frame_len; /* of the last one sent */
static uint16_t ip_id;
bool packet_in_fragments;

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}

static uint32_t sum(const uint8_t *data, size_t len, uint32_t start)
{
	for (; len > 1; len -= 2, data += 2)
		start += get16(data);
	if (len)
		start += (uint32_t)*data << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return start;
}

static void send(size_t len)
{
	frame_len = len;
	world_receive(frame, len);
}

static void ethernet(uint32_t type)
{
	memcpy(frame, one_in(64) ? (const uint8_t *)"\xff\xff\xff\xff\xff\xff" : guest_mac, 6);
	memcpy(frame + 6, peer_mac, 6);
	put16(frame + 12, type);
}

static void ip_header(uint8_t protocol, uint32_t dest, size_t len, uint32_t offset)
{
	uint8_t *ip = frame + ETH_LEN;
	uint32_t peer = PEER_IP;

	memset(ip, 0, IP_LEN);
	ip[0] = 0x45;
	put16(ip + 2, (uint32_t)(IP_LEN + len));
	put16(ip + 4, ip_id);
	put16(ip + 6, offset);
	ip[8] = 64;
	ip[9] = protocol;
	memcpy(ip + 12, &peer, 4);
	memcpy(ip + 16, &dest, 4);
	put16(ip + 10, ~sum(ip, IP_LEN, 0));
}

/* One fragment of it, which may be of an odd size, or too large. */
static void fragment(uint8_t protocol, uint32_t dest, const uint8_t *data, size_t len, size_t at,
		     size_t size)
{
	uint32_t offset = (uint32_t)(at / 8) & 0x1fff;

	if (at + size > len)
		size = len - at;
	if (at + size < len || one_in(200))
		offset |= 0x2000;
	memcpy(frame + ETH_LEN + IP_LEN, data + at, size);
	ethernet(0x800);
	ip_header(protocol, dest, size, offset);
	send(ETH_LEN + IP_LEN + size);
}

/* In fragments: in order, backwards, or anyhow, with some missing, some twice and some overlapping. */
static void fragments(uint8_t protocol, uint32_t dest, size_t len)
{
	static uint8_t whole[FRAME_MAX];
	size_t size = 8 * (1 + below(one_in(3) ? 8 : 185)), n, count, i;
	uint32_t order = below(4);

	memcpy(whole, frame + ETH_LEN + IP_LEN, len);
	if (len / size > 64)
		size = (len / 64 + 8) / 8 * 8;
	count = (len + size - 1) / size;
	for (n = 0; n < count; n++) {
		i = order == 0 ? count - 1 - n : order == 1 ? below((uint32_t)count) : n;
		if (one_in(40))
			continue;
		fragment(protocol, dest, whole, len, i * size,
			 one_in(20) ? below((uint32_t)size * 2) : size);
		if (one_in(40))
			fragment(protocol, dest, whole, len, i * size, size);
	}
}

/* What is behind the IP header in frame, with its checksum at sum_at (none if 0 and not ICMP). */
static void packet_send(uint8_t protocol, uint32_t dest, size_t len, size_t sum_at)
{
	uint8_t *data = frame + ETH_LEN + IP_LEN;
	uint8_t pseudo[12] = { 0 };
	uint32_t peer = PEER_IP;

	memcpy(pseudo, &peer, 4);
	memcpy(pseudo + 4, &dest, 4);
	pseudo[9] = protocol;
	put16(pseudo + 10, (uint32_t)len);
	put16(data + sum_at, 0);
	put16(data + sum_at,
	      ~sum(data, len, protocol == PROTO_ICMP ? 0 : sum(pseudo, sizeof(pseudo), 0)));
	ip_id++;
	if (len > 1480 || packet_in_fragments || one_in(50)) {
		packet_in_fragments = false;
		fragments(protocol, dest, len);
		return;
	}
	ethernet(0x800);
	ip_header(protocol, dest, len, one_in(2) ? 0x4000 : 0);
	send(ETH_LEN + IP_LEN + len);
}

void packet_tcp(const struct segment *s)
{
	uint8_t *tcp = frame + ETH_LEN + IP_LEN;
	size_t header = TCP_LEN + (s->optlen + 3U) / 4 * 4;

	memset(tcp, 0, header);
	put16(tcp, s->sport);
	put16(tcp + 2, s->dport);
	put32(tcp + 4, s->seq);
	put32(tcp + 8, s->ack);
	tcp[12] = (uint8_t)(header << 2);
	tcp[13] = s->flags;
	put16(tcp + 14, s->window);
	memcpy(tcp + TCP_LEN, s->options, s->optlen);
	if (s->data)
		memcpy(tcp + header, s->data, s->len);
	else
		memset(tcp + header, 0, s->len);
	packet_send(PROTO_TCP, GUEST_IP, header + s->len, 16);
}

void packet_udp(uint16_t sport, uint16_t dport, uint32_t dest, const void *data, size_t len)
{
	uint8_t *udp = frame + ETH_LEN + IP_LEN;

	put16(udp, sport);
	put16(udp + 2, dport);
	put16(udp + 4, (uint32_t)(UDP_LEN + len) + (one_in(50) ? below(100) - 50 : 0));
	if (data)
		memcpy(udp + UDP_LEN, data, len);
	else
		memset(udp + UDP_LEN, 'u', len);
	packet_send(PROTO_UDP, dest, UDP_LEN + len, 6);
}

void packet_ping(size_t len)
{
	uint8_t *icmp = frame + ETH_LEN + IP_LEN;

	memset(icmp, 0, 8 + len);
	icmp[0] = one_in(8) ? (uint8_t)world_random() : 8;
	packet_send(PROTO_ICMP, GUEST_IP, one_in(16) ? below(8) + 4 : 8 + len, 2);
}

void packet_arp(bool is_reply)
{
	uint8_t *arp = frame + ETH_LEN;
	uint32_t peer = PEER_IP, guest = GUEST_IP;

	ethernet(0x806);
	memcpy(arp, "\0\1\10\0\6\4\0", 7);
	arp[7] = is_reply ? 2 : 1;
	memcpy(arp + 8, peer_mac, 6);
	memcpy(arp + 14, &peer, 4);
	memcpy(arp + 18, guest_mac, 6);
	memcpy(arp + 24, &guest, 4);
	if (one_in(8))
		arp[below(28)] = (uint8_t)world_random();
	send(ETH_LEN + (one_in(8) ? below(28) + 1 : 28));
}

/* Checksums of a packet that is whole; of others lwIP sees no more than the header. */
static void sums_mend(size_t len)
{
	uint8_t *ip = frame + ETH_LEN, *data = ip + IP_LEN;
	size_t payload = len - ETH_LEN - IP_LEN, at;
	uint8_t pseudo[12] = { 0 };

	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, IP_LEN, 0));
	at = ip[9] == PROTO_TCP ? 16 : ip[9] == PROTO_UDP ? 6 : 2;
	if (payload < at + 2)
		return;
	memcpy(pseudo, ip + 12, 8);
	pseudo[9] = ip[9];
	put16(pseudo + 10, (uint32_t)payload);
	put16(data + at, 0);
	put16(data + at,
	      ~sum(data, payload, ip[9] == PROTO_ICMP ? 0 : sum(pseudo, sizeof(pseudo), 0)));
}

void packet_damaged(void)
{
	unsigned int count = below(4) + 1;
	size_t len = frame_len;

	if (len < ETH_LEN + IP_LEN)
		return;
	while (count--)
		frame[ETH_LEN + below(one_in(2) ? 60 : (uint32_t)(len - ETH_LEN))] =
			(uint8_t)world_random();
	if (one_in(4))
		len = ETH_LEN + below((uint32_t)(len - ETH_LEN)) + 1;
	if (len >= ETH_LEN + IP_LEN && !one_in(4))
		sums_mend(len);
	send(len);
}

void packet_noise(void)
{
	size_t len = below(one_in(2) ? 64 : 1514) + 1, i;

	for (i = 0; i < len; i++)
		frame[i] = (uint8_t)world_random();
	if (len > ETH_LEN && !one_in(4))
		ethernet(one_in(4) ? 0x806 : 0x800);
	if (len > ETH_LEN && one_in(2))
		frame[ETH_LEN] = (uint8_t)(0x40 | below(16));
	send(len);
}

void packet_options(void)
{
	static const uint8_t protocols[] = { PROTO_ICMP, PROTO_TCP, PROTO_UDP };
	size_t words = 5 + below(11), len = below(one_in(2) ? 10 : 100);
	uint8_t *ip = frame + ETH_LEN;

	memset(ip, 0, words * 4 + len);
	ip_header(protocols[below(sizeof(protocols))], one_in(2) ? GUEST_IP : UINT32_MAX, len, 0);
	ip[0] = (uint8_t)(0x40 | words);
	put16(ip + 2, (uint32_t)(words * 4 + len));
	put16(ip + 10, 0);
	put16(ip + 10, ~sum(ip, words * 4, 0));
	ethernet(0x800);
	send(ETH_LEN + words * 4 + len);
}
