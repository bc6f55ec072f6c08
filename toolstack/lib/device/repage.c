// SPDX-License-Identifier: LGPL-2.1-only
/* Telling a guest that its device page has changed, or that a device is about to go. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "device/internal.h"

static bool is_end(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_SHUTDOWN || event->type == NOXS_EVENT_DYING ||
	       event->type == NOXS_EVENT_GONE || event->type == NOXS_EVENT_DETACHED;
}

static bool is_end_or_answer(const struct noxs_ioc_event *event)
{
	return is_end(event) || event->type == NOXS_EVENT_ANSWER;
}

static int request_error(uint32_t domid, int e, struct chaos_error *err)
{
	switch (e) {
	case ENOENT:
	case ENOTCONN:
		return chaos_error_set(
			err, CHAOS_GUEST, e,
			"domain %u is not ready, or knows no noxs, and cannot be told of its devices",
			domid);
	case ESRCH:
		return chaos_error_set(err, CHAOS_NO_DOMAIN, e, "domain %u has gone", domid);
	default:
		return chaos_error_set(err, chaos_code_of_errno(e), e,
				       "cannot tell domain %u of its devices: %s", domid,
				       strerror(e));
	}
}

/* The next event that matters: 1, or 0 when time is up, and a negative code. */
static int next(struct chaos_ctx *ctx, uint32_t domid, uint64_t end_ns,
		struct noxs_ioc_event *event, struct chaos_error *err)
{
	uint64_t now = chaos_now_ns();
	int rc;

	/* Other events do not buy time. */
	if (now >= end_ns)
		return 0;
	rc = chaos_module_wait(ctx, domid, (unsigned int)((end_ns - now + 999999U) / 1000000U),
			       is_end_or_answer, event);
	if (rc < 0 && errno == ECANCELED)
		return chaos_error_set(err, CHAOS_FAILED, ECANCELED,
				       "interrupted before domain %u had answered", domid);
	if (rc < 0)
		return chaos_error_set(err, CHAOS_FAILED, errno, "watching domain %u: %s", domid,
				       strerror(errno));
	if (rc && is_end(event))
		return chaos_error_set(err, CHAOS_GUEST, 0,
				       "domain %u has ended, or is being saved", domid);
	return rc;
}

/* Ask, once whatever it was asked before is over, and wait for the answer: 0, and there it is. */
static int ask(struct chaos_ctx *ctx, struct noxs_ioc_request *request, unsigned int timeout_ms,
	       struct noxs_ioc_event *answer, struct chaos_error *err)
{
	uint64_t end_ns = chaos_now_ns() + (uint64_t)timeout_ms * 1000000U;
	uint32_t domid = request->domid;
	bool is_asked = false;
	int rc;

	do {
		if (!is_asked && !ioctl(ctx->noxs_fd, NOXS_IOC_REQUEST, request))
			is_asked = true;
		/* Somebody else has asked it something: when that is answered it is our turn. */
		else if (!is_asked && errno != EBUSY)
			return request_error(domid, errno, err);
		rc = next(ctx, domid, end_ns, answer, err);
		if (rc > 0 && is_asked && answer->arg == request->req_id)
			return 0;
	} while (rc > 0);
	if (rc)
		return rc;
	return chaos_error_set(err, CHAOS_TIMEOUT, ETIMEDOUT,
			       "domain %u did not %s in %u ms: raise --timeout", domid,
			       !is_asked ? "answer an earlier request" :
			       request->request == NOXS_SYSCTL_REQ_RELEASE ?
					   "let go of its device" :
					   "look at its devices",
			       timeout_ms);
}

int chaos_repage(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		 struct chaos_error *err)
{
	struct noxs_ioc_request request = {
		.domid = (uint16_t)domid,
		.request = NOXS_SYSCTL_REQ_REPAGE,
	};
	struct noxs_ioc_event answer;
	int rc = ask(ctx, &request, timeout_ms, &answer, err);

	if (!rc && answer.code != NOXS_SYSCTL_EV_DONE)
		rc = chaos_error_set(err, CHAOS_GUEST, 0,
				     "domain %u refuses to look at its devices", domid);
	return rc;
}

void chaos_repage_later(struct chaos_ctx *ctx, uint32_t domid)
{
	struct noxs_ioc_request request = {
		.domid = (uint16_t)domid,
		.request = NOXS_SYSCTL_REQ_REPAGE,
	};

	/* Who does not listen finds out when it looks. */
	(void)ioctl(ctx->noxs_fd, NOXS_IOC_REQUEST, &request);
}

int chaos_release(struct chaos_ctx *ctx, uint32_t domid, uint16_t cls, uint16_t id,
		  unsigned int timeout_ms)
{
	struct noxs_ioc_request request = {
		.domid = (uint16_t)domid,
		.request = NOXS_SYSCTL_REQ_RELEASE,
		.arg = (uint32_t)cls << 16 | id,
	};
	struct noxs_ioc_event answer;
	struct chaos_error why;

	/* One that says nothing, cannot be asked or does not know what that is loses it all the same. */
	if (ask(ctx, &request, timeout_ms, &answer, &why))
		return why.os_errno == ECANCELED ? ECANCELED : 0;
	if (answer.code != NOXS_SYSCTL_EV_REFUSED)
		return 0;
	/* It is the guest's word. */
	return answer.detail > 0 && answer.detail < 4096 ? (int)answer.detail : 0;
}
