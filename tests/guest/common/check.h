/* SPDX-License-Identifier: GPL-2.0-only */
/* Verdicts of guest tests, on the console: what tests/run counts. */
#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>

/* PASS when got == want, otherwise FAIL with both. */
void check_value(const char *name, long got, long want);

/* PASS when the claim holds. */
void check_true(const char *name, bool claim);

/* The test cannot go on for a reason of its own: ERROR. */
void check_error(const char *name, long err);

/* Say that all is done (a log without that line is a crash), and how it went: true = no failure. */
bool check_finish(void);

#endif /* CHECK_H */
