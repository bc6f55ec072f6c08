// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The noxs hypercall, as far as a toolstack uses it: version, set_info and list.  Devices are the
 * module's business.  All return -1 with errno on failure.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

static long noxs_op(struct chaos_ctx *ctx, unsigned int op, const void *arg, const void *buf,
		    unsigned int count)
{
	return xencall4(ctx->xcall, __HYPERVISOR_noxs_op, op, (uintptr_t)arg, (uintptr_t)buf,
			count);
}

long chaos_noxs_version(struct chaos_ctx *ctx)
{
	return noxs_op(ctx, NOXS_OP_version, NULL, NULL, 0);
}

int chaos_noxs_set_info(struct chaos_ctx *ctx, const struct noxs_set_info *info)
{
	struct noxs_set_info *arg;
	long rc;
	int e;

	arg = xencall_alloc_buffer(ctx->xcall, sizeof(*arg));
	if (!arg) {
		errno = ENOMEM;
		return -1;
	}
	*arg = *info;
	rc = noxs_op(ctx, NOXS_OP_set_info, arg, NULL, 1);
	e = errno;
	xencall_free_buffer(ctx->xcall, arg);
	errno = e;
	return rc == 1 ? 0 : -1;
}

int chaos_noxs_list(struct chaos_ctx *ctx, uint16_t *first, struct noxs_dominfo *buf,
		    unsigned int count)
{
	/* One buffer for both: the entries, with the argument behind them. */
	struct noxs_dominfo *infos;
	struct noxs_list *arg;
	long rc;
	int e;

	infos = xencall_alloc_buffer(ctx->xcall, count * sizeof(*infos) + sizeof(*arg));
	if (!infos) {
		errno = ENOMEM;
		return -1;
	}
	arg = (struct noxs_list *)(infos + count);
	memset(arg, 0, sizeof(*arg));
	arg->first = *first;
	rc = noxs_op(ctx, NOXS_OP_list, arg, infos, count);
	e = errno;
	if (rc >= 0) {
		memcpy(buf, infos, (size_t)rc * sizeof(*infos));
		*first = arg->next;
	}
	xencall_free_buffer(ctx->xcall, infos);
	errno = e;
	return (int)rc;
}

int chaos_noxs_dominfo(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dominfo *info)
{
	uint16_t first = (uint16_t)domid;
	int rc;

	rc = chaos_noxs_list(ctx, &first, info, 1);
	if (rc < 0)
		return -1;
	if (rc == 0 || info->domid != domid) {
		errno = ESRCH;
		return -1;
	}
	return 0;
}
