/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Standard output for what is long: columns and JSON of a thousand domains, where printf() would
 * take most of the time.
 */
#ifndef CHAOS_OUT_H
#define CHAOS_OUT_H

#include <stddef.h>
#include <stdint.h>

struct out {
	size_t used;
	char buf[4096];
};

void out_init(struct out *o);
void out_bytes(struct out *o, const char *bytes, size_t len);
void out_char(struct out *o, char c);
void out_text(struct out *o, const char *text);
/* Padded with spaces behind it to `width` columns. */
void out_column(struct out *o, const char *text, unsigned int width);
void out_number(struct out *o, uint64_t value);
/* Padded with spaces in front; `tenths` of something come with their decimal point. */
void out_number_column(struct out *o, uint64_t value, unsigned int width);
void out_tenths_column(struct out *o, uint64_t tenths, unsigned int width);
/* What is left; an error stays with stdout, for whoever looks at the end. */
void out_flush(struct out *o);

#endif /* CHAOS_OUT_H */
