/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The fast builder: makes a PV guest out of a domain just created, in steps that can be apart in
 * time, so that a pool can hold guests with their memory, or with their image too.
 *
 *   chaos_pv_prepare()      memory, event channels, grant table; no image needed
 *   chaos_pv_load()         the image and everything around it; can run but for its command line
 *   chaos_pv_set_cmdline()  last, and only if it has one
 *   chaos_pv_free()         unmaps what was written; the domain stays
 *
 * A failed step leaves a domain that is good only for being destroyed, after chaos_pv_free().
 */
#ifndef CHAOS_PV_BUILD_H
#define CHAOS_PV_BUILD_H

#include "device/internal.h"
#include "build/pv/pv_image.h"

struct pv_guest;
struct pv_plan;

int chaos_pv_prepare(struct chaos_ctx *ctx, uint32_t domid, uint64_t nr_pages,
		     struct pv_guest **out, struct chaos_error *err);
/* As planned, for as many pages as it has. */
int chaos_pv_load(struct pv_guest *g, const struct pv_plan *plan, struct chaos_built *built,
		  struct chaos_error *err);
/* From now on it is ctx, of the calling thread, that works on it: between two steps. */
int chaos_pv_move(struct pv_guest *g, struct chaos_ctx *ctx, struct chaos_error *err);
int chaos_pv_set_cmdline(struct pv_guest *g, const char *cmdline, struct chaos_error *err);
/*
 * Unmap.  Not before the guest has said that it is ready, if that is waited for: it costs as much
 * as all of the guest's start.  But before a guest that nobody waits for runs: it may want to make
 * page tables of pages it has no more use for.
 */
void chaos_pv_unmap(struct pv_guest *g);
void chaos_pv_free(struct pv_guest *g);

/*
 * The image in `path`; parsed images are kept by the context, as long as the file is the same.
 * Returns 1, or 0 if the fast builder cannot take this file, and why.  Put it back.
 */
int chaos_pv_image_get(struct chaos_ctx *ctx, const char *path, struct pv_image **img,
		       const char **why);
void chaos_pv_image_put(struct pv_image *img);
/* Of a kernel that was built for another major of the ABI, 0 = for none: an error that says so. */
int chaos_pv_check_abi(uint32_t abi, const char *path, struct chaos_error *err);
struct pv_image_cache;
void chaos_pv_cache_free(struct pv_image_cache *cache);

#endif /* CHAOS_PV_BUILD_H */
