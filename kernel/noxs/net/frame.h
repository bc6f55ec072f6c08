/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a switch reads of a frame: Ethernet, and of IPv4 and ARP who sends and who is asked for.
 *
 * Free of kernel calls, so that the unit tests compile it on the host and feed it malice.
 */
#ifndef NOXS_NET_FRAME_H
#define NOXS_NET_FRAME_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

/* More than this is never read; Ethernet 14 and ARP 28 (RFC 826), or IPv4 20. */
#define FRAME_HEADERS_LEN 42U

#define FRAME_GROUP	  0x010000000000ULL /* in an address: multicast or broadcast */

enum frame_kind {
	FRAME_OTHER,
	FRAME_IPV4,
	FRAME_ARP_REQUEST,
	FRAME_ARP_REPLY,
};

/* MAC addresses are as from ether_addr_to_u64(), IPv4 addresses in network byte order. */
struct frame {
	enum frame_kind kind;
	uint16_t type;
	uint64_t dst, src;
	uint64_t arp_sender; /* ARP: the sender's MAC address */
	uint32_t ipv4_src;   /* IPv4, ARP */
	uint32_t ipv4_dst;   /* ARP: whom it asks for, or answers */
};

/*
 * Read the headers at @data, of which @len bytes are there.  -EPROTO if they end before what they
 * announce, or if it is not IPv4 or ARP although the type says so.
 */
int frame_parse(const void *data, unsigned int len, struct frame *frame);

/*
 * Whether a guest may send this: as itself, and not to what only bridges listen to.  @ipv4 is its
 * address, 0 if it was given none: then it may speak anything but in a VLAN.
 */
bool frame_is_honest(const struct frame *frame, uint64_t mac, uint32_t ipv4);

/* ARP that tells everybody who has an address, and asks for nobody else. */
static inline bool frame_is_announcement(const struct frame *frame)
{
	return frame->kind == FRAME_ARP_REPLY ||
	       (frame->kind == FRAME_ARP_REQUEST && frame->ipv4_src == frame->ipv4_dst);
}

static inline bool frame_is_group(const struct frame *frame)
{
	return frame->dst & FRAME_GROUP;
}

#endif /* NOXS_NET_FRAME_H */
