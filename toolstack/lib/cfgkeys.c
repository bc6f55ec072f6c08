// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Finds the names of the keys in an xl.cfg text and the lines they stand on, which libxlutil does
 * not tell.  It understands just enough of the syntax for that: strings, lists, comments, and the
 * ends of statements.  The text has been accepted by libxlutil before.
 */
#include <ctype.h>
#include <string.h>

#include "internal.h"

static const char *const supported[] = {
	"name",	       "uuid",	    "kernel",	"ramdisk",    "memory", "vcpus",
	"cpus",	       "cmdline",   "extra",	"root",	      "type",	"vif",
	"on_poweroff", "on_reboot", "on_crash", "memory_kib", "disk",
};
/* Of saved guests only. */
#define SAVED_DISKS "saved_disks"

bool chaos_cfgkeys_is_supported(const struct chaos_key *key, bool is_saved)
{
	size_t i;

	if (is_saved && key->len == strlen(SAVED_DISKS) &&
	    !memcmp(SAVED_DISKS, key->name, key->len))
		return true;

	for (i = 0; i < sizeof(supported) / sizeof(supported[0]); i++)
		if (strlen(supported[i]) == key->len && !memcmp(supported[i], key->name, key->len))
			return true;
	return false;
}

static bool is_key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t skip_comment(const char *text, size_t pos)
{
	return pos + strcspn(text + pos, "\n");
}

/* From an opening quote to behind the closing one, or to the end. */
static size_t skip_string(const char *text, size_t pos)
{
	char quote = text[pos++];

	while (text[pos] && text[pos] != quote && text[pos] != '\n') {
		if (text[pos] == '\\' && text[pos + 1])
			pos++;
		pos++;
	}
	return text[pos] == quote ? pos + 1 : pos;
}

/* To the newline or semicolon that ends a statement. */
static size_t skip_statement(const char *text, size_t pos, unsigned int *line)
{
	unsigned int depth = 0;

	while (text[pos]) {
		switch (text[pos]) {
		case '"':
		case '\'':
			pos = skip_string(text, pos);
			continue;
		case '#':
			pos = skip_comment(text, pos);
			continue;
		case '[':
			depth++;
			break;
		case ']':
			if (depth)
				depth--;
			break;
		case ';':
			if (!depth)
				return pos;
			break;
		case '\n':
			if (!depth)
				return pos;
			++*line;
			break;
		default:
			break;
		}
		pos++;
	}
	return pos;
}

bool chaos_cfgkeys_next(const char *text, size_t *pos, unsigned int *line, struct chaos_key *key)
{
	size_t p = *pos;

	for (;;) {
		while (isspace((unsigned char)text[p]) || text[p] == ';')
			if (text[p++] == '\n')
				++*line;
		if (text[p] != '#')
			break;
		p = skip_comment(text, p);
	}
	if (!text[p])
		return false;
	key->name = text + p;
	key->line = *line;
	while (is_key_char(text[p]))
		p++;
	key->len = (size_t)(text + p - key->name);
	*pos = skip_statement(text, p, line);
	return true;
}
