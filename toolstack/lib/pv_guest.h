/* SPDX-License-Identifier: LGPL-2.1-only */
/* A guest on its way through the fast builder: what pv_memory.c makes and pv_build.c fills. */
#ifndef CHAOS_PV_GUEST_H
#define CHAOS_PV_GUEST_H

#include <stdint.h>
#include <xenctrl.h>
#include <xen/grant_table.h>

#include "pv_batch.h"
#include "pv_build.h"
#include "pv_layout.h"

struct pv_guest {
	struct chaos_ctx *ctx;
	struct pv_batch *batch;
	uint32_t domid;
	uint64_t nr_pages;
	uint64_t *p2m;
	uint64_t shared_info_frame, grant_frame;
	struct pv_layout layout;

	/* Pages mapped for writing: image, p2m, start info, grant frame, shared info. */
	char *map;
	uint64_t nr_map;
	char *p2m_map;
	start_info_t *start_info;
	grant_entry_v1_t *grants;
	shared_info_t *shared_info;
};

/* The step failed, errno says why. */
int chaos_pv_error(const char *step, struct chaos_error *err);

#endif /* CHAOS_PV_GUEST_H */
