/* SPDX-License-Identifier: MIT */
/* The run loop. */
#include <minios/evtchn.h>
#include <minios/loop.h>

static struct loop_source *sources;

void loop_add(struct loop_source *source)
{
	source->next = sources;
	sources = source;
}

static uint64_t sources_poll(void)
{
	uint64_t deadline = LOOP_NEVER;
	struct loop_source *s;

	for (s = sources; s; s = s->next) {
		uint64_t d = s->poll(s->data);

		if (d < deadline)
			deadline = d;
	}
	return deadline;
}

void loop_run(void)
{
	for (;;) {
		uint64_t deadline;

		(void)evtchn_dispatch(); /* the sources find out what to do by themselves */
		deadline = sources_poll();
		/* An event that came in between ends the sleep at once; nothing is lost. */
		if (deadline)
			evtchn_sleep(deadline == LOOP_NEVER ? 0 : deadline);
	}
}
