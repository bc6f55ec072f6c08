// SPDX-License-Identifier: GPL-2.0-only
/* The console's ring: nothing is written over that may be read yet, but for last words. */
#include <stdlib.h>
#include <string.h>
#include <minios/cons_ring.h>
#include "unit.h"

#define SIZE sizeof(ring->out)

static struct xencons_interface *ring;

static int setup(void **state)
{
	(void)state;
	ring = calloc(1, sizeof(*ring));
	assert_non_null(ring);
	ring->out_prod = ring->out_cons = UINT32_MAX - 4; /* both ends wrap */
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(ring);
	return 0;
}

/* What a reader sees now. */
static const char *unread(void)
{
	static char text[4096];
	XENCONS_RING_IDX i, n = 0;

	assert_in_range(ring->out_prod - ring->out_cons, 0, SIZE);
	for (i = ring->out_cons; i != ring->out_prod; i++)
		text[n++] = ring->out[MASK_XENCONS_IDX(i, ring->out)];
	text[n] = '\0';
	return text;
}

static void put(const char *text)
{
	(void)cons_ring_put(ring, ring->out_prod, text, strlen(text));
}

static void fill(void)
{
	unsigned int i;

	for (i = 0; i < SIZE / 8; i++)
		put("old one ");
}

static void writes_lines(void **state)
{
	(void)state;
	put("one\ntwo");
	assert_string_equal(unread(), "one\r\ntwo");
}

static void keeps_what_is_unread(void **state)
{
	(void)state;
	fill();
	put("new");
	assert_int_equal(strlen(unread()), SIZE);
	assert_null(strstr(unread(), "new"));
	ring->out_cons += 4;
	put("ab\n"); /* a line's end is whole, or not there */
	put("cde");
	assert_string_equal(unread() + SIZE - 4, "ab\r\n");
}

/* The first output stays, then come the last words, all of them, and nothing behind. */
static void last_words(void **state)
{
	XENCONS_RING_IDX at, prod;

	(void)state;
	fill();
	prod = ring->out_prod;
	at = cons_ring_rewind(ring, 100);
	at = cons_ring_put(ring, at, "panic: ", 7);
	at = cons_ring_put(ring, at, "why\n", 4);
	assert_int_equal(ring->out_prod, prod);
	assert_memory_equal(unread(), "old one ", 8);
	assert_memory_equal(unread() + SIZE - 100, "panic: why\r\n", 12);
	assert_int_equal(strspn(unread() + SIZE - 88, "\r"), 88);
	/* More than was made room for. */
	fill();
	at = cons_ring_put(ring, at, "x", 1);
	assert_int_equal(unread()[SIZE - 88], 'x');
	assert_int_equal(at, prod - 87);
}

/* There is room: nothing gives way, and the reader is told of what is new. */
static void last_words_with_room(void **state)
{
	XENCONS_RING_IDX at;

	(void)state;
	put("first\n");
	at = cons_ring_rewind(ring, 100);
	assert_int_equal(at, ring->out_prod);
	(void)cons_ring_put(ring, at, "last\n", 5);
	assert_string_equal(unread(), "first\r\nlast\r\n");
}

/* In part where the old was, in part behind it; and a reader's index of nonsense. */
static void last_words_at_the_edge(void **state)
{
	XENCONS_RING_IDX at;

	(void)state;
	fill();
	ring->out_cons += 2;
	at = cons_ring_rewind(ring, 6);
	at = cons_ring_put(ring, at, "1234567", 7);
	assert_string_equal(unread() + SIZE - 6, "123456");
	assert_int_equal(at, ring->out_prod);
	ring->out_cons = ring->out_prod + 77;
	assert_int_equal(cons_ring_put(ring, at, "x", 1), at);
	at = cons_ring_rewind(ring, 10 * SIZE);
	assert_int_equal(ring->out_prod - at, SIZE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(writes_lines, setup, teardown),
		cmocka_unit_test_setup_teardown(keeps_what_is_unread, setup, teardown),
		cmocka_unit_test_setup_teardown(last_words, setup, teardown),
		cmocka_unit_test_setup_teardown(last_words_with_room, setup, teardown),
		cmocka_unit_test_setup_teardown(last_words_at_the_edge, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
