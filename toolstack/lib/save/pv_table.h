/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A PV guest's page tables between two hosts: machine frames in their entries become the guest's own
 * frame numbers in a saved file, and other machine frames when it is restored.
 */
#ifndef CHAOS_PV_TABLE_H
#define CHAOS_PV_TABLE_H

#include <stdint.h>

#define PV_TABLE_ENTRIES 512U
#define PV_NO_PFN	 UINT64_MAX

/* From machine frames to the guest's: its p2m list, which stays where it is, the other way round. */
struct pv_inverse {
	const uint64_t *p2m;
	uint32_t *slots;   /* pfn + 1, 0: free */
	unsigned int bits; /* 2^bits of them */
};

/* -1 with errno: ENOMEM, E2BIG, or EEXIST and *pfn if a frame is in the list twice. */
int pv_inverse_init(struct pv_inverse *inv, const uint64_t *p2m, uint64_t nr_pages, uint64_t *pfn);
/* PV_NO_PFN if it is no frame of the guest's. */
uint64_t pv_inverse_find(const struct pv_inverse *inv, uint64_t mfn);
void pv_inverse_fini(struct pv_inverse *inv);

/* Why an entry cannot be translated. */
struct pv_table_fault {
	unsigned int index;
	uint64_t entry;
	uint64_t frame; /* it names */
};

/*
 * Translate a table of that level (1 = leaf).  Entries that are Xen's own are left out.  Returns -1
 * and tells of the first entry that cannot be: a frame that is not the guest's, or a large page.
 */
int pv_table_normalise(uint64_t *to, const uint64_t *from, unsigned int level,
		       const struct pv_inverse *inv, struct pv_table_fault *fault);
int pv_table_localise(uint64_t *table, unsigned int level, const uint64_t *p2m, uint64_t nr_pages,
		      struct pv_table_fault *fault);

#define PV_ENTRY_PRESENT    1UL
#define PV_ENTRY_LARGE	    (1UL << 7) /* in levels 2 and 3 */
#define PV_ENTRY_FRAME_MASK 0x000ffffffffff000UL

static inline uint64_t pv_entry_frame(uint64_t entry)
{
	return (entry & PV_ENTRY_FRAME_MASK) >> 12;
}

#endif /* CHAOS_PV_TABLE_H */
