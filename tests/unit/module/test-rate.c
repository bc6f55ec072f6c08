// SPDX-License-Identifier: GPL-2.0
/*
 * How much a guest may send (kernel/noxs/net/rate.c), on a clock of our own: it is the rate over time,
 * never more, and not less than that for whoever wants it, whatever the packets' lengths; also at the
 * ends of the ranges.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>
#include "net/rate.h"

#define MS	1000000ULL
#define BIGGEST 65535U /* of a packet */

/* Sends packets of @len bytes for as long as it may, as a poll does; returns how many bytes. */
static u64 send_all(struct vif_rate *rate, u64 now, u32 len, u64 most)
{
	u64 sent = 0;

	vif_rate_refill(rate, now);
	while (rate->credit > 0 && sent < most) {
		rate->credit -= vif_rate_cost(len);
		sent += len;
	}
	return sent;
}

/* Of a guest that always has more to send, and is woken when it may, until @end. */
static u64 flood(struct vif_rate *rate, u64 now, u64 end, u32 (*len_of)(unsigned int i))
{
	u64 sent = 0, next;
	unsigned int i = 0;

	while (now < end) {
		if (vif_rate_refill(rate, now) > 0) {
			u32 len = len_of(i++);

			rate->credit -= vif_rate_cost(len);
			sent += len;
			continue;
		}
		next = vif_rate_next_ns(rate);
		assert_true(next > now);
		/* Not a moment too late. */
		assert_true(vif_rate_refill(rate, next - 1) <= 0);
		assert_true(vif_rate_refill(rate, next) > 0);
		now = next;
	}
	return sent;
}

static u32 full(unsigned int i)
{
	(void)i;
	return 1514;
}

static u32 biggest(unsigned int i)
{
	(void)i;
	return BIGGEST;
}

static u32 mixed(unsigned int i)
{
	return i % 7 ? 60 + i % 1455 : BIGGEST;
}

/* Ten seconds: no more than that and a bucket and a packet, and no less. */
static void test_over_time(void **state)
{
	static const struct {
		u64 bytes, interval_ns;
	} rates[] = {
		{ 62500, 50 * MS }, { 1000, 1 * MS }, { 20000, 20 * MS },    { 1250000, 10 * MS },
		{ 1, 1 * MS },	    { 12, 1 * MS },   { 250000, 1000 * MS }, { 300000000, 50 * MS },
	};
	u32 (*const lengths[])(unsigned int i) = { full, biggest, mixed };
	const u64 begin = 77 * MS + 12345, span = 10000 * MS;
	struct vif_rate rate;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof(rates) / sizeof(rates[0]); i++)
		for (j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
			u64 due = rates[i].bytes * (span / rates[i].interval_ns), sent;

			vif_rate_init(&rate, rates[i].bytes, rates[i].interval_ns, begin);
			sent = flood(&rate, begin, begin + span, lengths[j]);
			assert_true(sent <= due + rates[i].bytes + BIGGEST);
			assert_true(sent >= due);
		}
}

/* What was not used is not kept, beyond one interval's. */
static void test_burst(void **state)
{
	struct vif_rate rate;

	(void)state;
	vif_rate_init(&rate, 62500, 50 * MS, 0);
	assert_int_equal(send_all(&rate, 0, 1000, UINT64_MAX), 63000);
	assert_int_equal(send_all(&rate, 49 * MS, 1000, UINT64_MAX), 0);
	assert_int_equal(send_all(&rate, 50 * MS, 1000, UINT64_MAX), 62000);
	assert_int_equal(send_all(&rate, 3600000 * MS, 1000, UINT64_MAX), 63000);
	/* Half of it now leaves the other half. */
	assert_int_equal(send_all(&rate, 3600050 * MS, 1000, 31000), 31000);
	assert_int_equal(send_all(&rate, 3600051 * MS, 1000, UINT64_MAX), 31000);
}

/* One that is longer than the bucket goes at once, and is paid for before the next. */
static void test_longer_than_the_bucket(void **state)
{
	struct vif_rate rate;

	(void)state;
	vif_rate_init(&rate, 1000, 10 * MS, 5);
	assert_int_equal(send_all(&rate, 5, 60000, UINT64_MAX), 60000);
	assert_int_equal(rate.credit, -59000);
	assert_int_equal(vif_rate_next_ns(&rate), 600 * MS + 5);
	assert_int_equal(send_all(&rate, 600 * MS + 4, 60, UINT64_MAX), 0);
	assert_int_equal(send_all(&rate, 600 * MS + 5, 60000, UINT64_MAX), 60000);
}

static void test_short_frames_count(void **state)
{
	struct vif_rate rate;

	(void)state;
	assert_int_equal(vif_rate_cost(0), 60);
	assert_int_equal(vif_rate_cost(60), 60);
	assert_int_equal(vif_rate_cost(61), 61);
	vif_rate_init(&rate, 6000, 10 * MS, 0);
	assert_int_equal(send_all(&rate, 0, 14, UINT64_MAX), 100 * 14);
}

/* Clocks that step back give nothing; the last rates there are do not overflow. */
static void test_ends(void **state)
{
	struct vif_rate rate;

	(void)state;
	vif_rate_init(&rate, 1000, 10 * MS, 100 * MS);
	(void)send_all(&rate, 100 * MS, 1000, UINT64_MAX);
	assert_int_equal(vif_rate_refill(&rate, 0), 0);
	assert_int_equal(vif_rate_refill(&rate, UINT64_MAX), 1000);

	vif_rate_init(&rate, RATE_BYTES_MAX, 1 * MS, 0);
	rate.credit = -(s64)BIGGEST;
	assert_int_equal(vif_rate_next_ns(&rate), 1 * MS);
	assert_int_equal(vif_rate_refill(&rate, 1 * MS), (s64)RATE_BYTES_MAX - BIGGEST);
	assert_int_equal(vif_rate_refill(&rate, UINT64_MAX), (s64)RATE_BYTES_MAX);

	vif_rate_init(&rate, 1, 10000 * MS, 0);
	rate.credit = -(s64)BIGGEST;
	assert_int_equal(vif_rate_next_ns(&rate), 65536ULL * 10000 * MS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_time),
		cmocka_unit_test(test_burst),
		cmocka_unit_test(test_longer_than_the_bucket),
		cmocka_unit_test(test_short_frames_count),
		cmocka_unit_test(test_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
