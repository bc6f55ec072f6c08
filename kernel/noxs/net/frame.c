// SPDX-License-Identifier: GPL-2.0
/*
 * Reading and judging the headers of a frame.  No kernel calls.
 */
#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <errno.h>
#include <string.h>
#endif
#include "frame.h"

#define ETHER_LEN      14U
#define IPV4_LEN       20U
#define ARP_LEN	       28U

#define TYPE_IPV4      0x0800U
#define TYPE_ARP       0x0806U
#define TYPE_VLAN      0x8100U /* IEEE 802.1Q, 802.1ad, and what came before it */
#define TYPE_SVLAN     0x88a8U
#define TYPE_QINQ      0x9100U

/* IEEE 802.1D-2004, table 7-10: for bridges, and never forwarded. */
#define RESERVED_GROUP 0x0180c2000000ULL
#define RESERVED_MASK  0x00000000000fULL

static uint16_t read16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static uint64_t read48(const uint8_t *at)
{
	return (uint64_t)read16(at) << 32 | (uint64_t)read16(at + 2) << 16 | read16(at + 4);
}

static uint32_t read_ipv4(const uint8_t *at)
{
	uint32_t address;

	memcpy(&address, at, sizeof(address));
	return address;
}

static int parse_ipv4(const uint8_t *at, unsigned int len, struct frame *frame)
{
	if (len < IPV4_LEN || at[0] >> 4 != 4)
		return -EPROTO;
	frame->kind = FRAME_IPV4;
	frame->ipv4_src = read_ipv4(at + 12);
	return 0;
}

static int parse_arp(const uint8_t *at, unsigned int len, struct frame *frame)
{
	/* Ethernet 1, IPv4, with addresses of 6 and 4 bytes. */
	static const uint8_t ethernet_ipv4[] = { 0, 1, 8, 0, 6, 4 };

	if (len < ARP_LEN || memcmp(at, ethernet_ipv4, sizeof(ethernet_ipv4)))
		return -EPROTO;
	switch (read16(at + 6)) {
	case 1:
		frame->kind = FRAME_ARP_REQUEST;
		break;
	case 2:
		frame->kind = FRAME_ARP_REPLY;
		break;
	default:
		return -EPROTO;
	}
	frame->arp_sender = read48(at + 8);
	frame->ipv4_src = read_ipv4(at + 14);
	frame->ipv4_dst = read_ipv4(at + 24);
	return 0;
}

int frame_parse(const void *data, unsigned int len, struct frame *frame)
{
	const uint8_t *at = data;

	*frame = (struct frame){ .kind = FRAME_OTHER };
	if (len < ETHER_LEN)
		return -EPROTO;
	frame->dst = read48(at);
	frame->src = read48(at + 6);
	frame->type = read16(at + 12);
	if (frame->type == TYPE_IPV4)
		return parse_ipv4(at + ETHER_LEN, len - ETHER_LEN, frame);
	if (frame->type == TYPE_ARP)
		return parse_arp(at + ETHER_LEN, len - ETHER_LEN, frame);
	return 0;
}

bool frame_is_honest(const struct frame *frame, uint64_t mac, uint32_t ipv4)
{
	if (frame->src != mac || (frame->dst & ~RESERVED_MASK) == RESERVED_GROUP)
		return false;
	switch (frame->kind) {
	case FRAME_ARP_REQUEST:
	case FRAME_ARP_REPLY:
		return frame->arp_sender == mac && (!ipv4 || frame->ipv4_src == ipv4);
	case FRAME_IPV4:
		return !ipv4 || frame->ipv4_src == ipv4;
	case FRAME_OTHER:
		break;
	}
	return !ipv4 && frame->type != TYPE_VLAN && frame->type != TYPE_SVLAN &&
	       frame->type != TYPE_QINQ;
}
