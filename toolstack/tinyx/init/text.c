// SPDX-License-Identifier: GPL-2.0-only
/* Reads the texts that init lives by: its description, the command line, /proc/net/tcp. */
#include "text.h"

/* The compiler makes calls of these. */
void *memcpy(void *to, const void *from, size_t n);
void *memset(void *to, int c, size_t n);

size_t text_len(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

bool text_is(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	return *a == *b;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

const char *text_after(const char *line, const char *word)
{
	while (*word)
		if (*line++ != *word++)
			return NULL;
	if (*line && !is_blank(*line))
		return NULL;
	while (is_blank(*line))
		line++;
	return line;
}

static unsigned int digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned int)(c - '0');
	if (c >= 'A' && c <= 'F')
		return (unsigned int)(c - 'A') + 10;
	if (c >= 'a' && c <= 'f')
		return (unsigned int)(c - 'a') + 10;
	return 99;
}

long text_number(const char **p, unsigned int base)
{
	long n = 0;

	if (digit(**p) >= base)
		return -1;
	for (; digit(**p) < base; ++*p) {
		if (n > INT32_MAX)
			return -1;
		n = n * base + digit(**p);
	}
	return n;
}

char *text_line(char **p)
{
	char *line = *p;

	if (!*line)
		return NULL;
	while (**p && **p != '\n')
		++*p;
	if (**p)
		*(*p)++ = '\0';
	return line;
}

bool text_option(const char *cmdline, const char *name, char *value, size_t size)
{
	size_t n = text_len(name), i;
	const char *p = cmdline;

	while (*p) {
		while (*p && (is_blank(*p) || *p == '\n'))
			p++;
		for (i = 0; i < n && p[i] == name[i]; i++)
			;
		if (i == n && p[n] == '=') {
			p += n + 1;
			for (i = 0; p[i] && !is_blank(p[i]) && p[i] != '\n'; i++) {
				if (i + 1 == size)
					return false;
				value[i] = p[i];
			}
			value[i] = '\0';
			return true;
		}
		while (*p && !is_blank(*p) && *p != '\n')
			p++;
	}
	return false;
}

bool text_address(const char *text, uint8_t address[4], unsigned int *prefix)
{
	unsigned int i;
	long n;

	for (i = 0; i < 4; i++) {
		n = text_number(&text, 10);
		if (n < 0 || n > 255 || (i < 3 && *text++ != '.'))
			return false;
		address[i] = (uint8_t)n;
	}
	*prefix = 32;
	if (*text == '/') {
		text++;
		n = text_number(&text, 10);
		if (n < 0 || n > 32)
			return false;
		*prefix = (unsigned int)n;
	}
	return !*text || is_blank(*text) || *text == '\n';
}

/* "   0: 00000000:0050 00000000:0000 0A ...": local, remote, state; 0A is TCP_LISTEN. */
static bool line_listens(const char *line, unsigned int port)
{
	const char *p = line;
	bool is_it;

	while (*p && *p != ':')
		p++;
	if (!*p++)
		return false;
	while (*p && *p != ':')
		p++;
	if (!*p++)
		return false;
	is_it = text_number(&p, 16) == (long)port;
	while (is_blank(*p))
		p++;
	while (*p && !is_blank(*p))
		p++;
	while (is_blank(*p))
		p++;
	return is_it && p[0] == '0' && p[1] == 'A';
}

bool text_listens(const char *table, unsigned int port)
{
	while (*table) {
		if (line_listens(table, port))
			return true;
		while (*table && *table != '\n')
			table++;
		if (*table)
			table++;
	}
	return false;
}

char *text_add(char *to, size_t size, const char *more)
{
	size_t at = text_len(to);

	while (*more && at + 1 < size)
		to[at++] = *more++;
	to[at] = '\0';
	return to;
}

char *text_add_number(char *to, size_t size, unsigned long number)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	return text_add(to, size, digits + at);
}
