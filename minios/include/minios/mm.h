/* SPDX-License-Identifier: MIT */
/*
 * Memory of a guest: frame numbers, page tables (arch/x86/pv/mm.c) and pages.
 *
 * All memory is mapped linearly: pseudo-physical frame 0 is at MINIOS_VIRT_BASE.
 */
#ifndef MINIOS_MM_H
#define MINIOS_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>
#include <minios/util.h>

#define PAGE_SHIFT   12
#define PAGE_SIZE    (1UL << PAGE_SHIFT)
#define PAGE_MASK    (~(PAGE_SIZE - 1))

#define PTE_PRESENT  (1UL << 0)
#define PTE_WRITE    (1UL << 1)
#define PTE_USER     (1UL << 2)
#define PTE_ACCESSED (1UL << 5)
#define PTE_DIRTY    (1UL << 6)
#define PTE_NX	     (1UL << 63)

/* Leaf entries.  NX is dropped by Xen where the CPU lacks it. */
#define PTE_RX	     (PTE_PRESENT | PTE_USER | PTE_ACCESSED)
#define PTE_RO	     (PTE_RX | PTE_NX)
#define PTE_RW	     (PTE_RO | PTE_WRITE | PTE_DIRTY)

#define MFN_NONE     (~0UL)

/*
 * A page of address space of the image's own, for a frame that is not ours (shared_info...).  The
 * domain builder may have mapped it, if a note asks for it (minios/lightvm_note.h).
 */
#define MM_WINDOW    __attribute__((section(".bss..window"), aligned(4096)))

static inline unsigned long mm_page_up(unsigned long addr)
{
	return (addr + PAGE_SIZE - 1) & PAGE_MASK;
}

static inline void *mm_pfn_to_virt(unsigned long pfn)
{
	return (void *)(MINIOS_VIRT_BASE + (pfn << PAGE_SHIFT));
}

static inline unsigned long mm_virt_to_pfn(const void *va)
{
	return ((unsigned long)va - MINIOS_VIRT_BASE) >> PAGE_SHIFT;
}

/* Set up from start_info; boot_sp is the stack pointer Xen entered with. */
void mm_init(const struct start_info *si, unsigned long boot_sp);

/* Make text and constants read-only, and all but the text not executable. */
void mm_protect_image(void);

/* Frames the guest was given; a pfn below this has an mfn. */
unsigned long mm_nr_pages(void);

/* The p2m list: mfn of one of our frames, MFN_NONE if there is no such frame. */
unsigned long mm_pfn_to_mfn(unsigned long pfn);
unsigned long mm_virt_to_mfn(const void *va);

/* The m2p table: pfn of a frame that is ours, or a number >= mm_nr_pages(). */
unsigned long mm_mfn_to_pfn(unsigned long mfn);

/*
 * Address of one of our frames, e.g. one placed by the domain builder; maps it if it is not.
 * NULL if the number is no frame of ours or cannot be mapped.
 */
void *mm_frame_map(unsigned long pfn);

/* True for a frame of ours outside the image, start_info, the p2m list and the boot page tables. */
bool mm_frame_is_data(unsigned long pfn);

/* Tell the toolstack through shared_info where the p2m list is, for save and dump. */
void mm_describe_p2m(void);
/* The machine frames it is in, the first at frames[0]; their number, 0 if there are more than max. */
unsigned int mm_p2m_frames(uint64_t *frames, unsigned int max);

/* Map mfn at a window with PTE_* protection.  0 or -errno. */
int mm_window_map(void *window, unsigned long mfn, uint64_t prot);

/* Give the window its own frame back, so that no foreign frame is left in the page tables. */
int mm_window_unmap(void *window);

/* True if something else than its own frame is mapped at the window. */
bool mm_window_is_mapped(const void *window);

/* Before a suspend: all windows. */
void mm_windows_unmap(void);

/* Of a page that the allocator has come to: true if it is wanted for a page table. */
bool mm_page_keep(void *page);

/* ---- the allocator, xen/page.c ---- */

/* The first frame that nothing is in. */
void page_init(unsigned long first_pfn);

/* Before a suspend: say of all memory that the allocator has not reached that nobody needs it. */
void page_discard_unused(void);

/*
 * Keep a frame from page_alloc(): the domain builder has put something there.  Again is no error.
 * -EINVAL no frame of ours; -EBUSY it is in use already; -ENOSPC.
 */
int page_reserve(unsigned long pfn);

/* One page, or count pages in a row, uncleared; NULL when memory is used up.  Only single pages
 * can be freed. */
void *page_alloc(void);
void *page_alloc_run(size_t count);
void page_free(void *page);

#endif /* MINIOS_MM_H */
