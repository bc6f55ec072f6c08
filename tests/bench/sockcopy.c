// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs to move bytes through a socket of this machine, as a migration does: written in pieces of
 * 32 KiB by one process, read by another into as large a buffer, and one byte comes back.  Prints the
 * median of some rounds in nanoseconds.
 *
 * usage: sockcopy BYTES [ROUNDS (11)]
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"

#define PIECE (32U << 10)

static char buf[PIECE];

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Answer each `bytes` bytes until there are no more. */
static void reader(int fd, size_t bytes)
{
	size_t left = bytes;
	ssize_t n;

	while ((n = read(fd, buf, left < PIECE ? left : PIECE)) > 0) {
		left -= (size_t)n;
		if (left)
			continue;
		if (write(fd, buf, 1) != 1)
			break;
		left = bytes;
	}
	_exit(0);
}

static uint64_t one_round(int fd, size_t bytes)
{
	uint64_t start = now_ns();
	size_t left = bytes;
	ssize_t n;

	for (; left; left -= (size_t)n) {
		n = write(fd, buf, left < PIECE ? left : PIECE);
		if (n <= 0)
			exit(1);
	}
	if (read(fd, buf, 1) != 1)
		exit(1);
	return now_ns() - start;
}

int main(int argc, char **argv)
{
	size_t bytes = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int rounds = argc > 2 ? atoi(argv[2]) : 11, fds[2], i;
	uint64_t *ns;

	ns = rounds > 0 ? calloc((size_t)rounds, sizeof(*ns)) : NULL;
	if (!bytes || !ns || socketpair(AF_UNIX, SOCK_STREAM, 0, fds)) {
		fprintf(stderr, "usage: sockcopy BYTES [ROUNDS]\n");
		return 2;
	}
	memset(buf, 1, sizeof(buf));
	if (!fork()) {
		close(fds[0]);
		reader(fds[1], bytes);
	}
	close(fds[1]);
	(void)one_round(fds[0], bytes); /* the first pays for what the kernel keeps */
	for (i = 0; i < rounds; i++)
		ns[i] = one_round(fds[0], bytes);
	close(fds[0]);
	(void)wait(NULL);
	qsort(ns, (size_t)rounds, sizeof(*ns), compare);
	printf("%llu\n", (unsigned long long)ns[rounds / 2]);
	return 0;
}
