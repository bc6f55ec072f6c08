// SPDX-License-Identifier: GPL-2.0-only
/* What is said between source and target of a migration, by faked ends that say something else. */
#include "migrate_world.h"

#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define FUZZ_ROUNDS 5000

static struct migrate_link link_to(int fd)
{
	return (struct migrate_link){ .in = fd, .out = fd, .cancel_fd = -1, .peer = "target" };
}

static int hello_of(const void *bytes, size_t len, struct chaos_error *err)
{
	struct migrate_link l;
	int fds[2], rc;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(write(fds[1], bytes, len), len);
	shutdown(fds[1], SHUT_WR);
	l = link_to(fds[0]);
	rc = migrate_hello(&l, err);
	close(fds[0]);
	close(fds[1]);
	return rc;
}

static void hello(void **state)
{
	const struct migrate_hello good = {
		.magic = MIGRATE_MAGIC,
		.version = MIGRATE_VERSION,
		.arch = MIGRATE_ARCH_X86_64,
		.len = sizeof(good),
	};
	struct migrate_hello h = good;
	struct chaos_error err;
	size_t len;

	(void)state;
	assert_int_equal(hello_of(&good, sizeof(good), &err), 0);
	h.version++;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "install a newer one");
	h.version = 1;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "speaks noxs ABI 1");
	h = good;
	h.arch = 7;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "another architecture");
	h = good;
	h.len = 32;
	assert_int_equal(hello_of(&h, sizeof(h), &err), -CHAOS_ENVIRONMENT);
	assert_int_equal(hello_of("Last login: today\n\033", 19, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "begins with \"Last login: today..\"");
	for (len = 0; len < sizeof(good); len++) {
		assert_int_equal(hello_of(&good, len, &err), -CHAOS_FAILED);
		assert_error(err, CHAOS_FAILED, "has ended");
	}
}

static uint64_t seed = 1;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (uint32_t)(seed >> 32);
}

/* Well-formed now and then, so that what lies behind is reached. */
static size_t make_garbage(uint8_t *to, size_t room)
{
	const struct migrate_hello good = {
		.magic = MIGRATE_MAGIC,
		.version = MIGRATE_VERSION,
		.arch = MIGRATE_ARCH_X86_64,
		.len = sizeof(good),
	};
	size_t n = sizeof(good), i, count = random32() % 6, len;
	struct migrate_head head;

	memcpy(to, &good, sizeof(good));
	for (; count; count--) {
		len = random32() % 4 ? (size_t[]){ 32, 32, 8, 24, 0, 16 }[random32() % 6] :
				       random32() % 600;
		head.type = random32() % 16 ? random32() % MIGRATE_NR_TYPES : random32();
		head.len = random32() % 16 ? (uint32_t)len : random32();
		if (n + sizeof(head) + len > room)
			break;
		memcpy(to + n, &head, sizeof(head));
		for (i = 0; i < len; i++)
			to[n + sizeof(head) + i] = random32() % 2 ? 0 : (uint8_t)random32();
		n += sizeof(head) + len;
	}
	if (random32() % 4 == 0)
		to[random32() % n] ^= (uint8_t)(1U << random32() % 8);
	return random32() % 4 ? n : random32() % (n + 1);
}

/* Whatever comes: an error, nothing that runs, and no crash (ASan is watching). */
static void fuzz_target(void **state)
{
	struct chaos_ctx ctx = { .cancel_fd = -1 };
	struct chaos_received received;
	struct chaos_config *made;
	struct chaos_error err;
	unsigned int i;
	uint8_t bytes[4096];
	int fds[2], rc;
	size_t len;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		world_reset();
		world.fails_prepare =
			true; /* its text is not the one restore_load_config() wants */
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		len = make_garbage(bytes, sizeof(bytes));
		assert_int_equal(write(fds[1], bytes, len), len);
		shutdown(fds[1], SHUT_WR);
		memset(&err, 0, sizeof(err));
		rc = chaos_migrate_receive(&ctx, fds[0], fds[0], &received, &made, &err);
		assert_null(made);
		assert_true(rc < 0 || received.has_answered);
		assert_true(rc >= 0 || (err.text[0] && !strchr(err.text, '\n')));
		assert_false(world.runs);
		close(fds[0]);
		close(fds[1]);
	}
}

static void fuzz_source(void **state)
{
	union migrate_body body;
	struct migrate_link l;
	struct chaos_error err;
	enum migrate_type type;
	unsigned int i;
	uint8_t bytes[4096];
	char *text;
	int fds[2];
	size_t len;

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
		len = make_garbage(bytes, sizeof(bytes));
		assert_int_equal(write(fds[1], bytes, len), len);
		shutdown(fds[1], SHUT_WR);
		l = link_to(fds[0]);
		memset(&err, 0, sizeof(err));
		if (!migrate_hello(&l, &err)) {
			while (!migrate_get(&l, random32(), 1000, &type, &body, &err))
				assert_in_range(type, 1, MIGRATE_NR_TYPES - 1);
			if (!migrate_get_text(&l, MIGRATE_CONFIG, &text, &len, &err)) {
				assert_true(strlen(text) <= len);
				free(text);
			}
		}
		assert_null(strchr(err.text, '\n'));
		close(fds[0]);
		close(fds[1]);
	}
}

/* Texts, and an error with whatever in it, which becomes one line. */
static void texts(void **state)
{
	struct migrate_error e = { .code = 99, .text = "two\nlines\033[1m" };
	static char large[MIGRATE_MAX_TEXT + 1];
	union migrate_body body;
	struct migrate_link a, b;
	struct chaos_error err;
	enum migrate_type type;
	int fds[2], size = 1 << 20;
	char *text;
	size_t len;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	assert_int_equal(setsockopt(fds[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)), 0);
	a = link_to(fds[0]);
	b = link_to(fds[1]);
	assert_int_equal(migrate_send(&a, MIGRATE_CONFIG, "text", 4, &err), 0);
	assert_int_equal(migrate_get_text(&b, MIGRATE_CONFIG, &text, &len, &err), 0);
	assert_string_equal(text, "text");
	assert_int_equal(len, 4);
	free(text);
	assert_int_equal(migrate_send(&a, MIGRATE_ERROR, &e, sizeof(e), &err), 0);
	assert_int_equal(migrate_get(&b, 1U << MIGRATE_GO, 1000, &type, &body, &err),
			 -CHAOS_FAILED);
	assert_int_equal(type, MIGRATE_ERROR);
	assert_string_equal(err.text, "the target: two?lines?[1m");
	assert_int_equal(migrate_get(&b, 1U << MIGRATE_GO, 1, &type, &body, &err), -CHAOS_TIMEOUT);
	assert_int_equal(migrate_send(&a, MIGRATE_CONFIG, large, sizeof(large), &err), 0);
	assert_int_equal(migrate_get_text(&b, MIGRATE_CONFIG, &text, &len, &err), -CHAOS_FAILED);
	assert_error(err, CHAOS_FAILED, "not understood");
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hello),
		cmocka_unit_test(texts),
		cmocka_unit_test(fuzz_target),
		cmocka_unit_test(fuzz_source),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
