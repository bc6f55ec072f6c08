// SPDX-License-Identifier: GPL-2.0-only
/* Publish and consume, with the test as the back-end. */
#include <string.h>
#include <minios/ctrl_slot.h>
#include "unit.h"

#define INDEX 3

static struct noxs_ctrl_page page;
static struct noxs_ctrl_slot *const shared = &page.slot[INDEX];
static struct ctrl_slot slot;

static int slot_setup(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	page.back.magic = NOXS_CTRL_PAGE_MAGIC;
	ctrl_slot_init(&slot, &page, INDEX);
	return 0;
}

static void publishes(void **state)
{
	const uint32_t word = 0x12345678;

	(void)state;
	memset(shared->front.u.raw, 0xff, sizeof(shared->front.u.raw));
	assert_true(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, &word, sizeof(word)));
	assert_int_equal(shared->front.seq, 1);
	assert_int_equal(shared->front.state, NOXS_STATE_OPEN);
	assert_memory_equal(shared->front.u.raw, &word, sizeof(word));
	assert_int_equal(shared->front.u.raw[sizeof(word)], 0);
	assert_false(ctrl_slot_flush(&slot));
}

/* What the back-end may still be reading is not written again; only the last word counts. */
static void waits_for_the_acknowledgement(void **state)
{
	uint32_t word = 1;

	(void)state;
	assert_true(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, &word, sizeof(word)));
	word = 2;
	assert_false(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, &word, sizeof(word)));
	word = 3;
	assert_false(ctrl_slot_publish(&slot, NOXS_STATE_CLOSED, &word, sizeof(word)));
	assert_int_equal(shared->front.seq, 1);
	assert_int_equal(shared->front.u.raw[0], 1);
	assert_false(ctrl_slot_flush(&slot));
	shared->back.ack = 1;
	assert_true(ctrl_slot_flush(&slot));
	assert_int_equal(shared->front.seq, 2);
	assert_int_equal(shared->front.u.raw[0], 3);
	assert_int_equal(shared->front.state, NOXS_STATE_CLOSED);
}

static void waits_for_the_back_end(void **state)
{
	(void)state;
	page.back.magic = 0;
	assert_false(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, NULL, 0));
	assert_int_equal(shared->front.seq, 0);
	page.back.magic = NOXS_CTRL_PAGE_MAGIC;
	assert_true(ctrl_slot_flush(&slot));
}

static void knows_what_is_taken(void **state)
{
	(void)state;
	shared->back.ack = 0;
	assert_true(ctrl_slot_is_taken(&slot)); /* nothing was said */
	assert_true(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, NULL, 0));
	assert_false(ctrl_slot_is_taken(&slot));
	/* One that waits is not taken when the one before it is. */
	assert_false(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, NULL, 0));
	shared->back.ack = 1;
	assert_false(ctrl_slot_is_taken(&slot));
	assert_true(ctrl_slot_flush(&slot));
	assert_false(ctrl_slot_is_taken(&slot));
	shared->back.ack = 2;
	assert_true(ctrl_slot_is_taken(&slot));
}

static void consumes_once(void **state)
{
	struct noxs_ctrl_back copy;

	(void)state;
	assert_false(ctrl_slot_consume(&slot, &copy));
	shared->back.state = NOXS_STATE_OPEN;
	shared->back.seq = 9;
	assert_true(ctrl_slot_consume(&slot, &copy));
	assert_int_equal(copy.state, NOXS_STATE_OPEN);
	assert_int_equal(shared->front.ack, 9);
	assert_false(ctrl_slot_consume(&slot, &copy));
}

static void lets_go_of_what_is_gone(void **state)
{
	(void)state;
	assert_false(ctrl_slot_ack_gone(&page, INDEX));
	shared->back.state = NOXS_STATE_OPEN;
	shared->back.seq = 3;
	assert_false(ctrl_slot_ack_gone(&page, INDEX));
	assert_int_equal(shared->front.ack, 0);
	shared->back.state = NOXS_STATE_GONE;
	shared->back.seq = 4;
	assert_true(ctrl_slot_ack_gone(&page, INDEX));
	assert_int_equal(shared->front.ack, 4);
	assert_false(ctrl_slot_ack_gone(&page, INDEX));
}

/* A page that comes out of a save goes on with the numbers in it. */
static void continues_after_a_restore(void **state)
{
	struct noxs_ctrl_back copy;

	(void)state;
	shared->front.seq = 40;
	shared->front.ack = 50;
	shared->back.seq = 50;
	shared->back.ack = 40;
	ctrl_slot_init(&slot, &page, INDEX);
	assert_false(ctrl_slot_consume(&slot, &copy));
	assert_true(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, NULL, 0));
	assert_int_equal(shared->front.seq, 41);
}

static void numbers_wrap(void **state)
{
	(void)state;
	shared->front.seq = UINT32_MAX;
	shared->back.ack = UINT32_MAX;
	ctrl_slot_init(&slot, &page, INDEX);
	assert_true(ctrl_slot_publish(&slot, NOXS_STATE_OPEN, NULL, 0));
	assert_int_equal(shared->front.seq, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(publishes, slot_setup),
		cmocka_unit_test_setup(waits_for_the_acknowledgement, slot_setup),
		cmocka_unit_test_setup(waits_for_the_back_end, slot_setup),
		cmocka_unit_test_setup(knows_what_is_taken, slot_setup),
		cmocka_unit_test_setup(consumes_once, slot_setup),
		cmocka_unit_test_setup(lets_go_of_what_is_gone, slot_setup),
		cmocka_unit_test_setup(continues_after_a_restore, slot_setup),
		cmocka_unit_test_setup(numbers_wrap, slot_setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
