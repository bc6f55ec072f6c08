/* SPDX-License-Identifier: MIT */
/*
 * Page tables of an x86_64 PV guest.
 *
 * Owns the linear mapping of the guest's own memory, and windows onto frames of others.  Nothing is
 * prepared in advance: memory beyond what the domain builder has mapped is mapped when the allocator
 * (xen/page.c) gets there, in batches where there is a page table, else 2 MiB at once.
 */
#include <errno.h>
#include <minios/hypercall.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/time.h>

#define PT_ENTRIES	    512UL
#define PT_SHIFT(level)	    (PAGE_SHIFT + 9 * ((level)-1))
#define PT_INDEX(va, level) (((va) >> PT_SHIFT(level)) & (PT_ENTRIES - 1))
#define PT_LEVELS	    4
/* Bits of a page-table entry that are an address. */
#define PTE_FRAME_MASK	    0x000ffffffffff000UL
/* Entries above the leaves: protection is the leaves' business. */
#define PTE_TABLE	    (PTE_PRESENT | PTE_WRITE | PTE_USER | PTE_ACCESSED | PTE_DIRTY)

#define MMU_BATCH	    32

extern char _text[], _rodata[], stack_start[], _windows[], _windows_end[], _end[];

static const unsigned long *p2m;
static const struct start_info *start_info;
static unsigned long nr_pages;
static uint64_t *root_table;

/* The last page of each 2 MiB is put aside to become the page table of the next. */
static uint64_t *spare_table;

void mm_init(const struct start_info *si, unsigned long boot_sp)
{
	unsigned long end = si->pt_base + si->nr_pt_frames * PAGE_SIZE;

	start_info = si;
	p2m = (const unsigned long *)si->mfn_list;
	nr_pages = si->nr_pages;
	root_table = (uint64_t *)si->pt_base;
	/* The boot stack is the last thing the builder places (xen.h, "start-of-day"). */
	if (boot_sp > end)
		end = boot_sp;
	page_init(mm_virt_to_pfn((void *)mm_page_up(end)));
}

unsigned long mm_nr_pages(void)
{
	return nr_pages;
}

unsigned long mm_pfn_to_mfn(unsigned long pfn)
{
	return pfn < nr_pages ? READ_ONCE(p2m[pfn]) : MFN_NONE;
}

unsigned long mm_virt_to_mfn(const void *va)
{
	return mm_pfn_to_mfn(mm_virt_to_pfn(va));
}

unsigned long mm_mfn_to_pfn(unsigned long mfn)
{
	return machine_to_phys_mapping[mfn];
}

bool mm_frame_is_data(unsigned long pfn)
{
	unsigned long va = (unsigned long)mm_pfn_to_virt(pfn);

	if (pfn >= nr_pages || va < mm_page_up((unsigned long)_end))
		return false;
	if (va == ((unsigned long)start_info & PAGE_MASK))
		return false;
	if (va - start_info->pt_base < start_info->nr_pt_frames * PAGE_SIZE)
		return false;
	return va - start_info->mfn_list >= mm_page_up(nr_pages * sizeof(*p2m));
}

void mm_describe_p2m(void)
{
	struct arch_shared_info *arch = &time_shared_info()->arch;

	arch->p2m_vaddr = (unsigned long)p2m;
	arch->p2m_generation = 0;
	arch->max_pfn = nr_pages;
	smp_wmb(); /* p2m_cr3 says that the others are valid */
	arch->p2m_cr3 = mm_virt_to_mfn(root_table) << PAGE_SHIFT;
}

unsigned int mm_p2m_frames(uint64_t *frames, unsigned int max)
{
	unsigned long count = mm_page_up(nr_pages * sizeof(*p2m)) >> PAGE_SHIFT, i;

	if (count > max)
		return 0;
	for (i = 0; i < count; i++)
		frames[i] = mm_virt_to_mfn((const char *)p2m + (i << PAGE_SHIFT));
	return (unsigned int)count;
}

/* Entry that maps va at the given level (1 = leaf), NULL if a table above it is missing. */
static uint64_t *pte_lookup(unsigned long va, unsigned int level)
{
	uint64_t *table = root_table;
	unsigned int l;

	for (l = PT_LEVELS; l > level; l--) {
		uint64_t entry = table[PT_INDEX(va, l)];

		if (!(entry & PTE_PRESENT))
			return NULL;
		table = mm_pfn_to_virt(mm_mfn_to_pfn((entry & PTE_FRAME_MASK) >> PAGE_SHIFT));
	}
	return &table[PT_INDEX(va, level)];
}

static uint64_t pte_make(unsigned long mfn, uint64_t prot)
{
	return ((uint64_t)mfn << PAGE_SHIFT) | prot;
}

static struct mmu_update pte_update(const uint64_t *pte, uint64_t val)
{
	struct mmu_update req = {
		.ptr = pte_make(mm_virt_to_mfn(pte), MMU_NORMAL_PT_UPDATE) +
		       ((unsigned long)pte & ~PAGE_MASK),
		.val = val,
	};

	return req;
}

static int pte_set(unsigned long va, unsigned long mfn, uint64_t prot)
{
	return hypercall_update_va_mapping(va, pte_make(mfn, prot), UVMF_INVLPG);
}

int mm_window_map(void *window, unsigned long mfn, uint64_t prot)
{
	return pte_set((unsigned long)window, mfn, prot);
}

int mm_window_unmap(void *window)
{
	return pte_set((unsigned long)window, mm_virt_to_mfn(window), PTE_RW);
}

/* True if the entry does not map the frame that is the page's own. */
static bool pte_is_foreign(const uint64_t *pte, unsigned long va)
{
	return (*pte & PTE_FRAME_MASK) >> PAGE_SHIFT != mm_virt_to_mfn((void *)va);
}

bool mm_window_is_mapped(const void *window)
{
	return pte_is_foreign(pte_lookup((unsigned long)window, 1), (unsigned long)window);
}

void mm_windows_unmap(void)
{
	char *window;

	for (window = _windows; window < _windows_end; window += PAGE_SIZE)
		if (mm_window_is_mapped(window))
			(void)mm_window_unmap(window); /* what is left makes the save fail */
}

LIGHTVM_NOTE(note, LIGHTVM_NOTE_PROTECTED, 1);

/* What is behind the image, a builder may have mapped read-only: page tables. */
static uint64_t page_prot(unsigned long va, uint64_t entry)
{
	if (va < (unsigned long)_rodata)
		return PTE_RX;
	if (va < (unsigned long)stack_start)
		return PTE_RO;
	if (va < (unsigned long)_end)
		return PTE_RW;
	return entry & PTE_WRITE ? PTE_RW : PTE_RO;
}

void mm_protect_image(void)
{
	struct mmu_update req[MMU_BATCH];
	unsigned long first = (unsigned long)_text, va;
	unsigned int n = 0;
	uint64_t *pte;
	long err = 0;

	if (!(*pte_lookup((unsigned long)_rodata, 1) & PTE_WRITE))
		return; /* the domain builder has */
	/* All that is mapped so far: also what will be heap, which the builder has made executable. */
	for (va = first + PAGE_SIZE; (pte = pte_lookup(va, 1)) && (*pte & PTE_PRESENT);
	     va += PAGE_SIZE) {
		if (pte_is_foreign(pte, va))
			continue; /* a window: the domain builder has mapped something there */
		req[n++] =
			pte_update(pte, pte_make(mm_virt_to_mfn((void *)va), page_prot(va, *pte)));
		if (n < MMU_BATCH)
			continue;
		err = hypercall_mmu_update(req, n);
		if (err)
			goto fail;
		n = 0;
	}
	if (n)
		err = hypercall_mmu_update(req, n);
	if (err)
		goto fail;
	/* The first page comes last, in an operation that also throws out the old translations. */
	err = hypercall_update_va_mapping(first, pte_make(mm_virt_to_mfn(_text), PTE_RX),
					  UVMF_TLB_FLUSH | UVMF_LOCAL);
	if (!err)
		return;
fail:
	panic("cannot protect the image: %ld", err);
}

/* Map the 2 MiB of our memory around va, which have no page table yet. */
static int mm_region_map(unsigned long va)
{
	uint64_t *dir = pte_lookup(va, 2), *table = spare_table;
	unsigned long first = mm_virt_to_pfn((void *)(va & ~((1UL << PT_SHIFT(2)) - 1))), i;
	struct mmu_update req;

	if (!dir || !table)
		return -ENOMEM;
	spare_table = NULL;
	for (i = 0; i < PT_ENTRIES; i++) {
		unsigned long mfn = mm_pfn_to_mfn(first + i);

		table[i] = mfn == MFN_NONE ? 0 : pte_make(mfn, PTE_RW);
	}
	/* Xen takes a page as a page table only while nobody can write to it. */
	if (pte_set((unsigned long)table, mm_virt_to_mfn(table), PTE_RO))
		return -EINVAL;
	req = pte_update(dir, pte_make(mm_virt_to_mfn(table), PTE_TABLE));
	return hypercall_mmu_update(&req, 1);
}

/* Map the frame whose entry is absent and those that follow in the same way, up to a batch. */
static int mm_run_map(uint64_t *pte, unsigned long pfn)
{
	struct mmu_update req[MMU_BATCH];
	unsigned int n = 0;

	do {
		req[n] = pte_update(&pte[n], pte_make(mm_pfn_to_mfn(pfn + n), PTE_RW));
		n++;
	} while (n < MMU_BATCH && pfn + n < nr_pages && ((unsigned long)&pte[n] & ~PAGE_MASK) &&
		 !(pte[n] & PTE_PRESENT) && mm_pfn_to_mfn(pfn + n) != MFN_NONE);
	return hypercall_mmu_update(req, n);
}

void *mm_frame_map(unsigned long pfn)
{
	unsigned long va = (unsigned long)mm_pfn_to_virt(pfn), mfn = mm_pfn_to_mfn(pfn);
	uint64_t *pte;

	if (mfn == MFN_NONE)
		return NULL;
	pte = pte_lookup(va, 1);
	if (!pte) {
		if (mm_region_map(va))
			return NULL;
	} else if (!(*pte & PTE_PRESENT) && mm_run_map(pte, pfn)) {
		return NULL;
	}
	return (void *)va;
}

bool mm_page_keep(void *page)
{
	if (spare_table || PT_INDEX((unsigned long)page, 1) != PT_ENTRIES - 1)
		return false;
	spare_table = page;
	return true;
}
