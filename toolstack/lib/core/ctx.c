// SPDX-License-Identifier: LGPL-2.1-only
/* The context: the handle on Xen, and the descriptor of the noxs module once it is needed. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/internal.h"

static int ctx_open_error(struct chaos_error *err)
{
	int e = errno;

	switch (e) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, e,
			"no /dev/xen/privcmd: boot this machine on Xen, and load xen-privcmd (modprobe xen-privcmd)");
	case EACCES:
	case EPERM:
		return chaos_error_set(err, CHAOS_PERMISSION, e,
				       "no access to /dev/xen/privcmd: run this as root");
	default:
		return chaos_error_set(err, CHAOS_FAILED, e, "cannot open /dev/xen/privcmd: %s",
				       strerror(e));
	}
}

int chaos_ctx_open(struct chaos_ctx **out, struct chaos_error *err)
{
	struct chaos_ctx *ctx;
	int rc;

	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	ctx->noxs_fd = -1;
	ctx->cancel_fd = -1;
	chaos_log_init(&ctx->log);
	ctx->xch = xc_interface_open(&ctx->log.vtable, &ctx->log.vtable, XC_OPENFLAG_NON_REENTRANT);
	if (!ctx->xch) {
		rc = ctx_open_error(err);
		free(ctx);
		return rc;
	}
	ctx->xcall = xc_interface_xcall_handle(ctx->xch);
	*out = ctx;
	return 0;
}

void chaos_ctx_close(struct chaos_ctx *ctx)
{
	if (!ctx)
		return;
	if (ctx->noxs_fd >= 0)
		close(ctx->noxs_fd);
	if (ctx->kept)
		ctx->kept->free(ctx->kept);
	xc_interface_close(ctx->xch);
	free(ctx);
}

void chaos_ctx_set_cancel(struct chaos_ctx *ctx, int fd)
{
	ctx->cancel_fd = fd;
}

void chaos_ctx_set_counter(struct chaos_ctx *ctx, const struct chaos_calls *calls)
{
	ctx->calls = calls;
}
