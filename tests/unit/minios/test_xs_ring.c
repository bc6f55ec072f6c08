// SPDX-License-Identifier: GPL-2.0-only
/* The ring to xenstored with the test at the other end, well-behaved and not. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <minios/xs_ring.h>
#include "unit.h"

static struct xenstore_domain_interface *ring;

static int ring_setup(void **state)
{
	(void)state;
	ring = calloc(1, sizeof(*ring));
	assert_non_null(ring);
	return 0;
}

static int ring_teardown(void **state)
{
	(void)state;
	free(ring);
	return 0;
}

static void test_put_wraps_and_fills(void **state)
{
	char data[XENSTORE_RING_SIZE + 10];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (char)(i * 7);
	/* Where both the ring's end and the index's lie in what is put. */
	ring->req_prod = ring->req_cons = UINT32_MAX - 4;
	assert_int_equal(xs_ring_put(ring, data, 10), 10);
	assert_int_equal(ring->req_prod, 5);
	for (i = 0; i < 10; i++)
		assert_int_equal(ring->req[MASK_XENSTORE_IDX(ring->req_cons + i)], data[i]);
	assert_int_equal(xs_ring_put(ring, data, sizeof(data)), XENSTORE_RING_SIZE - 10);
	assert_int_equal(xs_ring_put(ring, data, 1), 0);
	ring->req_cons += 3;
	assert_int_equal(xs_ring_put(ring, data, 10), 3);
}

static void test_take_wraps_and_empties(void **state)
{
	char data[16] = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(xs_ring_take(ring, data, sizeof(data)), 0);
	ring->rsp_prod = ring->rsp_cons = XENSTORE_RING_SIZE - 4;
	for (i = 0; i < 10; i++)
		ring->rsp[MASK_XENSTORE_IDX(ring->rsp_prod++)] = (char)('a' + i);
	assert_int_equal(xs_ring_take(ring, data, 3), 3);
	assert_int_equal(xs_ring_take(ring, data + 3, sizeof(data) - 3), 7);
	assert_string_equal(data, "abcdefghij");
	assert_int_equal(ring->rsp_cons, ring->rsp_prod);
}

static void test_bad_indices(void **state)
{
	char data[4] = "abc";

	(void)state;
	ring->req_cons = 1; /* more consumed than produced */
	assert_int_equal(xs_ring_put(ring, data, 3), -EIO);
	assert_int_equal(ring->req_prod, 0);
	ring->rsp_prod = XENSTORE_RING_SIZE + 1;
	assert_int_equal(xs_ring_take(ring, data, 3), -EIO);
	assert_int_equal(ring->rsp_cons, 0);
}

static void test_messages(void **state)
{
	struct xsd_sockmsg msg = { .type = XS_READ, .req_id = 7, .len = 3 };

	(void)state;
	assert_int_equal(xs_message_kind(&msg, XS_READ, 7), XS_MESSAGE_ANSWER);
	assert_int_equal(xs_message_kind(&msg, XS_WRITE, 7), XS_MESSAGE_BAD);
	assert_int_equal(xs_message_kind(&msg, XS_READ, 8), XS_MESSAGE_OTHER);
	msg.type = XS_ERROR;
	assert_int_equal(xs_message_kind(&msg, XS_READ, 7), XS_MESSAGE_REFUSAL);
	msg.type = XS_WATCH_EVENT;
	msg.req_id = 0;
	assert_int_equal(xs_message_kind(&msg, XS_READ, 7), XS_MESSAGE_EVENT);
	msg.len = XENSTORE_PAYLOAD_MAX + 1;
	assert_int_equal(xs_message_kind(&msg, XS_READ, 7), XS_MESSAGE_BAD);
}

static void test_errors(void **state)
{
	(void)state;
	assert_int_equal(xs_error_number("ENOENT", 7), -ENOENT);
	assert_int_equal(xs_error_number("EACCES", 6), -EACCES);
	assert_int_equal(xs_error_number("EQUOTA", 7), -EIO);
	assert_int_equal(xs_error_number("", 1), -EIO);
	/* A name that begins like another. */
	assert_int_equal(xs_error_number("ENOENTRY", 9), -EIO);
	assert_int_equal(xs_error_number("ENO", 4), -EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_put_wraps_and_fills, ring_setup,
						ring_teardown),
		cmocka_unit_test_setup_teardown(test_take_wraps_and_empties, ring_setup,
						ring_teardown),
		cmocka_unit_test_setup_teardown(test_bad_indices, ring_setup, ring_teardown),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
