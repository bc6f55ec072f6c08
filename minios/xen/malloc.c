/* SPDX-License-Identifier: MIT */
/* malloc() on the heap of lib/heap.c, which grows by pages. */
#include <stdlib.h>
#include <string.h>
#include <minios/heap.h>
#include <minios/mm.h>

/* Grown in steps of at least this, to have few regions. */
#define GROW_PAGES 8

static void *grow(size_t *bytes)
{
	size_t pages = mm_page_up(*bytes) >> PAGE_SHIFT;
	void *mem;

	if (pages < GROW_PAGES) {
		mem = page_alloc_run(GROW_PAGES);
		*bytes = GROW_PAGES * PAGE_SIZE;
		if (mem)
			return mem;
	}
	*bytes = pages * PAGE_SIZE;
	return page_alloc_run(pages);
}

static struct heap heap = { .grow = grow };

void *malloc(size_t size)
{
	return heap_alloc(&heap, size);
}

void *calloc(size_t count, size_t size)
{
	size_t bytes;
	void *p;

	if (__builtin_mul_overflow(count, size, &bytes))
		return NULL;
	p = heap_alloc(&heap, bytes);
	if (p)
		memset(p, 0, bytes);
	return p;
}

void free(void *p)
{
	heap_free(&heap, p);
}
