// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The window is mapped like any foreign page, and its entries are then replaced behind the kernel's back,
 * by entries of the same kind: should this process die, the kernel takes them away as its own.  In a Dom0
 * that is not paravirtual Xen refuses, and each part is mapped and unmapped.
 */
#include <errno.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>

#include "build/pv/pv_copy.h"

/*
 * What Linux has for a foreign page in a process: present, writable, user, accessed, dirty, special (bit 9,
 * arch/x86/include/asm/pgtable_types.h), not executable.
 */
#define PTE_FOREIGN (0x267UL | 1UL << 63)

static char *map(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages)
{
	return xenforeignmemory_map(xc_interface_fmem_handle(c->g->ctx->xch), c->g->domid,
				    PROT_READ | PROT_WRITE, nr_pages, c->g->p2m + pfn, NULL);
}

static void unmap(struct pv_copy *c, uint64_t nr_pages)
{
	/* Fails only for an address that is no mapping. */
	(void)xenforeignmemory_unmap(xc_interface_fmem_handle(c->g->ctx->xch), c->window, nr_pages);
	c->window = NULL;
}

/* Entry number i becomes pte, which is of the guest. */
static void add_entry(struct pv_copy *c, uint64_t i, uint64_t pte, bool is_last)
{
	(void)pv_batch_add(c->g->batch, __HYPERVISOR_update_va_mapping_otherdomain,
			   (uintptr_t)c->window + (i << PV_PAGE_SHIFT), pte,
			   is_last ? UVMF_TLB_FLUSH | UVMF_ALL : UVMF_NONE, c->g->domid);
}

static int run_entries(struct pv_copy *c)
{
	return pv_batch_run(c->g->batch) || pv_batch_failed(c->g->batch, c->g->batch->nr) >= 0 ?
		       -1 :
		       0;
}

static int move(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages)
{
	uint64_t i;

	pv_batch_reset(c->g->batch);
	for (i = 0; i < nr_pages; i++)
		add_entry(c, i, c->g->p2m[pfn + i] << PV_PAGE_SHIFT | PTE_FOREIGN,
			  i == nr_pages - 1);
	return run_entries(c);
}

void pv_copy_begin(struct pv_copy *c, struct pv_guest *g)
{
	*c = (struct pv_copy){ .g = g };
}

static char *map_part(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages)
{
	if (c->window)
		unmap(c, c->nr_here);
	c->nr_here = nr_pages;
	return c->window = map(c, pfn, nr_pages);
}

char *pv_copy_at(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages)
{
	if (c->is_refused)
		return map_part(c, pfn, nr_pages);
	if (!c->window) {
		c->nr_here = PV_WINDOW_PAGES;
		/* Any pages of the guest, which has many more. */
		c->window = map(c, 0, PV_WINDOW_PAGES);
		if (!c->window)
			return NULL;
	}
	if (!move(c, pfn, nr_pages))
		return c->window;
	c->is_refused = true;
	return map_part(c, pfn, nr_pages);
}

void pv_copy_end(struct pv_copy *c)
{
	uint64_t i;

	if (!c->window)
		return;
	if (!c->is_refused) {
		pv_batch_reset(c->g->batch);
		for (i = 0; i < PV_WINDOW_PAGES; i++)
			add_entry(c, i, 0, i == PV_WINDOW_PAGES - 1);
		(void)run_entries(c); /* what it leaves, the kernel takes away */
	}
	unmap(c, c->nr_here);
}
