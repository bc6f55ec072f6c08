// SPDX-License-Identifier: GPL-2.0-only
/* Guests' logs as files: lines with their times, in parts, and what becomes of a name that is used again. */
#include "log_world.h"

#include <sys/stat.h>
#include <unistd.h>

/* ---- lines ---- */

static void lines_have_times(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	struct stat st;
	char *text;

	(void)state;
	say(f, "one\ntw");
	now += S / 2;
	say(f, "o\n\nthree");
	assert_said("web", "one\ntwo\n\nthree");
	text = content("web.log");
	assert_memory_equal(text, "#chaosd-log-1 2026-11-27T", 25);
	assert_non_null(strstr(text, "\n2026-11-27T17:00:00.000000Z two\n"));
	assert_non_null(strstr(text, "\n2026-11-27T17:00:00.500000Z three"));
	free(text);
	assert_int_equal(stat("web.log", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	logfile_close(f);
	assert_int_equal(nr_told, 0);
}

static void parts_follow_each_other(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	char line[64], first[64], *text, *p;
	unsigned int i, n;

	(void)state;
	for (i = 0; i < 2000; i++) {
		(void)snprintf(line, sizeof(line), "line %u\n", i);
		say(f, line);
	}
	logfile_close(f);
	assert_true(exists("web.log.3") && !exists("web.log.4"));
	assert_true(bytes_there() < 4 * (4096 + 64 + 200));
	/* The last so many, with none missing, and none torn. */
	text = said("web");
	assert_int_equal(sscanf(text, "line %u\n", &n), 1);
	assert_true(n > 1000);
	for (p = text; n < 2000; n++) {
		(void)snprintf(first, sizeof(first), "line %u\n", n);
		assert_memory_equal(p, first, strlen(first));
		p += strlen(first);
	}
	assert_int_equal(*p, 0);
	free(text);
}

static void endless_line(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	char text[LOG_MAX_CHUNK];
	unsigned int i;
	char *all;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (i = 0; i < 100; i++)
		assert_true(logfile_append(f, text, sizeof(text), now, now) >= sizeof(text));
	logfile_close(f);
	assert_true(bytes_there() < 4 * (4096 + CHAOS_LOG_LINE_MAX + 4096));
	all = said("web"); /* which looks at the lines' lengths */
	assert_true(strlen(all) > CHAOS_LOG_LINE_MAX);
	free(all);
}

/* What costs most room: a time for each byte. */
static void newlines_only(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	char text[LOG_MAX_CHUNK];

	(void)state;
	memset(text, '\n', sizeof(text));
	assert_int_equal(logfile_append(f, text, sizeof(text), now, now),
			 sizeof(text) * (CHAOS_LOG_STAMP_LEN + 2));
	logfile_close(f);
}

static void any_byte_is_kept(void **state)
{
	static const char text[] = "\033[2J\0\001\377\r\n";
	struct logfile *f = open_log("web", 1, 7);
	char buf[512];
	FILE *file;
	size_t n;

	(void)state;
	(void)logfile_append(f, text, sizeof(text) - 1, now, now);
	logfile_close(f);
	file = fopen("web.log", "r");
	n = fread(buf, 1, sizeof(buf), file);
	(void)fclose(file);
	assert_int_equal(n, CHAOS_LOG_HEADER_LEN + CHAOS_LOG_STAMP_LEN + 1 + sizeof(text) - 1);
	assert_memory_equal(buf + n - sizeof(text) + 1, text, sizeof(text) - 1);
}

/* ---- names that are used again ---- */

static void used_again(void **state)
{
	struct logfile *f = open_log("web", 1, 7);

	(void)state;
	say(f, "first\n");
	logfile_close(f);
	/* It need not say a word. */
	f = open_log("web", 2, 8);
	assert_true(exists("web.log") && exists("web.log.1"));
	logfile_close(f);
	f = open_log("web", 2, 9); /* the UUID is in its configuration */
	say(f, "third\n");
	logfile_close(f);
	assert_true(exists("web.log.2"));
	assert_said("web", "first\nthird\n");
}

static void goes_on(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	struct chaos_log_header header;
	char *text;

	(void)state;
	say(f, "before\nand ");
	logfile_close(f);
	/* Another daemon, the same domain. */
	f = open_log("web", 1, 7);
	say(f, "after\n");
	logfile_close(f);
	assert_said("web", "before\nand after\n");
	subject.is_restart = true;
	now += S;
	f = open_log("web", 1, 8);
	say(f, "restarted\n");
	logfile_close(f);
	assert_false(exists("web.log.1"));
	assert_said("web", "before\nand after\nrestarted\n");
	text = content("web.log");
	assert_true(chaos_log_header_parse(text, strlen(text), &header));
	assert_int_equal(header.serial, 8);
	assert_string_equal(header.since, "2026-11-27T17:00:00.000000Z");
	free(text);
	/* Serials count from each boot on. */
	subject.is_restart = false;
	dir->boot[0] ^= 1;
	f = open_log("web", 1, 8);
	assert_true(exists("web.log.1"));
	logfile_close(f);
}

/* A guest gets another name, and the next one its old: both have their words, apart, and their bound. */
static void renamed(void **state)
{
	struct logfile *a = open_log("web", 1, 7), *b, *c;
	unsigned int i;

	(void)state;
	say(a, "old\n");
	b = open_log("web", 2, 8);
	for (i = 0; i < 5; i++) { /* nobody takes the other's file away */
		now += 2 * S;
		say(a, "old\n");
		say(b, "new\n");
	}
	assert_false(exists("web.log.2"));
	assert_said("web", "old\nold\nold\nold\nold\nold\nnew\nnew\nnew\nnew\nnew\n");
	assert_int_equal(nr_told, 0);
	/* The newest ends first, and its files are deleted: what is left of the name is a's. */
	logfile_close(b);
	say(a, "still\n");
	logdir_reopen(dir);
	assert_int_equal(unlink("web.log"), 0);
	assert_int_equal(unlink("web.log.1"), 0);
	c = open_log("other", 3, 9);
	now += 2 * S;
	say(c, "here\n");
	say(a, "lost\n");
	say(a, "lost\n");
	assert_int_equal(nr_told, 1);
	assert_non_null(strstr(told, "what \"web\" says is lost: another guest has its name"));
	assert_int_equal(dir->lost_total, 10);
	assert_false(exists("web.log"));
	b = open_log("web", 4, 10);
	say(a, "lost\n");
	logfile_close(a);
	say(b, "newest\n");
	assert_said("web", "newest\n");
	logfile_close(b);
	logfile_close(c);
	/* It grows no further than a part. */
	a = open_log("big", 1, 11);
	b = open_log("big", 2, 12);
	for (i = 0; i < 2000; i++)
		say(a, "0123456789\n");
	assert_true(bytes_there() < 4096 + 1024);
	assert_true(dir->used_bytes >= bytes_there());
	logfile_close(b);
	logfile_close(a);
}

/* Names whose files are gone, or never were, are not remembered. */
static void forgotten(void **state)
{
	unsigned int i;
	char name[16];

	(void)state;
	dir->path = "/proc/none";
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "web%u", i);
		logfile_close(open_log(name, 1, i));
	}
	assert_int_equal(dir->nr_owners, 0);
	dir->path = top;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, log_setup, log_teardown)
		TEST(lines_have_times), TEST(parts_follow_each_other),
		TEST(endless_line),	TEST(newlines_only),
		TEST(any_byte_is_kept), TEST(used_again),
		TEST(goes_on),		TEST(renamed),
		TEST(forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
