// SPDX-License-Identifier: GPL-2.0-only
/* The bound of all guests' logs together: who floods, who is silent, and who is gone. */
#include "log_world.h"

static void floods_share(void **state)
{
	enum {
		NR = 20
	};
	struct logfile *quiet, *noisy[NR];
	char name[16], line[200];
	unsigned int i, n;

	(void)state;
	dir->part_bytes = 64U << 10;
	dir->total_bytes = 512U << 10;
	quiet = open_log("quiet", 99, 99);
	say(quiet, "I was here first\n");
	for (i = 0; i < NR; i++) {
		(void)snprintf(name, sizeof(name), "noisy%u", i);
		noisy[i] = open_log(name, (uint8_t)i, i);
	}
	memset(line, 'x', sizeof(line) - 2);
	line[sizeof(line) - 2] = '\n';
	line[sizeof(line) - 1] = '\0';
	for (n = 0; n < 3000; n++) {
		for (i = 0; i < NR; i++)
			say(noisy[i], line);
		if (n % 100 == 0)
			say(quiet, "still here\n");
		assert_true(dir->used_bytes <= dir->total_bytes);
		if (n % 500 == 0)
			assert_true(bytes_there() <= dir->total_bytes);
	}
	assert_true(bytes_there() <= dir->total_bytes);
	assert_true(exists("quiet.log"));
	for (i = 0; i < NR; i++)
		logfile_close(noisy[i]);
	logfile_close(quiet);
	{
		char *text = said("quiet"), *p = text;

		assert_memory_equal(p, "I was here first\n", 17);
		p += 17;
		for (n = 0; n < 30; n++, p += 11)
			assert_memory_equal(p, "still here\n", 11);
		assert_int_equal(*p, 0);
		free(text);
	}
	assert_int_equal(nr_told, 0);
}

/* Of guests that are gone the oldest log goes first, and one that is there loses nothing to them. */
static void gone_go_first(void **state)
{
	struct logfile *stays = open_log("stays", 1, 1), *f;
	char name[16];
	unsigned int i;

	(void)state;
	dir->total_bytes = 64U << 10;
	say(stays, "mine\n");
	for (i = 0; i < 100; i++) {
		now += S;
		(void)snprintf(name, sizeof(name), "short%u", i);
		f = open_log(name, (uint8_t)i, i + 2);
		say(f, "hello\n");
		logfile_close(f);
	}
	assert_true(exists("stays.log") && exists("short99.log") && exists("short90.log"));
	assert_false(exists("short0.log"));
	assert_true(dir->used_bytes <= dir->total_bytes);
	logfile_close(stays);
	/* A later daemon counts what it finds, and brings it within its bound. */
	logdir_fini(dir);
	dir_new(4096, 3, 16U << 10);
	now += S;
	f = open_log("new", 1, 1);
	assert_true(bytes_there() <= 16U << 10);
	assert_true(exists("new.log"));
	logfile_close(f);
}

/* Guests that never say a word have files as well. */
static void silent(void **state)
{
	struct logfile *f[100];
	char name[16];
	unsigned int i;

	(void)state;
	dir->total_bytes = 64U << 10;
	for (i = 0; i < 300; i++) {
		(void)snprintf(name, sizeof(name), "gone%u", i);
		logfile_close(open_log(name, 1, i));
		assert_true(dir->used_bytes <= dir->total_bytes);
	}
	for (i = 0; i < ARRAY_SIZE(f); i++) {
		(void)snprintf(name, sizeof(name), "there%u", i);
		f[i] = open_log(name, 2, i);
		assert_true(dir->used_bytes <= dir->total_bytes);
	}
	assert_true(bytes_there() <= 16 * CHAOS_LOG_HEADER_LEN);
	for (i = 0; i < ARRAY_SIZE(f); i++)
		logfile_close(f[i]);
	assert_true(dir->nr_owners <= 16);
	assert_int_equal(nr_told, 0);
}

static void kept_by_more(void **state)
{
	struct logfile *f;

	(void)state;
	put("web.log.3", "");
	put("web.log.77", "");
	put("notes", "x");
	f = open_log("web", 1, 1);
	assert_true(exists("web.log.3") && exists("notes") && !exists("web.log.77"));
	logfile_close(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, log_setup, log_teardown)
		TEST(silent),
		TEST(floods_share),
		TEST(gone_go_first),
		TEST(kept_by_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
