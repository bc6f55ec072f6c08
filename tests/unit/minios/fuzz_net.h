/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of fuzz_net: a world around lwIP, a peer that does what it likes, and applications. */
#ifndef FUZZ_NET_H
#define FUZZ_NET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_MAX 65536U

/* Of the guest, and of the peer, who is its gateway as well; network byte order. */
#define GUEST_IP  __builtin_bswap32(0x0a0d0002)
#define PEER_IP	  __builtin_bswap32(0x0a0d0001)

extern const uint8_t guest_mac[6], peer_mac[6];

/* ---- fuzz_world.c: what is below and beside lwIP ---- */

/* Pseudo-random numbers, the same for the same seed. */
void world_seed(uint64_t seed);
uint32_t world_random(void);
/* 0 .. below - 1. */
uint32_t below(uint32_t limit);
/* True once in so many times; never for 0. */
bool one_in(uint32_t times);

/* Allocations and transmissions fail once in so many times, 0: never. */
extern unsigned int world_no_memory, world_no_room;

/* Blocks lwIP has, at most and now. */
extern unsigned long world_blocks;

/* The guest starts, with an address or looking for one. */
void world_start(bool has_address);
/* It receives a frame, in one piece or in several. */
void world_receive(const void *frame, size_t len);
/* Time passes. */
void world_sleep(uint64_t ms);

/* ---- fuzz_peer.c ---- */

/* The guest has sent a frame. */
void peer_saw(const uint8_t *frame, size_t len);
/* Do something: sends a frame, or several. */
void peer_act(void);

/* ---- fuzz_packet.c ---- */

/* A TCP segment; doff counts the options' bytes; data may be NULL for zeros. */
struct segment {
	uint16_t sport, dport, window;
	uint32_t seq, ack;
	uint8_t flags, optlen;
	uint8_t options[40];
	const void *data;
	size_t len;
};

void packet_tcp(const struct segment *segment);
void packet_udp(uint16_t sport, uint16_t dport, uint32_t dest, const void *data, size_t len);
void packet_ping(size_t len);
void packet_arp(bool is_reply);
/* Something that was sent before, damaged, with the right checksums or with wrong ones. */
void packet_damaged(void);
void packet_noise(void);
/* With options in the IP header. */
void packet_options(void);
/* The next one comes in fragments. */
extern bool packet_in_fragments;

/* ---- fuzz_dhcp.c ---- */
void dhcp_saw(const uint8_t *message, size_t len);
void dhcp_answer(void);

/* ---- fuzz_apps.c ---- */
#define PORT_STREAM 1000 /* sends much, and closes */
#define PORT_ECHO   1001 /* returns what it gets, when it likes */

void apps_start(void);

#endif /* FUZZ_NET_H */
