// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts on the console. */
#include <stdio.h>
#include "check.h"

static unsigned int nr_passed, nr_failed;

void check_value(const char *name, long got, long want)
{
	if (got == want) {
		nr_passed++;
		printf("PASS: %s\n", name);
	} else {
		nr_failed++;
		printf("FAIL: %s: got %ld, not %ld\n", name, got, want);
	}
}

void check_true(const char *name, bool claim)
{
	if (claim) {
		nr_passed++;
		printf("PASS: %s\n", name);
	} else {
		nr_failed++;
		printf("FAIL: %s: does not hold\n", name);
	}
}

void check_error(const char *name, long err)
{
	nr_failed++;
	printf("ERROR: %s: %ld\n", name, err);
}

bool check_finish(void)
{
	printf("DONE: %u passed, %u failed\n", nr_passed, nr_failed);
	return !nr_failed;
}
