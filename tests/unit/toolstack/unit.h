/* SPDX-License-Identifier: GPL-2.0-only */
/* What every unit test of the toolstack includes, in the order cmocka wants. */
#ifndef UNIT_H
#define UNIT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* The error says something about `what`, in one line. */
#define assert_error(err, wanted, what)                                            \
	do {                                                                       \
		assert_int_equal((err).code, wanted);                              \
		assert_null(strchr((err).text, '\n'));                             \
		if (!strstr((err).text, what))                                     \
			fail_msg("\"%s\" does not tell \"%s\"", (err).text, what); \
	} while (0)

#endif /* UNIT_H */
