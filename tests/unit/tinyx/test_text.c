// SPDX-License-Identifier: GPL-2.0-only
/* The texts that a tinyx guest's process 1 reads are understood, and nonsense is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "text.h"

static void addresses(void **state)
{
	static const char *const bad[] = { "",		 "10",		"10.0.0",
					   "10.0.0.256", "10.0.0.1/33", "10.0.0.1/",
					   "10.0.0.1x",	 "10..0.1",	"99999999999.0.0.1" };
	const uint8_t want[4] = { 10, 0, 0, 5 };
	uint8_t address[4];
	unsigned int prefix;
	size_t i;

	(void)state;
	assert_true(text_address("10.0.0.5/24", address, &prefix));
	assert_memory_equal(address, want, 4);
	assert_int_equal(prefix, 24);
	assert_true(text_address("10.0.0.5\n", address, &prefix));
	assert_int_equal(prefix, 32);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(text_address(bad[i], address, &prefix));
}

static void options(void **state)
{
	const char *line =
		"console=hvc0 tinyx.name=web1 xtinyx.address=1 tinyx.address=10.0.0.5/24\n";
	char value[16];

	(void)state;
	assert_true(text_option(line, "tinyx.name", value, sizeof(value)));
	assert_string_equal(value, "web1");
	assert_true(text_option(line, "tinyx.address", value, sizeof(value)));
	assert_string_equal(value, "10.0.0.5/24");
	assert_false(text_option(line, "tinyx.gateway", value, sizeof(value)));
	/* One that does not fit is not cut to another. */
	assert_false(text_option(line, "tinyx.address", value, 11));
}

static void listening(void **state)
{
	const char *table =
		"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n"
		"   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000\n"
		"   1: 0500000A:0050 0100000A:C350 01 00000000:00000000 00:00000000 00000000\n";
	const char *table6 =
		"  sl  local_address                         remote_address                        st\n"
		"   0: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 0\n";

	(void)state;
	assert_true(text_listens(table, 8080));
	/* Connected, not listening; and a remote port. */
	assert_false(text_listens(table, 80));
	assert_false(text_listens(table, 50000));
	assert_true(text_listens(table6, 22));
	assert_false(text_listens("", 22));
	assert_false(text_listens("0: 0", 0));
}

static void words(void **state)
{
	char text[] = "arg /bin/sh\nargument x\n\nport 80", *p = text, small[8] = "ab";

	(void)state;
	assert_string_equal(text_after(text_line(&p), "arg"), "/bin/sh");
	assert_null(text_after(text_line(&p), "arg"));
	assert_string_equal(text_line(&p), "");
	assert_string_equal(text_after(text_line(&p), "port"), "80");
	assert_null(text_line(&p));
	assert_string_equal(text_add(small, sizeof(small), "cdefghijk"), "abcdefg");
	small[0] = '\0';
	assert_string_equal(text_add_number(small, sizeof(small), 1234), "1234");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses),
		cmocka_unit_test(options),
		cmocka_unit_test(listening),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests_name("tinyx_text", tests, NULL, NULL);
}
