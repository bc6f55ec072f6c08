// SPDX-License-Identifier: GPL-2.0
/*
 * forkexec - the yardstick: what it costs this small static parent to run a program and wait for
 * its end, by fork, vfork and posix_spawn.  Prints one JSON object with the medians in ns of
 * CLOCK_MONOTONIC, which are instructions under the lab's --icount.
 *
 * usage: forkexec ROUNDS PROGRAM
 */
#include <errno.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"

#define ROUNDS_MAX 1000

static char *const no_env[] = { NULL };
static char *child_argv[] = { NULL, NULL };

static pid_t start_fork(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		execve(child_argv[0], child_argv, no_env);
		_exit(127);
	}
	return pid;
}

static pid_t start_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		execve(child_argv[0], child_argv, no_env);
		_exit(127);
	}
	return pid;
}

static pid_t start_spawn(void)
{
	pid_t pid;

	return posix_spawn(&pid, child_argv[0], NULL, NULL, child_argv, no_env) ? -1 : pid;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a;
	uint64_t y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Median time in ns of starting a child and seeing its end; 0 if one failed. */
static uint64_t measure(pid_t (*start)(void), unsigned int rounds)
{
	static uint64_t took[ROUNDS_MAX];
	unsigned int i;

	for (i = 0; i < rounds; i++) {
		uint64_t begin = now_ns();
		pid_t pid = start();
		int status;

		if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
			return 0;
		took[i] = now_ns() - begin;
	}
	qsort(took, rounds, sizeof(took[0]), compare);
	return took[rounds / 2];
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc == 3 ? strtoul(argv[1], NULL, 10) : 0;
	uint64_t by_fork, by_vfork, by_spawn;

	if (!rounds || rounds > ROUNDS_MAX) {
		fprintf(stderr, "usage: forkexec ROUNDS(1-%d) PROGRAM\n", ROUNDS_MAX);
		return 2;
	}
	child_argv[0] = argv[2];
	by_fork = measure(start_fork, (unsigned int)rounds);
	by_vfork = measure(start_vfork, (unsigned int)rounds);
	by_spawn = measure(start_spawn, (unsigned int)rounds);
	if (!by_fork || !by_vfork || !by_spawn) {
		fprintf(stderr, "forkexec: %s does not run: %s\n", argv[2], strerror(errno));
		return 1;
	}
	printf("{\"rounds\":%lu,\"fork_exec_ns\":%llu,\"vfork_exec_ns\":%llu,"
	       "\"posix_spawn_ns\":%llu}\n",
	       rounds, (unsigned long long)by_fork, (unsigned long long)by_vfork,
	       (unsigned long long)by_spawn);
	return 0;
}
