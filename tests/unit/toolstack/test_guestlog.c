// SPDX-License-Identifier: GPL-2.0-only
/* Names and headers of guests' logs, as whoever reads them takes them. */
#include "unit.h"

#include <limits.h>

#include "client/guestlog.h"

#define S 1000000000ULL

static void names(void **state)
{
	static const char *const bad[] = { "", "a/b", "/", "../x", "a\nb", "a\tb", "a\033b" };
	static const char *const not_logs[] = { "",	    ".log",	 "x",	     "x.log.0",
						"x.log.01", "x.log.100", "x.log.1x", "x.log.-1",
						"x.logs",   ".log.1",	 "x.log." };
	char file[NAME_MAX + 1], guest[CHAOS_NAME_LEN], longest[CHAOS_NAME_LEN + 1];
	unsigned int i, part;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(chaos_log_name(bad[i], 0, file));
	for (i = 0; i < ARRAY_SIZE(not_logs); i++)
		assert_false(chaos_log_name_parse(not_logs[i], guest, &part));
	assert_true(chaos_log_name("..", 0, file));
	assert_string_equal(file, "...log");
	assert_false(chaos_log_name("x", CHAOS_LOG_MAX_PARTS, file));
	/* A guest's name looks like a part of another's log, and is none. */
	assert_true(chaos_log_name("x.log.1", 0, file));
	assert_true(chaos_log_name_parse(file, guest, &part));
	assert_string_equal(guest, "x.log.1");
	assert_int_equal(part, 0);
	assert_true(chaos_log_name_parse("x.log.12", guest, &part));
	assert_string_equal(guest, "x");
	assert_int_equal(part, 12);
	memset(longest, 'x', sizeof(longest));
	longest[CHAOS_NAME_LEN] = '\0';
	assert_false(chaos_log_name(longest, 0, file));
	longest[CHAOS_NAME_LEN - 1] = '\0';
	assert_true(chaos_log_name(longest, 99, file));
	assert_true(chaos_log_name_parse(file, guest, &part));
	assert_string_equal(guest, longest);
}

static void headers(void **state)
{
	struct chaos_log_header header = { .serial = 0x12ab, .uuid = { 1, 2 } }, again;
	char text[CHAOS_LOG_HEADER_LEN + 1], *copy;
	unsigned int i, n;

	(void)state;
	chaos_log_stamp(1795798800 * S, header.since);
	memset(header.boot, 'b', CHAOS_LOG_BOOT_LEN);
	chaos_log_header_format(&header, text);
	assert_int_equal(strlen(text), CHAOS_LOG_HEADER_LEN);
	assert_true(chaos_log_header_parse(text, CHAOS_LOG_HEADER_LEN, &again));
	assert_memory_equal(&header, &again, sizeof(header));
	for (i = 0; i < CHAOS_LOG_HEADER_LEN; i++) {
		copy = malloc(i + 1);
		memcpy(copy, text, i);
		assert_false(chaos_log_header_parse(copy, i, &again));
		free(copy);
	}
	srand(1);
	copy = malloc(CHAOS_LOG_HEADER_LEN);
	for (i = 0; i < 100000; i++) {
		memcpy(copy, text, CHAOS_LOG_HEADER_LEN);
		for (n = 0; n <= i % 4; n++)
			copy[(unsigned int)rand() % CHAOS_LOG_HEADER_LEN] = (char)rand();
		(void)chaos_log_header_parse(copy, CHAOS_LOG_HEADER_LEN, &again);
	}
	free(copy);
	/* Times that no clock has. */
	chaos_log_stamp(UINT64_MAX, header.since);
	assert_true(chaos_log_stamp_check(header.since, CHAOS_LOG_STAMP_LEN));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(headers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
