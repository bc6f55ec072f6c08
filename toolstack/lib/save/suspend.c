// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Suspending a guest for a save, and letting it go on.  The guest does it itself, when the sysctl
 * device asks; then its back-ends are held still, until this process lets go of them or dies.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <xen/sched.h>
#include <xenctrl.h>
#include <xenguest.h>

#include "save/save.h"

/* A guest that has gone on says so at once; one that does not is none of our business any more. */
#define DONE_TIMEOUT_MS 1000U

static int suspend_error(uint32_t domid, const char *what, struct chaos_error *err)
{
	int e = errno;

	return chaos_error_set(err, chaos_code_of_errno(e), e, "cannot suspend domain %u: %s: %s",
			       domid, what, strerror(e));
}

static bool is_suspended(const struct noxs_dominfo *info)
{
	return info->flags & NOXS_DOMF_SHUTDOWN && info->reason == SHUTDOWN_suspend;
}

static bool is_outcome(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_SHUTDOWN || event->type == NOXS_EVENT_DYING ||
	       event->type == NOXS_EVENT_GONE || event->type == NOXS_EVENT_ANSWER;
}

static int ask(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct noxs_ioc_request arg = {
		.domid = (uint16_t)domid,
		.request = NOXS_SYSCTL_REQ_SUSPEND,
	};

	/* Before the request, so that its end cannot be missed. */
	if (chaos_module_subscribe(ctx, ctx->noxs_fd, domid))
		return suspend_error(domid, "watching it", err);
	if (!ioctl(ctx->noxs_fd, NOXS_IOC_REQUEST, &arg))
		return 0;
	if (errno == ENOENT || errno == ENOTCONN)
		return chaos_error_set(
			err, CHAOS_GUEST, errno,
			"domain %u is not ready, or knows no noxs, and cannot be asked to suspend",
			domid);
	if (errno == EBUSY)
		return chaos_error_set(err, CHAOS_GUEST, EBUSY,
				       "domain %u has not answered an earlier request: try again",
				       domid);
	return suspend_error(domid, "asking it", err);
}

static int wait_suspended(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
			  struct chaos_error *err)
{
	struct noxs_ioc_event event = { 0 };
	struct noxs_dominfo info;
	int rc, e;

	rc = chaos_module_wait(ctx, domid, timeout_ms, is_outcome, &event);
	e = errno;
	/* The event may have been late, or about something else: Xen knows. */
	if (chaos_noxs_dominfo(ctx, domid, &info))
		return suspend_error(domid, "it has gone", err);
	if (is_suspended(&info))
		return 0;
	if (rc < 0 && e == ECANCELED)
		return chaos_error_set(err, CHAOS_FAILED, e,
				       "interrupted before domain %u suspended: it goes on", domid);
	if (rc < 0) {
		errno = e;
		return suspend_error(domid, "watching it", err);
	}
	if (rc && event.type == NOXS_EVENT_ANSWER)
		return chaos_error_set(err, CHAOS_GUEST, 0, "domain %u refuses to suspend", domid);
	if (rc)
		return chaos_error_set(err, CHAOS_GUEST, 0,
				       "domain %u has ended instead of suspending", domid);
	return chaos_error_set(
		err, CHAOS_TIMEOUT, ETIMEDOUT,
		"domain %u did not suspend in %u ms and goes on: raise --timeout; should it suspend later, use 'chaos unpause %u'",
		domid, timeout_ms, domid);
}

static int hold(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)domid };

	if (!ioctl(ctx->noxs_fd, NOXS_IOC_QUIESCE, &arg))
		return 0;
	if (errno == EBUSY)
		return chaos_error_set(err, CHAOS_FAILED, EBUSY,
				       "domain %u is being saved by somebody else", domid);
	(void)suspend_error(domid, "holding its devices still", err);
	return -(int)CHAOS_FAILED;
}

int chaos_suspend(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		  struct chaos_error *err)
{
	struct noxs_dominfo info;
	int rc;

	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	if (chaos_noxs_dominfo(ctx, domid, &info))
		return suspend_error(domid, "asking for its state", err);
	/* It may have been suspended already by a save that did not end: that will do. */
	if (!is_suspended(&info)) {
		rc = ask(ctx, domid, err);
		if (!rc)
			rc = wait_suspended(ctx, domid, timeout_ms, err);
		if (rc)
			return rc;
	}
	rc = hold(ctx, domid, err);
	/* Another save that holds it will let it go on. */
	if (rc && !(err && err->os_errno == EBUSY))
		(void)chaos_resume(ctx, domid, NULL); /* the first error is the one to tell */
	return rc;
}

static bool is_answer(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_ANSWER;
}

int chaos_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)domid };
	struct noxs_ioc_event event;
	bool is_watched;

	/* -ENOENT: it was not held. */
	if (ioctl(ctx->noxs_fd, NOXS_IOC_THAW, &arg) && errno != ENOENT)
		return suspend_error(domid, "letting its devices go on", err);
	/* Before it goes on, so that its answer cannot be missed. */
	is_watched = !chaos_module_subscribe(ctx, ctx->noxs_fd, domid);
	/* Cooperative: suspend() returns 1, and the guest goes on as if nothing had been. */
	if (xc_domain_resume(ctx->xch, domid, 1))
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "domain %u is suspended and cannot be resumed: %s", domid,
				       strerror(errno));
	/* Until then the next request would find this one unanswered. */
	if (is_watched)
		(void)chaos_module_wait(ctx, domid, DONE_TIMEOUT_MS, is_answer, &event);
	return 0;
}

int chaos_domain_resume(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct noxs_ioc_quiesce arg = { .domid = (uint16_t)domid };
	int rc;

	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	/* Who holds it is saving it now. */
	if (ioctl(ctx->noxs_fd, NOXS_IOC_QUIESCE, &arg) && errno == EBUSY)
		return chaos_error_set(err, CHAOS_FAILED, EBUSY,
				       "domain %u is being saved: it goes on when that has ended",
				       domid);
	if (save_mark(ctx, domid, NOXS_DOM_COMPLETE))
		return suspend_error(domid, "marking it as whole", err);
	return chaos_resume(ctx, domid, err);
}
