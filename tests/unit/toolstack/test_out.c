// SPDX-License-Identifier: GPL-2.0-only
/* Columns come out as printf() would write them, however much or little room is left. */
#include <unistd.h>

#include "unit.h"
#include "out.h"

static int saved_stdout = -1;
static char printed[65536];

static void begin(void)
{
	FILE *f = tmpfile();

	assert_non_null(f);
	fflush(stdout);
	saved_stdout = dup(STDOUT_FILENO);
	assert_true(dup2(fileno(f), STDOUT_FILENO) >= 0);
	fclose(f);
}

static const char *end(struct out *o)
{
	ssize_t n;

	out_flush(o);
	fflush(stdout);
	n = pread(STDOUT_FILENO, printed, sizeof(printed) - 1, 0);
	dup2(saved_stdout, STDOUT_FILENO);
	close(saved_stdout);
	assert_true(n >= 0);
	printed[n] = '\0';
	return printed;
}

static void columns(void **state)
{
	static const uint64_t numbers[] = { 0, 9, 10, 99999, 100000, UINT64_MAX };
	char expected[256];
	struct out o;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(numbers); i++) {
		unsigned long long n = numbers[i];

		begin();
		out_init(&o);
		out_column(&o, "name", 6);
		out_number_column(&o, n, 5);
		out_char(&o, ' ');
		out_number(&o, n);
		out_tenths_column(&o, n, 8);
		out_column(&o, "longer", 3);
		snprintf(expected, sizeof(expected), "%-6s%5llu %llu%6llu.%llulonger", "name", n, n,
			 n / 10, n % 10);
		assert_string_equal(end(&o), expected);
	}
}

/* Pieces of every size around the buffer's, so that each boundary falls everywhere. */
static void buffer_is_written_in_order(void **state)
{
	static char piece[10000], expected[65536];
	static const size_t sizes[] = { 1, 4095, 2, 4096, 4097, 1, 10000, 3, 8192, 4094 };
	struct out o;
	size_t i, k, all = 0;

	(void)state;
	begin();
	out_init(&o);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < sizes[i]; k++)
			piece[k] = (char)('a' + (i * 7 + k) % 26);
		memcpy(expected + all, piece, sizes[i]);
		all += sizes[i];
		out_bytes(&o, piece, sizes[i]);
		out_column(&o, "", 40);
		memset(expected + all, ' ', 40);
		all += 40;
	}
	expected[all] = '\0';
	assert_string_equal(end(&o), expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(columns),
		cmocka_unit_test(buffer_is_written_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
