/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * The file of a saved guest: a header of ours, its configuration as xl.cfg text, a migration stream of
 * libxenguest's (xen/docs/specs/libxc-migration-stream.pandoc, version 3), and a trailer.
 *
 *   struct save_header | configuration | stream ... END | struct save_trailer
 *
 * Writer and reader deal with form only: what a guest's memory is, save_*.c and restore_*.c know.
 * The reader takes the file for what anybody may have written.
 */
#ifndef CHAOS_STREAM_H
#define CHAOS_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/core.h"
#include "save/xxhash.h"

#define STREAM_PAGE	 4096U

/* ---- our header and trailer ---- */

#define SAVE_MAGIC	 "LightVMs"
#define SAVE_END_MAGIC	 "LightVMe"
#define SAVE_VERSION	 2U /* 1: of guests that speak noxs ABI 1 */
#define SAVE_ARCH_X86_64 1U /* PV, 64 bits */
#define SAVE_MAX_CONFIG	 (64U << 10)
#define SAVE_NO_CTRL	 UINT64_MAX

struct save_header {
	char magic[8];
	uint32_t version;
	uint32_t arch;
	uint32_t header_len; /* sizeof(struct save_header) */
	uint32_t config_len; /* bytes of text behind it */
	uint64_t ctrl_gfn;   /* the guest's control page, SAVE_NO_CTRL: it has none */
	uint64_t config_digest;
	uint64_t header_digest; /* of all before it */
};
_Static_assert(sizeof(struct save_header) == 48, "save_header");

struct save_trailer {
	char magic[8];
	uint64_t length; /* of the stream */
	uint64_t digest; /* of the stream */
};
_Static_assert(sizeof(struct save_trailer) == 24, "save_trailer");

/* ---- libxenguest's stream ---- */

#define STREAM_MARKER	   UINT64_MAX
#define STREAM_ID	   0x58454e46U /* big-endian in the file, as is the version */
#define STREAM_VERSION	   3U
#define STREAM_TYPE_X86_PV 1U
#define STREAM_PAGE_SHIFT  12U

struct stream_image_header {
	uint64_t marker;
	uint32_t id, version;
	uint16_t options, pad0;
	uint32_t pad1;
};

struct stream_domain_header {
	uint32_t type;
	uint16_t page_shift, pad0;
	uint32_t xen_major, xen_minor;
};

struct stream_record_header {
	uint32_t type, length;
};

enum stream_type {
	STREAM_END = 0,
	STREAM_PAGE_DATA = 1,
	STREAM_PV_INFO = 2,
	STREAM_P2M_FRAMES = 3,
	STREAM_VCPU_BASIC = 4,
	STREAM_VCPU_EXTENDED = 5,
	STREAM_VCPU_XSAVE = 6,
	STREAM_SHARED_INFO = 7,
	STREAM_TSC_INFO = 8,
	STREAM_VCPU_MSRS = 12,
	STREAM_STATIC_DATA_END = 16,
	STREAM_CPUID_POLICY = 17,
	STREAM_MSR_POLICY = 18,
};
#define STREAM_OPTIONAL	  0x80000000U
/*
 * Ours: frames that are XALLOC elsewhere, and whose every byte is 0.  Array of uint64_t.  Who does
 * not know it finds in them what Xen has left there.
 */
#define STREAM_ZERO_PAGES (STREAM_OPTIONAL | 0x4c56U)

/* Types of pages, XEN_DOMCTL_PFINFO_* shifted to the top of 64 bits; the pfn is below. */
#define STREAM_PFN_MASK	  ((1UL << 52) - 1)
#define STREAM_TYPE_SHIFT 60
#define STREAM_NOTAB	  0U
#define STREAM_L1TAB	  1U
#define STREAM_L4TAB	  4U
#define STREAM_PINNED	  8U
#define STREAM_XALLOC	  14U

#define STREAM_MAX_VCPUS  1024U
#define STREAM_MAX_BATCH  1024U	      /* pages of one record: what libxenguest writes at most */
#define STREAM_MAX_BLOB	  (64U << 10) /* of any other record but P2M_FRAMES */

static inline unsigned int stream_page_type(uint64_t page)
{
	return (unsigned int)(page >> STREAM_TYPE_SHIFT);
}

/* The level of a page table, 0 for what is none. */
static inline unsigned int stream_page_level(uint64_t page)
{
	unsigned int type = stream_page_type(page) & ~STREAM_PINNED;

	return type >= STREAM_L1TAB && type <= STREAM_L4TAB ? type : 0;
}

static inline bool stream_page_has_data(uint64_t page)
{
	return stream_page_type(page) == STREAM_NOTAB || stream_page_level(page);
}

struct stream_pv_info {
	uint8_t width, levels, pad0[6];
};

struct stream_p2m_frames {
	uint32_t start_pfn, end_pfn; /* both inclusive */
};

struct stream_pages {
	uint32_t count, pad0;
};

struct stream_vcpu {
	uint32_t vcpu_id, pad0;
};

struct stream_tsc_info {
	uint32_t mode, khz;
	uint64_t nsec;
	uint32_t incarnation, pad0;
};

/* ---- writer ---- */

/* Over a connection: how long its other end may do nothing. */
#define STREAM_STALL_MS		  30000U
/* And how long all of it may take: 128 KiB in a second, and a minute. */
#define STREAM_TOTAL_MS(nr_pages) (60000U + (nr_pages)*1000U / 32U)
/* Optional records, of which nobody but ours writes any: so many of kinds not known here. */
#define STREAM_MAX_UNKNOWN	  64U

struct stream_writer {
	int fd;
	int cancel_fd;	 /* see core/internal.h, chaos_fd_wait() */
	uint64_t end_ns; /* nothing is written any more: ETIME; 0 = no such time */
	struct xxhash hash;
	uint64_t length;
	uint8_t *buf; /* small records wait here */
	size_t used;
};

/* All return -1 with errno. */
int stream_writer_init(struct stream_writer *w, int fd, int cancel_fd, const char *config,
		       uint64_t ctrl_gfn);
int stream_write_record(struct stream_writer *w, uint32_t type, const void *head, size_t head_len,
			const void *body, size_t body_len);
/* count pages (type and pfn), and the nr_data of them that have data, one behind the other. */
int stream_write_pages(struct stream_writer *w, const uint64_t *pages, unsigned int count,
		       const void *data, unsigned int nr_data);
/* END and our trailer. */
int stream_writer_end(struct stream_writer *w);
void stream_writer_fini(struct stream_writer *w);

/* ---- reader ---- */

struct stream_record {
	uint32_t type;
	uint32_t vcpu;	     /* VCPU_*: which */
	const uint8_t *data; /* all but PAGE_DATA: the body, VCPU_* without its head */
	uint32_t len;
	const uint64_t *pages; /* PAGE_DATA: type and pfn of each */
	unsigned int nr_pages, nr_data;
};

struct stream_reader {
	/* Before init: */
	bool is_connection; /* it may stall, and end */
	int cancel_fd;	    /* of one */

	int fd;
	struct chaos_error *err;
	struct xxhash hash;
	uint64_t length;
	struct save_header header;
	uint8_t *buf; /* what has been read ahead: [start, end) */
	size_t start, end;
	uint64_t *body; /* of the record at hand */
	uint64_t nr_pages, nr_listed, nr_zeros;
	uint64_t end_ns; /* of a connection: all is to be here by then */
	unsigned int nr_unknown;
	uint8_t *seen; /* bitmap of frames listed */
	unsigned int nr_vcpus;
	uint32_t types_seen; /* bitmap of enum stream_type */
	uint8_t vcpus_seen[4][STREAM_MAX_VCPUS / 8];
	unsigned int nr_data; /* pages of PAGE_DATA not read yet */
};

/*
 * *r is zero but for what is to be set before.  Read and check header and configuration, which is NUL-terminated and to be freed.  All of these
 * return a negative chaos_code with the error that init() was given.
 */
int stream_reader_init(struct stream_reader *r, int fd, char **config, struct chaos_error *err);
/* What the guest is to have; then its stream's headers are read. */
int stream_reader_begin(struct stream_reader *r, uint64_t nr_pages, unsigned int nr_vcpus);
/*
 * The next record, whose form and place are right: 1, or 0 behind END, if the trailer is right too.
 * It stays valid until the next call.  The pages of PAGE_DATA are to be read before that.
 */
int stream_reader_next(struct stream_reader *r, struct stream_record *record);
int stream_reader_pages(struct stream_reader *r, void *to, unsigned int count);
/* Nothing has been read that lies behind what was wanted. */
bool stream_reader_is_drained(const struct stream_reader *r);
void stream_reader_fini(struct stream_reader *r);

#endif /* CHAOS_STREAM_H */
