// SPDX-License-Identifier: GPL-2.0-only
/* chaos create -c and -F: somebody stays with the guest, at its console, until it ends, or both. */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "chaos_cmd.h"
#include "create.h"

/*
 * A console has one reader: a guest that is to have a log has chaosd.  What only the daemon knows, that a
 * pool or all guests are logged, is found out when it is attached.
 */
int create_check(struct call *call, const struct chaos_config_source *src,
		 const struct create_request *request)
{
	struct chaos_config_source quiet = *src;
	struct chaos_config *cfg;
	struct chaos_error err;
	struct stat st;
	int rc = 0;

	/* A pipe can be read only once. */
	if (!request->has_console || request->is_dry_run || stat(src->path, &st) ||
	    !S_ISREG(st.st_mode))
		return 0;
	quiet.warn = NULL;
	if (chaos_config_load(&cfg, &quiet, &err))
		return 0; /* it is told by who makes the guest */
	if (cfg->is_logged)
		rc = call_usage(
			call,
			"\"%s\" is to have a log, and chaosd is its console's one reader then: leave out -c ('chaos logs -f' shows what it says), or give log=0",
			cfg->name);
	chaos_config_free(cfg);
	return rc;
}

/* One that was to be seen from its first instruction on has not run: nothing of it is left. */
static void take_back(struct call *call, const struct chaos_dominfo *info)
{
	size_t len = strlen(call->err.text);
	struct chaos_error err;
	int rc = chaos_domain_destroy(call->ctx, info->domid, DESTROY_TIMEOUT_MS, &err);

	(void)snprintf(call->err.text + len, sizeof(call->err.text) - len, "; \"%s\" %s",
		       info->name,
		       rc ? "is still there and cannot be destroyed" : "is destroyed again");
}

static int has_crashed(struct call *call, const struct chaos_dominfo *info)
{
	return call_error(call, CHAOS_GUEST, "guest \"%s\" has crashed", info->name);
}

bool create_is_crash(const struct chaos_event *event)
{
	return event->code == SHUTDOWN_crash || event->code == SHUTDOWN_watchdog;
}

/* Whether that is the end; a guest that is saved and goes on has not ended. */
static bool is_end(struct call *call, const struct chaos_dominfo *info,
		   const struct chaos_event *event, int *rc)
{
	switch (event->type) {
	case CHAOS_EVENT_SHUTDOWN:
		if (create_is_crash(event))
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
	struct chaos_dominfo info = { 0 };
	bool is_attached = false;
	int rc = 0, watch = -1;

	signals_undefer();
	if (!call->ctx)
		rc = call_open(call);
	if (!rc && !chaos_domain_look(call->ctx, domid, &info))
		rc = call_error(call, CHAOS_GUEST, "domain %u is gone already", domid);
	if (!rc && request->stays) {
		watch = chaos_watch_open(call->ctx, domid, &call->err);
		rc = watch < 0 ? watch : 0;
	}
	if (!rc && request->has_console)
		rc = console_of(call, &info, !request->opts.paused, &is_attached);
	if (rc && request->has_console && !is_attached && info.domid)
		take_back(call, &info);
	if (!rc && request->stays)
		rc = wait_end(call, &info, watch);
	if (watch >= 0)
		close(watch);
	return rc;
}
