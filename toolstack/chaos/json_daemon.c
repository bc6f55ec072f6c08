// SPDX-License-Identifier: GPL-2.0-only
/* The JSON form of pools and events.  Names of members are stable; new ones may come. */
#include "json_out.h"
#include "json_writer.h"

void json_pool(const struct chaos_pool *pool, bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	jsonw_text(&w, "name", pool->name);
	jsonw_number(&w, "size", pool->size);
	jsonw_number(&w, "level", pool->level);
	jsonw_number(&w, "preparing", pool->preparing);
	jsonw_number(&w, "memory_kib", pool->memory_kib);
	jsonw_number(&w, "vcpus", pool->vcpus);
	jsonw_number(&w, "vifs", pool->nr_vifs);
	jsonw_bool(&w, "imageless", pool->is_imageless);
	jsonw_number(&w, "prepared", pool->prepared);
	jsonw_number(&w, "used", pool->used);
	jsonw_number(&w, "failed", pool->failed);
	jsonw_text(&w, "note", pool->note);
	jsonw_end_element(&w);
}

void json_progress(const struct chaos_pool *pool)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_text(&w, "name", pool->name);
	jsonw_number(&w, "size", pool->size);
	jsonw_number(&w, "level", pool->level);
	jsonw_end(&w);
}

void json_event(const struct chaos_event *event, const char *name)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "time_ns", event->time_ns);
	jsonw_text(&w, "event", chaos_event_name(event));
	jsonw_number(&w, "domid", event->domid);
	jsonw_text(&w, "name", name);
	if (event->type == CHAOS_EVENT_SHUTDOWN)
		jsonw_number(&w, "reason", event->code);
	if (event->type == CHAOS_EVENT_DEV_FAILED)
		jsonw_number(&w, "errno", event->code);
	jsonw_end(&w);
}
