// SPDX-License-Identifier: LGPL-2.1-only
/* Made when the first guest is built through a context, and gone with it: see pv_keep.h. */
#include <stdlib.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_keep.h"

static void keep_free(struct chaos_kept *kept)
{
	struct pv_keep *keep = (struct pv_keep *)kept;

	chaos_pv_cache_free(keep->cache);
	pv_batch_fini(&keep->batch);
	free(keep);
}

struct pv_keep *pv_keep_get(struct chaos_ctx *ctx)
{
	struct pv_keep *keep;

	if (ctx->kept)
		return (struct pv_keep *)ctx->kept;
	keep = calloc(1, sizeof(*keep));
	if (!keep)
		return NULL;
	keep->kept.free = keep_free;
	ctx->kept = &keep->kept;
	return keep;
}

struct pv_batch *pv_keep_batch(struct chaos_ctx *ctx)
{
	struct pv_keep *keep = pv_keep_get(ctx);

	if (!keep || (!keep->batch.calls && pv_batch_init(&keep->batch, ctx->xcall)))
		return NULL;
	return &keep->batch;
}
