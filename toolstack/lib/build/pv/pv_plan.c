// SPDX-License-Identifier: LGPL-2.1-only
/* Plans a guest for the fast builder: see pv_plan.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_connect.h"
#include "build/pv/pv_plan.h"

/* 1, or 0 if the generic builder is to say what is wrong with it, or an error. */
static int open_ramdisk(struct pv_plan *plan, const char *path, const char **why)
{
	struct stat st;

	plan->ramdisk = plan->img->ramdisk;
	if (!path)
		return 1;
	*why = "its ramdisk cannot be read";
	plan->ramdisk.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (plan->ramdisk.fd < 0)
		return 0;
	plan->owns_ramdisk = true;
	plan->ramdisk.start = 0;
	if (fstat(plan->ramdisk.fd, &st) || !S_ISREG(st.st_mode) || !st.st_size)
		return 0;
	plan->ramdisk.size = (uint64_t)st.st_size;
	return 1;
}

static int lay_out(struct pv_plan *plan, const char *kernel, uint64_t nr_pages, uint64_t nr_rings,
		   struct chaos_error *err)
{
	uint64_t nr_ramdisk = PV_PAGES(plan->ramdisk.size), least = nr_pages, more;

	/* Its p2m and page tables grow with it. */
	while ((more = pv_layout_make(&plan->layout, plan->img, least, nr_rings, nr_ramdisk)))
		least = more;
	if (least == nr_pages)
		return 1;
	return chaos_error_set(
		err, CHAOS_CONFIG, ENOMEM,
		"%llu KiB of memory are too little for kernel \"%s\"%s: give it at least %llu (memory_kib = ...)",
		(unsigned long long)nr_pages << (PV_PAGE_SHIFT - 10), kernel,
		nr_ramdisk ? " with its ramdisk" : "",
		(unsigned long long)least << (PV_PAGE_SHIFT - 10));
}

int pv_plan_make(struct pv_plan *plan, struct chaos_ctx *ctx, const char *kernel,
		 const char *ramdisk, uint64_t nr_pages, const struct chaos_vif *vifs,
		 unsigned int nr_vifs, const char **why, struct chaos_error *err)
{
	int rc;

	memset(plan, 0, sizeof(*plan));
	if (!chaos_pv_image_get(ctx, kernel, &plan->img, why))
		return 0;
	rc = chaos_pv_check_abi(plan->img->abi, kernel, err);
	if (!rc)
		rc = open_ramdisk(plan, ramdisk, why);
	if (rc > 0)
		rc = lay_out(plan, kernel, nr_pages, pv_connect_nr_rings(plan->img, vifs, nr_vifs),
			     err);
	if (rc <= 0) {
		pv_plan_fini(plan);
		return rc;
	}
	plan->built.ctrl_gfn = plan->layout.ctrl_pfn;
	plan->built.ctrl_gref = CHAOS_GREF_CONTROL;
	plan->built.ctrl_port = CHAOS_PORT_CONTROL;
	pv_connect_plan(&plan->layout, plan->img, vifs, nr_vifs, &plan->built);
	return 1;
}

void pv_plan_fini(struct pv_plan *plan)
{
	if (plan->owns_ramdisk)
		close(plan->ramdisk.fd);
	plan->owns_ramdisk = false;
	chaos_pv_image_put(plan->img);
	plan->img = NULL;
}
