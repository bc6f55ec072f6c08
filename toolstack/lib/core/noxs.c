// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The noxs hypercall, as far as a toolstack uses it: version, set_info and list.  Devices are the
 * module's business.  All return -1 with errno on failure.
 *
 * Buffers are of one page: those libxencall keeps for the next call.  xencall_alloc_buffer() puts a
 * header before what it was asked for, so that a page makes two, which are mapped and unmapped each
 * time, and with them Dom0's page tables.
 */
#include <errno.h>
#include <string.h>

#include "core/internal.h"

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

int chaos_noxs_get(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dev_page *page,
		   uint64_t *frame)
{
	struct noxs_dev_page *buf = xencall_alloc_buffer_pages(ctx->xcall, 1);
	struct noxs_get *arg = xencall_alloc_buffer(ctx->xcall, sizeof(*arg));
	long rc = -1;
	int e = ENOMEM;

	if (buf && arg) {
		memset(arg, 0, sizeof(*arg));
		arg->domid = (uint16_t)domid;
		rc = noxs_op(ctx, NOXS_OP_get, arg, buf, 0);
		e = errno;
		*page = *buf;
		*frame = arg->frame;
	}
	xencall_free_buffer(ctx->xcall, arg);
	xencall_free_buffer_pages(ctx->xcall, buf, 1);
	errno = e;
	return rc < 0 ? -1 : 0;
}

struct chaos_noxs_batch *chaos_noxs_batch_alloc(struct chaos_ctx *ctx)
{
	/* All zeros, as the library gives it. */
	struct chaos_noxs_batch *batch = xencall_alloc_buffer_pages(ctx->xcall, 1);

	if (!batch)
		errno = ENOMEM;
	return batch;
}

void chaos_noxs_batch_free(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch)
{
	xencall_free_buffer_pages(ctx->xcall, batch, 1);
}

int chaos_noxs_list(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch, unsigned int count)
{
	int rc = (int)noxs_op(ctx, NOXS_OP_list, &batch->arg, batch->infos, count);

	if (rc >= 0)
		batch->arg.first = batch->arg.next;
	return rc;
}

int chaos_noxs_dominfo(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dominfo *info)
{
	struct chaos_noxs_batch *batch;
	int e, rc;

	batch = chaos_noxs_batch_alloc(ctx);
	if (!batch)
		return -1;
	batch->arg.first = (uint16_t)domid;
	rc = chaos_noxs_list(ctx, batch, 1);
	e = rc < 0 ? errno : ESRCH;
	if (rc == 1 && batch->infos[0].domid == domid)
		*info = batch->infos[0];
	else
		rc = -1;
	chaos_noxs_batch_free(ctx, batch);
	errno = e;
	return rc < 0 ? -1 : 0;
}
