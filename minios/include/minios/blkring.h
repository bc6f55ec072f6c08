/* SPDX-License-Identifier: MIT */
/* The ring of a block device and the requests in it (public/io/blkif.h). */
#ifndef MINIOS_BLKRING_H
#define MINIOS_BLKRING_H

#include <minios/blkfront.h>
#include <minios/util.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/io/blkif.h>

#define BLKRING_SIZE	 32U
#define BLKRING_MAX_SEGS 32U
/* Requests of more than 11 pages at a time: each has a page of descriptors. */
#define BLKRING_DESCS	 4U

/* What is under way in a slot. */
struct blkring_slot {
	struct blk_request *req; /* NULL: free */
	uint8_t nr_grefs;
	int8_t desc; /* index of its page of descriptors, -1 if none */
	uint16_t gref[BLKRING_MAX_SEGS];
};

/* Memory whose pages keep their grants. */
struct blkring_buffers {
	struct blkring_buffers *next;
	unsigned long start;
	unsigned int nr_pages;
	uint16_t gref[]; /* 0: not granted now */
};

struct blkring {
	blkif_front_ring_t front;
	domid_t backend;
	uint32_t gref; /* of the ring */
	void *page;    /* of the ring; stays when it is made anew */
	bool has_indirect;
	struct blkring_slot slot[BLKRING_SIZE];
	void *desc_page[BLKRING_DESCS]; /* NULL until first used */
	uint16_t desc_gref[BLKRING_DESCS];
	bool desc_busy[BLKRING_DESCS];
	struct blkring_buffers *buffers; /* stay when it is made anew, and are granted anew */
};

/* A new ring and its grants; what was in an earlier one is forgotten.  0 or -errno. */
int blkring_create(struct blkring *ring, domid_t backend);

/*
 * Grant nr_pages pages from buf on once, for all requests that lie within them.  -EINVAL not whole
 * pages, or some are registered already; -ENOMEM; -ENOSPC no grants are left.
 */
int blkring_register(struct blkring *ring, void *buf, unsigned int nr_pages);
bool blkring_is_registered(const struct blkring *ring, const void *buf, size_t len);

/* Forget what is registered, of a ring that has been released. */
void blkring_unregister_all(struct blkring *ring);

/* Put a request into the ring; false if there is no room now. */
bool blkring_put(struct blkring *ring, struct blk_request *req);

/* True if the back-end wants an event for what was put. */
bool blkring_push(struct blkring *ring);

/*
 * Take one answer: 1 with the request and its result (0, -EIO, -EOPNOTSUPP); 0 there is none, and an
 * event will come; -EIO the back-end did what it must not.
 */
int blkring_take(struct blkring *ring, struct blk_request **req, int *err);

/* Take back the grants of a ring that nobody uses any more; it is empty. */
void blkring_release(struct blkring *ring);

/* After a restore: the grant table is another, and nothing of ours is in it. */
void blkring_forget_grants(struct blkring *ring);

/* Take out whatever is under way, without an answer; NULL when there is nothing left. */
struct blk_request *blkring_evict(struct blkring *ring);

#endif /* MINIOS_BLKRING_H */
