/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading memory that a guest may write at any moment: copy once, then look at the copy only.
 * Free of kernel calls, so that the unit tests compile it on the host.
 */
#ifndef NOXS_RING_H
#define NOXS_RING_H

#ifdef __KERNEL__
#include <linux/errno.h>
#include <linux/types.h>
#else
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#endif

/*
 * Copy @words 32-bit words from shared memory, reading each exactly once.  What arrives may be a
 * mixture of several states of the source, but it never changes again.
 */
static inline void noxs_copy_once(void *dst, const volatile void *src, size_t words)
{
	const volatile uint32_t *from = (const volatile uint32_t *)src;
	uint32_t *to = (uint32_t *)dst;
	size_t i;

	for (i = 0; i < words; i++)
		to[i] = from[i];
}

/*
 * How many requests a ring holds, given a producer index @prod read once from shared memory, and
 * our private consumer index @cons and response index @rsp (all free-running).
 * Returns -EPROTO if the guest claims more requests than it has free slots.
 *
 * Every place that reads such an index of a guest's (`scripts/lint module-places`):
 *
 *	net/connect.c	vif_attach_rings	of both rings, before they are used
 *	net/tx.c	tx_gather		at every batch
 *	net/rx.c	rx_slots_ready		at every packet
 *	blk/connect.c	ring_attach		before the ring is used
 *	blk/pump.c	ring_gather		at every round
 *	net/tx.c	vif_tx_has_work		whether it is another one, not how far it is
 *	net/rx.c	vif_rx_has_work		likewise
 *	blk/pump.c	vbd_ring_has_work	likewise
 */
static inline int noxs_ring_pending(uint32_t prod, uint32_t cons, uint32_t rsp, uint32_t size)
{
	if (prod - rsp > size || prod - cons > size)
		return -EPROTO;
	return (int)(prod - cons);
}

#endif /* NOXS_RING_H */
