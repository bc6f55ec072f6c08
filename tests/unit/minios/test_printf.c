// SPDX-License-Identifier: GPL-2.0-only
/* printf and dates: what comes out is what the C library makes of the same. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <minios/date.h>
#include "unit.h"

int minios_snprintf(char *buf, size_t size, const char *fmt, ...);

/* Both must agree on the text and on the length. */
#define SAME(...)                                                                   \
	do {                                                                        \
		char ours[200], theirs[200];                                        \
		int n = minios_snprintf(ours, sizeof(ours), __VA_ARGS__);           \
		assert_int_equal(n, snprintf(theirs, sizeof(theirs), __VA_ARGS__)); \
		assert_string_equal(ours, theirs);                                  \
	} while (0)

static void printf_integers(void **state)
{
	(void)state;
	SAME("%d %i %d %d", 0, -1, INT_MAX, INT_MIN);
	SAME("%u %x %X %#x %#X", 42U, 0xbeefU, 0xbeefU, 0xbeefU, 0xbeefU);
	SAME("%ld %lu %lx %lld %llu", LONG_MIN, ULONG_MAX, ULONG_MAX, LLONG_MIN, ULLONG_MAX);
	SAME("%hhd %hd %hhu %hu", (signed char)-3, (short)-300, (unsigned char)200,
	     (unsigned short)60000);
	SAME("%zu %zd %tx %jd", (size_t)7, (ssize_t)-7, (ptrdiff_t)7, (intmax_t)-7);
	SAME("%p", (void *)0x1234);
}

static void printf_widths(void **state)
{
	(void)state;
	SAME("[%5d] [%-5d] [%05d] [%+d] [% d]", 42, 42, -42, 42, 42);
	SAME("[%8.3d] [%-8.3d] [%08.3d] [%.0d]", 42, 42, 42, 0);
	SAME("[%#010x] [%#-10x] [%10x]", 0xabcU, 0xabcU, 0xabcU);
	SAME("[%*d] [%.*d]", 6, 42, 4, 42);
	SAME("%02x:%02x", 0U, 255U);
}

static void printf_strings(void **state)
{
	(void)state;
	SAME("[%s] [%5s] [%-5s] [%.2s] [%5.1s]", "abc", "abc", "abc", "abc", "abc");
	SAME("[%c] [%3c] [%-3c] %%", 'x', 'y', 'z');
	SAME("%s", "");
}

static void printf_does_not_overrun(void **state)
{
	char buf[8];

	(void)state;
	memset(buf, '#', sizeof(buf));
	assert_int_equal(minios_snprintf(buf, 4, "%s", "abcdef"), 6);
	assert_memory_equal(buf, "abc\0####", sizeof(buf));
	assert_int_equal(minios_snprintf(buf, 0, "%d", 12345), 5);
	assert_memory_equal(buf, "abc\0####", sizeof(buf));
	assert_int_equal(minios_snprintf(buf, sizeof(buf), "100%"), 3);
}

static void date_is_rfc867(void **state)
{
	/* A leap day, ends of years and centuries, the epoch, and 32-bit time's end. */
	static const int64_t times[] = { 0,	     951782399,	 951868800,  1078012800,
					 1709251199, 1709251200, 4107542400, 2147483648U,
					 1795201391, 1735689599 };
	char ours[DATE_LINE_MAX], theirs[DATE_LINE_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		time_t t = times[i];
		struct tm tm;

		gmtime_r(&t, &tm);
		/* %e pads with a blank, which the line has not. */
		strftime(theirs, sizeof(theirs),
			 tm.tm_mday < 10 ? "%A, %B %-d, %Y %H:%M:%S-UTC\r\n" :
					   "%A, %B %d, %Y %H:%M:%S-UTC\r\n",
			 &tm);
		assert_int_equal(date_format(ours, (uint64_t)t), strlen(theirs));
		assert_string_equal(ours, theirs);
	}
}

static void date_every_day(void **state)
{
	char ours[DATE_LINE_MAX], theirs[DATE_LINE_MAX];
	time_t t;

	(void)state;
	/* Four hundred years: one whole cycle of the calendar. */
	for (t = 3661; t < 400 * 366 * 86400LL; t += 86400) {
		struct tm tm;

		gmtime_r(&t, &tm);
		strftime(theirs, sizeof(theirs), "%A, %B %-d, %Y %H:%M:%S-UTC\r\n", &tm);
		(void)date_format(ours, (uint64_t)t);
		if (strcmp(ours, theirs))
			fail_msg("%s instead of %s", ours, theirs);
		strftime(theirs, sizeof(theirs), "%a, %d %b %Y %H:%M:%S GMT", &tm);
		assert_int_equal(date_format_http(ours, (uint64_t)t), strlen(theirs));
		assert_string_equal(ours, theirs);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(printf_integers), cmocka_unit_test(printf_widths),
		cmocka_unit_test(printf_strings),  cmocka_unit_test(printf_does_not_overrun),
		cmocka_unit_test(date_is_rfc867),  cmocka_unit_test(date_every_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
