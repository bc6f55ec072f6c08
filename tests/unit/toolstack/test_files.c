// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files and sockets under names that others can get at: nothing is followed, opened or removed but
 * what we have made ourselves.  fsync() of a directory is the test's, and whether the file system has
 * files without a name.
 */
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/files.h"

#define STRANGER 65534

static char top[] = "/tmp/chaos-files.XXXXXX";
static int sync_errno; /* of directories; 0 = they can be synced */
static unsigned int nr_syncs, sync_fails_from;
static bool has_no_tmpfile;

int fsync(int fd)
{
	struct stat st;

	if (!fstat(fd, &st) && S_ISDIR(st.st_mode) && sync_errno && nr_syncs++ >= sync_fails_from) {
		errno = sync_errno;
		return -1;
	}
	return (int)syscall(SYS_fsync, fd);
}

int openat(int dir, const char *path, int flags, ...)
{
	mode_t mode;
	va_list args;

	va_start(args, flags);
	mode = (flags & O_CREAT) || (flags & O_TMPFILE) == O_TMPFILE ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (has_no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_openat, dir, path, flags, mode);
}

static void put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void assert_text(const char *path, const char *text)
{
	char buf[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_true(fread(buf, 1, sizeof(buf) - 1, f) > 0);
	assert_string_equal(buf, text);
	(void)fclose(f);
}

static bool exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}

static int write_new(const char *path, bool is_durable)
{
	struct chaos_new_file f;
	int rc;

	if (chaos_new_file_open(&f, path, 0644))
		return -1;
	assert_int_equal(write(f.fd, "new", 3), 3);
	rc = chaos_new_file_commit(&f, is_durable);
	chaos_new_file_close(&f);
	return rc;
}

static int setup(void **state)
{
	(void)state;
	sync_errno = 0;
	nr_syncs = 0;
	sync_fails_from = 0;
	has_no_tmpfile = false;
	memcpy(top, "/tmp/chaos-files.XXXXXX", sizeof(top));
	return mkdtemp(top) && !chdir(top) ? 0 : -1;
}

static int setup_without(void **state)
{
	int rc = setup(state);

	has_no_tmpfile = true;
	return rc;
}

static int teardown(void **state)
{
	char command[64];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -rf %s", top);
	return chdir("/") || system(command) ? -1 : 0;
}

static void test_file(void **state)
{
	struct chaos_new_file f;
	struct stat st;

	(void)state;
	put("file", "old");
	assert_int_equal(chaos_new_file_open(&f, "file", 0600), 0);
	assert_int_equal(fstat(f.fd, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	chaos_new_file_close(&f);
	assert_text("file", "old");
	assert_int_equal(write_new("file", true), 0);
	assert_text("file", "new");
	assert_int_equal(stat("file", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	/* Nothing is left beside it. */
	assert_int_equal(unlink("file"), 0);
	assert_int_equal(rmdir(top), 0);
	assert_int_equal(mkdir(top, 0700), 0);
}

static unsigned int nr_files(void)
{
	DIR *d = opendir(".");
	struct dirent *entry;
	unsigned int n = 0;

	assert_non_null(d);
	while ((entry = readdir(d)))
		n += entry->d_name[0] != '.';
	closedir(d);
	return n;
}

/* Whoever is killed while it writes leaves nothing: neither a part of the file, nor under another name. */
static void test_file_killed(void **state)
{
	struct chaos_new_file f;
	int fd = open(".", O_TMPFILE | O_RDWR, 0600), status;
	pid_t pid;

	(void)state;
	if (fd < 0)
		skip();
	close(fd);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (!chaos_new_file_open(&f, "file", 0600) && write(f.fd, "half", 4) == 4)
			(void)raise(SIGKILL);
		_exit(1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(nr_files(), 0);
	assert_int_equal(write_new("file", true), 0);
	assert_int_equal(nr_files(), 1);
}

/* The links are where a file with a known name would have been written through them. */
static void test_file_links(void **state)
{
	struct stat st;

	(void)state;
	put("victim", "victim");
	assert_int_equal(symlink("victim", "file"), 0);
	assert_int_equal(symlink("victim", "file.new"), 0);
	assert_int_equal(write_new("file", false), 0);
	assert_text("victim", "victim");
	assert_text("file", "new");
	assert_int_equal(lstat("file", &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_not_equal(write_new("directory", false), 0);
	assert_int_not_equal(write_new("", false), 0);
	assert_int_not_equal(write_new("directory/", false), 0);
	assert_int_not_equal(write_new("directory/..", false), 0);
	assert_int_not_equal(write_new("victim/file", false), 0);
	assert_int_not_equal(write_new("none/file", false), 0);
	assert_int_equal(symlink("loop", "loop"), 0);
	assert_int_not_equal(write_new("loop/file", false), 0);
}

/* Whose link leads us elsewhere: our own does, a stranger's does not. */
static void test_directory_links(void **state)
{
	char path[128];

	(void)state;
	assert_int_equal(mkdir("theirs", 0755), 0);
	assert_int_equal(mkdir("precious", 0755), 0);
	assert_int_equal(symlink("../precious", "theirs/link"), 0);
	assert_int_equal(write_new("theirs/link/file", false), 0);
	(void)snprintf(path, sizeof(path), "%s//theirs/./link/../precious/file", top);
	assert_int_equal(write_new(path, false), 0);
	assert_text("precious/file", "new");
	if (geteuid())
		skip();
	put("precious/file", "precious");
	assert_int_equal(chown("theirs", STRANGER, STRANGER), 0);
	assert_int_equal(lchown("theirs/link", STRANGER, STRANGER), 0);
	assert_int_not_equal(write_new("theirs/link/file", false), 0);
	assert_int_equal(errno, EPERM);
	assert_text("precious/file", "precious");
	/* The directory itself may be anybody's. */
	assert_int_equal(write_new("theirs/file", false), 0);
}

/* Names in a directory, and directories, that a stranger's link does not lead us to. */
static void test_names(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(chaos_directory_make("./a/../b//c/", 0700), 0);
	assert_int_equal(chaos_directory_make("b/c", 0755), 0);
	assert_int_equal(stat("b/c", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
	put("b/c/one", "one");
	assert_int_not_equal(chaos_directory_make("b/c/one", 0700), 0);
	assert_int_not_equal(chaos_directory_make("b/c/one/two", 0700), 0);
	assert_int_equal(chaos_file_rename("b/c/one", "two"), 0);
	assert_text("b/c/two", "one");
	assert_int_not_equal(chaos_file_rename("b/c/one", "two"), 0);
	assert_int_not_equal(chaos_file_remove("b/c/one"), 0);
	assert_int_equal(symlink("b/c", "link"), 0);
	if (!geteuid()) {
		assert_int_equal(lchown("link", STRANGER, STRANGER), 0);
		assert_int_not_equal(chaos_file_rename("link/two", "three"), 0);
		assert_int_equal(errno, EPERM);
		assert_int_not_equal(chaos_file_remove("link/two"), 0);
		assert_int_not_equal(chaos_directory_make("link/d", 0700), 0);
		assert_int_not_equal(chaos_directory_make("link", 0700), 0);
		assert_int_equal(errno, EPERM);
		assert_false(exists("b/c/d"));
	}
	assert_text("b/c/two", "one");
	assert_int_equal(chaos_file_remove("b/c/two"), 0);
	assert_false(exists("b/c/two"));
}

/* Some file systems cannot sync a directory: that is no error.  One that could, and fails, is. */
static void test_file_sync(void **state)
{
	(void)state;
	put("file", "old");
	sync_errno = EINVAL;
	assert_int_equal(write_new("file", true), 0);
	assert_text("file", "new");
	put("file", "old");
	sync_errno = EIO;
	assert_int_not_equal(write_new("file", true), 0);
	assert_text("file", "old");
	nr_syncs = 0;
	sync_fails_from = 1;
	assert_int_not_equal(write_new("file", true), 0);
	assert_text("file", "new"); /* of the two one is there, and whole */
	/* Without an older one there is none. */
	assert_int_equal(unlink("file"), 0);
	nr_syncs = 0;
	sync_fails_from = 0;
	assert_int_not_equal(write_new("file", true), 0);
	assert_int_equal(errno, EIO);
	assert_int_equal(rmdir(top), 0);
	assert_int_equal(mkdir(top, 0700), 0);
}

static void refuse(const char *path, int e)
{
	struct chaos_listener l;

	assert_int_not_equal(chaos_listener_open(&l, path, SOCK_STREAM, 0600), 0);
	assert_int_equal(errno, e);
}

static void test_socket(void **state)
{
	struct chaos_listener l, second;
	struct stat st;

	(void)state;
	assert_int_equal(chaos_listener_open(&l, "socket", SOCK_STREAM, 0660), 0);
	assert_int_equal(listen(l.fd, 1), 0);
	assert_int_equal(stat("socket", &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	refuse("socket", EADDRINUSE);
	/* Killed: its file stays, and is replaced. */
	close(l.fd);
	l.fd = -1;
	assert_int_equal(chaos_listener_open(&second, "socket", SOCK_SEQPACKET, 0600), 0);
	/* The file that is there is another's. */
	chaos_listener_close(&l);
	assert_true(exists("socket"));
	chaos_listener_close(&second);
	assert_false(exists("socket"));
}

/* What is no socket stays, whatever it is; and what took a socket's name while it was open. */
static void test_socket_precious(void **state)
{
	struct chaos_listener l;

	(void)state;
	put("precious", "precious");
	assert_int_equal(symlink("precious", "link"), 0);
	assert_int_equal(symlink("none", "dangling"), 0);
	assert_int_equal(mkdir("directory", 0700), 0);
	assert_int_equal(mkfifo("fifo", 0600), 0);
	refuse("precious", EEXIST);
	refuse("link", EEXIST);
	refuse("dangling", EEXIST);
	refuse("directory", EEXIST);
	refuse("fifo", EEXIST);
	assert_text("precious", "precious");
	assert_true(exists("link") && exists("directory") && exists("fifo"));
	assert_false(exists("none"));
	assert_int_equal(chaos_listener_open(&l, "socket", SOCK_STREAM, 0600), 0);
	assert_int_equal(rename("precious", "socket"), 0);
	chaos_listener_close(&l);
	assert_text("socket", "precious");
}

static void test_socket_of_others(void **state)
{
	struct chaos_listener l;
	struct stat st;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chaos_listener_open(&l, "socket", SOCK_STREAM, 0600), 0);
	close(l.fd);
	l.fd = -1;
	assert_int_equal(chown("socket", STRANGER, STRANGER), 0);
	refuse("socket", EPERM);
	assert_true(exists("socket"));
	chaos_listener_close(&l);
	/* A link in the socket's place is not what gets its group. */
	put("victim", "victim");
	assert_int_equal(chaos_listener_open(&l, "socket", SOCK_STREAM, 0600), 0);
	assert_int_equal(unlink("socket"), 0);
	assert_int_equal(symlink("victim", "socket"), 0);
	assert_int_equal(chaos_listener_chown(&l, STRANGER), 0);
	chaos_listener_close(&l);
	assert_int_equal(stat("victim", &st), 0);
	assert_int_equal(st.st_gid, getegid());
}

static void test_whose_file(void **state)
{
	char path[] = "/tmp/test_files.XXXXXX";
	int fd = mkstemp(path), pipes[2];

	(void)state;
	assert_true(fd >= 0);
	assert_true(chaos_file_is_ours(fd));
	assert_int_equal(fchmod(fd, 0644), 0);
	assert_true(chaos_file_is_ours(fd));
	assert_int_equal(fchmod(fd, 0620), 0);
	assert_false(chaos_file_is_ours(fd));
	assert_int_equal(fchmod(fd, 0602), 0);
	assert_false(chaos_file_is_ours(fd));
	assert_int_equal(fchmod(fd, 0600), 0);
	if (!geteuid()) {
		assert_int_equal(fchown(fd, 12345, 0), 0);
		assert_false(chaos_file_is_ours(fd));
	}
	close(fd);
	(void)unlink(path); /* a temporary one */
	/* Who writes into a pipe, it does not say. */
	assert_int_equal(pipe(pipes), 0);
	assert_false(chaos_file_is_ours(pipes[0]));
	close(pipes[0]);
	close(pipes[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whose_file),
		cmocka_unit_test_setup_teardown(test_file, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file, setup_without, teardown),
		cmocka_unit_test_setup_teardown(test_file_killed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_directory_links, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_sync, setup, teardown),
		cmocka_unit_test_setup_teardown(test_file_sync, setup_without, teardown),
		cmocka_unit_test_setup_teardown(test_socket, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket_precious, setup, teardown),
		cmocka_unit_test_setup_teardown(test_socket_of_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
