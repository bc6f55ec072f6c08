// SPDX-License-Identifier: GPL-2.0-only
/* chaos create -c and -F: somebody stays with the guest, at its console, until it ends, or both. */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "chaos_cmd.h"
#include "create.h"

void create_check(const struct create_request *request)
{
	(void)request;
}

static int has_crashed(struct call *call, const struct chaos_dominfo *info)
{
	return call_error(call, CHAOS_GUEST, "guest \"%s\" has crashed", info->name);
}

/* Whether that is the end; a guest that is saved and goes on has not ended. */
static bool is_end(struct call *call, const struct chaos_dominfo *info,
		   const struct chaos_event *event, int *rc)
{
	switch (event->type) {
	case CHAOS_EVENT_SHUTDOWN:
		if (event->code == SHUTDOWN_crash || event->code == SHUTDOWN_watchdog)
			*rc = has_crashed(call, info);
		return event->code != SHUTDOWN_suspend;
	case CHAOS_EVENT_DYING:
	case CHAOS_EVENT_GONE:
		return true;
	default:
		return false;
	}
}

static int wait_end(struct call *call, const struct chaos_dominfo *info, int watch)
{
	struct pollfd p = { .fd = watch, .events = POLLIN };
	struct chaos_dominfo now;
	struct chaos_event event;
	int n, rc = 0;

	/* Those before `watch` have not been told. */
	if (!chaos_domain_look(call->ctx, info->domid, &now) || now.serial != info->serial)
		return 0;
	if (now.is_shutdown && now.state != CHAOS_STATE_SUSPENDED)
		return now.state == CHAOS_STATE_CRASHED ? has_crashed(call, info) : 0;
	for (;;) {
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return call_failed(call, "poll");
		while ((n = chaos_events_read(watch, &event, 1)) > 0)
			if (is_end(call, info, &event, &rc))
				return rc;
		if (n < 0)
			return call_failed(call, "events");
	}
}

int create_attended(struct call *call, const struct create_request *request, uint32_t domid)
{
	struct chaos_dominfo info;
	int rc = 0, watch = -1;

	if (!call->ctx)
		rc = call_open(call);
	if (!rc && !chaos_domain_look(call->ctx, domid, &info))
		rc = call_error(call, CHAOS_GUEST, "domain %u is gone already", domid);
	if (!rc && request->stays) {
		watch = chaos_watch_open(call->ctx, domid, &call->err);
		rc = watch < 0 ? watch : 0;
	}
	if (!rc && request->has_console)
		rc = console_of(call, &info, !request->opts.paused);
	if (!rc && request->stays)
		rc = wait_end(call, &info, watch);
	if (watch >= 0)
		close(watch);
	return rc;
}
