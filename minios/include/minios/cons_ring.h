/* SPDX-License-Identifier: MIT */
/* The output ring of a console, written to where its reader has left room. */
#ifndef MINIOS_CONS_RING_H
#define MINIOS_CONS_RING_H

#include <stddef.h>
#include <stdint.h>
#include <xen/io/console.h>

/*
 * Write at `at`, which is out_prod but for last words, with CR before each LF, as far as there is room.
 * Returns where to go on.
 */
XENCONS_RING_IDX cons_ring_put(struct xencons_interface *ring, XENCONS_RING_IDX at, const char *buf,
			       size_t len);

/* Bytes that can be written behind out_prod now. */
size_t cons_ring_room(const struct xencons_interface *ring);

/*
 * Where to write last words: as many as `size` bytes of the newest output that nobody has read give way
 * to them.  out_prod stays, so a reader that is at work may see both mixed, and nothing worse.
 */
XENCONS_RING_IDX cons_ring_rewind(struct xencons_interface *ring, size_t size);

#endif /* MINIOS_CONS_RING_H */
