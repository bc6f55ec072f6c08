// SPDX-License-Identifier: GPL-2.0
/*
 * One request on a block ring: copying it and checking what it asks for.  No kernel calls.
 */
#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/string.h>
#else
#include <assert.h>
#include <errno.h>
#include <string.h>
#endif
#include "../ring.h"
#include "request.h"

/* The slot as an indirect request and as a discard have it. */
struct indirect_slot {
	uint8_t op;
	uint8_t indirect_op;
	uint16_t nr_segs;
	uint32_t pad;
	uint64_t id;
	uint64_t sector;
	uint16_t handle;
	uint16_t pad2;
	uint32_t gref[8];
};

struct discard_slot {
	uint8_t op;
	uint8_t flags;
	uint16_t pad;
	uint32_t pad2;
	uint64_t id;
	uint64_t sector;
	uint64_t nr_sectors;
};

union any_slot {
	struct blkreq_slot rw;
	struct indirect_slot indirect;
	struct discard_slot discard;
	uint32_t words[28];
};

static_assert(sizeof(struct blkreq_slot) == 112, "a slot of the ring");
static_assert(sizeof(union any_slot) == 112, "a slot of the ring");
static_assert(sizeof(struct blkreq_slot_seg) == 8, "a segment descriptor");

#define DISCARD_SECURE	 1U /* BLKIF_DISCARD_SECURE */
#define SECTORS_PER_PAGE (BLKREQ_PAGE_SIZE >> BLKREQ_SECTOR_SHIFT)

static void refuse(struct blkreq *req, int8_t status)
{
	req->action = BLKREQ_NOTHING;
	req->status = status;
}

/* Whether the disk has these sectors, in units of its own. */
static bool range_is_good(const struct blkreq *req, const struct blkreq_rules *rules)
{
	uint64_t sectors = *(const volatile uint64_t *)&rules->sectors; /* once: it may change */
	uint64_t mask = (rules->sector_size >> BLKREQ_SECTOR_SHIFT) - 1;

	return req->sector <= sectors && req->nr_sectors <= sectors - req->sector &&
	       !((req->sector | req->nr_sectors) & mask);
}

/* Take @count descriptors; all of the request but its length is known. */
static int take_segs(const struct blkreq_slot_seg *descs, unsigned int count,
		     const struct blkreq_rules *rules, struct blkreq *req)
{
	uint32_t mask = rules->sector_size - 1;
	uint32_t misfit = 0;
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct blkreq_seg *seg = &req->seg[i];

		if (descs[i].first > descs[i].last || descs[i].last >= SECTORS_PER_PAGE)
			return -EPROTO;
		seg->gref = descs[i].gref;
		seg->offset = descs[i].first << BLKREQ_SECTOR_SHIFT;
		seg->len = (descs[i].last - descs[i].first + 1) << BLKREQ_SECTOR_SHIFT;
		misfit |= seg->len & mask;
		req->nr_sectors += seg->len >> BLKREQ_SECTOR_SHIFT;
	}
	req->nr_segs = count;
	req->action = req->is_read ? BLKREQ_READ : BLKREQ_WRITE;
	if (misfit || !range_is_good(req, rules) || (!req->is_read && rules->read_only))
		refuse(req, BLKREQ_ERROR);
	return 0;
}

static int parse_rw(const struct blkreq_slot *slot, const struct blkreq_rules *rules,
		    struct blkreq *req)
{
	bool flushes = slot->op == BLKREQ_OP_FLUSH || slot->op == BLKREQ_OP_BARRIER;

	if (slot->nr_segs > BLKREQ_DIRECT_SEGS || (!slot->nr_segs && !flushes))
		return -EPROTO;
	if (flushes && !rules->flush) {
		refuse(req, BLKREQ_UNSUPPORTED);
		return 0;
	}
	req->is_read = slot->op == BLKREQ_OP_READ;
	req->preflush = flushes;
	req->barrier = slot->op == BLKREQ_OP_BARRIER;
	if (slot->nr_segs)
		return take_segs(slot->seg, slot->nr_segs, rules, req);
	req->action = BLKREQ_FLUSH;
	return 0;
}

static int parse_indirect(const struct indirect_slot *slot, struct blkreq *req)
{
	if (slot->indirect_op != BLKREQ_OP_READ && slot->indirect_op != BLKREQ_OP_WRITE) {
		refuse(req, BLKREQ_UNSUPPORTED);
		return 0;
	}
	if (!slot->nr_segs || slot->nr_segs > BLKREQ_MAX_SEGS)
		return -EPROTO;
	/* Front-ends know the answer by the operation inside (Linux's ends the disk otherwise). */
	req->op = slot->indirect_op;
	req->is_read = slot->indirect_op == BLKREQ_OP_READ;
	req->nr_segs = slot->nr_segs;
	req->desc_gref = slot->gref[0];
	req->action = BLKREQ_FETCH;
	return 0;
}

static void parse_discard(const struct discard_slot *slot, const struct blkreq_rules *rules,
			  struct blkreq *req)
{
	req->nr_sectors = slot->nr_sectors;
	req->action = BLKREQ_DISCARD;
	if (!rules->discard || slot->flags & DISCARD_SECURE)
		refuse(req, BLKREQ_UNSUPPORTED);
	else if (rules->read_only || !req->nr_sectors || !range_is_good(req, rules))
		refuse(req, BLKREQ_ERROR);
}

int blkreq_parse(const volatile void *from, const struct blkreq_rules *rules, struct blkreq *req)
{
	union any_slot slot;

	noxs_copy_once(&slot, from, sizeof(slot) / sizeof(uint32_t));
	/* id and sector stand at the same place in every kind of request. */
	req->id = slot.rw.id;
	req->sector = slot.rw.sector;
	req->op = slot.rw.op;
	req->nr_sectors = 0;
	req->nr_segs = 0;
	req->is_read = false;
	req->preflush = false;
	req->barrier = false;
	req->status = BLKREQ_OKAY;
	switch (req->op) {
	case BLKREQ_OP_READ:
	case BLKREQ_OP_WRITE:
	case BLKREQ_OP_BARRIER:
	case BLKREQ_OP_FLUSH:
		return parse_rw(&slot.rw, rules, req);
	case BLKREQ_OP_INDIRECT:
		return parse_indirect(&slot.indirect, req);
	case BLKREQ_OP_DISCARD:
		parse_discard(&slot.discard, rules, req);
		return 0;
	default:
		refuse(req, BLKREQ_UNSUPPORTED);
		return 0;
	}
}

int blkreq_parse_indirect(const struct blkreq_slot_seg *descs, const struct blkreq_rules *rules,
			  struct blkreq *req)
{
	return take_segs(descs, req->nr_segs, rules, req);
}
