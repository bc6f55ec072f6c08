// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Carries out what is to be done when guests end, which ends.c reads, and knows who does: chaosd, or
 * without it `chaos reap`.  The module tells, so that it cannot be wrong when that one is killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/internal.h"

/* ---- who carries it out ---- */

int chaos_ends_open(struct chaos_ctx *ctx, bool takes, struct chaos_error *err)
{
	struct noxs_ioc_subscribe arg = {
		.domid = NOXS_DOMID_NONE,
		.flags = NOXS_SUBSCRIBE_ENDS | (takes ? NOXS_SUBSCRIBE_TAKE : 0),
	};
	int fd, rc;

	rc = chaos_module_open(ctx, err);
	if (rc)
		return rc;
	if (!(ctx->module_flags & NOXS_MODULE_ENDS))
		return chaos_module_old(EINVAL, err);
	fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0 && !ioctl(fd, NOXS_IOC_SUBSCRIBE, &arg))
		return fd;
	if (errno == EBUSY)
		rc = chaos_error_set(
			err, CHAOS_EXISTS, EBUSY,
			"chaosd or another 'chaos reap' looks after guests that end already");
	else
		rc = chaos_error_set(err, chaos_code_of_errno(errno), errno,
				     "cannot subscribe to the ends of guests: %s", strerror(errno));
	if (fd >= 0)
		close(fd);
	return rc;
}

static uint32_t module_flags(struct chaos_ctx *ctx)
{
	struct noxs_ioc_version v = { 0 };

	return ctx->noxs_fd < 0 || ioctl(ctx->noxs_fd, NOXS_IOC_VERSION, &v) ? 0 : v.flags;
}

bool chaos_ends_exist(struct chaos_ctx *ctx)
{
	return module_flags(ctx) & NOXS_MODULE_HAS_ENDS;
}

bool chaos_ends_are_unwatched(struct chaos_ctx *ctx)
{
	return (module_flags(ctx) & (NOXS_MODULE_HAS_ENDS | NOXS_MODULE_IS_WATCHED)) ==
	       NOXS_MODULE_HAS_ENDS;
}

int chaos_exits_check(struct chaos_ctx *ctx, struct chaos_error *err)
{
	int rc = chaos_module_open(ctx, err);

	if (rc || ctx->module_flags & NOXS_MODULE_EXIT)
		return rc;
	return chaos_error_set(
		err, CHAOS_ENVIRONMENT, ENOTSUP,
		"the noxs module that is loaded cannot tell how a guest ends: load that of this version, or use 'chaos create'");
}

/* ---- carrying it out ---- */

/*
 * Of that very domain, not of one that has its number by now: it is there when QUERY has answered, so
 * it was before.  Between that and Xen's destroying it some 32,000 domains would have to be made, as Xen
 * gives out numbers in turn.
 *
 * Its devices are not detached first: the module does that when it hears that the domain is dying, and
 * nobody waits here for a disk of one guest while others end.
 */
static int destroy(struct chaos_ctx *ctx, const struct chaos_dominfo *info, enum chaos_end *end,
		   struct chaos_error *err)
{
	struct noxs_dominfo now;

	if (chaos_noxs_dominfo(ctx, info->domid, &now) || now.serial != info->serial ||
	    now.flags & NOXS_DOMF_DYING)
		return 0; /* somebody else was quicker */
	if (xc_domain_destroy(ctx->xch, info->domid) && errno != ESRCH)
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot destroy \"%s\" (domain %u), which has ended: %s",
				       info->name, info->domid, strerror(errno));
	*end = CHAOS_END_DESTROYED;
	return 0;
}

int chaos_domain_end(struct chaos_ctx *ctx, const struct chaos_dominfo *info, enum chaos_end *end,
		     struct chaos_error *err)
{
	struct noxs_ioc_query arg = { .domid = (uint16_t)info->domid };
	struct chaos_ends ends;
	int rc;

	*end = CHAOS_END_NOTHING;
	if (!info->is_ours || !info->is_shutdown || info->is_dying ||
	    info->state == CHAOS_STATE_SHELL)
		return 0;
	/* Whoever makes it, or saves it, has not done with it. */
	if (info->state == CHAOS_STATE_INCOMPLETE) {
		*end = CHAOS_END_LATER;
		return 0;
	}
	rc = chaos_module_query(ctx, &arg, err);
	if (rc <= 0)
		return rc;
	chaos_ends_convert(arg.flags, &ends);
	switch (chaos_ends_action(&ends, info->shutdown_reason)) {
	case CHAOS_DESTROY:
		return destroy(ctx, info, end, err);
	case CHAOS_RESTART:
		*end = CHAOS_END_RESTART;
		return 0;
	default:
		return 0;
	}
}
