/* SPDX-License-Identifier: MIT */
/*
 * Layout of a region:   chunk chunk ... chunk end-mark
 *
 * Each chunk starts with its own size and that of the one before it, so both neighbours can be found.
 * The first has no one before it (0), the end mark has size 0 and counts as used.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <minios/heap.h>

#define USED 1UL

struct heap_chunk {
	size_t prev_size;
	size_t size; /* header included; bit 0 = USED */
	/* Only in a free chunk: */
	struct heap_chunk *next, *prev;
};

#define HEADER	  offsetof(struct heap_chunk, next)
#define MIN_CHUNK sizeof(struct heap_chunk)

static size_t chunk_size(const struct heap_chunk *c)
{
	return c->size & ~USED;
}

static struct heap_chunk *chunk_next(struct heap_chunk *c)
{
	return (struct heap_chunk *)((char *)c + chunk_size(c));
}

/* Chunks in bin n have at least 1 << n bytes, and fewer than twice that. */
static unsigned int bin_index(size_t size)
{
	return 63 - (unsigned int)__builtin_clzl(size);
}

static void bin_insert(struct heap *heap, struct heap_chunk *c)
{
	unsigned int n = bin_index(c->size);

	c->prev = NULL;
	c->next = heap->bins[n];
	if (c->next)
		c->next->prev = c;
	heap->bins[n] = c;
	heap->bin_map |= 1U << n;
}

static void bin_remove(struct heap *heap, struct heap_chunk *c)
{
	unsigned int n = bin_index(c->size);

	if (c->next)
		c->next->prev = c->prev;
	if (c->prev)
		c->prev->next = c->next;
	else
		heap->bins[n] = c->next;
	if (!heap->bins[n])
		heap->bin_map &= ~(1U << n);
}

/* A free chunk of at least size bytes, taken out of its bin; NULL if there is none. */
static struct heap_chunk *bin_find(struct heap *heap, size_t size)
{
	unsigned int n = bin_index(size);
	struct heap_chunk *c;
	uint32_t larger;

	for (c = heap->bins[n]; c && c->size < size; c = c->next)
		;
	if (!c) {
		larger = n == HEAP_BINS - 1 ? 0 : heap->bin_map & ~((2U << n) - 1);
		if (!larger)
			return NULL;
		c = heap->bins[__builtin_ctz(larger)];
	}
	bin_remove(heap, c);
	return c;
}

static bool heap_grow(struct heap *heap, size_t size)
{
	size_t bytes = size + HEADER;
	struct heap_chunk *c = heap->grow(&bytes);

	if (!c)
		return false;
	c->prev_size = 0;
	c->size = (bytes - HEADER) & ~(HEAP_ALIGN - 1);
	chunk_next(c)->prev_size = c->size;
	chunk_next(c)->size = USED;
	bin_insert(heap, c);
	return true;
}

void *heap_alloc(struct heap *heap, size_t size)
{
	struct heap_chunk *c, *rest;

	if (size > HEAP_MAX_SIZE)
		return NULL;
	size = (size + HEADER + HEAP_ALIGN - 1) & ~(HEAP_ALIGN - 1);
	if (size < MIN_CHUNK)
		size = MIN_CHUNK;
	c = bin_find(heap, size);
	if (!c && heap_grow(heap, size))
		c = bin_find(heap, size);
	if (!c)
		return NULL;

	if (c->size - size >= MIN_CHUNK) {
		rest = (struct heap_chunk *)((char *)c + size);
		rest->prev_size = size;
		rest->size = c->size - size;
		chunk_next(rest)->prev_size = rest->size;
		bin_insert(heap, rest);
		c->size = size;
	}
	c->size |= USED;
	return (char *)c + HEADER;
}

void heap_free(struct heap *heap, void *p)
{
	struct heap_chunk *c, *next, *prev;

	if (!p)
		return;
	c = (struct heap_chunk *)((char *)p - HEADER);
	next = chunk_next(c);
	if (!(c->size & USED) || next->prev_size != chunk_size(c))
		abort(); /* freed twice, or overrun */
	c->size &= ~USED;
	if (!(next->size & USED)) {
		bin_remove(heap, next);
		c->size += next->size;
	}
	if (c->prev_size) {
		prev = (struct heap_chunk *)((char *)c - c->prev_size);
		if (!(prev->size & USED)) {
			bin_remove(heap, prev);
			prev->size += c->size;
			c = prev;
		}
	}
	chunk_next(c)->prev_size = c->size;
	bin_insert(heap, c);
}
