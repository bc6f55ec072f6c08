// SPDX-License-Identifier: LGPL-2.1-only
/* Text that may be anything, looked at as UTF-8 (RFC 3629). */
#include "core/internal.h"

/* The smallest character that needs so many bytes behind the first: what is longer is none. */
static const long smallest[] = { 0, 0x80, 0x800, 0x10000 };

long chaos_utf8_next(const char **text)
{
	const unsigned char *p = (const unsigned char *)*text;
	unsigned int more, i;
	long c = *p;

	++*text;
	if (c < 0x80)
		return c;
	more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	if (c < 0xc2 || c > 0xf4)
		return -1;
	c &= 0x3f >> more;
	for (i = 1; i <= more; i++) {
		/* A NUL is none, so that nothing behind the end is looked at. */
		if ((p[i] & 0xc0) != 0x80)
			return -1;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < smallest[more] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return -1;
	*text += more;
	return c;
}

/*
 * What a terminal takes for a command or nobody sees, beyond ASCII: Unicode's categories Cc, Cf, Zl, Zp and
 * Zs, letters without a shape (fillers), selectors of variants, and what is for ever no character (as are the
 * last two of each plane).  The first and the last of each range.
 */
static const struct {
	long first, last;
} unseen[] = {
	{ 0x80, 0xa0 },	      { 0xad, 0xad },	    { 0x34f, 0x34f },	  { 0x600, 0x605 },
	{ 0x61c, 0x61c },     { 0x6dd, 0x6dd },	    { 0x70f, 0x70f },	  { 0x890, 0x891 },
	{ 0x8e2, 0x8e2 },     { 0x115f, 0x1160 },   { 0x1680, 0x1680 },	  { 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },   { 0x2000, 0x200f },   { 0x2028, 0x202f },	  { 0x205f, 0x206f },
	{ 0x2800, 0x2800 },   { 0x3000, 0x3000 },   { 0x3164, 0x3164 },	  { 0xfdd0, 0xfdef },
	{ 0xfe00, 0xfe0f },   { 0xfeff, 0xfeff },   { 0xffa0, 0xffa0 },	  { 0xfff0, 0xfffb },
	{ 0x110bd, 0x110bd }, { 0x110cd, 0x110cd }, { 0x13430, 0x1343f }, { 0x1bca0, 0x1bca3 },
	{ 0x1d159, 0x1d159 }, { 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff },
};

bool chaos_utf8_is_seen(long c)
{
	size_t i;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if ((c & 0xfffe) == 0xfffe)
		return false;
	for (i = 0; i < sizeof(unseen) / sizeof(unseen[0]); i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return false;
	return true;
}

void chaos_text_clean(char *text)
{
	const char *from, *begin;

	/* Most texts are nothing but these. */
	while ((unsigned char)*text >= 0x20 && (unsigned char)*text < 0x7f)
		text++;
	from = text;
	while (*from) {
		begin = from;
		if (!chaos_utf8_is_seen(chaos_utf8_next(&from)))
			*text++ = '?';
		else
			while (begin < from)
				*text++ = *begin++;
	}
	*text = '\0';
}

bool chaos_text_has_control(const char *text)
{
	for (; *text; text++)
		if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f)
			return true;
	return false;
}

size_t chaos_text_quote(const char *text, char *out, size_t room)
{
	size_t len = 0;

	for (; *text; text++) {
		if (*text == '"' || *text == '\\') {
			if (len + 1 < room)
				out[len] = '\\';
			len++;
		}
		if (len + 1 < room)
			out[len] = *text;
		len++;
	}
	if (room)
		out[len < room ? len : room - 1] = '\0';
	return len;
}
