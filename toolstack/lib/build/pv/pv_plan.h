/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * What the fast builder will make of a kernel: all that is known before there is a domain.  Made once,
 * and from then on only read.
 */
#ifndef CHAOS_PV_PLAN_H
#define CHAOS_PV_PLAN_H

#include "build/pv/pv_image.h"
#include "build/pv/pv_layout.h"
#include "device/internal.h"

struct pv_plan {
	struct pv_image *img; /* parsed, and open */
	struct pv_ramdisk ramdisk;
	bool owns_ramdisk; /* it is not the image's */
	struct pv_layout layout;
	struct chaos_built built; /* but for start_info_mfn */
};

/*
 * For a guest of nr_pages pages with these vifs; ramdisk may be NULL, and comes before one that is in the
 * kernel's file.  Returns 1, and *plan is to be ended with
 * pv_plan_fini(); or 0 if the fast builder cannot take this kernel, and why; or an error, if the kernel
 * was built for another ABI, or needs more pages.
 */
int pv_plan_make(struct pv_plan *plan, struct chaos_ctx *ctx, const char *kernel,
		 const char *ramdisk, uint64_t nr_pages, const struct chaos_vif *vifs,
		 unsigned int nr_vifs, const char **why, struct chaos_error *err);
void pv_plan_fini(struct pv_plan *plan);

#endif /* CHAOS_PV_PLAN_H */
