/* SPDX-License-Identifier: MIT */
/*
 * A heap of boundary-tagged chunks in bins by power of two.  Neighbouring free chunks are always
 * merged, so that a flood of one size leaves nothing behind that another size cannot use.
 */
#ifndef MINIOS_HEAP_H
#define MINIOS_HEAP_H

#include <stddef.h>
#include <stdint.h>

#define HEAP_BINS     32
#define HEAP_ALIGN    16UL
/* Larger requests fail. */
#define HEAP_MAX_SIZE (1UL << 30)

struct heap_chunk;

struct heap {
	/*
	 * Get at least bytes of memory, HEAP_ALIGN aligned: returns it, with the size in *bytes, or
	 * NULL.
	 */
	void *(*grow)(size_t *bytes);
	uint32_t bin_map; /* bit n: bins[n] is not empty */
	struct heap_chunk *bins[HEAP_BINS];
};

/* NULL when there is no memory. */
void *heap_alloc(struct heap *heap, size_t size);

/* p must come from heap_alloc() or be NULL.  Aborts when it sees that this is not so. */
void heap_free(struct heap *heap, void *p);

#endif /* MINIOS_HEAP_H */
