// SPDX-License-Identifier: GPL-2.0
/*
 * One packet on a transmit ring: gathering its slots and checking their shape.  No kernel calls.
 */
#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <assert.h>
#include <errno.h>
#include <string.h>
#endif
#include "../ring.h"
#include "txchain.h"

/* netif_extra_info as it stands in a slot of the ring. */
struct txchain_extra {
	uint8_t type;
	uint8_t flags;
	uint16_t gso_size;
	uint8_t gso_type;
	uint8_t pad;
	uint16_t gso_features;
	uint32_t unused;
};

#define EXTRA_TYPE_GSO 1U      /* XEN_NETIF_EXTRA_TYPE_GSO */
#define EXTRA_F_MORE   1U      /* XEN_NETIF_EXTRA_FLAG_MORE */
#define GSO_TYPE_TCPV4 1U      /* XEN_NETIF_GSO_TYPE_TCPV4 */
#define GSO_TYPE_TCPV6 2U      /* XEN_NETIF_GSO_TYPE_TCPV6 */
#define GSO_SIZE_MIN   48U     /* TCP_MIN_SND_MSS: less would make thousands of segments */
#define GSO_SIZE_MAX   0xfffeU /* 0xffff is Linux's GSO_BY_FRAGS */

static_assert(sizeof(struct txchain_req) == 12, "a slot of the ring");
static_assert(sizeof(struct txchain_extra) == 12, "a slot of the ring");

static void copy_slot(const volatile void *ring, uint32_t index, void *slot)
{
	const volatile struct txchain_req *reqs = ring;

	noxs_copy_once(slot, &reqs[index % TXCHAIN_RING_SIZE],
		       sizeof(struct txchain_req) / sizeof(uint32_t));
}

static bool gso_is_chosen(const struct txchain_rules *rules, uint8_t type)
{
	return (type == GSO_TYPE_TCPV4 && rules->gso4) || (type == GSO_TYPE_TCPV6 && rules->gso6);
}

/* Take the extra infos that start at @cons; returns how many. */
static int gather_extras(const volatile void *ring, uint32_t cons, unsigned int pending,
			 const struct txchain_rules *rules, struct txchain *chain)
{
	struct txchain_extra extra;
	unsigned int n = 0;

	do {
		if (n == pending || n == TXCHAIN_MAX_EXTRAS)
			return -EPROTO;
		copy_slot(ring, cons + n, &extra);
		n++;
		/* We offer no other kind. */
		if (extra.type != EXTRA_TYPE_GSO || !gso_is_chosen(rules, extra.gso_type) ||
		    chain->gso_size || !extra.gso_size)
			return -EPROTO;
		if (extra.gso_size < GSO_SIZE_MIN || extra.gso_size > GSO_SIZE_MAX)
			chain->bad = true;
		chain->gso_size = extra.gso_size;
		chain->is_gso6 = extra.gso_type == GSO_TYPE_TCPV6;
	} while (extra.flags & EXTRA_F_MORE);
	chain->nr_extras = n;
	return n;
}

/*
 * The first request carries the size of the whole packet, the others their own: make the first's
 * its own, too.
 */
static int settle_sizes(struct txchain *chain)
{
	uint32_t rest = 0;
	unsigned int i;

	chain->len = chain->slot[0].size;
	for (i = 1; i < chain->nr_slots; i++)
		rest += chain->slot[i].size;
	if (rest > chain->len)
		return -EPROTO;
	chain->slot[0].size = chain->len - rest;
	if (chain->nr_slots > TXCHAIN_MAX_SLOTS)
		chain->bad = true;
	/* A packet without a header, or whose first fragment is empty, is of no use to anybody. */
	if (chain->len < TXCHAIN_MIN_LEN || !chain->slot[0].size)
		chain->bad = true;
	for (i = 0; i < chain->nr_slots; i++)
		if ((uint32_t)chain->slot[i].offset + chain->slot[i].size > TXCHAIN_PAGE_SIZE)
			chain->bad = true;
	return 0;
}

int txchain_gather(const volatile void *ring, uint32_t cons, unsigned int pending,
		   const struct txchain_rules *rules, struct txchain *chain)
{
	unsigned int taken = 1;
	uint16_t flags;
	int ret;

	chain->nr_slots = 1;
	chain->nr_extras = 0;
	chain->gso_size = 0;
	chain->is_gso6 = false;
	chain->bad = false;
	copy_slot(ring, cons, &chain->slot[0]);
	flags = chain->slot[0].flags;
	chain->flags = flags;
	if (flags & TXCHAIN_F_EXTRA) {
		ret = gather_extras(ring, cons + taken, pending - taken, rules, chain);
		if (ret < 0)
			return ret;
		taken += ret;
	}
	if (flags & TXCHAIN_F_MORE && !rules->sg)
		return -EPROTO;
	for (; flags & TXCHAIN_F_MORE; taken++) {
		if (taken == pending || chain->nr_slots == TXCHAIN_LAST_SLOTS)
			return -EPROTO;
		copy_slot(ring, cons + taken, &chain->slot[chain->nr_slots]);
		flags = chain->slot[chain->nr_slots++].flags;
	}
	ret = settle_sizes(chain);
	return ret ? ret : (int)taken;
}
