/* SPDX-License-Identifier: MIT */
/* See cons_ring.h. */
#include <stdint.h>
#include <minios/cons_ring.h>
#include <minios/util.h>

/* The reader is not trusted to keep its index sane. */
size_t cons_ring_room(const struct xencons_interface *ring)
{
	XENCONS_RING_IDX used = ring->out_prod - READ_ONCE(ring->out_cons);

	return used <= sizeof(ring->out) ? sizeof(ring->out) - used : 0;
}

XENCONS_RING_IDX cons_ring_put(struct xencons_interface *ring, XENCONS_RING_IDX at, const char *buf,
			       size_t len)
{
	XENCONS_RING_IDX prod = ring->out_prod;
	size_t room = prod - at + cons_ring_room(ring);

	for (; len; buf++, len--) {
		size_t need = *buf == '\n' ? 2 : 1;

		if (room < need)
			break;
		room -= need;
		if (*buf == '\n')
			ring->out[MASK_XENCONS_IDX(at++, ring->out)] = '\r';
		ring->out[MASK_XENCONS_IDX(at++, ring->out)] = *buf;
	}
	smp_wmb(); /* the text before the index: pairs with the console daemon's barrier */
	if ((int32_t)(at - prod) > 0)
		WRITE_ONCE(ring->out_prod, at);
	return at;
}

XENCONS_RING_IDX cons_ring_rewind(struct xencons_interface *ring, size_t size)
{
	XENCONS_RING_IDX prod = ring->out_prod, at = prod, i;
	size_t room = cons_ring_room(ring);

	if (size > sizeof(ring->out))
		size = sizeof(ring->out);
	if (room < size)
		at -= (XENCONS_RING_IDX)(size - room);
	for (i = at; i != prod; i++) /* what is not written over says nothing */
		ring->out[MASK_XENCONS_IDX(i, ring->out)] = '\r';
	return at;
}
