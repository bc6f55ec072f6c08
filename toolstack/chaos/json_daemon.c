// SPDX-License-Identifier: GPL-2.0-only
/* The JSON form of pools and events.  Names of members are stable; new ones may come. */
#include <json-c/json.h>
#include <stdio.h>

#include "json_out.h"

typedef struct json_object json;

static void add_number(json *o, const char *key, uint64_t value)
{
	/* Out of memory is the one failure; then the member is missing. */
	(void)json_object_object_add(o, key, json_object_new_uint64(value));
}

static void add_text(json *o, const char *key, const char *text)
{
	(void)json_object_object_add(o, key, *text ? json_object_new_string(text) : NULL);
}

static void print(json *o, const char *end)
{
	printf("%s%s",
	       json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
							 JSON_C_TO_STRING_NOSLASHESCAPE),
	       end);
	json_object_put(o);
}

void json_pool(const struct chaos_pool *pool, bool is_first)
{
	json *o = json_object_new_object();

	add_text(o, "name", pool->name);
	add_number(o, "size", pool->size);
	add_number(o, "level", pool->level);
	add_number(o, "preparing", pool->preparing);
	add_number(o, "memory_kib", pool->memory_kib);
	add_number(o, "vcpus", pool->vcpus);
	add_number(o, "vifs", pool->nr_vifs);
	(void)json_object_object_add(o, "imageless", json_object_new_boolean(pool->is_imageless));
	add_number(o, "prepared", pool->prepared);
	add_number(o, "used", pool->used);
	add_number(o, "failed", pool->failed);
	add_text(o, "note", pool->note);
	fputs(is_first ? "[" : ",", stdout);
	print(o, "");
}

void json_pools_end(bool is_empty)
{
	puts(is_empty ? "[]" : "]");
}

void json_progress(const struct chaos_pool *pool)
{
	json *o = json_object_new_object();

	add_text(o, "name", pool->name);
	add_number(o, "size", pool->size);
	add_number(o, "level", pool->level);
	print(o, "\n");
}

void json_event(const struct chaos_event *event, const char *name)
{
	json *o = json_object_new_object();

	add_number(o, "time_ns", event->time_ns);
	add_text(o, "event", chaos_event_name(event->type));
	add_number(o, "domid", event->domid);
	add_text(o, "name", name);
	if (event->type == CHAOS_EVENT_SHUTDOWN)
		add_number(o, "reason", event->code);
	if (event->type == CHAOS_EVENT_DEV_FAILED)
		add_number(o, "errno", event->code);
	print(o, "\n");
}
