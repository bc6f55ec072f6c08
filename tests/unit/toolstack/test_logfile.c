// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests' logs as files: lines with their times, bounded by guest and together, that nobody's names, links
 * or lack of room lead astray.  pwrite() is the test's: it can be out of room.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "logdir.h"
#include "logs.h"

#define S 1000000000ULL

static char top[] = "/tmp/chaos-logs.XXXXXX";
static struct logdir *dir;
static struct log_subject subject;
static uint64_t now; /* both clocks */
static unsigned int nr_told;
static char told[400];
static uint64_t room; /* bytes that pwrite() can still write */

ssize_t pwrite(int fd, const void *buf, size_t len, off_t at)
{
	size_t n = len < room ? len : (size_t)room;

	if (!n && len) {
		errno = ENOSPC;
		return -1;
	}
	room -= n;
	return syscall(SYS_pwrite64, fd, buf, n, at);
}

static void tell(const char *text)
{
	nr_told++;
	(void)snprintf(told, sizeof(told), "%s", text);
}

static struct logfile *open_log(const char *name, uint8_t uuid, uint64_t serial)
{
	(void)snprintf(subject.name, sizeof(subject.name), "%s", name);
	subject.uuid[0] = uuid;
	subject.serial = serial;
	return logfile_open(dir, &subject, now, now);
}

static size_t say(struct logfile *f, const char *text)
{
	return logfile_append(f, text, strlen(text), now, now);
}

/* All of a file; NULL if there is none.  To be freed. */
static char *content(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text;
	size_t n;

	if (!f)
		return NULL;
	text = calloc(1, 4U << 20);
	n = fread(text, 1, (4U << 20) - 1, f);
	assert_true(n < (4U << 20) - 1);
	(void)fclose(f);
	return text;
}

/* What a log says, times and headers left out, from its oldest part on.  To be freed. */
static char *said(const char *guest)
{
	char *text = calloc(1, 4U << 20), *part, *line, *end, name[NAME_MAX + 1];
	unsigned int i = CHAOS_LOG_MAX_PARTS;
	struct chaos_log_header header;

	while (i--) {
		assert_true(chaos_log_name(guest, i, name));
		part = content(name);
		if (!part)
			continue;
		assert_true(chaos_log_header_parse(part, strlen(part), &header));
		for (line = part + CHAOS_LOG_HEADER_LEN; *line; line = end) {
			assert_true(chaos_log_stamp_check(line, strlen(line)));
			assert_int_equal(line[CHAOS_LOG_STAMP_LEN], ' ');
			line += CHAOS_LOG_STAMP_LEN + 1;
			end = strchr(line, '\n');
			end = end ? end + 1 : line + strlen(line);
			assert_true(end - line <= (long)CHAOS_LOG_LINE_MAX + 1);
			strncat(text, line, (size_t)(end - line));
		}
		free(part);
	}
	return text;
}

static void assert_said(const char *guest, const char *what)
{
	char *text = said(guest);

	assert_string_equal(text, what);
	free(text);
}

static bool exists(const char *name)
{
	struct stat st;

	return !lstat(name, &st);
}

static uint64_t bytes_there(void)
{
	DIR *d = opendir(".");
	struct dirent *e;
	uint64_t bytes = 0;
	struct stat st;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (!lstat(e->d_name, &st) && S_ISREG(st.st_mode))
			bytes += (uint64_t)st.st_size;
	closedir(d);
	return bytes;
}

static void dir_new(uint64_t part_bytes, unsigned int nr_kept, uint64_t total)
{
	dir->path = top;
	dir->part_bytes = part_bytes;
	dir->nr_kept = nr_kept;
	dir->total_bytes = total;
	dir->tell = tell;
	logdir_init(dir);
}

static int setup(void **state)
{
	(void)state;
	memset(&subject, 0, sizeof(subject));
	memcpy(top, "/tmp/chaos-logs.XXXXXX", sizeof(top));
	dir = calloc(1, sizeof(*dir));
	now = 1795798800 * S;
	nr_told = 0;
	room = UINT64_MAX;
	if (!mkdtemp(top) || chdir(top))
		return -1;
	dir_new(4096, 3, 1U << 20);
	return 0;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	logdir_fini(dir);
	free(dir);
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") || system(command);
}

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

/* ---- hostile surroundings ---- */

static void names(void **state)
{
	static const char *const bad[] = { "", "a/b", "/", "../x", "a\nb", "a\tb", "a\033b" };
	static const char *const not_logs[] = { "",	    ".log",	 "x",	     "x.log.0",
						"x.log.01", "x.log.100", "x.log.1x", "x.log.-1",
						"x.logs",   ".log.1",	 "x.log." };
	char file[NAME_MAX + 1], guest[CHAOS_NAME_LEN], longest[CHAOS_NAME_LEN + 1];
	unsigned int i, part;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(chaos_log_name(bad[i], 0, file));
	for (i = 0; i < ARRAY_SIZE(not_logs); i++)
		assert_false(chaos_log_name_parse(not_logs[i], guest, &part));
	assert_true(chaos_log_name("..", 0, file));
	assert_string_equal(file, "...log");
	assert_false(chaos_log_name("x", CHAOS_LOG_MAX_PARTS, file));
	/* A guest's name looks like a part of another's log, and is none. */
	assert_true(chaos_log_name("x.log.1", 0, file));
	assert_true(chaos_log_name_parse(file, guest, &part));
	assert_string_equal(guest, "x.log.1");
	assert_int_equal(part, 0);
	assert_true(chaos_log_name_parse("x.log.12", guest, &part));
	assert_string_equal(guest, "x");
	assert_int_equal(part, 12);
	memset(longest, 'x', sizeof(longest));
	longest[CHAOS_NAME_LEN] = '\0';
	assert_false(chaos_log_name(longest, 0, file));
	longest[CHAOS_NAME_LEN - 1] = '\0';
	assert_true(chaos_log_name(longest, 99, file));
	assert_true(chaos_log_name_parse(file, guest, &part));
	assert_string_equal(guest, longest);
}

static void headers(void **state)
{
	struct chaos_log_header header = { .serial = 0x12ab, .uuid = { 1, 2 } }, again;
	char text[CHAOS_LOG_HEADER_LEN + 1], *copy;
	unsigned int i, n;

	(void)state;
	chaos_log_stamp(now, header.since);
	memset(header.boot, 'b', CHAOS_LOG_BOOT_LEN);
	chaos_log_header_format(&header, text);
	assert_int_equal(strlen(text), CHAOS_LOG_HEADER_LEN);
	assert_true(chaos_log_header_parse(text, CHAOS_LOG_HEADER_LEN, &again));
	assert_memory_equal(&header, &again, sizeof(header));
	for (i = 0; i < CHAOS_LOG_HEADER_LEN; i++) {
		copy = malloc(i + 1);
		memcpy(copy, text, i);
		assert_false(chaos_log_header_parse(copy, i, &again));
		free(copy);
	}
	srand(1);
	copy = malloc(CHAOS_LOG_HEADER_LEN);
	for (i = 0; i < 100000; i++) {
		memcpy(copy, text, CHAOS_LOG_HEADER_LEN);
		for (n = 0; n <= i % 4; n++)
			copy[(unsigned int)rand() % CHAOS_LOG_HEADER_LEN] = (char)rand();
		(void)chaos_log_header_parse(copy, CHAOS_LOG_HEADER_LEN, &again);
	}
	free(copy);
	/* Times that no clock has. */
	chaos_log_stamp(UINT64_MAX, header.since);
	assert_true(chaos_log_stamp_check(header.since, CHAOS_LOG_STAMP_LEN));
}

static void put(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	(void)fputs(text, f);
	(void)fclose(f);
}

/* What has a log's name and is none is left as it is: not followed, waited for, moved, deleted or written to. */
static void not_ours(void **state)
{
	struct logfile *f;
	struct stat st;
	char *text;

	(void)state;
	put("victim", "precious");
	assert_int_equal(symlink("victim", "web.log"), 0);
	f = open_log("web", 1, 7);
	say(f, "hello\n");
	assert_int_equal(lstat("web.log", &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	assert_int_equal(nr_told, 1);
	assert_non_null(strstr(told, "what \"web\" says is lost: a file that is no log"));
	/* It goes on when that is gone. */
	assert_int_equal(unlink("web.log"), 0);
	now += 2 * S;
	say(f, "here\n");
	assert_said("web", "[chaosd: 6 bytes were lost here: File exists]\nhere\n");
	logfile_close(f);
	/* A dangling one, that would be made. */
	assert_int_equal(unlink("web.log"), 0);
	assert_int_equal(symlink("made", "web.log"), 0);
	f = open_log("web", 1, 7);
	logfile_close(f);
	assert_false(exists("made"));
	assert_int_equal(unlink("web.log"), 0);
	assert_int_equal(mkfifo("web.log", 0600), 0);
	f = open_log("web", 1, 7);
	logfile_close(f);
	/* Its own header, by another name as well. */
	assert_int_equal(unlink("web.log"), 0);
	f = open_log("web", 1, 7);
	logfile_close(f);
	assert_int_equal(link("web.log", "other"), 0);
	f = open_log("web", 1, 7);
	say(f, "more\n");
	logfile_close(f);
	text = content("other");
	assert_int_equal(strlen(text), CHAOS_LOG_HEADER_LEN);
	free(text);
	text = content("victim");
	assert_string_equal(text, "precious");
	free(text);
	/* An empty one is what a crash of the host has left. */
	put("new.log", "");
	f = open_log("new", 1, 8);
	say(f, "hello\n");
	logfile_close(f);
	assert_true(exists("new.log.1"));
	assert_int_equal(nr_told, 3);
}

static void assert_content(const char *name, const char *what)
{
	char *text = content(name);

	assert_non_null(text);
	assert_string_equal(text, what);
	free(text);
}

/* A directory in which other programs have logs, too. */
static void others_logs(void **state)
{
	char name[32];
	struct logfile *f;
	unsigned int i;

	(void)state;
	dir->total_bytes = 16U << 10;
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "other%u.log", i);
		put(name, "precious");
	}
	put("syslog.log.55", "precious");
	put("web.log", "precious");
	put("db.log.3", "precious");
	f = open_log("web", 1, 1);
	say(f, "hello\n");
	logfile_close(f);
	assert_int_equal(nr_told, 1);
	f = open_log("db", 1, 2);
	for (i = 0; i < 2000; i++)
		say(f, "0123456789\n");
	logfile_close(f);
	assert_int_equal(nr_told, 2);
	assert_false(exists("db.log.1"));
	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "other%u.log", i);
		assert_content(name, "precious");
	}
	assert_content("syslog.log.55", "precious");
	assert_content("web.log", "precious");
	assert_content("db.log.3", "precious");
}

/* A directory that others can write to, or that is another's link, is none for logs. */
static void directories(void **state)
{
	struct logfile *f;
	char path[64];
	struct stat st;

	(void)state;
	assert_int_equal(chmod(top, 0777), 0);
	f = open_log("web", 1, 7);
	say(f, "hello\n");
	assert_int_equal(nr_told, 1);
	assert_non_null(strstr(told, "cannot be written"));
	assert_false(exists("web.log"));
	logfile_close(f);
	assert_int_equal(chmod(top, 0700), 0);
	(void)snprintf(path, sizeof(path), "%s/deep", top);
	dir->path = path;
	now += 100 * S;
	f = open_log("web", 1, 7);
	assert_int_equal(lstat("deep", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_true(exists("deep/web.log"));
	logfile_close(f);
	dir->path = top;
}

/* The service manager has made it, with what is there of a run before, for root. */
static void group_reads(void **state)
{
	struct logfile *f;
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	logfile_close(open_log("old", 1, 7));
	logdir_reopen(dir);
	now += 2 * S;
	put("other.log", "precious");
	assert_int_equal(chmod(top, 0750), 0);
	dir->has_group = true;
	dir->group = 4321;
	f = open_log("web", 1, 7);
	assert_int_equal(stat(top, &st), 0);
	assert_int_equal(st.st_gid, 4321);
	assert_int_equal(st.st_mode & 07777, 0750);
	assert_int_equal(stat("web.log", &st), 0);
	assert_int_equal(st.st_gid, 4321);
	assert_int_equal(stat("old.log", &st), 0);
	assert_int_equal(st.st_gid, 4321);
	assert_int_equal(stat("other.log", &st), 0);
	assert_int_not_equal(st.st_gid, 4321);
	logfile_close(f);
	assert_int_equal(nr_told, 0);
}

/* One line for all guests and all writes; what was lost is said where it is missing. */
static void no_directory(void **state)
{
	struct logfile *a, *b;
	char path[64];
	unsigned int i;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/not/there", top);
	dir->path = path;
	a = open_log("a", 1, 7);
	b = open_log("b", 2, 8);
	for (i = 0; i < 1000; i++) {
		now += S / 100;
		say(a, "lost\n");
		say(b, "lost\n");
	}
	assert_int_equal(nr_told, 1);
	assert_non_null(strstr(told, "No such file"));
	assert_int_equal(mkdir("not", 0700), 0);
	now += 2 * S;
	say(a, "a\n");
	assert_int_equal(nr_told, 2);
	assert_non_null(strstr(told, "written again"));
	assert_non_null(strstr(told, "10000 bytes were lost"));
	say(b, "b\n");
	assert_int_equal(nr_told, 2);
	assert_int_equal(chdir("not/there"), 0);
	assert_said("a", "[chaosd: 5000 bytes were lost here: No such file or directory]\na\n");
	assert_said("b", "[chaosd: 5000 bytes were lost here: No such file or directory]\nb\n");
	/* And taken away again. */
	assert_int_equal(chdir(top), 0);
	assert_int_equal(system("rm -rf not/there"), 0);
	now += 2 * S;
	say(a, "again\n");
	now += 2 * S;
	say(a, "here\n");
	assert_int_equal(chdir("not/there"), 0);
	assert_true(exists("a.log"));
	logfile_close(a);
	logfile_close(b);
	dir->path = top;
}

static void no_room(void **state)
{
	struct logfile *f = open_log("web", 1, 7);
	unsigned int i;
	char *text;

	(void)state;
	say(f, "whole\nhalf ");
	room = 3;
	for (i = 0; i < 500; i++)
		say(f, "lost\n");
	assert_int_equal(nr_told, 1);
	assert_non_null(strstr(told, "No space left"));
	assert_said("web", "whole\nhalf ");
	room = UINT64_MAX;
	say(f, "here\n");
	assert_int_equal(nr_told, 2);
	assert_said(
		"web",
		"whole\nhalf \n[chaosd: 2500 bytes were lost here: No space left on device]\nhere\n");
	/* A disk that is full now and then does not fill the daemon's log. */
	for (i = 0; i < 50; i++) {
		now += S / 10;
		room = 0;
		say(f, "x\n");
		room = UINT64_MAX;
		say(f, "y\n");
	}
	assert_int_equal(nr_told, 2);
	now += 61 * S;
	room = 0;
	say(f, "x\n");
	assert_int_equal(nr_told, 3);
	/* The parts that are there do not move while no new one can be made. */
	room = UINT64_MAX;
	now += 2 * S;
	for (i = 0; i < 300; i++)
		say(f, "0123456789\n");
	text = content("web.log.1");
	assert_non_null(text);
	room = 0;
	for (i = 0; i < 100; i++) {
		now += 2 * S;
		say(f, "x\n");
		logfile_drop(f);
	}
	free(text);
	assert_true(exists("web.log.1") && exists("web.log.2"));
	logfile_close(f);
}

/* Somebody tidies up: the guest's log begins anew. */
static void deleted(void **state)
{
	struct logfile *f = open_log("web", 1, 7);

	(void)state;
	say(f, "one\n");
	assert_int_equal(unlink("web.log"), 0);
	now += 2 * S;
	say(f, "two\n");
	assert_said("web", "two\n");
	assert_int_equal(rename("web.log", "elsewhere"), 0);
	now += 2 * S;
	say(f, "three\n");
	assert_said("web", "three\n");
	assert_int_equal(nr_told, 0);
	logfile_close(f);
}

/* ---- the bound of all ---- */

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

/* ---- turns ---- */

static void turns_are_fair(void **state)
{
	uint64_t t = 5 * S, taken = 0, turns_taken = 0, when;
	struct turns turns;

	(void)state;
	turns_init(&turns, t);
	/* One that always has something: a credit, and then its rate. */
	while (t < 65 * S) {
		when = turns_when(&turns, t);
		if (when) {
			assert_true(when > t && when - t < S);
			t = when;
			continue;
		}
		turns_charge(&turns, 2048);
		taken += 2048;
	}
	assert_in_range(taken, TURN_BURST + 58ULL * TURN_RATE, TURN_BURST + 62ULL * TURN_RATE);
	/* One that sends events and no byte is work as well. */
	while (t < 125 * S) {
		when = turns_when(&turns, t);
		if (when) {
			t = when;
			continue;
		}
		turns_charge(&turns, 0);
		turns_taken++;
	}
	assert_in_range(turns_taken, 55ULL * TURN_RATE / TURN_COST, 62ULL * TURN_RATE / TURN_COST);
	/* What is saved up has a bound, and long times do not overflow. */
	assert_int_equal(turns_when(&turns, t + 1000000000ULL * S), 0);
	assert_int_equal(turns.credit, TURN_BURST);
	/* Looked at every microsecond it gets no less. */
	turns.credit = -(int64_t)TURN_RATE;
	turns.since_ns = t = 2000000000ULL * S;
	for (when = 0; when < 1100000; when++, t += 1000)
		if (!turns_when(&turns, t))
			break;
	assert_in_range(when, 990000, 1010000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		TEST(lines_have_times), TEST(parts_follow_each_other),
		TEST(endless_line),	TEST(newlines_only),
		TEST(any_byte_is_kept), TEST(used_again),
		TEST(goes_on),		TEST(renamed),
		TEST(forgotten),	TEST(names),
		TEST(headers),		TEST(not_ours),
		TEST(group_reads),	TEST(others_logs),
		TEST(silent),		TEST(directories),
		TEST(no_directory),	TEST(no_room),
		TEST(deleted),		TEST(floods_share),
		TEST(gone_go_first),	TEST(kept_by_more),
		TEST(turns_are_fair),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
