/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One request on a block ring: copying it and checking what it asks for.
 *
 * Free of kernel calls, so that the unit tests compile it on the host and feed it malice.  The
 * protocol is that of Xen's public/io/blkif.h, x86-64 layout only.  Sectors are of 512 bytes
 * wherever the protocol counts them, whatever the disk's own sector size is.
 */
#ifndef NOXS_BLK_REQUEST_H
#define NOXS_BLK_REQUEST_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
#endif

#define BLKREQ_SECTOR_SHIFT 9
#define BLKREQ_PAGE_SIZE    4096U
#define BLKREQ_RING_SIZE    32U /* slots of a one-page ring */
#define BLKREQ_DIRECT_SEGS  11U /* BLKIF_MAX_SEGMENTS_PER_REQUEST */
/* 128 KiB in one request; one page of descriptors is enough. */
#define BLKREQ_MAX_SEGS	    32U

/* blkif_request.operation; equal to BLKIF_OP_* */
#define BLKREQ_OP_READ	    0U
#define BLKREQ_OP_WRITE	    1U
#define BLKREQ_OP_BARRIER   2U
#define BLKREQ_OP_FLUSH	    3U
#define BLKREQ_OP_DISCARD   5U
#define BLKREQ_OP_INDIRECT  6U

/* blkif_response.status; equal to BLKIF_RSP_* */
#define BLKREQ_OKAY	    0
#define BLKREQ_ERROR	    -1
#define BLKREQ_UNSUPPORTED  -2

/* A slot as a read or write has it. */
struct blkreq_slot {
	uint8_t op;
	uint8_t nr_segs;
	uint16_t handle; /* of no use: a ring is one disk's */
	uint32_t pad;
	uint64_t id;
	uint64_t sector;
	struct blkreq_slot_seg {
		uint32_t gref;
		uint8_t first, last; /* sectors within the page, both included */
		uint16_t pad;
	} seg[BLKREQ_DIRECT_SEGS];
};

/* What this disk allows. */
struct blkreq_rules {
	uint64_t sectors;     /* capacity in 512-byte sectors; may change while it is used */
	uint32_t sector_size; /* bytes: 512 or a larger power of two, at most a page */
	bool read_only;
	bool flush; /* flushes and barriers */
	bool discard;
};

enum blkreq_action {
	BLKREQ_NOTHING, /* answer with `status` */
	BLKREQ_READ,
	BLKREQ_WRITE,
	BLKREQ_FLUSH, /* nothing is written */
	BLKREQ_DISCARD,
	BLKREQ_FETCH, /* get the descriptors, then blkreq_parse_indirect() */
};

struct blkreq_seg {
	uint32_t gref;
	uint16_t offset, len; /* bytes in the page */
};

struct blkreq {
	uint64_t id;
	uint64_t sector;
	uint64_t nr_sectors;
	uint8_t op; /* for the answer: as asked, of an indirect request what is inside */
	bool is_read;
	bool preflush; /* flush before writing */
	bool barrier;  /* and after it; and alone */
	int8_t status; /* with NOTHING */
	uint16_t nr_segs;
	uint32_t desc_gref; /* with FETCH: the page of nr_segs descriptors */
	enum blkreq_action action;
	struct blkreq_seg seg[BLKREQ_MAX_SEGS];
};

/*
 * Copy the request in @slot (in shared memory, each word read once) and check it.
 *
 * Returns 0 with req->action set: a request that cannot be served has NOTHING and the status to
 * answer with.  -EPROTO: counts or segments that no front-end sends by mistake; the device is to be
 * closed.
 */
int blkreq_parse(const volatile void *slot, const struct blkreq_rules *rules, struct blkreq *req);

/* Go on with a request of action FETCH; @descs is a private copy of its descriptors. */
int blkreq_parse_indirect(const struct blkreq_slot_seg *descs, const struct blkreq_rules *rules,
			  struct blkreq *req);

#endif /* NOXS_BLK_REQUEST_H */
