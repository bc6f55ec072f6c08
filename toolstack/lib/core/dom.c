// SPDX-License-Identifier: LGPL-2.1-only
/* What is done to a domain that exists: destroy, pause, requests, and watching it end. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/internal.h"

int chaos_domain_check(uint32_t domid, struct chaos_error *err)
{
	if (domid == 0)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "domain 0 is the control domain itself: name a guest");
	if (domid >= DOMID_FIRST_RESERVED)
		return chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH,
				       "no domain %u; see 'chaos list'", domid);
	return 0;
}

/* That it can be one of ours, and the module's descriptor. */
static int begin(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	int rc = chaos_domain_check(domid, err);

	return rc ? rc : chaos_module_open(ctx, err);
}

static int domain_error(uint32_t domid, const char *verb, struct chaos_error *err)
{
	int e = errno;

	if (e == ESRCH)
		return chaos_error_set(err, CHAOS_NO_DOMAIN, e, "no domain %u; see 'chaos list'",
				       domid);
	return chaos_error_set(err, chaos_code_of_errno(e), e, "cannot %s domain %u: %s%s", verb,
			       domid, strerror(e),
			       e == EPERM ? "; run this as root in the control domain" : "");
}

int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	int rc = chaos_domain_check(domid, err);

	if (!rc && xc_domain_pause(ctx->xch, domid))
		rc = domain_error(domid, "pause", err);
	return rc;
}

int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	int rc = chaos_domain_check(domid, err);

	if (!rc && xc_domain_unpause(ctx->xch, domid))
		rc = domain_error(domid, "unpause", err);
	return rc;
}

static bool is_gone(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_GONE;
}

/* Whether the domain numbered domid is still the one with that serial. */
static bool still_exists(struct chaos_ctx *ctx, uint32_t domid, uint64_t serial)
{
	struct noxs_dominfo info;

	return !chaos_noxs_dominfo(ctx, domid, &info) && info.serial == serial;
}

int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
			 struct chaos_error *err)
{
	struct noxs_ioc_event event;
	struct noxs_dominfo info;
	int rc = begin(ctx, domid, err);

	if (rc)
		return rc;
	if (chaos_noxs_dominfo(ctx, domid, &info))
		return domain_error(domid, "destroy", err);
	/* Back-ends first: they hold pages and ports that would keep the domain half alive. */
	if (chaos_module_detach(ctx, domid))
		return domain_error(domid, "detach the devices of", err);
	/* ESRCH: it died in between, and may be on its way out. */
	if (xc_domain_destroy(ctx->xch, domid) && errno != ESRCH)
		return domain_error(domid, "destroy", err);
	if (!still_exists(ctx, domid, info.serial))
		return 0;
	/* Somebody else has its pages mapped: a console, a dump.  Subscribed, then looked again. */
	if (chaos_module_subscribe(ctx, ctx->noxs_fd, domid) && errno != ESRCH)
		return domain_error(domid, "watch", err);
	if (!still_exists(ctx, domid, info.serial))
		return 0;
	rc = chaos_module_wait(ctx, domid, timeout_ms, is_gone, &event);
	if (rc < 0)
		return domain_error(domid, "watch", err);
	if (!rc && still_exists(ctx, domid, info.serial))
		return chaos_error_set(
			err, CHAOS_TIMEOUT, ETIMEDOUT,
			"domain %u is dying, but another process holds its memory: end that ('chaos console'?)",
			domid);
	return 0;
}

static bool is_end(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_SHUTDOWN || event->type == NOXS_EVENT_DYING ||
	       event->type == NOXS_EVENT_GONE;
}

static bool is_end_or_answer(const struct noxs_ioc_event *event)
{
	return is_end(event) || event->type == NOXS_EVENT_ANSWER;
}

static int request_error(uint32_t domid, const char *what, struct chaos_error *err)
{
	switch (errno) {
	case ENOENT:
		return chaos_error_set(
			err, CHAOS_GUEST, ENOENT,
			"domain %u has no sysctl device (the noxs module was loaded anew since it was made?) and cannot be asked to %s: use 'chaos destroy'",
			domid, what);
	case ENOTCONN:
		return chaos_error_set(
			err, CHAOS_GUEST, ENOTCONN,
			"domain %u is not ready, or knows no noxs, and cannot be asked to %s: use 'chaos destroy'",
			domid, what);
	case EBUSY:
		return chaos_error_set(
			err, CHAOS_GUEST, EBUSY,
			"domain %u has not answered an earlier request: use 'chaos destroy'",
			domid);
	default:
		return domain_error(domid, what, err);
	}
}

static int wait_end(struct chaos_ctx *ctx, uint32_t domid, const char *what, uint32_t req_id,
		    unsigned int timeout_ms, unsigned int *reason, struct chaos_error *err)
{
	uint64_t now_ms = chaos_now_ns() / 1000000U, end_ms = now_ms + timeout_ms;
	struct noxs_ioc_event event;
	struct noxs_dominfo info;
	int rc;

	for (;; now_ms = chaos_now_ns() / 1000000U) {
		/* Answers do not buy time. */
		rc = now_ms < end_ms ?
			     chaos_module_wait(ctx, domid, (unsigned int)(end_ms - now_ms),
					       is_end_or_answer, &event) :
			     0;
		if (rc < 0)
			return domain_error(domid, "watch", err);
		if (!rc)
			return chaos_error_set(
				err, CHAOS_TIMEOUT, ETIMEDOUT,
				"domain %u did not %s in %u ms: raise --timeout, or use 'chaos destroy'",
				domid, what, timeout_ms);
		if (event.type != NOXS_EVENT_ANSWER)
			break;
		if (event.arg == req_id && event.code == NOXS_SYSCTL_EV_REFUSED)
			return chaos_error_set(err, CHAOS_GUEST, 0, "domain %u refuses to %s",
					       domid, what);
	}
	if (reason) {
		*reason = event.type == NOXS_EVENT_SHUTDOWN ? event.code : 0;
		if (event.type == NOXS_EVENT_SHUTDOWN && !chaos_noxs_dominfo(ctx, domid, &info) &&
		    info.flags & NOXS_DOMF_SHUTDOWN)
			*reason = info.reason;
	}
	return 0;
}

int chaos_domain_request(struct chaos_ctx *ctx, uint32_t domid, enum chaos_request request,
			 unsigned int timeout_ms, unsigned int *reason, struct chaos_error *err)
{
	bool reboots = request == CHAOS_REQUEST_REBOOT;
	struct noxs_ioc_request arg = {
		.domid = (uint16_t)domid,
		.request = reboots ? NOXS_SYSCTL_REQ_REBOOT : NOXS_SYSCTL_REQ_POWEROFF,
	};
	const char *what = reboots ? "reboot" : "shut down";
	int rc = begin(ctx, domid, err);

	if (rc)
		return rc;
	/* Before the request, so that its end cannot be missed. */
	if (timeout_ms && chaos_module_subscribe(ctx, ctx->noxs_fd, domid))
		return domain_error(domid, "watch", err);
	if (ioctl(ctx->noxs_fd, NOXS_IOC_REQUEST, &arg))
		return request_error(domid, what, err);
	if (!timeout_ms)
		return 0;
	return wait_end(ctx, domid, what, arg.req_id, timeout_ms, reason, err);
}

int chaos_watch_open(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	int fd, rc;

	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !chaos_module_subscribe(ctx, fd, domid))
		return fd;
	rc = domain_error(domid, "watch", err);
	if (fd >= 0)
		close(fd);
	return rc;
}

bool chaos_watch_ended(int fd)
{
	struct noxs_ioc_event event;
	bool ended = false;

	while (read(fd, &event, sizeof(event)) == (ssize_t)sizeof(event))
		if (is_end(&event))
			ended = true;
	return ended;
}
