// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Lays out a PV guest as libxenguest does (xg_dom_core.c, xg_dom_x86.c; xen/public/xen.h,
 * "start-of-day"), and beyond that in less than 4 MiB: then all there is gets mapped.
 */
#include <string.h>

#include "build/pv/pv_layout.h"

#define BOOT_STACK	1U
/* xen.h promises this much mapped behind the boot stack, and an end at a multiple of 4 MiB. */
#define PADDING		PV_PAGES(512UL << 10)
#define ALIGN_MASK	((4UL << 20) - 1)

#define VA_MASK		((1UL << 48) - 1)
#define PT_ENTRIES	512U
#define PT_SHIFT(level) (PV_PAGE_SHIFT + 9 * ((level)-1))

/* Present, writable, accessed; for tables also dirty and user. */
#define PTE_TABLE	0x67UL
#define PTE_RW		0x23UL
#define PTE_RO		0x21UL
#define PTE_NX		(1UL << 63)

/* Number of tables of one level for the mapped part; each maps what one entry above it does. */
static uint64_t count_tables(const struct pv_layout *l, unsigned int level)
{
	uint64_t first = l->virt_base & VA_MASK;
	uint64_t last = first + (l->nr_mapped << PV_PAGE_SHIFT) - 1;
	unsigned int shift = PT_SHIFT(level + 1);

	return (last >> shift) - (first >> shift) + 1;
}

static void count_all_tables(struct pv_layout *l)
{
	unsigned int level;

	l->nr_pt = 0;
	for (level = PV_LEVELS; level; level--) {
		l->nr_tables[level] = count_tables(l, level);
		l->nr_pt += l->nr_tables[level];
	}
}

/* The initial mapping, if so many pages are to lie in it and as many behind it. */
static void map_pages(struct pv_layout *l, const struct pv_image *img, uint64_t pages,
		      uint64_t behind)
{
	uint64_t end = pv_layout_va(l, pages);

	if (!img->maps_itself)
		end = (end | ALIGN_MASK) + 1;
	l->nr_mapped = (end - l->virt_base) >> PV_PAGE_SHIFT;
	if (l->nr_mapped > l->nr_pages - behind)
		l->nr_mapped = l->nr_pages - behind;
	count_all_tables(l);
}

/* Room for the p2m, with tables of its own if it is mapped apart from the rest. */
static void size_p2m(struct pv_layout *l, const struct pv_image *img)
{
	uint64_t nr = l->nr_p2m = PV_PAGES(l->nr_pages * sizeof(uint64_t));
	unsigned int level;

	if (!img->has_own_p2m)
		return;
	l->p2m_va = img->p2m_va;
	for (level = 1; level < PV_LEVELS; level++) {
		nr = (nr + PT_ENTRIES - 1) / PT_ENTRIES;
		l->nr_p2m_tables[level] = nr;
		l->nr_p2m_pt += nr;
	}
}

/* From the image's end to the page tables; returns how many pages lie behind what is mapped. */
static uint64_t place_special(struct pv_layout *l, const struct pv_image *img)
{
	uint64_t next = img->nr_pages, behind = 0;

	if (img->takes_module_pfn) {
		behind += l->nr_ramdisk;
	} else {
		l->ramdisk_pfn = next;
		next += l->nr_ramdisk;
	}
	if (img->has_own_p2m) {
		behind += l->nr_p2m + l->nr_p2m_pt;
	} else {
		l->p2m_pfn = next;
		l->p2m_va = pv_layout_va(l, next);
		next += l->nr_p2m;
	}
	l->start_info_pfn = next++;
	l->store_pfn = next++;
	l->console_pfn = next++;
	l->ctrl_pfn = img->is_linux ? l->store_pfn : next++;
	l->ring_pfn = next;
	l->pt_pfn = next + l->nr_rings;
	return behind;
}

/* Behind what is mapped. */
static void place_behind(struct pv_layout *l, const struct pv_image *img)
{
	uint64_t next = l->nr_mapped;

	if (img->takes_module_pfn) {
		l->ramdisk_pfn = next;
		next += l->nr_ramdisk;
	}
	if (img->has_own_p2m)
		l->p2m_pfn = next;
}

uint64_t pv_layout_make(struct pv_layout *l, const struct pv_image *img, uint64_t nr_pages,
			uint64_t nr_rings, uint64_t nr_ramdisk)
{
	uint64_t padding = img->maps_itself ? PV_PAGES((uint64_t)img->mapped_kib << 10) : PADDING;
	uint64_t first, pages, behind;

	memset(l, 0, sizeof(*l));
	l->virt_base = img->virt_base;
	l->nr_pages = nr_pages;
	l->nr_rings = nr_rings;
	l->nr_ramdisk = nr_ramdisk;
	size_p2m(l, img);
	behind = place_special(l, img);
	first = l->pt_pfn;
	if (nr_pages <= behind)
		l->nr_pages = behind + 1; /* to be counted, and then refused */

	/* The tables lie in what they map: more of them may want one more. */
	pages = first + BOOT_STACK + padding;
	for (;;) {
		map_pages(l, img, pages, behind);
		if (first + l->nr_pt + BOOT_STACK + padding <= l->nr_mapped ||
		    l->nr_mapped == l->nr_pages - behind)
			break;
		pages = first + l->nr_pt + BOOT_STACK + padding;
	}
	l->boot_stack_pfn = l->pt_pfn + l->nr_pt;
	if (l->boot_stack_pfn + BOOT_STACK + behind > nr_pages)
		return l->boot_stack_pfn + BOOT_STACK + behind;
	place_behind(l, img);
	return 0;
}

/* The entries of all tables of one level, which point to the tables of the level below. */
static void link_tables(const struct pv_layout *l, const uint64_t *p2m, unsigned int level,
			uint64_t *tables, uint64_t below_pfn)
{
	uint64_t first = (l->virt_base & VA_MASK) >> PT_SHIFT(level);
	uint64_t i, slot = first % PT_ENTRIES;

	for (i = 0; i < l->nr_tables[level - 1]; i++)
		tables[slot + i] = p2m[below_pfn + i] << PV_PAGE_SHIFT | PTE_TABLE;
}

/* The entry of frame 0 in the leaf tables, which lie one behind the other. */
static uint64_t *first_entry(const struct pv_layout *l, uint64_t *tables)
{
	return tables + ((l->virt_base & VA_MASK) >> PV_PAGE_SHIFT) % PT_ENTRIES;
}

static void map_frames(const struct pv_layout *l, const uint64_t *p2m, uint64_t *tables)
{
	uint64_t *entry = first_entry(l, tables), pfn;

	for (pfn = 0; pfn < l->nr_mapped; pfn++)
		entry[pfn] = p2m[pfn] << PV_PAGE_SHIFT | PTE_RW;
	/* Xen takes pages as page tables only if nobody can write to them. */
	for (pfn = l->pt_pfn; pfn < l->pt_pfn + l->nr_pt; pfn++)
		entry[pfn] = p2m[pfn] << PV_PAGE_SHIFT | PTE_RO;
}

/* Tables of the p2m's own, below the entry of the root that is theirs alone. */
static void map_p2m(const struct pv_layout *l, const uint64_t *p2m, uint64_t *root,
		    uint64_t *tables)
{
	uint64_t pfn = pv_layout_p2m_pt(l), i;
	unsigned int level;

	root[(l->p2m_va & VA_MASK) >> PT_SHIFT(PV_LEVELS)] = p2m[pfn] << PV_PAGE_SHIFT | PTE_TABLE;
	for (level = PV_LEVELS - 1; level > 1; level--) {
		pfn += l->nr_p2m_tables[level];
		for (i = 0; i < l->nr_p2m_tables[level - 1]; i++)
			tables[i] = p2m[pfn + i] << PV_PAGE_SHIFT | PTE_TABLE;
		tables += l->nr_p2m_tables[level] * PT_ENTRIES;
	}
	for (i = 0; i < l->nr_p2m; i++)
		tables[i] = p2m[l->p2m_pfn + i] << PV_PAGE_SHIFT | PTE_RW;
}

void pv_layout_write_tables(const struct pv_layout *l, const uint64_t *p2m, uint64_t *tables)
{
	uint64_t pfn = l->pt_pfn;
	unsigned int level;

	memset(tables, 0, (l->nr_pt + l->nr_p2m_pt) << PV_PAGE_SHIFT);
	if (l->nr_p2m_pt)
		map_p2m(l, p2m, tables, tables + l->nr_pt * PT_ENTRIES);
	for (level = PV_LEVELS; level > 1; level--) {
		pfn += l->nr_tables[level];
		link_tables(l, p2m, level, tables, pfn);
		tables += l->nr_tables[level] * PT_ENTRIES;
	}
	map_frames(l, p2m, tables);
}

/* The entry of frame 0 in all tables. */
static uint64_t *first_leaf(const struct pv_layout *l, uint64_t *tables)
{
	return first_entry(l, tables + (l->nr_pt - l->nr_tables[1]) * PT_ENTRIES);
}

void pv_layout_protect(const struct pv_layout *l, const struct pv_image *img, uint64_t *tables)
{
	uint64_t *leaf = first_leaf(l, tables), pfn, end, done = 0;
	const struct pv_region *region;
	unsigned int i;

	for (i = 0; i < img->nr_regions; i++) {
		region = &img->regions[i];
		pfn = region->offset >> PV_PAGE_SHIFT;
		end = PV_PAGES(region->offset + region->size);
		/* A page that two share keeps what the first may do. */
		if (pfn < done) {
			if (region->is_writable)
				leaf[pfn] |= PTE_RW;
			if (region->is_executable)
				leaf[pfn] &= ~PTE_NX;
			pfn++;
		}
		for (; pfn < end; pfn++) {
			if (!region->is_writable)
				leaf[pfn] &= ~(PTE_RW ^ PTE_RO);
			if (!region->is_executable)
				leaf[pfn] |= PTE_NX;
		}
		if (end > done)
			done = end;
	}
	for (pfn = img->nr_pages; pfn < l->nr_mapped; pfn++)
		leaf[pfn] |= PTE_NX;
}

void pv_layout_map_window(const struct pv_layout *l, uint64_t *tables, uint64_t pfn, uint64_t mfn,
			  bool is_writable)
{
	first_leaf(l, tables)[pfn] = mfn << PV_PAGE_SHIFT | (is_writable ? PTE_RW : PTE_RO) |
				     PTE_NX;
}
