// SPDX-License-Identifier: GPL-2.0
/*
 * Which grant references are mapped: found again, every one of them, whatever references a guest takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>
#include "blk/grefs.h"

static struct grefs grefs;

/* All take a number of their own, and are found under it. */
static void fill(uint32_t first, uint32_t step)
{
	unsigned int number[GREFS_MAX], i, j;

	grefs_init(&grefs);
	for (i = 0; i < GREFS_MAX; i++) {
		assert_int_equal(grefs_find(&grefs, first + i * step), GREFS_NONE);
		number[i] = grefs_add(&grefs, first + i * step);
		assert_in_range(number[i], 1, GREFS_MAX);
		for (j = 0; j < i; j++)
			assert_int_not_equal(number[i], number[j]);
	}
	assert_int_equal(grefs_add(&grefs, first - step), GREFS_NONE);
	for (i = 0; i < GREFS_MAX; i++)
		assert_int_equal(grefs_find(&grefs, first + i * step), number[i]);
	assert_int_equal(grefs_find(&grefs, first - step), GREFS_NONE);
}

static void test_full(void **state)
{
	(void)state;
	fill(8, 1);
	/* All in one chain; and round the end of what a reference can be. */
	fill(0, GREFS_BUCKETS);
	fill(UINT32_MAX - 100, 1);
}

static void test_removed(void **state)
{
	unsigned int i, again;

	(void)state;
	fill(0, GREFS_BUCKETS);
	/* From the middle, the ends, and all the rest. */
	for (i = 0; i < GREFS_MAX; i++) {
		uint32_t gref = (i * 97 + 128) % GREFS_MAX * GREFS_BUCKETS;
		unsigned int number = grefs_find(&grefs, gref);

		assert_int_not_equal(number, GREFS_NONE);
		grefs_remove(&grefs, number);
		assert_int_equal(grefs_find(&grefs, gref), GREFS_NONE);
		again = grefs_add(&grefs, 7);
		assert_int_equal(again, number);
		assert_int_equal(grefs_find(&grefs, 7), number);
		grefs_remove(&grefs, again);
	}
	for (i = 0; i < GREFS_MAX; i++)
		assert_int_equal(grefs_find(&grefs, i * GREFS_BUCKETS), GREFS_NONE);
	fill(3, 5);
}

/* Against a plain list of what is there. */
static void test_garbage(void **state)
{
	uint32_t there[GREFS_MAX + 1] = { 0 }; /* by number; never 0 as a reference */
	unsigned int round, i, number, nr = 0;

	(void)state;
	srand(1);
	grefs_init(&grefs);
	for (round = 0; round < 200000; round++) {
		uint32_t gref = 1 + (uint32_t)rand() % 2000;

		for (i = 1; i <= GREFS_MAX && there[i] != gref; i++)
			;
		number = grefs_find(&grefs, gref);
		assert_int_equal(number, i <= GREFS_MAX ? i : GREFS_NONE);
		if (number != GREFS_NONE) {
			grefs_remove(&grefs, number);
			there[number] = 0;
			nr--;
			continue;
		}
		number = grefs_add(&grefs, gref);
		assert_int_equal(number == GREFS_NONE, nr == GREFS_MAX);
		if (number != GREFS_NONE) {
			assert_int_equal(there[number], 0);
			there[number] = gref;
			nr++;
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_removed),
		cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests_name("grefs", tests, NULL, NULL);
}
