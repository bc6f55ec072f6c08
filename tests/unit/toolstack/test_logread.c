// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reading guests' logs: parts that move and grow meanwhile, files that are anybody's work, and a guest's
 * bytes on their way to a terminal.  openat() is the test's: it can be forbidden to open a file.
 */
#include "unit.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "logread.h"

#define T "2026-11-27T17:00:00.000000Z "

static char top[] = "/tmp/chaos-logread.XXXXXX";
static int dir_fd;
static struct log_run run;
static struct log_reader reader;
static char seen[1U << 18]; /* what was told: <stamp>text, with \n behind whole lines */
static size_t nr_seen;

static const char *forbidden; /* a file's name */

int openat(int fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (forbidden && !strcmp(path, forbidden)) {
		errno = EACCES;
		return -1;
	}
	return (int)syscall(SYS_openat, fd, path, flags, mode);
}

static void tell(void *opaque, const struct log_line *line)
{
	(void)opaque;
	assert_true(nr_seen + line->len + 64 < sizeof(seen));
	if (line->is_new)
		nr_seen += (size_t)sprintf(seen + nr_seen, "<%.4s>", line->stamp);
	memcpy(seen + nr_seen, line->text, line->len);
	nr_seen += line->len;
	if (line->is_whole)
		seen[nr_seen++] = '\n';
	seen[nr_seen] = '\0';
}

/* A part of the guest whose log was begun in that second. */
static void part(const char *name, unsigned int second, const char *text)
{
	struct chaos_log_header header = { .serial = 1 };
	char line[CHAOS_LOG_HEADER_LEN + 1];
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	chaos_log_stamp((1795798800 + second) * 1000000000ULL, header.since);
	memset(header.boot, 'b', CHAOS_LOG_BOOT_LEN);
	chaos_log_header_format(&header, line);
	(void)fputs(line, f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void more(const char *name, const char *text)
{
	FILE *f = fopen(name, "a");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

static void begin(uint64_t to_skip)
{
	log_run_close(&run);
	nr_seen = 0;
	seen[0] = '\0';
	memset(&reader, 0, sizeof(reader));
	reader.run = &run;
	reader.tell = tell;
	reader.to_skip = to_skip;
}

static int setup(void **state)
{
	(void)state;
	memcpy(top, "/tmp/chaos-logread.XXXXXX", sizeof(top));
	if (!mkdtemp(top) || chdir(top))
		return -1;
	dir_fd = open(".", O_RDONLY | O_DIRECTORY);
	begin(0);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	log_run_close(&run);
	close(dir_fd);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") || system(command);
}

static void parts_are_one(void **state)
{
	(void)state;
	part("web.log", 9, T "five\n" T "no end");
	part("web.log.1", 9, T "three\n" T "four\n");
	part("web.log.2", 9, T "one\n" T "two\n");
	part("web.log.3", 1, T "another\n");
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
	assert_int_equal(run.nr, 3);
	assert_int_equal(log_run_count(&run), 6);
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(
		seen, "<2026>one\n<2026>two\n<2026>three\n<2026>four\n<2026>five\n<2026>no end");
	begin(0);
	assert_int_equal(log_run_open(&run, dir_fd, "web", 1), 1);
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(seen, "<2026>another\n");
	begin(0);
	assert_int_equal(log_run_open(&run, dir_fd, "web", 2), 0);
	assert_int_equal(log_run_open(&run, dir_fd, "we", 0), 0);
	assert_int_equal(log_run_open(&run, dir_fd, "a/b", 0), -1);
	assert_int_equal(errno, EINVAL);
	/* The last of them. */
	begin(4);
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(seen, "<2026>five\n<2026>no end");
}

static void grows(void **state)
{
	(void)state;
	part("web.log", 9, T "one");
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(seen, "<2026>one");
	assert_int_equal(log_read(&reader), 0);
	more("web.log", " more\n" T "gr\303");
	assert_int_equal(log_read(&reader), 0);
	/* A character comes in one piece. */
	assert_string_equal(seen, "<2026>one more\n<2026>gr");
	more("web.log", "\274n\n2026-11-");
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(seen, "<2026>one more\n<2026>gr\303\274n\n");
	more("web.log", "27T17:00:00.000000Z two\n");
	assert_int_equal(log_read(&reader), 0);
	assert_string_equal(seen, "<2026>one more\n<2026>gr\303\274n\n<2026>two\n");
}

/* It is told by its lock, which asking does not take. */
static void is_written(void **state)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	(void)state;
	part("web.log", 9, T "one\n");
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
	assert_false(log_run_is_written(&run));
	fd = open("web.log", O_RDWR);
	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
	assert_true(log_run_is_written(&run));
	close(fd);
	assert_false(log_run_is_written(&run));
}

/* What is no log of ours is left alone, or shown as far as it can be. */
static void anybodys_files(void **state)
{
	char text[40000];

	(void)state;
	part("victim.log", 1, T "secret\n");
	assert_int_equal(symlink("victim.log", "web.log"), 0);
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 0);
	assert_int_equal(unlink("web.log"), 0);
	assert_int_equal(mkfifo("web.log", 0600), 0);
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 0);
	assert_int_equal(unlink("web.log"), 0);
	more("web.log", "something else\n");
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 0);
	/* Lines without a time, and one that is too long. */
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	part("web.log", 1, "no time\n");
	more("web.log", text);
	more("web.log", "\n\n" T "good\n");
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
	assert_int_equal(log_read(&reader), 0);
	assert_memory_equal(seen, "<>no time\n<>xxx", 15);
	assert_string_equal(seen + nr_seen - 14, "<>\n<2026>good\n");
}

/* Who may not read all of it is told so, and nothing stays open. */
static void may_not_read(void **state)
{
	int before, after;

	(void)state;
	part("web.log", 9, T "two\n");
	part("web.log.1", 9, T "one\n");
	before = dup(dir_fd);
	close(before);
	forbidden = "web.log.1";
	assert_int_equal(log_run_open(&run, dir_fd, "web", 0), -1);
	assert_int_equal(errno, EACCES);
	forbidden = NULL;
	after = dup(dir_fd);
	close(after);
	assert_int_equal(before, after);
}

/* Any bytes behind the header. */
static void garbage(void **state)
{
	static const char *const pieces[] = { T,      "\n",   "\r\n",  "\033[0m",
					      "\377", "word", "2026-", "\001" };
	unsigned int round, i;
	char text[2000];

	(void)state;
	srand(1);
	for (round = 0; round < 300; round++) {
		text[0] = '\0';
		for (i = (unsigned int)rand() % 60; i; i--)
			(void)strcat(text, pieces[(unsigned int)rand() % ARRAY_SIZE(pieces)]);
		part("web.log", 1, text);
		begin((uint64_t)rand() % 5);
		assert_int_equal(log_run_open(&run, dir_fd, "web", 0), 1);
		assert_true(log_run_count(&run) >= 0);
		assert_int_equal(log_read(&reader), 0);
	}
}

static void clean(void **state)
{
	static const struct {
		const char *text, *shown;
	} cases[] = {
		{ "plain\ttext", "plain\ttext" },
		{ "line\r", "line" },
		{ "over\rwritten", "over?written" },
		{ "\033[2J\a\b", "?[2J??" },
		{ "gr\303\274n", "gr\303\274n" },
		{ "\302\233", "?" },	 /* CSI, in one character */
		{ "\342\200\256", "?" }, /* turns the text around */
		{ "\377\376", "??" },
		{ "cut \303", "cut ?" },
		{ "", "" },
	};
	char out[64], *copy;
	size_t i, n;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		/* Nothing is behind it. */
		copy = malloc(strlen(cases[i].text) + !*cases[i].text);
		memcpy(copy, cases[i].text, strlen(cases[i].text));
		n = log_clean(copy, strlen(cases[i].text), out);
		out[n] = '\0';
		assert_string_equal(out, cases[i].shown);
		free(copy);
	}
	n = log_clean("a\0b", 3, out);
	out[n] = '\0';
	assert_string_equal(out, "a?b");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(parts_are_one), TEST(grows), TEST(is_written),   TEST(anybodys_files),
		TEST(garbage),	     TEST(clean), TEST(may_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
