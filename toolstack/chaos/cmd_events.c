// SPDX-License-Identifier: GPL-2.0-only
/* chaos events: what happens to domains, as the module tells it; no daemon is needed. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = {
	COMMON_OPTIONS,
	{ 0 },
};

#define BATCH 32U

/* The name is that of now: who is quick enough to bear it no more has none. */
static void print_event(struct call *call, const struct chaos_event *event)
{
	struct chaos_dominfo info = { 0 };
	char who[16];

	(void)snprintf(who, sizeof(who), "%u", event->domid);
	if (event->type != CHAOS_EVENT_LOST && event->type != CHAOS_EVENT_GONE &&
	    chaos_domain_find(call->ctx, who, &info, NULL))
		info.name[0] = '\0';
	if (call->json)
		json_event(event, info.name);
	else
		printf("%llu.%09llu %5u %-14s %s", (unsigned long long)event->time_ns / 1000000000U,
		       (unsigned long long)event->time_ns % 1000000000U, event->domid,
		       chaos_event_name(event), call_clean(info.name));
	if (!call->json && event->type == CHAOS_EVENT_SHUTDOWN)
		printf(" reason=%u", event->code);
	if (!call->json && event->type == CHAOS_EVENT_DEV_FAILED)
		printf(" errno=%u", event->code);
	if (!call->json)
		putchar('\n');
}

static int stream(struct call *call, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	struct chaos_event events[BATCH];
	int i, n;

	for (;;) {
		n = chaos_events_read(fd, events, BATCH);
		if (n < 0 || (!n && poll(&pfd, 1, -1) < 0 && errno != EINTR)) {
			call->err.code = CHAOS_FAILED;
			(void)snprintf(call->err.text, sizeof(call->err.text), "reading events: %s",
				       strerror(errno));
			return -(int)CHAOS_FAILED;
		}
		for (i = 0; i < n; i++)
			print_event(call, &events[i]);
		/* Who reads has closed: that is how a stream ends. */
		if (n && fflush(stdout))
			return 0;
	}
}

int cmd_events(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int fd = -1, rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 0);
	if (!rc)
		rc = call_open(&call);
	if (!rc)
		fd = chaos_events_open(call.ctx, &call.err);
	if (fd >= 0) {
		rc = stream(&call, fd);
		close(fd);
	} else if (!rc) {
		rc = fd;
	}
	return call_end(&call, rc);
}
