/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the fast builder keeps with a context, from one guest to the next. */
#ifndef CHAOS_PV_KEEP_H
#define CHAOS_PV_KEEP_H

#include "core/internal.h"
#include "build/pv/pv_batch.h"

struct pv_image_cache;

struct pv_keep {
	struct chaos_kept kept;	      /* first: the context knows only this */
	struct pv_batch batch;	      /* made at first use */
	struct pv_image_cache *cache; /* NULL until it is needed */
	bool has_mapped;	      /* a guest's pages */
	void *anchor;		      /* a page; NULL until it is needed */
};

/* Those of ctx, NULL without memory. */
struct pv_keep *pv_keep_get(struct chaos_ctx *ctx);
struct pv_batch *pv_keep_batch(struct chaos_ctx *ctx);

/*
 * Where in this process to map a guest's pages, as a hint for mmap(): close to a page that stays, so
 * that the page table there stays.  To make one and give it back for each guest costs a twentieth of
 * a guest from a pool.  NULL for the first guest: it may be the only one.
 */
void *pv_keep_place(struct chaos_ctx *ctx);

#endif /* CHAOS_PV_KEEP_H */
