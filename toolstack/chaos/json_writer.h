/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes JSON to standard output as it is told: nothing is kept, nothing can run out. */
#ifndef CHAOS_JSON_WRITER_H
#define CHAOS_JSON_WRITER_H

#include <stdbool.h>

#include "out.h"

struct json_writer {
	struct out out;
	bool has_value; /* the innermost object or array has something in it: a comma comes next */
};

/* An object that is a document of its own, on a line. */
void jsonw_begin(struct json_writer *w);
void jsonw_end(struct json_writer *w);
/* An object that is an element of an array whose elements come one by one: nothing is kept between. */
void jsonw_begin_element(struct json_writer *w, bool is_first);
void jsonw_end_element(struct json_writer *w);
void jsonw_end_array(bool is_empty);
/* A value is a member called `key` of an object, or with NULL an element of an array. */
void jsonw_open(struct json_writer *w, const char *key, char bracket);
void jsonw_close(struct json_writer *w, char bracket);
/* null for NULL and for "" */
void jsonw_text(struct json_writer *w, const char *key, const char *text);
/* Any text, and "" too. */
void jsonw_string(struct json_writer *w, const char *key, const char *text);
void jsonw_number(struct json_writer *w, const char *key, uint64_t value);
void jsonw_bool(struct json_writer *w, const char *key, bool value);
void jsonw_null(struct json_writer *w, const char *key);

#endif /* CHAOS_JSON_WRITER_H */
