// SPDX-License-Identifier: GPL-2.0-only
/*
 * killat - run a program and kill it with SIGKILL where it enters its Nth ioctl(2), in whatever
 * thread: all that a toolstack asks of Xen and of the module is one.  The program is the one that
 * is shipped.  Leaves with 42 if it was killed so, and with its status otherwise; its process
 * number is written to a file.
 *
 * usage: killat N PIDFILE PROGRAM [ARG]...
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define KILLED	     42
#define SYSCALL_TRAP (SIGTRAP | 0x80) /* ptrace(2), PTRACE_O_TRACESYSGOOD */
#define OPTIONS	     (PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL)

static void fail(const char *what)
{
	fprintf(stderr, "killat: %s: %s\n", what, strerror(errno));
	exit(2);
}

static pid_t start(char **argv)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		(void)raise(SIGSTOP);
		execvp(argv[0], argv);
		_exit(127);
	}
	if (waitpid(pid, &status, WUNTRACED) != pid || !WIFSTOPPED(status))
		fail("waitpid");
	if (ptrace(PTRACE_SEIZE, pid, NULL, OPTIONS) || kill(pid, SIGCONT))
		fail("ptrace");
	return pid;
}

/* At a system call's entry the result register holds -ENOSYS. */
static bool enters_ioctl(pid_t tid)
{
	struct user_regs_struct regs;

	return !ptrace(PTRACE_GETREGS, tid, NULL, &regs) && regs.orig_rax == SYS_ioctl &&
	       (long)regs.rax == -ENOSYS;
}

/* The signal a stopped thread is to get when it goes on: group stops and events have none. */
static int signal_of(int status)
{
	int sig = WSTOPSIG(status);

	return sig == SYSCALL_TRAP || sig == SIGTRAP || status >> 16 ? 0 : sig;
}

static int follow(pid_t pid, unsigned long n)
{
	int status;
	pid_t tid;

	for (;;) {
		tid = waitpid(-1, &status, __WALL);
		if (tid < 0)
			fail("waitpid");
		if (WIFSTOPPED(status)) {
			if (WSTOPSIG(status) == SYSCALL_TRAP && enters_ioctl(tid) && !--n) {
				(void)kill(pid, SIGKILL); /* it is stopped, so it is there */
				return KILLED;
			}
			/* Fails when the thread was killed meanwhile: waitpid tells. */
			(void)ptrace(PTRACE_SYSCALL, tid, NULL, signal_of(status));
		} else if (tid == pid) {
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		}
	}
}

int main(int argc, char **argv)
{
	unsigned long n = argc > 3 ? strtoul(argv[1], NULL, 10) : 0;
	FILE *f;
	pid_t pid;
	int rc;

	if (!n) {
		fprintf(stderr, "usage: killat N PIDFILE PROGRAM [ARG]...\n");
		return 2;
	}
	pid = start(argv + 3);
	f = fopen(argv[2], "we");
	if (!f || fprintf(f, "%d\n", (int)pid) < 0 || fclose(f))
		fail(argv[2]);
	rc = follow(pid, n);
	/* Until the last thread of it is gone. */
	while (rc == KILLED && waitpid(-1, NULL, __WALL) > 0)
		;
	return rc;
}
