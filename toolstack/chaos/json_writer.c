// SPDX-License-Identifier: GPL-2.0-only
/* A writer of JSON (RFC 8259).  Bytes above 0x7f, which are UTF-8 or the user's own, pass as they are. */
#include <stdio.h>

#include "chaos.h"
#include "json_writer.h"

/* The letter behind the backslash, 0 for a byte that stands for itself, 'u' for one in hex. */
static char escape_of(unsigned char c)
{
	switch (c) {
	case '"':
	case '\\':
		return (char)c;
	case '\b':
		return 'b';
	case '\f':
		return 'f';
	case '\n':
		return 'n';
	case '\r':
		return 'r';
	case '\t':
		return 't';
	default:
		return c < 0x20 ? 'u' : 0;
	}
}

static void write_escaped(struct json_writer *w, unsigned char c, char escape)
{
	static const char hex[] = "0123456789abcdef";

	out_char(&w->out, '\\');
	out_char(&w->out, escape);
	if (escape != 'u')
		return;
	out_bytes(&w->out, "00", 2);
	out_char(&w->out, hex[c >> 4]);
	out_char(&w->out, hex[c & 0xf]);
}

/*
 * A byte that is no UTF-8, which JSON is, becomes U+FFFD: what others call their domains, or files of
 * this host, may have any.
 */
static void write_string(struct json_writer *w, const char *text)
{
	const char *plain = text, *p;
	char escape;
	long c;

	out_char(&w->out, '"');
	while (*text) {
		p = text;
		c = chaos_utf8_next(&text);
		escape = c >= 0 && c < 0x80 ? escape_of((unsigned char)c) : 0;
		if (c >= 0 && !escape)
			continue;
		out_bytes(&w->out, plain, (size_t)(p - plain));
		if (escape)
			write_escaped(w, (unsigned char)c, escape);
		else
			out_text(&w->out, "\\ufffd");
		plain = text;
	}
	out_bytes(&w->out, plain, (size_t)(text - plain));
	out_char(&w->out, '"');
}

/* All before a value.  Keys are our own words: nothing in them needs escaping. */
static void begin(struct json_writer *w, const char *key)
{
	if (w->has_value)
		out_char(&w->out, ',');
	w->has_value = true;
	if (!key)
		return;
	out_char(&w->out, '"');
	out_text(&w->out, key);
	out_bytes(&w->out, "\":", 2);
}

void jsonw_open(struct json_writer *w, const char *key, char bracket)
{
	begin(w, key);
	out_char(&w->out, bracket);
	w->has_value = false;
}

void jsonw_close(struct json_writer *w, char bracket)
{
	out_char(&w->out, bracket);
	w->has_value = true;
}

void jsonw_null(struct json_writer *w, const char *key)
{
	begin(w, key);
	out_bytes(&w->out, "null", 4);
}

void jsonw_text(struct json_writer *w, const char *key, const char *text)
{
	if (!text || !*text) {
		jsonw_null(w, key);
		return;
	}
	begin(w, key);
	write_string(w, text);
}

void jsonw_string(struct json_writer *w, const char *key, const char *text)
{
	begin(w, key);
	write_string(w, text);
}

void jsonw_number(struct json_writer *w, const char *key, uint64_t value)
{
	begin(w, key);
	out_number(&w->out, value);
}

void jsonw_bool(struct json_writer *w, const char *key, bool value)
{
	begin(w, key);
	out_text(&w->out, value ? "true" : "false");
}

void jsonw_begin(struct json_writer *w)
{
	out_init(&w->out);
	out_char(&w->out, '{');
	w->has_value = false;
}

void jsonw_end(struct json_writer *w)
{
	out_bytes(&w->out, "}\n", 2);
	out_flush(&w->out);
}

void jsonw_begin_element(struct json_writer *w, bool is_first)
{
	out_init(&w->out);
	out_bytes(&w->out, is_first ? "[{" : ",{", 2);
	w->has_value = false;
}

void jsonw_end_element(struct json_writer *w)
{
	out_char(&w->out, '}');
	out_flush(&w->out);
}

void jsonw_end_array(bool is_empty)
{
	(void)fputs(is_empty ? "[]\n" : "]\n", stdout); /* as out_flush() */
}
