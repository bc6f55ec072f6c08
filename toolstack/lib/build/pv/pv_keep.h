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
};

/* Those of ctx, NULL without memory. */
struct pv_keep *pv_keep_get(struct chaos_ctx *ctx);
struct pv_batch *pv_keep_batch(struct chaos_ctx *ctx);

#endif /* CHAOS_PV_KEEP_H */
