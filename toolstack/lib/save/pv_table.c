// SPDX-License-Identifier: LGPL-2.1-only
/* Page tables of PV guests, translated: see pv_table.h. */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "save/pv_table.h"

/* Entries of the root that are Xen's (xen/public/arch-x86/xen-x86_64.h, HYPERVISOR_VIRT_*). */
#define XEN_FIRST 256U
#define XEN_LAST  271U

static uint64_t first_index(const struct pv_inverse *inv, uint64_t mfn)
{
	return mfn * 0x9e3779b97f4a7c15UL >> (64 - inv->bits);
}

int pv_inverse_init(struct pv_inverse *inv, const uint64_t *p2m, uint64_t nr_pages, uint64_t *pfn)
{
	uint64_t mask, i, n;

	inv->p2m = p2m;
	inv->slots = NULL;
	if (nr_pages >= UINT32_MAX) {
		errno = E2BIG;
		return -1;
	}
	for (inv->bits = 6; 1UL << inv->bits < 2 * nr_pages; inv->bits++)
		;
	inv->slots = calloc(1UL << inv->bits, sizeof(*inv->slots));
	if (!inv->slots)
		return -1;
	mask = (1UL << inv->bits) - 1;
	for (n = 0; n < nr_pages; n++) {
		for (i = first_index(inv, p2m[n]); inv->slots[i]; i = (i + 1) & mask)
			if (p2m[inv->slots[i] - 1] == p2m[n]) {
				*pfn = n;
				errno = EEXIST;
				return -1;
			}
		inv->slots[i] = (uint32_t)n + 1;
	}
	return 0;
}

uint64_t pv_inverse_find(const struct pv_inverse *inv, uint64_t mfn)
{
	uint64_t mask = (1UL << inv->bits) - 1, i;

	for (i = first_index(inv, mfn); inv->slots[i]; i = (i + 1) & mask)
		if (inv->p2m[inv->slots[i] - 1] == mfn)
			return inv->slots[i] - 1;
	return PV_NO_PFN;
}

void pv_inverse_fini(struct pv_inverse *inv)
{
	free(inv->slots);
	inv->slots = NULL;
}

static int fail(struct pv_table_fault *fault, unsigned int index, uint64_t entry)
{
	fault->index = index;
	fault->entry = entry;
	fault->frame = pv_entry_frame(entry);
	return -1;
}

static bool is_xens(unsigned int level, unsigned int index)
{
	return level == 4 && index >= XEN_FIRST && index <= XEN_LAST;
}

static uint64_t with_frame(uint64_t entry, uint64_t frame)
{
	return (entry & ~PV_ENTRY_FRAME_MASK) | frame << 12;
}

int pv_table_normalise(uint64_t *to, const uint64_t *from, unsigned int level,
		       const struct pv_inverse *inv, struct pv_table_fault *fault)
{
	uint64_t entry, pfn;
	unsigned int i;

	for (i = 0; i < PV_TABLE_ENTRIES; i++) {
		entry = is_xens(level, i) ? 0 : from[i];
		if (entry & PV_ENTRY_PRESENT) {
			pfn = pv_inverse_find(inv, pv_entry_frame(entry));
			if (pfn == PV_NO_PFN || (level > 1 && entry & PV_ENTRY_LARGE))
				return fail(fault, i, entry);
			entry = with_frame(entry, pfn);
		}
		to[i] = entry;
	}
	return 0;
}

int pv_table_localise(uint64_t *table, unsigned int level, const uint64_t *p2m, uint64_t nr_pages,
		      struct pv_table_fault *fault)
{
	uint64_t entry;
	unsigned int i;

	for (i = 0; i < PV_TABLE_ENTRIES; i++) {
		entry = table[i];
		if (!(entry & PV_ENTRY_PRESENT))
			continue;
		if (is_xens(level, i) || pv_entry_frame(entry) >= nr_pages ||
		    (level > 1 && entry & PV_ENTRY_LARGE))
			return fail(fault, i, entry);
		table[i] = with_frame(entry, p2m[pv_entry_frame(entry)]);
	}
	return 0;
}
