/* SPDX-License-Identifier: MIT */
/* Calendar dates. */
#ifndef MINIOS_DATE_H
#define MINIOS_DATE_H

#include <stddef.h>
#include <stdint.h>

/*
 * The line of RFC 867, "Friday, November 20, 2026 19:03:11-UTC\r\n", of a time in seconds since
 * 1970-01-01 00:00 UTC.  Returns its length; buf needs DATE_LINE_MAX bytes.
 */
#define DATE_LINE_MAX 64U
size_t date_format(char *buf, uint64_t unix_s);

/* The same as HTTP has it (RFC 9110, 5.6.7), "Fri, 20 Nov 2026 19:03:11 GMT". */
size_t date_format_http(char *buf, uint64_t unix_s);

#endif /* MINIOS_DATE_H */
