// SPDX-License-Identifier: GPL-2.0-only
/*
 * The console ring against a guest that writes what it likes.  Grant mapping and event channels are
 * faked: the ring is a page of this process.
 */
#include "unit.h"
#include "core/internal.h"
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xen/io/console.h>

static struct xencons_interface ring;
static unsigned int nr_notified, nr_unbound, nr_unmapped;
static int bind_errno, map_errno;

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xenevtchn_handle *)&ring;
}

int xenevtchn_close(xenevtchn_handle *xce)
{
	(void)xce;
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *xce)
{
	(void)xce;
	return 42;
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(xenevtchn_handle *xce, uint32_t domid,
						     evtchn_port_t remote)
{
	(void)xce;
	assert_int_equal(domid, 5);
	assert_int_equal(remote, CHAOS_PORT_CONSOLE);
	errno = bind_errno;
	return bind_errno ? -1 : 17;
}

int xenevtchn_unbind(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	assert_int_equal(port, 17);
	nr_unbound++;
	return 0;
}

int xenevtchn_notify(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	nr_notified++;
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *xce)
{
	(void)xce;
	return 17;
}

int xenevtchn_unmask(xenevtchn_handle *xce, evtchn_port_t port)
{
	(void)xce;
	(void)port;
	return 0;
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return (xengnttab_handle *)&ring;
}

int xengnttab_close(xengnttab_handle *xgt)
{
	(void)xgt;
	return 0;
}

void *xengnttab_map_grant_ref(xengnttab_handle *xgt, uint32_t domid, uint32_t ref, int prot)
{
	(void)xgt;
	(void)prot;
	assert_int_equal(domid, 5);
	assert_int_equal(ref, 0);
	errno = map_errno;
	return map_errno ? NULL : &ring;
}

int xengnttab_unmap(xengnttab_handle *xgt, void *start, uint32_t count)
{
	(void)xgt;
	assert_ptr_equal(start, &ring);
	assert_int_equal(count, 1);
	nr_unmapped++;
	return 0;
}

int chaos_domain_check(uint32_t domid, struct chaos_error *err)
{
	(void)domid;
	(void)err;
	return 0;
}

static struct chaos_ctx ctx;

static int setup(void **state)
{
	struct chaos_console *con;

	memset(&ring, 0, sizeof(ring));
	nr_notified = nr_unbound = nr_unmapped = 0;
	bind_errno = map_errno = 0;
	if (chaos_console_attach(&ctx, 5, &con, NULL))
		return -1;
	*state = con;
	return 0;
}

static int teardown(void **state)
{
	chaos_console_detach(*state);
	return nr_unbound == 1 && nr_unmapped == 1 ? 0 : -1;
}

static void reads_what_was_written(void **state)
{
	char buf[8] = "";

	/* Across the end of the ring, and across the wrap of the index. */
	ring.out_cons = (XENCONS_RING_IDX)-2;
	ring.out[2046] = 'a';
	ring.out[2047] = 'b';
	ring.out[0] = 'c';
	ring.out_prod = 1;
	assert_int_equal(chaos_console_read(*state, buf, sizeof(buf)), 3);
	assert_memory_equal(buf, "abc", 3);
	assert_int_equal(ring.out_cons, 1);
	assert_int_equal(nr_notified, 1);
	assert_int_equal(chaos_console_read(*state, buf, sizeof(buf)), 0);
	assert_int_equal(nr_notified, 1);
}

static void index_of_garbage_reads_one_ring(void **state)
{
	char buf[4096];
	size_t n, sum = 0;

	ring.out_prod = 0x80000000;
	while ((n = chaos_console_read(*state, buf, sizeof(buf))) > 0)
		sum += n;
	assert_int_equal(sum, sizeof(ring.out));
	assert_int_equal(ring.out_cons, ring.out_prod);
}

/* What was peeked at stays until it is consumed, and whatever the guest does to the indices meanwhile. */
static void peeks(void **state)
{
	char buf[4096];

	memcpy(ring.out, "hello", 5);
	ring.out_prod = 5;
	assert_int_equal(chaos_console_peek(*state, buf, sizeof(buf)), 5);
	assert_int_equal(chaos_console_peek(*state, buf, 3), 3);
	assert_int_equal(ring.out_cons, 0);
	assert_int_equal(nr_notified, 0);
	chaos_console_consume(*state, 0);
	assert_int_equal(nr_notified, 0);
	ring.out_cons = 0x7777;
	chaos_console_consume(*state, 3);
	assert_int_equal(ring.out_cons, 3);
	assert_int_equal(nr_notified, 1);
	assert_int_equal(chaos_console_read(*state, buf, sizeof(buf)), 2);
	assert_memory_equal(buf, "lo", 2);
	ring.out_prod = 0x80000000;
	assert_int_equal(chaos_console_peek(*state, buf, sizeof(buf)), sizeof(ring.out));
	chaos_console_consume(*state, sizeof(ring.out));
	assert_int_equal(ring.out_cons, ring.out_prod);
}

static void writes_what_there_is_room_for(void **state)
{
	char buf[2048];

	memset(buf, 'x', sizeof(buf));
	assert_int_equal(chaos_console_write(*state, buf, 1000), 1000);
	assert_int_equal(chaos_console_write(*state, buf, 1000), 24);
	assert_int_equal(chaos_console_write(*state, buf, 1000), 0);
	ring.in_cons = 10;
	assert_int_equal(chaos_console_write(*state, "hello", 5), 5);
	assert_int_equal(ring.in_prod, 1029);
	assert_memory_equal(ring.in, "hello", 5);
	/* Consumed more than there was: nothing is written. */
	ring.in_cons = ring.in_prod + 1;
	assert_int_equal(chaos_console_write(*state, "hello", 5), 0);
}

static void attach_errors(void **state)
{
	struct chaos_console *con;
	struct chaos_error err;

	(void)state;
	memset(&ring, 0, sizeof(ring));
	nr_unbound = nr_unmapped = 0;
	bind_errno = EINVAL;
	assert_int_equal(chaos_console_attach(&ctx, 5, &con, &err), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "attached already");
	assert_int_equal(nr_unbound, 0);
	bind_errno = 0;
	map_errno = ENOMEM;
	assert_int_equal(chaos_console_attach(&ctx, 5, &con, &err), -(int)CHAOS_FAILED);
	assert_error(err, CHAOS_FAILED, "domain 5");
	assert_int_equal(nr_unbound, 1);
	assert_int_equal(nr_unmapped, 0);
}

static void assert_words(const char *console, const char *words)
{
	char out[60];
	size_t len = chaos_last_lines(console, strlen(console), out, sizeof(out) - 1);

	out[len] = '\0';
	assert_string_equal(out, words);
}

/* Its end, in one line, without anything a terminal would obey. */
static void last_words(void **state)
{
	(void)state;
	assert_words("", "");
	assert_words("\r\n\n", "");
	assert_words("one", "one");
	assert_words("zero\none\r\ntwo\n\nthree\r\n", "one | two | three");
	assert_words("a\033[2Jb\tc\n", "a[2Jbc");
	assert_words("0123456789012345678901234567890123456789012345678901234567890123456789\nend",
		     "...567890123456789012345678901234567890123456789 | end");
}

static void last_words_in_error(void **state)
{
	struct chaos_error err;

	(void)state;
	bind_errno = map_errno = 0;
	memset(&ring, 0, sizeof(ring));
	memcpy(ring.out, "boot\npanic: lost\n", 17);
	ring.out_prod = 17;
	(void)chaos_error_set(&err, CHAOS_GUEST, 0, "domain \"x\" crashed");
	chaos_last_words(&ctx, 5, &err);
	assert_string_equal(err.text,
			    "domain \"x\" crashed; its console ends with: boot | panic: lost");
	ring.out_cons = 17;
	(void)chaos_error_set(&err, CHAOS_TIMEOUT, 0, "late");
	chaos_last_words(&ctx, 5, &err);
	assert_string_equal(err.text, "late; it wrote nothing to its console");
	/* Errors that are not the guest's stay as they are. */
	(void)chaos_error_set(&err, CHAOS_CONFIG, 0, "bad");
	chaos_last_words(&ctx, 5, &err);
	assert_string_equal(err.text, "bad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(reads_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(index_of_garbage_reads_one_ring, setup, teardown),
		cmocka_unit_test_setup_teardown(peeks, setup, teardown),
		cmocka_unit_test_setup_teardown(writes_what_there_is_room_for, setup, teardown),
		cmocka_unit_test(attach_errors),
		cmocka_unit_test(last_words),
		cmocka_unit_test(last_words_in_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
