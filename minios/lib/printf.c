/* SPDX-License-Identifier: MIT */
/* vsnprintf() without floating point; stdio.h says what it understands. */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <minios/util.h>

/* A 64-bit number in octal would need 22 digits; the smallest base used is 10. */
#define DIGITS_MAX 20

struct out {
	char *buf;
	size_t size, len; /* len may exceed size: it is what would have been written */
};

struct spec {
	bool left, zero, alt, plus, space;
	int width, precision; /* precision -1: none given */
	char length;	      /* 'H' = hh, 'h', 0, 'l' (also ll, z, t, j: all 64 bits) */
};

/* A va_list by itself cannot be handed on by reference: it may be an array. */
struct arguments {
	va_list list;
};

static void out_char(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void out_repeat(struct out *o, char c, int count)
{
	while (count-- > 0)
		out_char(o, c);
}

static void out_bytes(struct out *o, const char *s, size_t n)
{
	while (n--)
		out_char(o, *s++);
}

static void out_string(struct out *o, const struct spec *sp, const char *s, size_t n)
{
	int pad = sp->width - (int)n;

	if (!sp->left)
		out_repeat(o, ' ', pad);
	out_bytes(o, s, n);
	if (sp->left)
		out_repeat(o, ' ', pad);
}

static void out_number(struct out *o, const struct spec *sp, uint64_t val, unsigned int base,
		       bool upper, const char *prefix)
{
	const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
	char buf[DIGITS_MAX];
	int n = 0, zeros, pad;

	while (val) {
		/* cppcheck-suppress zerodivcond; base is 10 or 16 */
		buf[n++] = digits[val % base];
		val /= base;
	}
	zeros = (sp->precision < 0 ? 1 : sp->precision) - n;
	if (zeros < 0)
		zeros = 0;
	pad = sp->width - n - zeros - (int)strlen(prefix);
	if (sp->zero && !sp->left && sp->precision < 0 && pad > 0) {
		zeros += pad;
		pad = 0;
	}
	if (!sp->left)
		out_repeat(o, ' ', pad);
	out_bytes(o, prefix, strlen(prefix));
	out_repeat(o, '0', zeros);
	while (n)
		out_char(o, buf[--n]);
	if (sp->left)
		out_repeat(o, ' ', pad);
}

static int parse_number(const char **fmt)
{
	int val = 0;

	while (**fmt >= '0' && **fmt <= '9')
		val = val * 10 + (*(*fmt)++ - '0');
	return val;
}

static bool parse_flag(struct spec *sp, char c)
{
	switch (c) {
	case '-':
		sp->left = true;
		return true;
	case '0':
		sp->zero = true;
		return true;
	case '#':
		sp->alt = true;
		return true;
	case '+':
		sp->plus = true;
		return true;
	case ' ':
		sp->space = true;
		return true;
	}
	return false;
}

static void parse_length(struct spec *sp, const char **fmt)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'h':
			sp->length = sp->length == 'h' ? 'H' : 'h';
			break;
		case 'l':
		case 'z':
		case 't':
		case 'j':
			sp->length = 'l';
			break;
		default:
			return;
		}
	}
}

static int64_t length_signed(const struct spec *sp, uint64_t val)
{
	switch (sp->length) {
	case 'H':
		return (signed char)val;
	case 'h':
		return (short)val;
	case 'l':
		return (int64_t)val;
	}
	return (int)val;
}

static uint64_t length_unsigned(const struct spec *sp, uint64_t val)
{
	switch (sp->length) {
	case 'H':
		return (unsigned char)val;
	case 'h':
		return (unsigned short)val;
	case 'l':
		return val;
	}
	return (unsigned int)val;
}

static void out_signed(struct out *o, const struct spec *sp, int64_t val)
{
	const char *sign = val < 0 ? "-" : sp->plus ? "+" : sp->space ? " " : "";

	out_number(o, sp, val < 0 ? -(uint64_t)val : (uint64_t)val, 10, false, sign);
}

static void out_unsigned(struct out *o, const struct spec *sp, char conv, uint64_t val)
{
	const unsigned int base = conv == 'u' ? 10 : 16;
	const char *prefix = "";

	val = length_unsigned(sp, val);
	if (base == 16 && sp->alt && val)
		prefix = conv == 'x' ? "0x" : "0X";
	out_number(o, sp, val, base, conv == 'X', prefix);
}

static const char *parse_spec(struct spec *sp, const char *fmt, struct arguments *args)
{
	while (parse_flag(sp, *fmt))
		fmt++;
	sp->width = *fmt == '*' ? fmt++, va_arg(args->list, int) : parse_number(&fmt);
	sp->precision = -1;
	if (*fmt == '.') {
		fmt++;
		sp->precision = *fmt == '*' ? fmt++, va_arg(args->list, int) : parse_number(&fmt);
	}
	parse_length(sp, &fmt);
	return fmt;
}

/* An integer argument: 64 bits with a length of 'l', otherwise an int, as it was promoted. */
static uint64_t integer_get(const struct spec *sp, struct arguments *args)
{
	return sp->length == 'l' ? va_arg(args->list, uint64_t) : va_arg(args->list, unsigned int);
}

static void out_conversion(struct out *o, struct spec *sp, char conv, struct arguments *args)
{
	const char *s;
	char c;

	switch (conv) {
	case 'd':
	case 'i':
		out_signed(o, sp, length_signed(sp, integer_get(sp, args)));
		break;
	case 'u':
	case 'x':
	case 'X':
		out_unsigned(o, sp, conv, integer_get(sp, args));
		break;
	case 'p':
		sp->alt = true;
		sp->length = 'l';
		out_unsigned(o, sp, 'x', (uint64_t)va_arg(args->list, void *));
		break;
	case 's':
		s = va_arg(args->list, const char *);
		if (!s)
			s = "(null)";
		out_string(o, sp, s,
			   sp->precision < 0 ? strlen(s) : strnlen(s, (size_t)sp->precision));
		break;
	case 'c':
		c = (char)va_arg(args->list, int);
		out_string(o, sp, &c, 1);
		break;
	default:
		out_char(o, conv);
		break;
	}
}

int vsnprintf(char *buf, size_t size, const char *fmt, va_list list)
{
	struct out o = { .buf = buf, .size = size };
	struct arguments args;

	va_copy(args.list, list);
	for (; *fmt; fmt++) {
		struct spec sp = { 0 };

		if (*fmt != '%') {
			out_char(&o, *fmt);
			continue;
		}
		fmt = parse_spec(&sp, fmt + 1, &args);
		if (!*fmt)
			break;
		out_conversion(&o, &sp, *fmt, &args);
	}
	va_end(args.list);
	if (size)
		buf[size_min(o.len, size - 1)] = '\0';
	return (int)o.len;
}

int snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(buf, size, fmt, args);
	va_end(args);
	return n;
}
