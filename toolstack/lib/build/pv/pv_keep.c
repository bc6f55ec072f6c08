// SPDX-License-Identifier: LGPL-2.1-only
/* Made when the first guest is built through a context, and gone with it: see pv_keep.h. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_keep.h"

#define PAGE_SIZE  4096UL
#define TABLE_SPAN (2UL << 20) /* what one page of page tables maps */

static void keep_free(struct chaos_kept *kept)
{
	struct pv_keep *keep = (struct pv_keep *)kept;

	chaos_pv_cache_free(keep->cache);
	pv_batch_fini(&keep->batch);
	if (keep->anchor)
		(void)munmap(keep->anchor, PAGE_SIZE); /* fails for no page of ours */
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

/* The first page of what one page table maps, where the rest is free; it is written to. */
static void *anchor_make(void)
{
	char *p = mmap(NULL, 2 * TABLE_SPAN, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *anchor, *end;

	if (p == MAP_FAILED)
		return NULL;
	anchor = p + (-(uintptr_t)p & (TABLE_SPAN - 1));
	end = p + 2 * TABLE_SPAN;
	/* What cannot be taken away stays, and is in nobody's way. */
	if (anchor != p)
		(void)munmap(p, (size_t)(anchor - p));
	(void)munmap(anchor + PAGE_SIZE, (size_t)(end - anchor) - PAGE_SIZE);
	*(volatile char *)anchor = 1;
	return anchor;
}

void *pv_keep_place(struct chaos_ctx *ctx)
{
	struct pv_keep *keep = pv_keep_get(ctx);

	if (!keep)
		return NULL;
	if (keep->has_mapped && !keep->anchor)
		keep->anchor = anchor_make();
	keep->has_mapped = true;
	return keep->anchor ? (char *)keep->anchor + PAGE_SIZE : NULL;
}
