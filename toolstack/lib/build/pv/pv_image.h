/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * A PV kernel as the fast builder sees it: what its ELF headers and Xen notes say, checked.  The
 * parser looks only at what it is given and asks nothing of Xen.
 */
#ifndef CHAOS_PV_IMAGE_H
#define CHAOS_PV_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/file_id.h"

#define PV_PAGE_SHIFT	     12
#define PV_PAGE_SIZE	     (1UL << PV_PAGE_SHIFT)
#define PV_PAGES(bytes)	     (((bytes) >> PV_PAGE_SHIFT) + !!((bytes) & (PV_PAGE_SIZE - 1)))

/* The ELF header and the program headers must lie in this many bytes at the file's beginning. */
#define PV_HEADERS_SIZE	     4096U
#define PV_MAX_SEGMENTS	     16U
#define PV_MAX_NOTES	     4U
#define PV_MAX_NOTE_SIZE     4096U

/*
 * Our own notes, beside Xen's; docs/architecture.md.  The kernel's side is
 * minios/include/minios/lightvm_note.h.
 *
 * MAPPED_KIB: the kernel maps its free memory itself, and wants no more of it than this in its first
 * page tables.  xen.h promises 512 KiB and an end at a multiple of 4 MiB, and Xen checks every page
 * of it when it pins the tables: most of the cost of a guest of 4 MiB.
 *
 * VIF_FEATURES: its vifs may be connected before it runs, with these features and no others.
 *
 * PROTECTED, if it is 1: the image is to be mapped as the program headers say, and nothing else to
 * be executable.
 *
 * ABI: the NOXS_ABI_VERSION that the kernel was built for.  There was no such note before ABI 2.
 *
 * The others are windows: pages of the image to map a frame of Xen's at.
 */
#define PV_NOTE_OWNER	     "LightVM"
#define PV_NOTE_MAPPED_KIB   1U
#define PV_NOTE_VIF_FEATURES 2U
#define PV_NOTE_DEVICE_PAGE  3U
#define PV_NOTE_SHARED_INFO  4U
#define PV_NOTE_GRANT_TABLE  5U
#define PV_NOTE_PROTECTED    6U
#define PV_NOTE_ABI	     7U
#define PV_ABI_BEFORE_NOTE   (1U << 16)
#define PV_ABI_NONSENSE	     1U
#define PV_MAX_MAPPED_KIB    4096U

enum pv_window {
	PV_WINDOW_DEVICE_PAGE,
	PV_WINDOW_SHARED_INFO,
	PV_WINDOW_GRANT_TABLE,
	PV_NR_WINDOWS
};
#define PV_NO_WINDOW UINT64_MAX

/* What one entry of a root page table maps. */
#define PV_P2M_ALIGN (1UL << 39)

/* Bytes of the file, and where they go: an offset from virt_base. */
struct pv_segment {
	uint64_t file_offset;
	uint64_t size; /* > 0 */
	uint64_t offset;
};

/* Memory of the image, whether the file has it or not, and what its owner may do with it. */
struct pv_region {
	uint64_t offset;
	uint64_t size; /* > 0 */
	bool is_writable, is_executable;
};

/* Neighbouring pages that hold something from the file, and the segments in them. */
struct pv_run {
	uint64_t first_pfn;
	uint64_t nr_pages;
	unsigned int first_segment;
	unsigned int nr_segments;
};

/* A ramdisk: bytes of an open file; size 0 = there is none. */
struct pv_ramdisk {
	int fd;
	uint64_t start, size;
};

struct pv_note {
	uint64_t file_offset;
	uint64_t size;
};

struct pv_image {
	uint64_t virt_base; /* of frame 0 */
	uint64_t entry;
	uint64_t nr_pages; /* from virt_base to the image's end, gaps included */
	bool has_hypercall_page;
	uint64_t hypercall_pfn;
	bool is_linux;	       /* says its note */
	bool has_own_p2m;      /* its p2m is mapped at an address of its own, and nowhere else */
	uint64_t p2m_va;       /* that address, a multiple of PV_P2M_ALIGN */
	bool takes_module_pfn; /* its ramdisk is not mapped, and told of by its frame */
	bool maps_itself;      /* free memory, but for the first mapped_kib */
	uint32_t mapped_kib;
	bool takes_vifs;		    /* connected ones */
	uint32_t vif_features;		    /* NOXS_VIF_F_* */
	uint64_t window_pfn[PV_NR_WINDOWS]; /* or PV_NO_WINDOW */
	uint32_t abi;			    /* NOXS_ABI_VERSION it speaks, 0 = none that is known */
	bool is_protected;		    /* by regions */
	unsigned int nr_regions;
	struct pv_region regions[PV_MAX_SEGMENTS]; /* ascending, not overlapping */
	uint64_t nr_file_pages;			   /* in all runs */
	unsigned int nr_runs;
	struct pv_run runs[PV_MAX_SEGMENTS];
	unsigned int nr_segments;
	struct pv_segment segments[PV_MAX_SEGMENTS]; /* ascending, not overlapping */

	/* Between the two steps of parsing. */
	unsigned int nr_notes;
	struct pv_note notes[PV_MAX_NOTES];
	uint64_t first_paddr, last_paddr; /* of the loaded segments, in memory */

	/* chaos_pv_image_get() */
	struct chaos_file_id id;
	int file;		   /* what id is of */
	int fd;			   /* the same, or what was unpacked from it */
	uint64_t start;		   /* of the kernel in what fd is */
	struct pv_ramdisk ramdisk; /* of the image of tinyx that the kernel is in */
	bool has_root;		   /* that image, which is to be a disk of the guest's */
	unsigned int users;
	bool is_cached;
};

/*
 * Step 1: the file's first len bytes, file_size being the length of all of it.  Then img->notes
 * says what step 2 wants.  Both return NULL, or why the fast builder cannot take this file.
 */
const char *pv_image_parse_headers(struct pv_image *img, const void *data, size_t len,
				   uint64_t file_size);
/*
 * The NOXS_ABI_VERSION that a kernel, of which these are all `size` bytes, speaks by its notes; 0 if it
 * has none of ours.  Asks nothing else of it: it need not be one for the fast builder.
 */
uint32_t pv_image_abi(const void *data, size_t size);
/* Step 2: data[i] holds img->notes[i].size bytes. */
const char *pv_image_parse_notes(struct pv_image *img, const void *const data[]);

#endif /* CHAOS_PV_IMAGE_H */
