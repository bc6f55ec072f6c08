/* SPDX-License-Identifier: LGPL-2.1-only */
/* Where everything is in a new PV guest's memory, and its first page tables. */
#ifndef CHAOS_PV_LAYOUT_H
#define CHAOS_PV_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "build/pv/pv_image.h"

#define PV_LEVELS 4

/*
 * Frames, in this order: image, p2m, start info, store, console, control page, rings, page tables
 * (the root first), boot stack.  Frame n is at virt_base + n pages.
 *
 * Linux has its ramdisk and its p2m, with the page tables that map that, behind what is mapped; and
 * the store page for a control page, as it keeps no other of ours out of its allocator.
 */
struct pv_layout {
	uint64_t virt_base;
	uint64_t nr_pages; /* of the guest */
	uint64_t p2m_va, p2m_pfn, nr_p2m;
	uint64_t nr_p2m_tables[PV_LEVELS]; /* [level], behind the p2m, the highest first */
	uint64_t nr_p2m_pt;		   /* in all; 0 if it is mapped with the rest */
	uint64_t ramdisk_pfn, nr_ramdisk;
	uint64_t start_info_pfn, store_pfn, console_pfn, ctrl_pfn;
	uint64_t ring_pfn, nr_rings;
	uint64_t pt_pfn, nr_pt;
	uint64_t nr_tables[PV_LEVELS + 1]; /* [level], 1 = leaves */
	uint64_t boot_stack_pfn;
	uint64_t nr_mapped; /* frames [0, nr_mapped) are in the page tables */
};

/*
 * Lays out a guest of nr_pages pages, nr_rings of them rings, with a ramdisk of so many.  Returns 0, or
 * the number of pages it would take at least if these do not suffice.
 */
uint64_t pv_layout_make(struct pv_layout *l, const struct pv_image *img, uint64_t nr_pages,
			uint64_t nr_rings, uint64_t nr_ramdisk);

/*
 * Writes the nr_pt page tables and the nr_p2m_pt of the p2m, which lie one behind the other in
 * `tables`.  p2m has the machine frames of all of the guest's pages.
 */
void pv_layout_write_tables(const struct pv_layout *l, const uint64_t *p2m, uint64_t *tables);
/* In tables that have been written: the image as its regions say, and nothing else executable. */
void pv_layout_protect(const struct pv_layout *l, const struct pv_image *img, uint64_t *tables);
/* In tables that have been written: another machine frame where one of the mapped frames would be. */
void pv_layout_map_window(const struct pv_layout *l, uint64_t *tables, uint64_t pfn, uint64_t mfn,
			  bool is_writable);

/* The first page table of the p2m's own. */
static inline uint64_t pv_layout_p2m_pt(const struct pv_layout *l)
{
	return l->p2m_pfn + l->nr_p2m;
}

static inline uint64_t pv_layout_va(const struct pv_layout *l, uint64_t pfn)
{
	return l->virt_base + (pfn << PV_PAGE_SHIFT);
}

#endif /* CHAOS_PV_LAYOUT_H */
