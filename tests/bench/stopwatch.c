// SPDX-License-Identifier: GPL-2.0
/*
 * stopwatch - run a command and append the time from its start to its end, in ns of
 * CLOCK_MONOTONIC (instructions under the lab's --icount), as one line to a file; what starting
 * any process costs is in it.  Leaves with the status of the command.  scripts/profile finds the
 * same stretch by its marks.
 *
 * usage: stopwatch FILE COMMAND [ARG]...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "mark.h"

int main(int argc, char **argv)
{
	uint64_t begin, end;
	int status;
	FILE *out;
	pid_t pid;

	if (argc < 3) {
		fprintf(stderr, "usage: stopwatch FILE COMMAND [ARG]...\n");
		return 2;
	}
	out = fopen(argv[1], "ae");
	if (!out) {
		perror(argv[1]);
		return 2;
	}
	begin = now_ns();
	mark_begin_window();
	pid = vfork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("stopwatch");
		return 2;
	}
	mark_end_window();
	end = now_ns();
	fprintf(out, "%llu\n", (unsigned long long)(end - begin));
	if (fclose(out)) {
		perror(argv[1]);
		return 2;
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
