// SPDX-License-Identifier: GPL-2.0
/*
 * What somebody has used of the processors lately: it adds up, fades within the window, is never more
 * than there was, and bears clocks that step back, also at the ends of their range.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "usage.h"

#define WINDOW NOXS_USAGE_WINDOW_NS

static void test_adds_up(void **state)
{
	struct noxs_usage usage = { 0 };

	(void)state;
	noxs_usage_charge(&usage, 5 * WINDOW, 1000);
	noxs_usage_charge(&usage, 5 * WINDOW, 500);
	assert_int_equal(noxs_usage_now(&usage, 5 * WINDOW), 1500);
}

static void test_fades(void **state)
{
	struct noxs_usage usage = { 0 };
	u64 last = 1000000, now, t;

	(void)state;
	noxs_usage_charge(&usage, WINDOW, last);
	for (t = 0; t <= WINDOW; t += WINDOW / 128) {
		now = noxs_usage_now(&usage, WINDOW + t);
		assert_true(now <= last);
		last = now;
	}
	assert_int_equal(last, 0);
	assert_int_equal(noxs_usage_now(&usage, WINDOW + WINDOW / 2), 500000);
	assert_int_equal(noxs_usage_now(&usage, UINT64_MAX), 0);
}

/* Of half the time, in pieces, about half the window; whoever sleeps is forgotten. */
static void test_steady(void **state)
{
	struct noxs_usage usage = { 0 };
	u64 now = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		now += 20000;
		noxs_usage_charge(&usage, now, 10000);
	}
	assert_true(noxs_usage_now(&usage, now) > WINDOW / 2 * 9 / 10);
	assert_true(noxs_usage_now(&usage, now) < WINDOW / 2 * 11 / 10);
	assert_int_equal(noxs_usage_now(&usage, now + WINDOW), 0);
}

static void test_clock_steps_back(void **state)
{
	struct noxs_usage usage = { 0 };

	(void)state;
	noxs_usage_charge(&usage, 2 * WINDOW, 700);
	assert_int_equal(noxs_usage_now(&usage, 2 * WINDOW - 1), 700);
	noxs_usage_charge(&usage, WINDOW, 300);
	assert_int_equal(noxs_usage_now(&usage, 2 * WINDOW), 1000);
}

static void test_is_bounded(void **state)
{
	struct noxs_usage usage = { 0 };
	u64 now = UINT64_MAX - 1000;

	(void)state;
	for (int i = 0; i < 1000; i++)
		noxs_usage_charge(&usage, now + (u64)i, WINDOW);
	assert_int_equal(noxs_usage_now(&usage, UINT64_MAX - 1), NOXS_USAGE_MAX_NS);
	/* Fading does not overflow, nor come out above what there was. */
	usage.at_ns = 0;
	for (u64 t = 0; t < WINDOW; t += WINDOW / 7)
		assert_true(noxs_usage_now(&usage, t) <= NOXS_USAGE_MAX_NS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_adds_up),	   cmocka_unit_test(test_fades),
		cmocka_unit_test(test_steady),	   cmocka_unit_test(test_clock_steps_back),
		cmocka_unit_test(test_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
