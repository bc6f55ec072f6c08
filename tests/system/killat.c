// SPDX-License-Identifier: GPL-2.0-only
/*
 * killat - run a program and kill it with SIGKILL where it enters its Nth ioctl(2), in whatever
 * thread: all that a toolstack asks of Xen and of the module is one.  The program is the one that
 * is shipped.  What it has started is not counted, nor killed, nor waited for: `chaos reap` stays as
 * long as there are guests.  Leaves with 42 if it was killed so, and with its status otherwise; its
 * process number is written to a file.
 *
 * A seccomp filter makes it stop at ioctls only: to stop at every system call takes ten times as long.
 *
 * usage: killat N PIDFILE PROGRAM [ARG]...
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED 42
#define OPTIONS                                                                                   \
	(PTRACE_O_TRACESECCOMP | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | \
	 PTRACE_O_EXITKILL)

static void fail(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(2);
}

/* Also in what it starts, which is therefore traced as well: without a tracer the call would fail. */
static void stop_at_ioctls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { sizeof(code) / sizeof(code[0]), code };

	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		fail("seccomp");
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		(void)raise(SIGSTOP);
		stop_at_ioctls();
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		fail("waitpid");
	if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) || kill(pid, SIGCONT))
		fail("ptrace");
	return pid;
}

/* One of the program's own threads. */
static bool enters_ioctl(pid_t pid, pid_t tid, int status)
{
	return status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) &&
	       !syscall(SYS_tgkill, pid, tid, 0);
}

/* The signal a stopped thread is to get when it goes on: group stops and events have none. */
static int signal_of(int status)
{
	int sig = WSTOPSIG(status);

	return sig == SIGTRAP || status >> 16 ? 0 : sig;
}

/* Whoever waits for the program, or reads what it prints to the end, is not to wait for the rest. */
static void tell(int fd, int rc)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i;

	for (i = 0; i <= 2; i++)
		if (dup2(null, i) < 0)
			fail("/dev/null");
	if (write(fd, &rc, sizeof(rc)) != sizeof(rc) || close(fd))
		fail("pipe");
}

/* Until there is nothing left that is traced; how the program ended is told before, to a pipe. */
static void follow(pid_t pid, unsigned long n, int fd)
{
	int status, rc = 0;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == ECHILD)
			return;
		if (tid < 0)
			fail("waitpid");
		if (WIFSTOPPED(status)) {
			if (n && enters_ioctl(pid, tid, status) && !--n) {
				(void)kill(pid, SIGKILL); /* it is stopped, so it is there */
				rc = KILLED;
			} else {
				/* Fails when the thread was killed meanwhile: waitpid tells. */
				(void)ptrace(PTRACE_CONT, tid, NULL, signal_of(status));
			}
		} else if (tid == pid) {
			/* The last of its threads. */
			if (rc != KILLED)
				rc = WIFEXITED(status) ? WEXITSTATUS(status) :
							 128 + WTERMSIG(status);
			tell(fd, rc);
		}
	}
}

static void trace(char **argv, unsigned long n, int fd)
{
	pid_t pid = start(argv + 3);
	FILE *f = fopen(argv[2], "we");

	if (!f || fprintf(f, "%d\n", (int)pid) < 0 || fclose(f))
		fail(argv[2]);
	follow(pid, n, fd);
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
	int fd[2], rc;
	pid_t tracer;

	if (!n) {
		fprintf(stderr, "usage: killat N PIDFILE PROGRAM [ARG]...\n");
		return 2;
	}
	if (pipe2(fd, O_CLOEXEC))
		fail("pipe");
	tracer = fork();
	if (tracer < 0)
		fail("fork");
	if (!tracer) {
		trace(argv, n, fd[1]);
		return 0;
	}
	close(fd[1]);
	return read(fd[0], &rc, sizeof(rc)) == sizeof(rc) ? rc : 2;
}
