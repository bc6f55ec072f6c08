// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guests' logs in surroundings that are hostile or in a bad state: no names, links or lack of room lead
 * them astray.
 */
#include "log_world.h"

#include <sys/stat.h>
#include <unistd.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, log_setup, log_teardown)
		TEST(not_ours),	    TEST(group_reads), TEST(others_logs), TEST(directories),
		TEST(no_directory), TEST(no_room),     TEST(deleted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
