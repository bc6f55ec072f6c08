// SPDX-License-Identifier: LGPL-2.1-only
/* Asks the module what it has of one domain. */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "core/internal.h"

int chaos_module_query(struct chaos_ctx *ctx, struct noxs_ioc_query *arg, struct chaos_error *err)
{
	int rc = chaos_module_open(ctx, err);

	if (rc)
		return rc;
	if (!ioctl(ctx->noxs_fd, NOXS_IOC_QUERY, arg))
		return 1;
	if (errno == ENOENT || errno == ESRCH)
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot query the devices of domain %u: %s", arg->domid,
			       strerror(errno));
}
