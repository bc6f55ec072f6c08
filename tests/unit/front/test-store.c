// SPDX-License-Identifier: GPL-2.0
/*
 * The guest's own XenStore (kernel/noxs-front: tree, watch, transaction, store): it answers as
 * xenstored does what the kernel and root may ask, within its bounds, whatever they send.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "store.h"

#define FUZZ_SECONDS 3

static struct store store;

/* Of all messages: how many, and the last one of each kind. */
static struct {
	unsigned int answers, events, written;
	struct xsd_sockmsg head;
	char data[XENSTORE_PAYLOAD_MAX + 1];
	char event[1024];
	char path[TREE_MAX_PATH + 1];
} got;

/* Allocations until one fails; -1: none does. */
static int allocations = -1;

void *front_alloc(size_t size)
{
	if (!allocations)
		return NULL;
	if (allocations > 0)
		allocations--;
	return calloc(1, size);
}

static void on_send(struct store *s, const struct xsd_sockmsg *head, const void *data)
{
	(void)s;
	assert_true(head->len <= XENSTORE_PAYLOAD_MAX);
	if (head->type == XS_WATCH_EVENT) {
		const char *token = (const char *)data + strlen(data) + 1;

		got.events++;
		assert_true(head->len < sizeof(got.event));
		(void)snprintf(got.event, sizeof(got.event), "%s %s", (const char *)data, token);
		return;
	}
	got.answers++;
	got.head = *head;
	memcpy(got.data, data, head->len);
	got.data[head->len] = 0;
}

static void on_written(struct store *s, const char *path)
{
	(void)s;
	got.written++;
	(void)snprintf(got.path, sizeof(got.path), "%s", path);
}

static const struct store_ops ops = { .send = on_send, .written = on_written };

static int setup(void **state)
{
	(void)state;
	memset(&store, 0, sizeof(store));
	memset(&got, 0, sizeof(got));
	store_init(&store, &ops, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	allocations = -1;
	store_fini(&store);
	assert_int_equal(store.tree.nr_nodes, 0);
	return 0;
}

/* A message of exactly its size, and the byte that there has to be behind it, so that ASan sees a step beyond. */
static void send_bytes(u32 type, u32 tx, const void *data, u32 len)
{
	const struct xsd_sockmsg head = { .type = type, .req_id = 5, .tx_id = tx, .len = len };
	char *body = malloc((size_t)len + 1);
	unsigned int before = got.answers;

	assert_non_null(body);
	memcpy(body, data, len);
	store_request(&store, &head, body);
	free(body);
	assert_int_equal(got.answers, before + 1);
	assert_int_equal(got.head.req_id, 5);
	assert_int_equal(got.head.tx_id, tx);
}

static void ask(u32 type, u32 tx, const char *path)
{
	send_bytes(type, tx, path, (u32)strlen(path) + 1);
}

static void write_to(u32 tx, const char *path, const char *value)
{
	char data[512];
	int n = snprintf(data, sizeof(data), "%s%c%s", path, 0, value);

	send_bytes(XS_WRITE, tx, data, (u32)n);
}

static void watch(u32 type, const char *path, const char *token)
{
	char data[1024];
	int n = snprintf(data, sizeof(data), "%s%c%s%c", path, 0, token, 0);

	send_bytes(type, 0, data, (u32)n);
}

static void assert_error(const char *name)
{
	assert_int_equal(got.head.type, XS_ERROR);
	assert_string_equal(got.data, name);
}

static void assert_ok(u32 type)
{
	assert_int_equal(got.head.type, type);
	assert_string_equal(got.data, "OK");
}

static void assert_value(u32 tx, const char *path, const char *value)
{
	ask(XS_READ, tx, path);
	assert_int_equal(got.head.type, XS_READ);
	assert_int_equal(got.head.len, strlen(value));
	assert_string_equal(got.data, value);
}

static u32 begin(void)
{
	send_bytes(XS_TRANSACTION_START, 0, "", 1);
	assert_int_equal(got.head.type, XS_TRANSACTION_START);
	return (u32)strtoul(got.data, NULL, 10);
}

static void end(u32 tx, const char *how)
{
	ask(XS_TRANSACTION_END, tx, how);
}

/* ---- nodes ---- */

static void test_reads_what_was_written(void **state)
{
	(void)state;
	write_to(0, "device/vif/0/state", "4");
	assert_ok(XS_WRITE);
	assert_string_equal(got.path, "device/vif/0/state");
	assert_value(0, "device/vif/0/state", "4");
	assert_value(0, "device/vif/0", "");
	ask(XS_READ, 0, "device/vif/1");
	assert_error("ENOENT");
}

static void test_own_absolute_paths_are_relative(void **state)
{
	(void)state;
	write_to(0, "/local/domain/7/a", "1");
	assert_value(0, "a", "1");
	write_to(0, "b", "2");
	assert_value(0, "/local/domain/7/b", "2");
	/* Domain 70 is another one. */
	write_to(0, "/local/domain/70/a", "3");
	assert_value(0, "a", "1");
	assert_value(0, "/local/domain/70/a", "3");
}

static void test_lists_names(void **state)
{
	(void)state;
	write_to(0, "device/vif/0/mac", "x");
	write_to(0, "device/vbd/51712/state", "x");
	write_to(0, "/local/domain/0/backend", "x");
	ask(XS_DIRECTORY, 0, "device");
	assert_int_equal(got.head.len, 8);
	assert_memory_equal(got.data, "vif\0vbd\0", 8);
	ask(XS_DIRECTORY, 0, "device/vif/0/mac");
	assert_int_equal(got.head.type, XS_DIRECTORY);
	assert_int_equal(got.head.len, 0);
	ask(XS_DIRECTORY, 0, "");
	assert_int_equal(got.head.len, 7);
	assert_memory_equal(got.data, "device\0", 7);
	ask(XS_DIRECTORY, 0, "none");
	assert_error("ENOENT");
}

static void test_removes_what_is_below(void **state)
{
	(void)state;
	write_to(0, "a/b/c", "1");
	write_to(0, "a/d", "2");
	ask(XS_RM, 0, "a/b");
	assert_ok(XS_RM);
	ask(XS_READ, 0, "a/b/c");
	assert_error("ENOENT");
	assert_value(0, "a/d", "2");
	ask(XS_RM, 0, "a/b");
	assert_error("ENOENT");
	ask(XS_RM, 0, "");
	assert_error("EINVAL");
}

static void test_makes_directories(void **state)
{
	(void)state;
	ask(XS_MKDIR, 0, "a/b");
	assert_ok(XS_MKDIR);
	write_to(0, "a/b", "1");
	ask(XS_MKDIR, 0, "a/b");
	assert_ok(XS_MKDIR);
	assert_value(0, "a/b", "1");
}

static void test_refuses_bad_paths(void **state)
{
	static const char *const bad[] = { "a//b", "a/", "/", "a b", "a\x80", "../a", "//" };
	char longest[TREE_MAX_PATH + 2];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ask(XS_READ, 0, bad[i]);
		assert_error("EINVAL");
		write_to(0, bad[i], "1");
		assert_error("EINVAL");
	}
	memset(longest, 'a', sizeof(longest));
	longest[TREE_MAX_PATH + 1] = 0;
	write_to(0, longest, "1");
	assert_error("EINVAL");
	longest[TREE_MAX_PATH] = 0;
	write_to(0, longest, "1");
	assert_ok(XS_WRITE);
	/* No NUL, so no path. */
	send_bytes(XS_READ, 0, "abc", 3);
	assert_error("EINVAL");
	send_bytes(XS_READ, 0, "", 0);
	assert_error("EINVAL");
	send_bytes(XS_WRITE, 0, "abc", 3);
	assert_error("EINVAL");
}

static void test_answers_the_rest(void **state)
{
	(void)state;
	ask(XS_GET_DOMAIN_PATH, 0, "7");
	assert_string_equal(got.data, "/local/domain/7");
	ask(XS_GET_DOMAIN_PATH, 0, "x");
	assert_error("EINVAL");
	write_to(0, "a", "1");
	ask(XS_GET_PERMS, 0, "a");
	assert_string_equal(got.data, "n0");
	ask(XS_SET_PERMS, 0, "a");
	assert_ok(XS_SET_PERMS);
	ask(XS_SET_PERMS, 0, "b");
	assert_error("ENOENT");
	ask(XS_INTRODUCE, 0, "1");
	assert_error("ENOSYS");
	ask(99, 0, "1");
	assert_error("ENOSYS");
	ask(XS_READ, 42, "a");
	assert_error("ENOENT"); /* no such transaction */
}

/* ---- bounds ---- */

static void test_nodes_are_bounded(void **state)
{
	char path[64], value[TREE_MAX_VALUE + 2], data[TREE_MAX_VALUE + 64];
	unsigned int i;

	(void)state;
	for (i = 0; i < TREE_MAX_NODES - 1; i++) {
		(void)snprintf(path, sizeof(path), "a/%u", i);
		write_to(0, path, "x");
		assert_ok(XS_WRITE);
	}
	write_to(0, "a/one-too-many", "x");
	assert_error("ENOSPC");
	write_to(0, "a/1", "y");
	assert_ok(XS_WRITE);
	/* The names do not fit into an answer. */
	ask(XS_DIRECTORY, 0, "a");
	assert_error("E2BIG");

	memset(value, 'v', sizeof(value));
	memcpy(data, "a/1", 4);
	memcpy(data + 4, value, sizeof(value));
	send_bytes(XS_WRITE, 0, data, 4 + TREE_MAX_VALUE);
	assert_ok(XS_WRITE);
	send_bytes(XS_WRITE, 0, data, 4 + TREE_MAX_VALUE + 1);
	assert_error("E2BIG");
}

static void test_watches_are_bounded(void **state)
{
	char token[STORE_MAX_TOKEN + 2];
	unsigned int i;

	(void)state;
	for (i = 0; i < STORE_MAX_WATCHES; i++) {
		(void)snprintf(token, sizeof(token), "%u", i);
		watch(XS_WATCH, "a", token);
		assert_ok(XS_WATCH);
	}
	watch(XS_WATCH, "a", "x");
	assert_error("ENOSPC");
	watch(XS_UNWATCH, "a", "1");
	assert_ok(XS_UNWATCH);
	memset(token, 't', sizeof(token));
	token[STORE_MAX_TOKEN + 1] = 0;
	watch(XS_WATCH, "a", token);
	assert_error("E2BIG");
	token[STORE_MAX_TOKEN] = 0;
	watch(XS_WATCH, "a", token);
	assert_ok(XS_WATCH);
}

static void test_transactions_are_bounded(void **state)
{
	u32 tx[STORE_MAX_TRANSACTIONS];
	unsigned int i;

	(void)state;
	for (i = 0; i < STORE_MAX_TRANSACTIONS; i++)
		tx[i] = begin();
	send_bytes(XS_TRANSACTION_START, 0, "", 1);
	assert_error("EBUSY");
	end(tx[3], "F");
	tx[3] = begin();
	for (i = 0; i < STORE_MAX_CHANGES; i++)
		write_to(tx[3], "a", "1");
	assert_ok(XS_WRITE);
	write_to(tx[3], "a", "1");
	assert_error("ENOSPC");
}

/* ---- watches ---- */

static void test_watch_is_told(void **state)
{
	(void)state;
	watch(XS_WATCH, "device", "token");
	assert_ok(XS_WATCH);
	assert_string_equal(got.event, "device token"); /* at once */
	watch(XS_WATCH, "device", "token");
	assert_error("EEXIST");
	write_to(0, "device/vif/0/state", "1");
	assert_string_equal(got.event, "device/vif/0/state token");
	assert_int_equal(got.events, 2);
	write_to(0, "devices", "1");
	assert_int_equal(got.events, 2);
	watch(XS_UNWATCH, "device", "other");
	assert_error("ENOENT");
	watch(XS_UNWATCH, "device", "token");
	assert_ok(XS_UNWATCH);
	write_to(0, "device/vif/0/state", "1");
	assert_int_equal(got.events, 2);
}

static void test_watch_is_told_as_it_was_set(void **state)
{
	(void)state;
	watch(XS_WATCH, "/local/domain/7/a", "t");
	write_to(0, "a/b", "1");
	assert_string_equal(got.event, "/local/domain/7/a/b t");
	watch(XS_UNWATCH, "/local/domain/7/a", "t");
	assert_ok(XS_UNWATCH);
	watch(XS_WATCH, "/local/domain/0/x", "t");
	write_to(0, "/local/domain/0/x/y", "1");
	assert_string_equal(got.event, "/local/domain/0/x/y t");
	watch(XS_WATCH, "@releaseDomain", "t");
	assert_ok(XS_WATCH);
}

static void test_watch_below_what_is_removed(void **state)
{
	(void)state;
	write_to(0, "a/b/state", "1");
	watch(XS_WATCH, "a/b/state", "t");
	ask(XS_RM, 0, "a");
	assert_int_equal(got.events, 2);
	assert_string_equal(got.event, "a/b/state t");
}

static void test_own_changes_are_told(void **state)
{
	(void)state;
	watch(XS_WATCH, "a", "t");
	store_write(&store, "a", "b", "%u", 12);
	assert_string_equal(got.event, "a/b t");
	assert_int_equal(store_number(&store, "a", "b", 1), 12);
	assert_int_equal(store_number(&store, "a", "c", 1), 1);
	assert_int_equal(got.written, 0);
	store_fire(&store, "a/nothing");
	assert_string_equal(got.event, "a/nothing t");
	store_remove(&store, "a");
	assert_string_equal(got.event, "a t");
	store_remove(&store, "a");
	assert_int_equal(got.events, 4);
}

/* ---- transactions ---- */

static void test_transaction_is_seen_when_it_ends(void **state)
{
	u32 tx = begin();

	(void)state;
	watch(XS_WATCH, "a", "t");
	write_to(tx, "a/b", "1");
	write_to(tx, "a/c", "2");
	assert_value(tx, "a/b", "1");
	ask(XS_READ, 0, "a/b");
	assert_error("ENOENT");
	assert_int_equal(got.events, 1);
	assert_int_equal(got.written, 0);
	end(tx, "T");
	assert_ok(XS_TRANSACTION_END);
	assert_value(0, "a/b", "1");
	assert_int_equal(got.events, 3);
	assert_int_equal(got.written, 2);
	end(tx, "T");
	assert_error("ENOENT");
}

static void test_transaction_is_dropped(void **state)
{
	u32 tx;

	(void)state;
	write_to(0, "a", "1");
	tx = begin();
	write_to(tx, "a", "2");
	ask(XS_RM, tx, "a");
	ask(XS_READ, tx, "a");
	assert_error("ENOENT");
	end(tx, "F");
	assert_ok(XS_TRANSACTION_END);
	assert_value(0, "a", "1");
	tx = begin();
	end(tx, "X");
	assert_error("EINVAL");
}

static void test_transaction_conflicts(void **state)
{
	u32 one, two;

	(void)state;
	one = begin();
	two = begin();
	write_to(one, "a", "1");
	write_to(two, "a", "2");
	end(one, "T");
	assert_ok(XS_TRANSACTION_END);
	end(two, "T");
	assert_error("EAGAIN");
	assert_value(0, "a", "1");
	/* One that only reads has read what is no more. */
	one = begin();
	assert_value(one, "a", "1");
	store_write(&store, "b", "c", "1");
	end(one, "T");
	assert_error("EAGAIN");
	/* What is undone is no conflict. */
	one = begin();
	two = begin();
	write_to(two, "a", "3");
	end(two, "F");
	write_to(one, "a", "4");
	end(one, "T");
	assert_ok(XS_TRANSACTION_END);
	assert_value(0, "a", "4");
}

static void test_forgets_after_a_restore(void **state)
{
	u32 tx = begin();

	(void)state;
	write_to(tx, "a", "1");
	watch(XS_WATCH, "b", "t");
	store_forget(&store, 9);
	write_to(0, "b", "1");
	assert_int_equal(got.events, 1);
	end(tx, "T");
	assert_error("ENOENT");
	write_to(0, "/local/domain/9/b", "2");
	assert_value(0, "b", "2");
}

/* ---- without memory ---- */

static void test_no_memory(void **state)
{
	int n;

	(void)state;
	for (n = 0; n < 40; n++) {
		u32 tx;

		write_to(0, "a/b/c", "1");
		tx = begin();
		allocations = n;
		write_to(tx, "a/b/d", "1");
		write_to(tx, "e/f", "1");
		ask(XS_MKDIR, 0, "g/h");
		watch(XS_WATCH, "i", "t");
		end(tx, "T");
		allocations = -1;
		end(tx, "F");
		assert_value(0, "a/b/c", "1");
		watch(XS_UNWATCH, "i", "t");
	}
}

/* ---- anything ---- */

static unsigned int dice;

static unsigned int roll(unsigned int sides)
{
	dice = dice * 1103515245U + 12345U;
	return (dice >> 16) % sides;
}

static u32 make_body(char *body)
{
	static const char alphabet[] = "aab//\0\0T@";
	u32 i, len = roll(3) ? roll(24) : roll(XENSTORE_PAYLOAD_MAX + 1);

	for (i = 0; i < len; i++)
		body[i] = roll(20) ? alphabet[roll(sizeof(alphabet) - 1)] : (char)roll(256);
	return len;
}

/* Known words with known paths and any others: an answer to each, nothing beyond its end, bounds kept. */
static void test_any_message(void **state)
{
	static char body[XENSTORE_PAYLOAD_MAX];
	time_t until = time(NULL) + FUZZ_SECONDS;
	unsigned int n = 0;

	(void)state;
	dice = (unsigned int)time(NULL);
	print_message("seed %u\n", dice);
	while (time(NULL) < until) {
		unsigned int i;

		for (i = 0; i < 1000; i++) {
			u32 len = make_body(body);

			if (!roll(200))
				store_forget(&store, (u16)roll(9));
			allocations = roll(50) ? -1 : (int)roll(4);
			send_bytes(roll(40) ? roll(XS_RESET_WATCHES + 3) : dice,
				   roll(3) ? 0 :
				   roll(3) ? store.last_id - roll(3) :
					     dice,
				   body, len);
		}
		n += i;
		assert_true(store.tree.nr_nodes <= TREE_MAX_NODES);
		assert_true(store.nr_watches <= STORE_MAX_WATCHES);
	}
	assert_true(n > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_reads_what_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_absolute_paths_are_relative, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_lists_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_removes_what_is_below, setup, teardown),
		cmocka_unit_test_setup_teardown(test_makes_directories, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refuses_bad_paths, setup, teardown),
		cmocka_unit_test_setup_teardown(test_answers_the_rest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nodes_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watches_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transactions_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch_is_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch_is_told_as_it_was_set, setup, teardown),
		cmocka_unit_test_setup_teardown(test_watch_below_what_is_removed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_own_changes_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transaction_is_seen_when_it_ends, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_transaction_is_dropped, setup, teardown),
		cmocka_unit_test_setup_teardown(test_transaction_conflicts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgets_after_a_restore, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_any_message, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
