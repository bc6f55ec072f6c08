// SPDX-License-Identifier: GPL-2.0-only
/* Memory and string functions, command line options, SipHash. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <minios/app.h>
#include <minios/siphash.h>
#include "unit.h"

void *minios_memcpy(void *dst, const void *src, size_t n);
void *minios_memmove(void *dst, const void *src, size_t n);
void *minios_memset(void *dst, int c, size_t n);
int minios_memcmp(const void *a, const void *b, size_t n);
size_t minios_strnlen(const char *s, size_t max);
int minios_strcmp(const char *a, const char *b);
int minios_strncmp(const char *a, const char *b, size_t n);
char *minios_strchr(const char *s, int c);
char *minios_strstr(const char *haystack, const char *needle);
int minios_atoi(const char *s);

#define SIZE 64

static void memory_copies(void **state)
{
	unsigned char src[SIZE], ours[SIZE], theirs[SIZE];
	size_t from, to, n, i;

	(void)state;
	for (i = 0; i < SIZE; i++)
		src[i] = (unsigned char)(i * 7 + 1);
	for (n = 0; n <= 20; n++) {
		for (from = 0; from < 9; from++) {
			for (to = 0; to < 30; to++) {
				memset(ours, 0, SIZE);
				memset(theirs, 0, SIZE);
				assert_ptr_equal(minios_memcpy(ours + to, src + from, n),
						 ours + to);
				memcpy(theirs + to, src + from, n);
				assert_memory_equal(ours, theirs, SIZE);

				memcpy(ours, src, SIZE);
				memcpy(theirs, src, SIZE);
				minios_memmove(ours + to, ours + from, n);
				memmove(theirs + to, theirs + from, n);
				assert_memory_equal(ours, theirs, SIZE);
			}
		}
	}
}

static void memory_sets(void **state)
{
	unsigned char ours[SIZE], theirs[SIZE];
	size_t n;

	(void)state;
	for (n = 0; n < 40; n++) {
		memset(ours, 0x55, SIZE);
		memset(theirs, 0x55, SIZE);
		minios_memset(ours + 3, 0x1aa, n);
		memset(theirs + 3, 0xaa, n);
		assert_memory_equal(ours, theirs, SIZE);
	}
}

static void strings_compare(void **state)
{
	(void)state;
	assert_int_equal(minios_memcmp("abc", "abd", 2), 0);
	assert_true(minios_memcmp("abc", "abd", 3) < 0);
	assert_true(minios_memcmp("\xff", "a", 1) > 0);
	assert_true(minios_strcmp("ab", "abc") < 0);
	assert_int_equal(minios_strcmp("abc", "abc"), 0);
	assert_int_equal(minios_strncmp("abcd", "abce", 3), 0);
	assert_int_equal(minios_strncmp("ab", "ab", 10), 0);
	assert_int_equal(minios_strnlen("abcdef", 3), 3);
	assert_string_equal(minios_strchr("abc", 'b'), "bc");
	assert_null(minios_strchr("abc", 'x'));
	assert_non_null(minios_strchr("abc", 0));
	assert_string_equal(minios_strstr("hello world", "wor"), "world");
	assert_null(minios_strstr("hello", "world"));
	assert_int_equal(minios_atoi("  -42x"), -42);
	assert_int_equal(minios_atoi("+7"), 7);
}

static void options(void **state)
{
	char buf[8];

	(void)state;
	assert_true(minios_option("a=1 mode=x b=2", "mode", buf, sizeof(buf)));
	assert_string_equal(buf, "x");
	assert_true(minios_option("mode=a-very-long-one", "mode", buf, sizeof(buf)));
	assert_string_equal(buf, "a-very-");
	assert_true(minios_option("  mode=", "mode", buf, sizeof(buf)));
	assert_string_equal(buf, "");
	assert_false(minios_option("xmode=1 mode2=2 mode", "mode", buf, sizeof(buf)));
	assert_false(minios_option("", "mode", buf, sizeof(buf)));
}

/* Appendix A of the SipHash paper: key 00..0f, input 00..0e. */
static void siphash_known_answer(void **state)
{
	const uint64_t key[] = { 0x0706050403020100ULL, 0x0f0e0d0c0b0a0908ULL };
	uint8_t data[15];
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	assert_true(siphash(key, data, sizeof(data)) == 0xa129ca6149be45e5ULL);
	/* From the reference implementation's vectors. */
	assert_true(siphash(key, data, 0) == 0x726fdb47dd0e0e31ULL);
	assert_true(siphash(key, data, 8) == 0x93f5f5799a932462ULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_copies),	cmocka_unit_test(memory_sets),
		cmocka_unit_test(strings_compare),	cmocka_unit_test(options),
		cmocka_unit_test(siphash_known_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
