/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One packet on a transmit ring: gathering its slots and checking their shape.
 *
 * Free of kernel calls, so that the unit tests compile it on the host and feed it malice.  The
 * protocol is that of Xen's public/io/netif.h.
 */
#ifndef NOXS_NET_TXCHAIN_H
#define NOXS_NET_TXCHAIN_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

#define TXCHAIN_RING_SIZE    256U /* slots of a one-page transmit ring */
#define TXCHAIN_MAX_SLOTS    18U  /* XEN_NETIF_NR_SLOTS_MIN */
#define TXCHAIN_LAST_SLOTS   20U  /* old front-ends send so many: they lose the packet, no more */
#define TXCHAIN_MAX_EXTRAS   1U	  /* GSO is the only kind we offer */
#define TXCHAIN_PAGE_SIZE    4096U
#define TXCHAIN_MIN_LEN	     14U /* an Ethernet header */

/* netif_tx_request.flags; equal to XEN_NETTXF_* */
#define TXCHAIN_F_CSUM_BLANK 0x1U
#define TXCHAIN_F_DATA_VALID 0x2U
#define TXCHAIN_F_MORE	     0x4U
#define TXCHAIN_F_EXTRA	     0x8U

/* A request as it stands in the ring: netif_tx_request. */
struct txchain_req {
	uint32_t gref;
	uint16_t offset;
	uint16_t flags;
	uint16_t id;
	uint16_t size;
};

/* What the front-end has chosen. */
struct txchain_rules {
	bool sg;   /* chains of more than one slot */
	bool gso4; /* GSO TCPv4 extra info */
	bool gso6; /* GSO TCPv6 extra info */
};

struct txchain {
	unsigned int nr_slots;
	unsigned int nr_extras;
	uint32_t len;	   /* of the whole packet */
	uint16_t flags;	   /* of the first request */
	uint16_t gso_size; /* 0 = no GSO */
	bool is_gso6;	   /* of TCP over IPv6 */
	bool bad;	   /* answer with an error; the ring itself is sound */
	struct txchain_req slot[TXCHAIN_LAST_SLOTS]; /* sizes are those of the fragments */
};

/*
 * Gather the packet that starts at request @cons.  @ring is the shared array of slots (each read
 * once), @pending the number of requests from @cons on that the producer has published.
 *
 * Returns the number of requests taken (slots and extras); all want a response, `bad` or not.
 * -EPROTO: a chain over TXCHAIN_LAST_SLOTS or past the producer, a feature that was not chosen, or
 * sizes that contradict each other: no front-end does so by mistake, and the device is closed.
 * @pending must be at least 1.
 */
int txchain_gather(const volatile void *ring, uint32_t cons, unsigned int pending,
		   const struct txchain_rules *rules, struct txchain *chain);

#endif /* NOXS_NET_TXCHAIN_H */
