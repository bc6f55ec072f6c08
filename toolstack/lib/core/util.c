// SPDX-License-Identifier: LGPL-2.1-only
/* Time, random numbers, and the text forms of identifiers. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "core/internal.h"

uint64_t chaos_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail for this clock */
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

int chaos_random(void *buf, size_t len)
{
	char *p = buf;
	ssize_t n;

	while (len) {
		n = getrandom(p, len, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Random (version 4) UUID, RFC 4122 section 4.4. */
int chaos_uuid_random(uint8_t uuid[CHAOS_UUID_LEN])
{
	if (chaos_random(uuid, CHAOS_UUID_LEN))
		return -1;
	uuid[6] = (uint8_t)((uuid[6] & 0x0f) | 0x40);
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	return 0;
}

bool chaos_uuid_is_shells(const uint8_t uuid[CHAOS_UUID_LEN])
{
	static const uint8_t mark[] = CHAOS_SHELL_MARK;

	return !memcmp(uuid, mark, sizeof(mark));
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool is_uuid_dash(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

int chaos_uuid_parse(const char *text, uint8_t uuid[CHAOS_UUID_LEN])
{
	size_t i;
	int hi, lo;

	for (i = 0; i < CHAOS_UUID_LEN; i++) {
		if (is_uuid_dash(i) && *text++ != '-')
			return -1;
		hi = hex_digit(text[0]);
		lo = hi < 0 ? -1 : hex_digit(text[1]);
		if (lo < 0)
			return -1;
		uuid[i] = (uint8_t)(hi << 4 | lo);
		text += 2;
	}
	return *text ? -1 : 0;
}

void chaos_uuid_format(const uint8_t uuid[CHAOS_UUID_LEN], char out[CHAOS_UUID_STRLEN])
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < CHAOS_UUID_LEN; i++) {
		if (is_uuid_dash(i))
			*out++ = '-';
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 0xf];
	}
	*out = '\0';
}

void chaos_mac_format(const uint8_t mac[6], char out[18])
{
	(void)snprintf(out, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		       mac[4], mac[5]);
}
