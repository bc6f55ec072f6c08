// SPDX-License-Identifier: GPL-2.0
/*
 * A request on a block ring (kernel/noxs/blk/request.c): what a front-end may ask for, and all the
 * ways in which a hostile one may try to go beyond.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "blk/request.h"

#define SECTORS 1000U

static struct blkreq_rules rules;
static struct blkreq_slot *slot; /* on the heap, of the exact size, so that ASan sees a step beyond */
static struct blkreq req;

static int setup(void **state)
{
	(void)state;
	rules = (struct blkreq_rules){
		.sectors = SECTORS,
		.sector_size = 512,
		.flush = true,
		.discard = true,
	};
	slot = calloc(1, sizeof(*slot));
	memset(&req, 0xa5, sizeof(req));
	return !slot;
}

static int teardown(void **state)
{
	(void)state;
	free(slot);
	return 0;
}

/* A request of whole pages. */
static void put(uint8_t op, uint64_t sector, uint8_t nr_segs)
{
	unsigned int i;

	memset(slot, 0, sizeof(*slot));
	slot->op = op;
	slot->sector = sector;
	slot->nr_segs = nr_segs;
	slot->id = 0x1122334455667788ULL;
	for (i = 0; i < BLKREQ_DIRECT_SEGS; i++) {
		slot->seg[i].gref = 100 + i;
		slot->seg[i].last = 7;
	}
}

static void put_indirect(uint8_t op, uint16_t nr_segs)
{
	uint8_t *bytes = (uint8_t *)slot;
	uint32_t gref = 77;

	put(BLKREQ_OP_INDIRECT, 8, op);
	memcpy(bytes + 2, &nr_segs, sizeof(nr_segs));
	memcpy(bytes + 28, &gref, sizeof(gref));
}

static void put_discard(uint64_t sector, uint64_t nr_sectors, uint8_t flags)
{
	put(BLKREQ_OP_DISCARD, sector, flags);
	memcpy((uint8_t *)slot + 24, &nr_sectors, sizeof(nr_sectors));
}

static int parse(void)
{
	return blkreq_parse(slot, &rules, &req);
}

static void assert_refused(int8_t status)
{
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_NOTHING);
	assert_int_equal(req.status, status);
	assert_int_equal(req.op, slot->op);
	assert_true(req.id == slot->id);
}

static void test_read(void **state)
{
	(void)state;
	put(BLKREQ_OP_READ, 8, 11);
	slot->seg[10].first = 3;
	slot->seg[10].last = 3;
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_READ);
	assert_true(req.is_read);
	assert_int_equal(req.nr_segs, 11);
	assert_int_equal(req.nr_sectors, 81);
	assert_int_equal(req.sector, 8);
	assert_int_equal(req.seg[0].len, 4096);
	assert_int_equal(req.seg[10].gref, 110);
	assert_int_equal(req.seg[10].offset, 1536);
	assert_int_equal(req.seg[10].len, 512);
	assert_true(req.id == 0x1122334455667788ULL);
}

static void test_write(void **state)
{
	(void)state;
	put(BLKREQ_OP_WRITE, SECTORS - 8, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_WRITE);
	assert_false(req.is_read);
	assert_false(req.preflush);
	rules.read_only = true;
	assert_refused(BLKREQ_ERROR);
}

static void test_flush(void **state)
{
	(void)state;
	put(BLKREQ_OP_FLUSH, 0, 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_FLUSH);
	put(BLKREQ_OP_FLUSH, 0, 2);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_WRITE);
	assert_true(req.preflush);
	assert_false(req.barrier);
	put(BLKREQ_OP_BARRIER, 0, 2);
	assert_int_equal(parse(), 0);
	assert_true(req.preflush && req.barrier);
	rules.flush = false;
	assert_refused(BLKREQ_UNSUPPORTED);
}

static void test_discard(void **state)
{
	(void)state;
	put_discard(8, SECTORS - 8, 0);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_DISCARD);
	assert_int_equal(req.nr_sectors, SECTORS - 8);
	put_discard(8, SECTORS - 7, 0);
	assert_refused(BLKREQ_ERROR);
	put_discard(8, ~0ULL, 0);
	assert_refused(BLKREQ_ERROR);
	put_discard(8, 0, 0);
	assert_refused(BLKREQ_ERROR);
	put_discard(8, 8, 1);
	assert_refused(BLKREQ_UNSUPPORTED);
	rules.read_only = true;
	put_discard(8, 8, 0);
	assert_refused(BLKREQ_ERROR);
	rules.discard = false;
	assert_refused(BLKREQ_UNSUPPORTED);
}

static void test_indirect(void **state)
{
	struct blkreq_slot_seg *descs = calloc(BLKREQ_MAX_SEGS, sizeof(*descs));
	unsigned int i;

	(void)state;
	for (i = 0; i < BLKREQ_MAX_SEGS; i++)
		descs[i] = (struct blkreq_slot_seg){ .gref = i, .last = 7 };
	put_indirect(BLKREQ_OP_READ, BLKREQ_MAX_SEGS);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_FETCH);
	assert_int_equal(req.desc_gref, 77);
	assert_int_equal(blkreq_parse_indirect(descs, &rules, &req), 0);
	assert_int_equal(req.action, BLKREQ_READ);
	assert_int_equal(req.op, BLKREQ_OP_READ); /* for the answer */
	assert_int_equal(req.nr_sectors, 256);
	assert_int_equal(req.seg[31].gref, 31);
	assert_int_equal(parse(), 0);
	descs[31].last = 8;
	assert_int_equal(blkreq_parse_indirect(descs, &rules, &req), -EPROTO);
	put_indirect(BLKREQ_OP_READ, 0);
	assert_int_equal(parse(), -EPROTO);
	put_indirect(BLKREQ_OP_READ, BLKREQ_MAX_SEGS + 1);
	assert_int_equal(parse(), -EPROTO);
	put_indirect(BLKREQ_OP_FLUSH, 1);
	assert_refused(BLKREQ_UNSUPPORTED);
	free(descs);
}

static void test_counts(void **state)
{
	(void)state;
	put(BLKREQ_OP_READ, 0, BLKREQ_DIRECT_SEGS + 1);
	assert_int_equal(parse(), -EPROTO);
	put(BLKREQ_OP_WRITE, 0, 255);
	assert_int_equal(parse(), -EPROTO);
	put(BLKREQ_OP_READ, 0, 0);
	assert_int_equal(parse(), -EPROTO);
	put(BLKREQ_OP_BARRIER, 0, 12);
	assert_int_equal(parse(), -EPROTO);
}

static void test_segments(void **state)
{
	(void)state;
	put(BLKREQ_OP_READ, 0, 2);
	slot->seg[1].first = 8;
	slot->seg[1].last = 8;
	assert_int_equal(parse(), -EPROTO);
	slot->seg[1].first = 2;
	slot->seg[1].last = 1;
	assert_int_equal(parse(), -EPROTO);
	slot->seg[1].first = 255;
	slot->seg[1].last = 255;
	assert_int_equal(parse(), -EPROTO);
}

static void test_range(void **state)
{
	static const uint64_t bad[] = {
		SECTORS - 7, SECTORS, SECTORS + 1, 1ULL << 55, 1ULL << 63, ~0ULL, ~0ULL - 7,
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		put(BLKREQ_OP_READ, bad[i], 1);
		assert_refused(BLKREQ_ERROR);
	}
}

static void test_large_sectors(void **state)
{
	(void)state;
	rules.sector_size = 4096;
	put(BLKREQ_OP_READ, 8, 1);
	assert_int_equal(parse(), 0);
	assert_int_equal(req.action, BLKREQ_READ);
	put(BLKREQ_OP_READ, 4, 1);
	assert_refused(BLKREQ_ERROR);
	put(BLKREQ_OP_READ, 8, 2);
	slot->seg[0].last = 3;
	slot->seg[1].last = 3; /* together they fit, each alone does not */
	assert_refused(BLKREQ_ERROR);
}

static void test_unknown(void **state)
{
	unsigned int op;

	(void)state;
	for (op = 0; op < 256; op++) {
		if (op <= BLKREQ_OP_FLUSH || op == BLKREQ_OP_DISCARD || op == BLKREQ_OP_INDIRECT)
			continue;
		put(op, 0, 1);
		assert_refused(BLKREQ_UNSUPPORTED);
	}
}

/* Whatever stands there: what is accepted lies within the disk, the page and our arrays. */
static void check_accepted(void)
{
	unsigned int i;
	uint64_t sum = 0;

	if (req.action == BLKREQ_NOTHING || req.action == BLKREQ_FLUSH)
		return;
	assert_true(req.sector <= SECTORS && req.nr_sectors <= SECTORS - req.sector);
	assert_true(req.nr_sectors > 0);
	if (req.action == BLKREQ_DISCARD)
		return;
	assert_in_range(req.nr_segs, 1, BLKREQ_MAX_SEGS);
	for (i = 0; i < req.nr_segs; i++) {
		assert_in_range(req.seg[i].len, 512, 4096);
		assert_in_range(req.seg[i].offset + req.seg[i].len, 512, 4096);
		sum += req.seg[i].len / 512;
	}
	assert_true(sum == req.nr_sectors);
}

static void test_garbage(void **state)
{
	struct blkreq_slot_seg descs[BLKREQ_MAX_SEGS];
	unsigned int round, i, accepted = 0;

	(void)state;
	srand(1);
	for (round = 0; round < 200000; round++) {
		for (i = 0; i < sizeof(*slot); i++)
			((uint8_t *)slot)[i] = rand();
		for (i = 0; i < sizeof(descs); i++)
			((uint8_t *)descs)[i] = rand() & (round & 1 ? 7 : 255);
		slot->op %= 8;
		if (round & 2) {
			slot->nr_segs %= 13;
			slot->handle = 0;
			slot->sector %= SECTORS;
			for (i = 0; i < BLKREQ_DIRECT_SEGS; i++) {
				slot->seg[i].first %= 3;
				slot->seg[i].last %= 9;
			}
		}
		if (parse() ||
		    (req.action == BLKREQ_FETCH && blkreq_parse_indirect(descs, &rules, &req)))
			continue;
		check_accepted();
		accepted += req.action != BLKREQ_NOTHING;
	}
	assert_in_range(accepted, 1000, 200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_read, setup, teardown),
		cmocka_unit_test_setup_teardown(test_write, setup, teardown),
		cmocka_unit_test_setup_teardown(test_flush, setup, teardown),
		cmocka_unit_test_setup_teardown(test_discard, setup, teardown),
		cmocka_unit_test_setup_teardown(test_indirect, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segments, setup, teardown),
		cmocka_unit_test_setup_teardown(test_range, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_sectors, setup, teardown),
		cmocka_unit_test_setup_teardown(test_unknown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_garbage, setup, teardown),
	};

	return cmocka_run_group_tests_name("blkreq", tests, NULL, NULL);
}
