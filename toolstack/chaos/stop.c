// SPDX-License-Identifier: GPL-2.0-only
/* Stops many guests at once: all are asked, and then they are waited for together. */
#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "stop.h"

static bool is_guest(const struct chaos_dominfo *info)
{
	return info->domid && info->is_ours && info->state != CHAOS_STATE_INCOMPLETE &&
	       info->state != CHAOS_STATE_SHELL && info->state != CHAOS_STATE_DYING;
}

int stop_list(struct call *call, struct stopping **out)
{
	struct chaos_dominfo *infos;
	struct stopping *list;
	int i, n, nr = 0;

	n = chaos_domain_list(call->ctx, &infos, &call->err);
	if (n < 0)
		return n;
	list = calloc((size_t)n + 1, sizeof(*list));
	for (i = 0; list && i < n; i++)
		if (is_guest(&infos[i]))
			list[nr++].info = infos[i];
	free(infos);
	if (!list)
		return call_failed(call, "domains");
	*out = list;
	return nr;
}

static void failed(struct call *call, struct stopping *s, int rc)
{
	s->result = "failed";
	call_one_failed(call, rc);
}

/* It has stopped, by itself or as it was asked to. */
static void has_stopped(struct call *call, struct stopping *s, bool destroys)
{
	int rc = 0;

	s->result = "stopped";
	if (destroys)
		rc = chaos_domain_destroy(call->ctx, s->info.domid, DESTROY_TIMEOUT_MS, &call->err);
	/* Who carries out its on_poweroff was quicker. */
	if (rc && rc != -(int)CHAOS_NO_DOMAIN)
		failed(call, s, rc);
}

/* One that a save has left suspended hears nothing. */
static int wake(struct call *call, const struct stopping *s)
{
	struct chaos_dominfo now;

	if (!chaos_domain_look(call->ctx, s->info.domid, &now) || now.serial != s->info.serial ||
	    now.state != CHAOS_STATE_SUSPENDED)
		return 0;
	return chaos_domain_resume(call->ctx, s->info.domid, &call->err);
}

static void ask(struct call *call, struct stopping *s, enum chaos_request request, bool waits)
{
	int rc;

	if (s->info.is_shutdown && s->info.state != CHAOS_STATE_SUSPENDED) {
		s->reason = s->info.shutdown_reason;
		has_stopped(call, s, waits && request == CHAOS_REQUEST_POWEROFF);
		return;
	}
	rc = wake(call, s);
	if (!rc)
		rc = chaos_domain_request(call->ctx, s->info.domid, request, 0, NULL, &call->err);
	if (rc == -(int)CHAOS_NO_DOMAIN)
		s->result = "stopped";
	else if (rc)
		failed(call, s, rc);
	else if (!waits)
		s->result = "requested";
}

/* What has happened to those that are waited for; LOST, and nothing at all, mean that Xen is asked. */
static int look(struct call *call, struct stopping *list, int nr, bool destroys)
{
	struct chaos_dominfo now;
	int i, left = 0;

	for (i = 0; i < nr; i++) {
		if (list[i].result)
			continue;
		if (!chaos_domain_look(call->ctx, list[i].info.domid, &now) ||
		    now.serial != list[i].info.serial || now.is_dying) {
			list[i].result = "stopped";
		} else if (now.is_shutdown && now.shutdown_reason != SHUTDOWN_suspend) {
			list[i].reason = now.shutdown_reason;
			has_stopped(call, &list[i], destroys);
		} else {
			left++;
		}
	}
	return left;
}

/* Something has happened, somewhere. */
static int drain(struct call *call, int events)
{
	struct chaos_event batch[32];
	int n;

	while ((n = chaos_events_read(events, batch, 32)) > 0)
		;
	return n < 0 ? call_failed(call, "events") : 0;
}

static int wait_all(struct call *call, struct stopping *list, int nr, int events, bool destroys,
		    unsigned int timeout_ms)
{
	uint64_t now = chaos_now_ns(), end = now + timeout_ms * 1000000ULL;
	struct pollfd p = { .fd = events, .events = POLLIN };
	int i, rc = 0;

	while (!rc && look(call, list, nr, destroys) && now < end) {
		if (poll(&p, 1, (int)((end - now) / 1000000U) + 1) < 0 && errno != EINTR)
			return call_failed(call, "poll");
		rc = drain(call, events);
		now = chaos_now_ns();
	}
	for (i = 0; i < nr && !rc; i++)
		if (!list[i].result)
			failed(call, &list[i],
			       call_error(
				       call, CHAOS_TIMEOUT,
				       "\"%s\" has not stopped in %u s: raise --timeout, or use 'chaos destroy %u'",
				       list[i].info.name, timeout_ms / 1000, list[i].info.domid));
	return rc;
}

int stop_all(struct call *call, struct stopping *list, int nr, enum chaos_request request,
	     unsigned int timeout_ms)
{
	int events = -1, i, rc = 0;

	/* Before the first is asked, so that no end is missed. */
	if (timeout_ms && nr) {
		events = chaos_events_open(call->ctx, &call->err);
		if (events < 0)
			return events;
	}
	for (i = 0; i < nr; i++)
		if (!list[i].result)
			ask(call, &list[i], request, timeout_ms != 0);
	if (timeout_ms && nr)
		rc = wait_all(call, list, nr, events, request == CHAOS_REQUEST_POWEROFF,
			      timeout_ms);
	if (events >= 0)
		close(events);
	return rc;
}
