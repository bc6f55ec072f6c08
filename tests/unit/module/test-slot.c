// SPDX-License-Identifier: GPL-2.0
/*
 * Slots of a control page (kernel/noxs/slot.c), against a front-end that keeps to the protocol and
 * one that writes anything at any time.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Of the kernel, what slot.c uses. */
typedef uint32_t u32;
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val)	(*(volatile __typeof__(x) *)&(x) = (val))
#define virt_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define virt_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)
#define max(a, b)		((a) > (b) ? (a) : (b))
#define DECLARE_BITMAP(name, n) unsigned long name[((n) + 63) / 64]
#define __set_bit(i, map)	((map)[(i) / 64] |= 1UL << (i) % 64)
#define __clear_bit(i, map)	((map)[(i) / 64] &= ~(1UL << (i) % 64))
#define test_bit(i, map)	((map)[(i) / 64] >> (i) % 64 & 1)
#define for_each_set_bit(i, map, n) \
	for (i = 0; i < (n); i++)   \
		if (test_bit(i, map))

static unsigned int find_first_zero_bit(const unsigned long *map, unsigned int n)
{
	unsigned int i = 0;

	while (i < n && test_bit(i, map))
		i++;
	return i;
}

#include "slot.c"

#define GARBAGE_ROUNDS 200000

static struct noxs_ctrl_page page;
static struct noxs_slots slots;

static int setup(void **state)
{
	(void)state;
	memset(&page, 0, sizeof(page));
	memset(&slots, 0, sizeof(slots));
	slots.page = &page;
	return 0;
}

static struct noxs_slot slot_of_device(void)
{
	struct noxs_slot slot = {};
	int number = noxs_slots_take(&slots);

	assert_true(number >= 0);
	noxs_slot_init(&slot, &slots, number);
	return slot;
}

/* What a front-end says that keeps to the protocol. */
static void front_says(unsigned int number, u32 state)
{
	page.slot[number].front.state = state;
	page.slot[number].front.seq++;
}

/* ---- which slots are free ---- */

static void slots_in_order(void **state)
{
	unsigned int i;

	(void)state;
	for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
		assert_int_equal(noxs_slots_take(&slots), i);
		assert_int_equal(slots.nr, i + 1);
	}
	assert_int_equal(noxs_slots_take(&slots), -ENOSPC);
	assert_int_equal(slots.nr, NOXS_CTRL_SLOTS);
	noxs_slots_give_back(&slots, 3);
	assert_int_equal(noxs_slots_take(&slots), 3);
}

static void gone_until_acknowledged(void **state)
{
	struct noxs_slot first = slot_of_device(), second = slot_of_device();

	(void)state;
	noxs_slot_leave(&first, true);
	assert_int_equal(page.slot[0].back.state, NOXS_STATE_GONE);
	assert_int_equal(noxs_slots_take(&slots), 2);
	/* Of something else than GONE. */
	page.slot[0].front.ack = first.back.seq - 1;
	assert_false(noxs_slots_reclaim(&slots));
	page.slot[0].front.ack = first.back.seq + 1;
	assert_false(noxs_slots_reclaim(&slots));
	page.slot[0].front.ack = first.back.seq;
	assert_true(noxs_slots_reclaim(&slots));
	assert_false(noxs_slots_reclaim(&slots));
	assert_int_equal(noxs_slots_take(&slots), 0);
	/* One that nobody knew of is free at once. */
	noxs_slot_leave(&second, false);
	assert_int_equal(noxs_slots_take(&slots), 1);
	assert_int_equal(slots.nr, 3);
}

/* The acknowledgment counts before its event is served. */
static void taken_again_unserved(void **state)
{
	struct noxs_slot slot = slot_of_device();

	(void)state;
	noxs_slot_leave(&slot, true);
	page.slot[0].front.ack = slot.back.seq;
	assert_int_equal(noxs_slots_take(&slots), 0);
}

static void header(void **state)
{
	(void)state;
	slot_of_device();
	slot_of_device();
	noxs_slots_write_header(&slots);
	assert_int_equal(page.back.magic, NOXS_CTRL_PAGE_MAGIC);
	assert_int_equal(page.back.version, NOXS_ABI_VERSION);
	assert_int_equal(page.back.nr_slots, 2);
}

/* ---- our half ---- */

static void publishes_whole(void **state)
{
	struct noxs_slot slot = slot_of_device();
	unsigned int i;

	(void)state;
	slot.back.state = NOXS_STATE_OPEN;
	slot.back.error = 7;
	for (i = 0; i < sizeof(slot.back.u); i++)
		slot.back.u.raw[i] = i + 1;
	noxs_slot_publish(&slot, false);
	assert_true(slots.notify);
	assert_int_equal(page.slot[0].back.seq, 1);
	assert_memory_equal(&page.slot[0].back, &slot.back, sizeof(slot.back));
}

/* The second publication waits until the first was acknowledged; a final one does not. */
static void publishes_in_turn(void **state)
{
	struct noxs_slot slot = slot_of_device();

	(void)state;
	slot.back.state = NOXS_STATE_OPEN;
	noxs_slot_publish(&slot, false);
	slots.notify = false;
	slot.back.state = NOXS_STATE_CLOSED;
	noxs_slot_publish(&slot, false);
	noxs_slot_retry(&slot);
	assert_false(slots.notify);
	assert_int_equal(page.slot[0].back.seq, 1);
	assert_int_equal(page.slot[0].back.state, NOXS_STATE_OPEN);
	page.slot[0].front.ack = 1;
	noxs_slot_retry(&slot);
	assert_true(slots.notify);
	assert_int_equal(page.slot[0].back.seq, 2);
	assert_int_equal(page.slot[0].back.state, NOXS_STATE_CLOSED);
	/* There is nothing left to publish. */
	page.slot[0].front.ack = 2;
	noxs_slot_retry(&slot);
	assert_int_equal(page.slot[0].back.seq, 2);
	slot.back.state = NOXS_STATE_FAILED;
	page.slot[0].front.ack = 0;
	noxs_slot_publish(&slot, true);
	assert_int_equal(page.slot[0].back.seq, 3);
	assert_int_equal(page.slot[0].back.state, NOXS_STATE_FAILED);
}

/* ---- the front-end's half ---- */

static void consumes_once(void **state)
{
	struct noxs_slot slot = slot_of_device();

	(void)state;
	assert_true(noxs_slot_is_silent(&slot));
	assert_false(noxs_slot_consume(&slot));
	assert_false(slots.notify);
	front_says(0, NOXS_STATE_OPEN);
	assert_false(noxs_slot_is_silent(&slot));
	assert_true(noxs_slot_consume(&slot));
	assert_true(slots.notify);
	assert_true(noxs_slot_is_silent(&slot));
	assert_int_equal(slot.front.state, NOXS_STATE_OPEN);
	assert_int_equal(page.slot[0].back.ack, 1);
	/* What it writes without publishing it does not reach the copy. */
	page.slot[0].front.state = NOXS_STATE_CLOSED;
	assert_false(noxs_slot_consume(&slot));
	assert_int_equal(slot.front.state, NOXS_STATE_OPEN);
}

static void counts_wrap(void **state)
{
	struct noxs_slot slot;

	(void)state;
	page.slot[0].front.seq = UINT32_MAX;
	page.slot[0].front.ack = UINT32_MAX;
	slot = slot_of_device();
	front_says(0, NOXS_STATE_OPEN);
	assert_true(noxs_slot_consume(&slot));
	assert_int_equal(page.slot[0].back.ack, 0);
	noxs_slot_publish(&slot, false);
	assert_int_equal(page.slot[0].back.seq, 0);
}

/* What an earlier device's front-end published is not the next one's. */
static void goes_on_counting(void **state)
{
	struct noxs_slot slot;

	(void)state;
	page.slot[0].front = (struct noxs_ctrl_front){
		.seq = 41,
		.ack = 17,
		.state = NOXS_STATE_OPEN,
	};
	slot = slot_of_device();
	assert_int_equal(page.slot[0].back.ack, 41);
	assert_true(noxs_slot_is_silent(&slot));
	assert_false(noxs_slot_consume(&slot));
	assert_false(noxs_slot_see_ack(&slot));
	noxs_slot_publish(&slot, false);
	assert_int_equal(page.slot[0].back.seq, 18);
	page.slot[0].front.ack = 18;
	assert_false(noxs_slot_is_silent(&slot));
	assert_true(noxs_slot_see_ack(&slot));
	assert_false(noxs_slot_see_ack(&slot));
}

/* ---- a front-end that writes anything ---- */

static void garbage(unsigned int number)
{
	uint8_t *front = (uint8_t *)&page.slot[number].front;

	front[rand() % sizeof(page.slot[number].front)] = rand();
	if (rand() % 4 == 0)
		page.slot[number].front.ack = page.slot[number].back.seq;
}

static void garbage_harms_itself_only(void **state)
{
	static struct noxs_slot devs[NOXS_CTRL_SLOTS];
	static bool exists[NOXS_CTRL_SLOTS];
	struct noxs_ctrl_page before;
	unsigned int i, round;
	int number;

	(void)state;
	srand(1);
	for (round = 0; round < GARBAGE_ROUNDS; round++) {
		i = rand() % NOXS_CTRL_SLOTS;
		garbage(i);
		before = page;
		if (rand() % 8 == 0) {
			number = noxs_slots_take(&slots);
			/* Never one that a device has. */
			assert_true(number < 0 || !exists[number]);
			if (number >= 0) {
				memset(&devs[number], 0, sizeof(devs[0]));
				noxs_slot_init(&devs[number], &slots, number);
				exists[number] = true;
			}
		}
		if (exists[i]) {
			noxs_slot_see_ack(&devs[i]);
			if (noxs_slot_consume(&devs[i]))
				assert_memory_equal(&devs[i].front, &page.slot[i].front,
						    sizeof(page.slot[i].front));
			noxs_slot_publish(&devs[i], rand() % 2);
			if (rand() % 8 == 0) {
				noxs_slot_leave(&devs[i], rand() % 2);
				exists[i] = false;
			}
		}
		for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
			/* Its half is its own. */
			assert_memory_equal(&before.slot[i].front, &page.slot[i].front,
					    sizeof(page.slot[i].front));
			assert_true(!exists[i] ||
				    (test_bit(i, slots.used) && !test_bit(i, slots.gone)));
			assert_true(!test_bit(i, slots.gone) || test_bit(i, slots.used));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(slots_in_order, setup),
		cmocka_unit_test_setup(gone_until_acknowledged, setup),
		cmocka_unit_test_setup(taken_again_unserved, setup),
		cmocka_unit_test_setup(header, setup),
		cmocka_unit_test_setup(publishes_whole, setup),
		cmocka_unit_test_setup(publishes_in_turn, setup),
		cmocka_unit_test_setup(consumes_once, setup),
		cmocka_unit_test_setup(counts_wrap, setup),
		cmocka_unit_test_setup(goes_on_counting, setup),
		cmocka_unit_test_setup(garbage_harms_itself_only, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
