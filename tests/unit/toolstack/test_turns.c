// SPDX-License-Identifier: GPL-2.0-only
/* Whose turn it is among consoles that all have something to say. */
#include "unit.h"

#include "logs.h"

#define S 1000000000ULL

static void turns_are_fair(void **state)
{
	uint64_t t = 5 * S, taken = 0, turns_taken = 0, when;
	struct turns turns;

	(void)state;
	turns_init(&turns, t);
	/* One that always has something: a credit, and then its rate. */
	while (t < 65 * S) {
		when = turns_when(&turns, t);
		if (when) {
			assert_true(when > t && when - t < S);
			t = when;
			continue;
		}
		turns_charge(&turns, 2048);
		taken += 2048;
	}
	assert_in_range(taken, TURN_BURST + 58ULL * TURN_RATE, TURN_BURST + 62ULL * TURN_RATE);
	/* One that sends events and no byte is work as well. */
	while (t < 125 * S) {
		when = turns_when(&turns, t);
		if (when) {
			t = when;
			continue;
		}
		turns_charge(&turns, 0);
		turns_taken++;
	}
	assert_in_range(turns_taken, 55ULL * TURN_RATE / TURN_COST, 62ULL * TURN_RATE / TURN_COST);
	/* What is saved up has a bound, and long times do not overflow. */
	assert_int_equal(turns_when(&turns, t + 1000000000ULL * S), 0);
	assert_int_equal(turns.credit, TURN_BURST);
	/* Looked at every microsecond it gets no less. */
	turns.credit = -(int64_t)TURN_RATE;
	turns.since_ns = t = 2000000000ULL * S;
	for (when = 0; when < 1100000; when++, t += 1000)
		if (!turns_when(&turns, t))
			break;
	assert_in_range(when, 990000, 1010000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(turns_are_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
