// SPDX-License-Identifier: GPL-2.0-only
/* What chaos run does with a guest that is there: starts it, passes on what it prints, tells how it ended. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "chaos_cmd.h"
#include "create.h"

/* As a shell has it for a process that has ended by this signal. */
#define BY_SIGNAL(nr) (128 + (nr))

struct running {
	struct call *call;
	struct chaos_dominfo info;
	struct chaos_console *con;
	int watch, signals;
	bool is_tty;
	bool has_ended;
	int status; /* with has_ended */
};

/* A terminal wants the guest's \r\n; a file or a pipe has lines as of any program. */
static int pass_on(struct running *r)
{
	char buf[2048], *end = buf;
	size_t i, n;

	do {
		n = chaos_console_read(r->con, buf, sizeof(buf));
		for (i = 0, end = buf; i < n; i++)
			if (r->is_tty || buf[i] != '\r')
				*end++ = buf[i];
		if (fwrite(buf, 1, (size_t)(end - buf), stdout) != (size_t)(end - buf))
			return call_failed(r->call, "standard output");
	} while (r->has_ended && n);
	/* A reader sees it as it comes. */
	return fflush(stdout) ? call_failed(r->call, "standard output") : 0;
}

static void ends(struct running *r, int status)
{
	if (!r->has_ended)
		r->status = status;
	r->has_ended = true;
}

static void crashed(struct running *r)
{
	call_say("guest \"%s\" has crashed", r->info.name);
	ends(r, BY_SIGNAL(SIGABRT));
}

static void take_event(struct running *r, const struct chaos_event *event)
{
	switch (event->type) {
	case CHAOS_EVENT_SHUTDOWN:
		if (create_is_crash(event))
			crashed(r);
		else if (event->code != SHUTDOWN_suspend)
			ends(r, event->exit_status >= 0 ? event->exit_status : 0);
		break;
	case CHAOS_EVENT_DYING:
	case CHAOS_EVENT_GONE:
		ends(r, BY_SIGNAL(SIGKILL));
		break;
	default:
		break;
	}
}

static int take_events(struct running *r)
{
	struct chaos_event event;
	int n;

	while (!r->has_ended && (n = chaos_events_read(r->watch, &event, 1)) != 0) {
		if (n < 0)
			return call_failed(r->call, "events");
		take_event(r, &event);
	}
	return 0;
}

static void take_signal(struct running *r)
{
	struct signalfd_siginfo si;

	if (read(r->signals, &si, sizeof(si)) == sizeof(si))
		ends(r, BY_SIGNAL((int)si.ssi_signo));
}

static int attend(struct running *r)
{
	struct pollfd fds[] = {
		{ .fd = chaos_console_fd(r->con), .events = POLLIN },
		{ .fd = r->watch, .events = POLLIN },
		{ .fd = r->signals, .events = POLLIN },
	};
	int rc = 0;

	while (!rc && !r->has_ended) {
		if (poll(fds, 3, -1) < 0) {
			if (errno != EINTR)
				rc = call_failed(r->call, "poll");
			continue;
		}
		if (fds[0].revents)
			rc = chaos_console_ack(r->con, &r->call->err);
		if (!rc)
			rc = pass_on(r);
		if (!rc && fds[1].revents)
			rc = take_events(r);
		if (fds[2].revents)
			take_signal(r);
	}
	/* A guest's last words: of one that was destroyed, too, as its ring is mapped here. */
	return rc ? rc : pass_on(r);
}

/* Its chaosd may have been quicker, as its on_poweroff says. */
static int remove_it(struct running *r)
{
	struct chaos_error err;
	int rc;

	chaos_console_detach(r->con);
	r->con = NULL;
	rc = chaos_domain_destroy(r->call->ctx, r->info.domid, DESTROY_TIMEOUT_MS, &err);
	if (!rc || rc == -(int)CHAOS_NO_DOMAIN)
		return 0;
	r->call->err = err;
	return rc;
}

int create_run(struct call *call, uint32_t domid, int signals, int *status)
{
	struct running r = { .call = call, .watch = -1, .signals = signals };
	struct chaos_error why;
	int rc = 0;

	r.is_tty = isatty(STDOUT_FILENO);
	if (!call->ctx)
		rc = call_open(call);
	if (!rc && !chaos_domain_look(call->ctx, domid, &r.info))
		return call_error(call, CHAOS_GUEST, "domain %u is gone already", domid);
	if (rc)
		return rc;
	r.watch = chaos_watch_open(call->ctx, domid, &call->err);
	rc = r.watch < 0 ? r.watch : 0;
	if (!rc)
		rc = chaos_console_attach(call->ctx, domid, &r.con, &call->err);
	if (!rc)
		rc = chaos_domain_unpause(call->ctx, domid, &call->err);
	if (!rc)
		rc = attend(&r);
	why = call->err;
	if (!rc)
		rc = remove_it(&r);
	else if (remove_it(&r))
		call->err = why; /* what came first */
	if (r.watch >= 0)
		close(r.watch);
	*status = r.status;
	return rc;
}
