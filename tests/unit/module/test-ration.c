// SPDX-License-Identifier: GPL-2.0
/*
 * Lines in the log about guests: each has a few, a thousand cannot fill the log, those who are loud do not
 * silence one who speaks for the first time, and no line that is left out is not told of.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "ration.h"

#define INTERVAL NOXS_RATION_INTERVAL_NS

static struct noxs_ration ration;
static struct noxs_ration_guest guests[1000];
static u64 told;

static int setup(void **state)
{
	(void)state;
	ration = (struct noxs_ration){ 0 };
	for (size_t i = 0; i < 1000; i++)
		guests[i] = (struct noxs_ration_guest){ 0 };
	told = 0;
	return 0;
}

/* How many of @nr lines of a guest's are written. */
static unsigned int say(unsigned int guest, unsigned int nr, u64 now)
{
	unsigned int written = 0;
	u64 left_out;

	while (nr--) {
		written += noxs_ration_take(&ration, &guests[guest], now, &left_out);
		told += left_out;
	}
	return written;
}

static void test_one(void **state)
{
	(void)state;
	assert_int_equal(say(0, 15, 7), NOXS_RATION_GUEST);
	assert_int_equal(say(0, 1, 7 + INTERVAL - 1), 0);
	assert_int_equal(told, 0);
	assert_int_equal(say(0, 1, 7 + INTERVAL), 1);
	assert_int_equal(told, 6);
	assert_int_equal(say(1, 15, 7 + INTERVAL), NOXS_RATION_GUEST);
}

static void test_thousand(void **state)
{
	unsigned int all = 0, written, at, i;

	(void)state;
	for (at = 0; at < 3; at++) {
		written = 0;
		for (i = 0; i < 1000; i++)
			written += say(i, 20, at * INTERVAL);
		assert_int_equal(written, NOXS_RATION_ALL);
		all += written;
	}
	all += say(0, 1, 3 * INTERVAL);
	assert_int_equal(told + all, 3 * 20000 + 1);
}

/* Five loud ones, and then fifty that have one line each. */
static void test_first_words(void **state)
{
	unsigned int written = 0, i;

	(void)state;
	for (i = 0; i < 5; i++)
		written += say(i, 20, 0);
	assert_int_equal(written, NOXS_RATION_ALL / 2);
	for (; i < 5 + NOXS_RATION_ALL / 2; i++)
		assert_int_equal(say(i, 2, 1), 1);
	assert_int_equal(say(i, 1, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_one, setup),
		cmocka_unit_test_setup(test_thousand, setup),
		cmocka_unit_test_setup(test_first_words, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
