// SPDX-License-Identifier: GPL-2.0-only
/* The heap: alignment, merging, exhaustion, and what it does when it is misused. */
#include <setjmp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <minios/heap.h>
#include "unit.h"

#define ARENA	  (64 * 1024)
#define NR_BLOCKS 200

static _Alignas(16) char arena[ARENA];
static size_t arena_used;
static jmp_buf aborted;

/* heap.c's abort() is this. */
void test_abort(void);
void test_abort(void)
{
	longjmp(aborted, 1);
}

/* Hands out the arena in pieces of 4 KiB. */
static void *arena_grow(size_t *bytes)
{
	void *p = arena + arena_used;

	*bytes = (*bytes + 4095) & ~4095UL;
	if (arena_used + *bytes > ARENA)
		return NULL;
	arena_used += *bytes;
	return p;
}

static struct heap heap;

static int heap_setup(void **state)
{
	(void)state;
	memset(&heap, 0, sizeof(heap));
	heap.grow = arena_grow;
	arena_used = 0;
	return 0;
}

static void heap_aligns(void **state)
{
	size_t size;

	(void)state;
	for (size = 0; size < 300; size++) {
		char *p = heap_alloc(&heap, size);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % HEAP_ALIGN, 0);
		memset(p, 0xaa, size);
		heap_free(&heap, p);
	}
	heap_free(&heap, NULL);
	assert_int_equal(arena_used, 4096);
}

/* Contents stay, whatever is allocated and freed around them. */
static void heap_random(void **state)
{
	unsigned char *blocks[NR_BLOCKS] = { NULL };
	size_t sizes[NR_BLOCKS], i, round, k;

	(void)state;
	srand(1);
	for (round = 0; round < 20000; round++) {
		i = (size_t)rand() % NR_BLOCKS;
		if (blocks[i]) {
			for (k = 0; k < sizes[i]; k++)
				assert_int_equal(blocks[i][k], (unsigned char)i);
			heap_free(&heap, blocks[i]);
			blocks[i] = NULL;
		} else {
			sizes[i] = (size_t)rand() % 700;
			blocks[i] = heap_alloc(&heap, sizes[i]);
			if (blocks[i])
				memset(blocks[i], (int)i, sizes[i]);
		}
	}
	for (i = 0; i < NR_BLOCKS; i++)
		heap_free(&heap, blocks[i]);
}

/* After a flood of small blocks, a large one must fit again: nothing is left in pieces. */
static void heap_merges(void **state)
{
	void *blocks[64], *all;
	size_t n;

	(void)state;
	all = heap_alloc(&heap, 60000);
	assert_non_null(all);
	heap_free(&heap, all);
	for (n = 0; n < 64; n++)
		assert_non_null(blocks[n] = heap_alloc(&heap, 800));
	for (n = 0; n < 64; n += 2)
		heap_free(&heap, blocks[n]);
	for (n = 1; n < 64; n += 2)
		heap_free(&heap, blocks[n]);
	assert_ptr_equal(heap_alloc(&heap, 60000), all);
}

static void heap_exhausted(void **state)
{
	void *p, *last = NULL;
	unsigned int n = 0;

	(void)state;
	while ((p = heap_alloc(&heap, 1000))) {
		last = p;
		n++;
	}
	assert_true(n >= 48);
	assert_null(heap_alloc(&heap, ARENA));
	assert_null(heap_alloc(&heap, SIZE_MAX));
	heap_free(&heap, last);
	assert_non_null(heap_alloc(&heap, 1000));
}

static void heap_sees_double_free(void **state)
{
	char *p = heap_alloc(&heap, 100);

	(void)state;
	heap_free(&heap, p);
	if (!setjmp(aborted)) {
		heap_free(&heap, p);
		fail();
	}
}

static void heap_sees_overrun(void **state)
{
	char *p = heap_alloc(&heap, 96);

	(void)state;
	p[96] ^= 1; /* the size the next chunk has of this one */
	if (!setjmp(aborted)) {
		heap_free(&heap, p);
		fail();
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(heap_aligns, heap_setup),
		cmocka_unit_test_setup(heap_random, heap_setup),
		cmocka_unit_test_setup(heap_merges, heap_setup),
		cmocka_unit_test_setup(heap_exhausted, heap_setup),
		cmocka_unit_test_setup(heap_sees_double_free, heap_setup),
		cmocka_unit_test_setup(heap_sees_overrun, heap_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
