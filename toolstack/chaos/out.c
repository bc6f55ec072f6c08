// SPDX-License-Identifier: GPL-2.0-only
/* Text into a buffer, and from there to standard output.  See out.h for why there is no printf(). */
#include <stdio.h>
#include <string.h>

#include "out.h"

#define DIGITS_MAX 20 /* of a uint64_t */

void out_init(struct out *o)
{
	o->used = 0; /* and nothing else: it is large */
}

void out_flush(struct out *o)
{
	(void)fwrite(o->buf, 1, o->used, stdout);
	o->used = 0;
}

/* Room for `size` bytes, at most the buffer's. */
static char *out_room(struct out *o, size_t size)
{
	if (sizeof(o->buf) - o->used < size)
		out_flush(o);
	return o->buf + o->used;
}

void out_bytes(struct out *o, const char *bytes, size_t len)
{
	size_t n;

	for (; len; bytes += n, len -= n) {
		n = len < sizeof(o->buf) ? len : sizeof(o->buf);
		memcpy(out_room(o, n), bytes, n);
		o->used += n;
	}
}

void out_char(struct out *o, char c)
{
	*out_room(o, 1) = c;
	o->used++;
}

void out_text(struct out *o, const char *text)
{
	out_bytes(o, text, strlen(text));
}

static void out_pad(struct out *o, size_t len, unsigned int width)
{
	if (len >= width)
		return;
	memset(out_room(o, width - len), ' ', width - len);
	o->used += width - len;
}

void out_column(struct out *o, const char *text, unsigned int width)
{
	size_t len = strlen(text);

	out_bytes(o, text, len);
	out_pad(o, len, width);
}

/* The digits end at `end`; returns where they begin. */
static char *digits(char *end, uint64_t value)
{
	do
		*--end = (char)('0' + value % 10);
	while (value /= 10);
	return end;
}

void out_number_column(struct out *o, uint64_t value, unsigned int width)
{
	char text[DIGITS_MAX], *end = text + sizeof(text), *p = digits(end, value);

	out_pad(o, (size_t)(end - p), width);
	out_bytes(o, p, (size_t)(end - p));
}

void out_number(struct out *o, uint64_t value)
{
	out_number_column(o, value, 0);
}

void out_tenths_column(struct out *o, uint64_t tenths, unsigned int width)
{
	out_number_column(o, tenths / 10, width - 2);
	out_char(o, '.');
	out_char(o, (char)('0' + tenths % 10));
}
