/* SPDX-License-Identifier: MIT */
#ifndef STDIO_H
#define STDIO_H

#include <stdarg.h>
#include <stddef.h>

/* %d %i %u %x %X %p %c %s %%, flags "-0#+ ", width, precision, hh h l ll z t j.  No floating point. */
int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
	__attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* To the console; a line longer than PRINTF_MAX is cut. */
#define PRINTF_MAX 256
int printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* STDIO_H */
