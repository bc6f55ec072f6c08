// SPDX-License-Identifier: LGPL-2.1-only
/* Creates a domain in one go, all or nothing: prepare, execute, and wait until it is ready. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <xen/sched.h>

#include "build/internal.h"
#include "build/shell.h"

int chaos_ready_verdict(const char *name, const struct chaos_event *event, struct chaos_error *err)
{
	switch (event->type) {
	case CHAOS_EVENT_READY:
		return 1;
	case CHAOS_EVENT_DEV_FAILED:
		return chaos_error_set(
			err, CHAOS_GUEST, (int)event->code,
			"domain \"%s\" broke the protocol of its %s %u: %s; see the kernel log",
			name, event->arg >> 16 == NOXS_CLASS_VIF ? "vif" : "device",
			event->arg & 0xffff, strerror((int)event->code));
	case CHAOS_EVENT_SHUTDOWN:
		if (event->code == SHUTDOWN_crash)
			return chaos_error_set(err, CHAOS_GUEST, 0,
					       "domain \"%s\" crashed before it was ready", name);
		return chaos_error_set(err, CHAOS_GUEST, 0,
				       "domain \"%s\" shut down (reason %u) before it was ready",
				       name, event->code);
	case CHAOS_EVENT_DYING:
	case CHAOS_EVENT_GONE:
		return chaos_error_set(err, CHAOS_GUEST, 0,
				       "domain \"%s\" was destroyed before it was ready", name);
	default:
		return 0;
	}
}

int chaos_ready_timeout(const char *name, unsigned int timeout_ms, struct chaos_error *err)
{
	return chaos_error_set(
		err, CHAOS_TIMEOUT, ETIMEDOUT,
		"domain \"%s\" was not ready after %u ms: raise --timeout; a kernel that does not know noxs never is, has no vifs and disks, and needs --no-wait",
		name, timeout_ms);
}

void chaos_ready_never(const char *name, char *text, size_t size)
{
	(void)snprintf(
		text, size,
		"\"%s\" runs and is not waited for: its kernel has no LightVM note; unless it is a Linux with noxs-front, it finds no vifs and disks and never says that it is ready (with --timeout it is waited for all the same)",
		name);
}

static bool ends_wait(const struct noxs_ioc_event *event)
{
	switch (event->type) {
	case NOXS_EVENT_READY:
	case NOXS_EVENT_DEV_FAILED:
	case NOXS_EVENT_SHUTDOWN:
	case NOXS_EVENT_DYING:
	case NOXS_EVENT_GONE:
		return true;
	default:
		return false;
	}
}

static int wait_ready(struct chaos_shell *s, const char *name, unsigned int timeout_ms,
		      struct chaos_error *err)
{
	struct noxs_ioc_event record;
	struct chaos_event event;
	int rc;

	rc = chaos_module_wait(s->ctx, s->domid, timeout_ms, ends_wait, &record);
	if (rc < 0 && errno == ECANCELED)
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "interrupted before \"%s\" was ready: it has been destroyed",
				       name);
	if (rc < 0)
		return chaos_error_set(err, CHAOS_FAILED, errno, "waiting for \"%s\": %s", name,
				       strerror(errno));
	if (!rc)
		return chaos_ready_timeout(name, timeout_ms, err);
	chaos_event_convert(&record, &event);
	rc = chaos_ready_verdict(name, &event, err);
	return rc > 0 ? 0 : rc;
}

int chaos_shell_start(struct chaos_shell *s, const struct chaos_create_opts *opts,
		      struct chaos_created *out, struct chaos_error *err)
{
	bool waits = !opts->no_wait && !opts->paused;
	int rc;

	/* Who gives a time knows better: the kernel may load a module that knows noxs. */
	if (waits && !opts->timeout_ms && !s->knows_noxs) {
		waits = false;
		out->is_never_ready = true;
	}
	rc = chaos_shell_attach(s, &out->timing, err);
	if (rc || opts->paused)
		return rc;
	if (waits && chaos_module_subscribe(s->ctx, s->ctx->noxs_fd, s->domid))
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "cannot subscribe to domain \"%s\": %s", s->plan->name,
				       strerror(errno));
	rc = chaos_shell_run(s, waits, &out->timing, err);
	if (rc || !waits)
		return rc;
	rc = wait_ready(s, s->plan->name,
			opts->timeout_ms ? opts->timeout_ms : CHAOS_READY_TIMEOUT_MS, err);
	chaos_lap(&s->last_ns, &out->timing.guest_ns);
	if (rc)
		chaos_last_words(s->ctx, s->domid, err);
	out->is_ready = !rc;
	return rc;
}

int chaos_domain_create(struct chaos_ctx *ctx, struct chaos_config *cfg,
			const struct chaos_create_opts *opts, struct chaos_created *out,
			struct chaos_error *err)
{
	struct chaos_calls before = { 0 };
	struct chaos_shell *s = NULL;
	uint64_t start;
	int rc;

	memset(out, 0, sizeof(*out));
	if (ctx->calls)
		before = *ctx->calls;
	start = chaos_now_ns();
	rc = chaos_shell_make(ctx, cfg, NULL, &s, &out->timing, err);
	if (!rc) {
		out->domid = chaos_shell_domid(s);
		rc = chaos_shell_start(s, opts, out, err);
		if (!rc)
			rc = chaos_shell_complete(s, err);
		if (rc)
			chaos_shell_discard(s, ctx);
	}
	out->timing.total_ns = chaos_now_ns() - start;
	if (ctx->calls) {
		out->timing.calls.hypercalls = ctx->calls->hypercalls - before.hypercalls;
		out->timing.calls.ioctls = ctx->calls->ioctls - before.ioctls;
	}
	return rc;
}
