// SPDX-License-Identifier: GPL-2.0
/*
 * A packet's slots in a transmit ring (kernel/noxs/net/txchain.c) and ring indices (ring.h):
 * what a front-end may send, and all the ways in which a hostile one may try to go beyond.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "net/txchain.h"
#include "ring.h"

#define EXTRA_GSO   1
#define EXTRA_MCAST 2
#define EXTRA_MORE  1

static const struct txchain_rules all = { .sg = true, .gso4 = true };

/* On the heap and of the exact size, so that ASan sees a step beyond. */
static struct txchain_req *ring;
static struct txchain chain;

static int setup(void **state)
{
	(void)state;
	ring = calloc(TXCHAIN_RING_SIZE, sizeof(*ring));
	memset(&chain, 0xa5, sizeof(chain));
	return !ring;
}

static int teardown(void **state)
{
	(void)state;
	free(ring);
	return 0;
}

/* @count slots of @size bytes from @index on, with consistent sizes and flags. */
static void put_chain(uint32_t index, unsigned int count, uint16_t size)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		ring[(index + i) % TXCHAIN_RING_SIZE] = (struct txchain_req){
			.gref = 100 + i,
			.id = i,
			.size = i ? size : count * size,
			.flags = i + 1 < count ? TXCHAIN_F_MORE : 0,
		};
}

/* A GSO extra in slot @index, as netif_extra_info lays it out. */
static void put_extra(uint32_t index, uint8_t type, uint8_t flags, uint16_t size, uint8_t gso_type)
{
	uint8_t *bytes = (uint8_t *)&ring[index % TXCHAIN_RING_SIZE];

	memset(bytes, 0, sizeof(*ring));
	bytes[0] = type;
	bytes[1] = flags;
	memcpy(bytes + 2, &size, sizeof(size));
	bytes[4] = gso_type;
}

static void test_single(void **state)
{
	(void)state;
	put_chain(0, 1, 60);
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_int_equal(chain.nr_slots, 1);
	assert_int_equal(chain.nr_extras, 0);
	assert_int_equal(chain.len, 60);
	assert_int_equal(chain.gso_size, 0);
	assert_false(chain.bad);
	assert_int_equal(chain.slot[0].gref, 100);
}

static void test_chain_across_the_end(void **state)
{
	(void)state;
	put_chain(0xfffffffa, TXCHAIN_MAX_SLOTS, 1000);
	assert_int_equal(txchain_gather(ring, 0xfffffffa, 256, &all, &chain), TXCHAIN_MAX_SLOTS);
	assert_int_equal(chain.len, 18000);
	assert_int_equal(chain.slot[0].size, 1000);
	assert_int_equal(chain.slot[17].gref, 117);
	assert_false(chain.bad);
}

static void test_longest_packet(void **state)
{
	(void)state;
	put_chain(0, 17, 3855); /* 65535 */
	assert_int_equal(txchain_gather(ring, 0, 17, &all, &chain), 17);
	assert_int_equal(chain.len, 65535);
}

static void test_too_long(void **state)
{
	(void)state;
	put_chain(0, TXCHAIN_LAST_SLOTS + 1, 100);
	assert_int_equal(txchain_gather(ring, 0, 256, &all, &chain), -EPROTO);
}

/* Old front-ends send 19 or 20 slots: all of them are answered, the packet is lost. */
static void test_longer(void **state)
{
	unsigned int slots;

	(void)state;
	for (slots = TXCHAIN_MAX_SLOTS + 1; slots <= TXCHAIN_LAST_SLOTS; slots++) {
		put_chain(0xfffffff0, slots, 100);
		assert_int_equal(txchain_gather(ring, 0xfffffff0, slots, &all, &chain), slots);
		assert_int_equal(chain.nr_slots, slots);
		assert_true(chain.bad);
		assert_int_equal(txchain_gather(ring, 0xfffffff0, slots - 1, &all, &chain),
				 -EPROTO);
	}
}

static void test_endless(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < TXCHAIN_RING_SIZE; i++)
		ring[i].flags = TXCHAIN_F_MORE;
	assert_int_equal(txchain_gather(ring, 0, 256, &all, &chain), -EPROTO);
}

static void test_past_producer(void **state)
{
	(void)state;
	put_chain(0, 3, 100);
	assert_int_equal(txchain_gather(ring, 0, 2, &all, &chain), -EPROTO);
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), -EPROTO);
}

static void test_not_chosen(void **state)
{
	const struct txchain_rules none = { 0 };

	(void)state;
	put_chain(0, 2, 100);
	assert_int_equal(txchain_gather(ring, 0, 2, &none, &chain), -EPROTO);
	put_chain(0, 1, 100);
	ring[0].flags = TXCHAIN_F_EXTRA;
	put_extra(1, EXTRA_GSO, 0, 1400, 1);
	assert_int_equal(txchain_gather(ring, 0, 2, &none, &chain), -EPROTO);
}

static void test_sizes_contradict(void **state)
{
	(void)state;
	put_chain(0, 2, 100);
	ring[0].size = 99;
	assert_int_equal(txchain_gather(ring, 0, 2, &all, &chain), -EPROTO);
}

/* XSA-432: the sum of the fragments does not overflow 16 bits unnoticed. */
static void test_sizes_overflow(void **state)
{
	unsigned int i;

	(void)state;
	put_chain(0, 18, 100);
	for (i = 1; i < 18; i++)
		ring[i].size = 0xffff;
	assert_int_equal(txchain_gather(ring, 0, 18, &all, &chain), -EPROTO);
}

/* XSA-448: fragments of no bytes. */
static void test_empty_fragments(void **state)
{
	(void)state;
	put_chain(0, 3, 100);
	ring[1].size = 0;
	assert_int_equal(txchain_gather(ring, 0, 3, &all, &chain), 3);
	assert_false(chain.bad);
	assert_int_equal(chain.slot[0].size, 200);
	ring[0].size = 100;
	assert_int_equal(txchain_gather(ring, 0, 3, &all, &chain), 3);
	assert_true(chain.bad); /* nothing left for the first */
}

/* XSA-423: a packet that ends before its headers do. */
static void test_no_header(void **state)
{
	(void)state;
	put_chain(0, 1, TXCHAIN_MIN_LEN - 1);
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_true(chain.bad);
	put_chain(0, 1, 0);
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_true(chain.bad);
}

static void test_over_a_page(void **state)
{
	(void)state;
	put_chain(0, 1, 100);
	ring[0].offset = TXCHAIN_PAGE_SIZE - 100;
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_false(chain.bad);
	ring[0].offset++;
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_true(chain.bad);
	ring[0].offset = 0xffff;
	ring[0].size = 0xffff;
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), 1);
	assert_true(chain.bad);
}

static void test_gso(void **state)
{
	(void)state;
	put_chain(0, 1, 4000);
	ring[0].flags |= TXCHAIN_F_EXTRA | TXCHAIN_F_MORE;
	ring[0].size = 5000;
	put_extra(1, EXTRA_GSO, 0, 1400, 1);
	ring[2] = (struct txchain_req){ .gref = 7, .size = 1000, .id = 9 };
	assert_int_equal(txchain_gather(ring, 0, 3, &all, &chain), 3);
	assert_int_equal(chain.nr_slots, 2);
	assert_int_equal(chain.nr_extras, 1);
	assert_int_equal(chain.gso_size, 1400);
	assert_int_equal(chain.len, 5000);
	assert_int_equal(chain.slot[1].id, 9);
	assert_false(chain.bad);
}

/* Each kind is taken where it was chosen, and told from the other. */
static void test_gso_kinds(void **state)
{
	static const struct txchain_rules rules[] = {
		{ .sg = true, .gso4 = true },
		{ .sg = true, .gso6 = true },
		{ .sg = true, .gso4 = true, .gso6 = true },
	};
	unsigned int i;
	uint8_t type;

	(void)state;
	put_chain(0, 1, 4000);
	ring[0].flags = TXCHAIN_F_EXTRA;
	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		for (type = 0; type < 4; type++) {
			bool is_chosen = (type == 1 && rules[i].gso4) ||
					 (type == 2 && rules[i].gso6);

			put_extra(1, EXTRA_GSO, 0, 1400, type);
			assert_int_equal(txchain_gather(ring, 0, 2, &rules[i], &chain),
					 is_chosen ? 2 : -EPROTO);
			assert_true(!is_chosen || chain.is_gso6 == (type == 2));
		}
	}
}

static void test_gso_nonsense(void **state)
{
	static const struct {
		uint8_t type, flags;
		uint16_t size;
		uint8_t gso_type;
	} fatal[] = {
		{ 0, 0, 1400, 1 },	   { EXTRA_MCAST, 0, 1400, 1 },
		{ 200, 0, 1400, 1 },	   { EXTRA_GSO, EXTRA_MORE, 1400, 1 }, /* and again */
		{ EXTRA_GSO, 0, 1400, 2 }, /* IPv6 was not offered */
		{ EXTRA_GSO, 0, 0, 1 },
	};
	unsigned int i;

	(void)state;
	put_chain(0, 1, 4000);
	ring[0].flags = TXCHAIN_F_EXTRA;
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
		put_extra(1, fatal[i].type, fatal[i].flags, fatal[i].size, fatal[i].gso_type);
		put_extra(2, fatal[i].type, fatal[i].flags, fatal[i].size, fatal[i].gso_type);
		assert_int_equal(txchain_gather(ring, 0, 256, &all, &chain), -EPROTO);
	}
	/* The extra is missing. */
	assert_int_equal(txchain_gather(ring, 0, 1, &all, &chain), -EPROTO);
	/* Segments of one byte, or Linux's GSO_BY_FRAGS, are this packet's problem alone. */
	put_extra(1, EXTRA_GSO, 0, 1, 1);
	assert_int_equal(txchain_gather(ring, 0, 2, &all, &chain), 2);
	assert_true(chain.bad);
	put_extra(1, EXTRA_GSO, 0, 0xffff, 1);
	assert_int_equal(txchain_gather(ring, 0, 2, &all, &chain), 2);
	assert_true(chain.bad);
}

/* Whatever there is in the ring, what comes out is within bounds. */
static void test_garbage(void **state)
{
	unsigned int round, i, total;
	int taken;

	(void)state;
	srand(1);
	for (round = 0; round < 200000; round++) {
		for (i = 0; i < 24 * sizeof(*ring); i++)
			((uint8_t *)ring)[i] = rand() >> 7;
		/* Mostly short chains, so that many get through. */
		for (i = 0; i < 24; i++) {
			ring[i].flags &= rand() & 1 ? 0x4 : 0xc;
			if (round & 1)
				ring[i].size %= i ? 2000 : 65536;
		}
		taken = txchain_gather(ring, 0, 1 + rand() % 24, &all, &chain);
		if (taken < 0) {
			assert_int_equal(taken, -EPROTO);
			continue;
		}
		assert_int_equal(taken, chain.nr_slots + chain.nr_extras);
		assert_in_range(chain.nr_slots, 1, TXCHAIN_LAST_SLOTS);
		assert_true(chain.bad || chain.nr_slots <= TXCHAIN_MAX_SLOTS);
		if (chain.bad)
			continue;
		for (i = total = 0; i < chain.nr_slots; i++) {
			assert_true(chain.slot[i].offset + chain.slot[i].size <= TXCHAIN_PAGE_SIZE);
			total += chain.slot[i].size;
		}
		assert_int_equal(total, chain.len);
		assert_in_range(chain.len, TXCHAIN_MIN_LEN, 65535);
	}
}

static void test_pending(void **state)
{
	(void)state;
	assert_int_equal(noxs_ring_pending(0, 0, 0, 256), 0);
	assert_int_equal(noxs_ring_pending(256, 0, 0, 256), 256);
	assert_int_equal(noxs_ring_pending(257, 0, 0, 256), -EPROTO);
	assert_int_equal(noxs_ring_pending(257, 1, 0, 256), -EPROTO); /* unanswered ones count */
	assert_int_equal(noxs_ring_pending(5, 0xfffffff0, 0xfffffff0, 256), 21);
	assert_int_equal(noxs_ring_pending(0, 1, 1, 256), -EPROTO); /* backwards */
	assert_int_equal(noxs_ring_pending(0x80000000, 0, 0, 256), -EPROTO);
}

static void test_copy_once(void **state)
{
	uint32_t from[4] = { 1, 2, 3, 4 }, to[4] = { 0 };

	(void)state;
	noxs_copy_once(to, from, 3);
	assert_int_equal(to[2], 3);
	assert_int_equal(to[3], 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(single),		TEST(chain_across_the_end),
		TEST(longest_packet),	TEST(longer),
		TEST(too_long),		TEST(endless),
		TEST(past_producer),	TEST(not_chosen),
		TEST(sizes_contradict), TEST(sizes_overflow),
		TEST(empty_fragments),	TEST(no_header),
		TEST(over_a_page),	TEST(gso),
		TEST(gso_kinds),	TEST(gso_nonsense),
		TEST(garbage),		TEST(pending),
		TEST(copy_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
