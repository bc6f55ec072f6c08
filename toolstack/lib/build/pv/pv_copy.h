/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A window into a guest's memory, some pages large, that is moved along what is to be filled.
 *
 * To map a page and to unmap it costs a paravirtual Dom0 five times as much as to copy it: Xen emulates
 * each of the kernel's writes to a page table.  So the window's entries are changed by the hypercall
 * for that, in one call for all of them.
 */
#ifndef CHAOS_PV_COPY_H
#define CHAOS_PV_COPY_H

#include "build/pv/pv_guest.h"

#define PV_WINDOW_PAGES PV_BATCH_MAX

struct pv_copy {
	struct pv_guest *g;
	char *window;	  /* PV_WINDOW_PAGES, or NULL */
	bool is_refused;  /* this Dom0 cannot move it: each part is mapped */
	uint64_t nr_here; /* pages, then */
};

void pv_copy_begin(struct pv_copy *c, struct pv_guest *g);
/*
 * At most PV_WINDOW_PAGES pages of the guest from pfn on, to be written to until the next call.  NULL with
 * errno.
 */
char *pv_copy_at(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages);
void pv_copy_end(struct pv_copy *c);

#endif /* CHAOS_PV_COPY_H */
