// SPDX-License-Identifier: LGPL-2.1-only
/* Plans a guest for the fast builder: see pv_plan.h. */
#include <errno.h>
#include <string.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_connect.h"
#include "build/pv/pv_plan.h"

int pv_plan_make(struct pv_plan *plan, struct chaos_ctx *ctx, const char *kernel, uint64_t nr_pages,
		 const struct chaos_vif *vifs, unsigned int nr_vifs, const char **why,
		 struct chaos_error *err)
{
	uint64_t least;
	int rc;

	memset(plan, 0, sizeof(*plan));
	if (!chaos_pv_image_get(ctx, kernel, &plan->img, why))
		return 0;
	rc = chaos_pv_check_abi(plan->img->abi, kernel, err);
	if (rc) {
		pv_plan_fini(plan);
		return rc;
	}
	least = pv_layout_make(&plan->layout, plan->img, nr_pages,
			       pv_connect_nr_rings(plan->img, vifs, nr_vifs));
	if (least) {
		pv_plan_fini(plan);
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOMEM,
			"%llu KiB of memory are too little for kernel \"%s\": give it more than %llu (memory_kib = ...)",
			(unsigned long long)nr_pages << (PV_PAGE_SHIFT - 10), kernel,
			(unsigned long long)least << (PV_PAGE_SHIFT - 10));
	}
	plan->built.ctrl_gfn = plan->layout.ctrl_pfn;
	plan->built.ctrl_gref = CHAOS_GREF_CONTROL;
	plan->built.ctrl_port = CHAOS_PORT_CONTROL;
	pv_connect_plan(&plan->layout, plan->img, vifs, nr_vifs, &plan->built);
	return 1;
}

void pv_plan_fini(struct pv_plan *plan)
{
	chaos_pv_image_put(plan->img);
	plan->img = NULL;
}
