/* SPDX-License-Identifier: MIT */
/* The ring of a block device and the requests in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <minios/blkring.h>
#include <minios/gnttab.h>
#include <minios/mm.h>

#define SECTORS_PER_PAGE (PAGE_SIZE / BLK_SECTOR_SIZE)

/* ---- memory that is granted once ---- */

static void buffers_revoke(struct blkring_buffers *buffers)
{
	unsigned int i;

	for (i = 0; i < buffers->nr_pages; i++) {
		if (buffers->gref[i])
			(void)gnttab_revoke(buffers->gref[i]); /* in use in spite of all: lost */
		buffers->gref[i] = 0;
	}
}

/* Read-write: a back-end maps a page once, for both directions. */
static int buffers_grant(struct blkring_buffers *buffers, domid_t backend)
{
	unsigned int i;
	int gref;

	for (i = 0; i < buffers->nr_pages; i++) {
		gref = gnttab_grant(backend, (void *)(buffers->start + i * PAGE_SIZE), false);
		if (gref < 0)
			return gref;
		buffers->gref[i] = (uint16_t)gref;
	}
	return 0;
}

/* Those that a piece of memory lies within, or NULL. */
static const struct blkring_buffers *buffers_find(const struct blkring *ring, const void *buf,
						  size_t len)
{
	unsigned long start = (unsigned long)buf;
	const struct blkring_buffers *b;

	for (b = ring->buffers; b; b = b->next)
		if (start >= b->start && start - b->start + len <= b->nr_pages * PAGE_SIZE)
			break;
	return b;
}

bool blkring_is_registered(const struct blkring *ring, const void *buf, size_t len)
{
	return buffers_find(ring, buf, len);
}

static bool overlaps(const struct blkring *ring, unsigned long start, unsigned long end)
{
	const struct blkring_buffers *b;

	for (b = ring->buffers; b; b = b->next)
		if (start < b->start + b->nr_pages * PAGE_SIZE && b->start < end)
			return true;
	return false;
}

int blkring_register(struct blkring *ring, void *buf, unsigned int nr_pages)
{
	unsigned long start = (unsigned long)buf;
	struct blkring_buffers *buffers;
	int err = 0;

	if (start & ~PAGE_MASK || !nr_pages || overlaps(ring, start, start + nr_pages * PAGE_SIZE))
		return -EINVAL;
	buffers = calloc(1, sizeof(*buffers) + nr_pages * sizeof(buffers->gref[0]));
	if (!buffers)
		return -ENOMEM;
	buffers->start = start;
	buffers->nr_pages = nr_pages;
	/* Without a ring there is nobody to grant them to yet. */
	if (ring->gref)
		err = buffers_grant(buffers, ring->backend);
	if (err) {
		buffers_revoke(buffers);
		free(buffers);
		return err;
	}
	buffers->next = ring->buffers;
	ring->buffers = buffers;
	return 0;
}

void blkring_unregister_all(struct blkring *ring)
{
	struct blkring_buffers *buffers;

	while ((buffers = ring->buffers)) {
		ring->buffers = buffers->next;
		free(buffers);
	}
}

/* ---- the ring ---- */

int blkring_create(struct blkring *ring, domid_t backend)
{
	struct blkring_buffers *buffers;
	unsigned int i;
	int gref, err;

	if (!ring->page)
		ring->page = page_alloc();
	if (!ring->page)
		return -ENOMEM;
	/* The page may hold anything: none of it is to be shown to the back-end. */
	memset(ring->page, 0, PAGE_SIZE);
	gref = gnttab_grant(backend, ring->page, false);
	if (gref < 0)
		return gref;
	ring->backend = backend;
	ring->gref = (uint32_t)gref;
	for (i = 0; i < BLKRING_SIZE; i++)
		ring->slot[i].req = NULL;
	for (i = 0; i < BLKRING_DESCS; i++) {
		ring->desc_busy[i] = false;
		ring->desc_gref[i] = 0;
	}
	SHARED_RING_INIT((blkif_sring_t *)ring->page);
	FRONT_RING_INIT(&ring->front, (blkif_sring_t *)ring->page, PAGE_SIZE);
	for (buffers = ring->buffers; buffers; buffers = buffers->next) {
		err = buffers_grant(buffers, backend);
		if (err)
			return err;
	}
	return 0;
}

/* ---- putting ---- */

static struct blkring_slot *slot_find(struct blkring *ring)
{
	unsigned int i;

	if (RING_FULL(&ring->front))
		return NULL;
	for (i = 0; i < BLKRING_SIZE; i++)
		if (!ring->slot[i].req)
			return &ring->slot[i];
	return NULL;
}

/* A page of descriptors, granted once; -1 if there is none now. */
static int desc_get(struct blkring *ring)
{
	unsigned int i;
	int gref;

	for (i = 0; i < BLKRING_DESCS && ring->desc_busy[i]; i++)
		;
	if (i == BLKRING_DESCS)
		return -1;
	if (!ring->desc_page[i])
		ring->desc_page[i] = page_alloc();
	if (!ring->desc_page[i])
		return -1;
	if (!ring->desc_gref[i]) {
		memset(ring->desc_page[i], 0, PAGE_SIZE);
		gref = gnttab_grant(ring->backend, ring->desc_page[i], true);
		if (gref < 0)
			return -1;
		ring->desc_gref[i] = (uint16_t)gref;
	}
	ring->desc_busy[i] = true;
	return (int)i;
}

static void slot_clear(struct blkring *ring, struct blkring_slot *slot)
{
	unsigned int i;

	/* One that the back-end still uses stays as it is: it is lost. */
	for (i = 0; i < slot->nr_grefs; i++)
		(void)gnttab_revoke(slot->gref[i]);
	if (slot->desc >= 0)
		ring->desc_busy[slot->desc] = false;
	slot->req = NULL;
}

/* Pages a buffer touches. */
static unsigned int nr_pages(const struct blk_request *req)
{
	unsigned long start = (unsigned long)req->buf & ~PAGE_MASK;

	return (start + req->nr_sectors * BLK_SECTOR_SIZE + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* A grant of the page at addr: the one it keeps, or one for this request.  Negative if there is none. */
static int page_gref(struct blkring *ring, struct blkring_slot *slot,
		     const struct blkring_buffers *buffers, unsigned long addr)
{
	int gref;

	if (buffers)
		return buffers->gref[(addr - buffers->start) >> PAGE_SHIFT];
	/* To write is to read our memory. */
	gref = gnttab_grant(ring->backend, (void *)(addr & PAGE_MASK), slot->req->op == BLK_WRITE);
	if (gref >= 0)
		slot->gref[slot->nr_grefs++] = (uint16_t)gref;
	return gref;
}

/* Grant the buffer and describe it. */
static bool fill_segs(struct blkring *ring, struct blkring_slot *slot,
		      struct blkif_request_segment *segs)
{
	const struct blk_request *req = slot->req;
	const struct blkring_buffers *buffers =
		buffers_find(ring, req->buf, (size_t)req->nr_sectors * BLK_SECTOR_SIZE);
	unsigned long addr = (unsigned long)req->buf;
	uint32_t left = req->nr_sectors;
	unsigned int first, count;
	int gref;

	for (; left; left -= count) {
		first = (addr & ~PAGE_MASK) / BLK_SECTOR_SIZE;
		count = SECTORS_PER_PAGE - first;
		if (count > left)
			count = left;
		gref = page_gref(ring, slot, buffers, addr);
		if (gref < 0)
			return false;
		*segs++ = (struct blkif_request_segment){
			.gref = (uint32_t)gref,
			.first_sect = (uint8_t)first,
			.last_sect = (uint8_t)(first + count - 1),
		};
		addr += count * BLK_SECTOR_SIZE;
	}
	return true;
}

static bool put_direct(struct blkring *ring, struct blkring_slot *slot, blkif_request_t *out)
{
	out->operation = slot->req->op == BLK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
	out->nr_segments = (uint8_t)nr_pages(slot->req);
	return fill_segs(ring, slot, out->seg);
}

static bool put_indirect(struct blkring *ring, struct blkring_slot *slot,
			 blkif_request_indirect_t *out)
{
	slot->desc = (int8_t)desc_get(ring);
	if (slot->desc < 0)
		return false;
	out->operation = BLKIF_OP_INDIRECT;
	out->indirect_op = slot->req->op == BLK_READ ? BLKIF_OP_READ : BLKIF_OP_WRITE;
	out->nr_segments = (uint16_t)nr_pages(slot->req);
	out->indirect_grefs[0] = ring->desc_gref[slot->desc];
	return fill_segs(ring, slot, ring->desc_page[slot->desc]);
}

static bool fill_request(struct blkring *ring, struct blkring_slot *slot, blkif_request_t *out)
{
	const struct blk_request *req = slot->req;

	out->sector_number = req->sector;
	out->id = (uint64_t)(slot - ring->slot);
	switch (req->op) {
	case BLK_FLUSH:
		out->operation = BLKIF_OP_FLUSH_DISKCACHE;
		return true;
	case BLK_DISCARD:
		((blkif_request_discard_t *)out)->operation = BLKIF_OP_DISCARD;
		((blkif_request_discard_t *)out)->nr_sectors = req->nr_sectors;
		return true;
	default:
		break;
	}
	if (nr_pages(req) > BLKIF_MAX_SEGMENTS_PER_REQUEST)
		return put_indirect(ring, slot, (blkif_request_indirect_t *)out);
	return put_direct(ring, slot, out);
}

bool blkring_put(struct blkring *ring, struct blk_request *req)
{
	struct blkring_slot *slot = slot_find(ring);
	blkif_request_t *out;

	if (!slot)
		return false;
	slot->req = req;
	slot->nr_grefs = 0;
	slot->desc = -1;
	out = RING_GET_REQUEST(&ring->front, ring->front.req_prod_pvt);
	memset(out, 0, sizeof(*out));
	if (!fill_request(ring, slot, out)) {
		slot_clear(ring, slot);
		return false;
	}
	ring->front.req_prod_pvt++;
	return true;
}

bool blkring_push(struct blkring *ring)
{
	int notify;

	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&ring->front, notify);
	return notify;
}

/* ---- taking ---- */

static int result_of(int16_t status)
{
	switch (status) {
	case BLKIF_RSP_OKAY:
		return 0;
	case BLKIF_RSP_EOPNOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}

int blkring_take(struct blkring *ring, struct blk_request **req, int *err)
{
	RING_IDX prod = READ_ONCE(ring->front.sring->rsp_prod);
	const volatile blkif_response_t *rsp;
	uint64_t id;
	int more;

	if (prod == ring->front.rsp_cons) {
		RING_FINAL_CHECK_FOR_RESPONSES(&ring->front, more);
		if (!more)
			return 0;
		prod = READ_ONCE(ring->front.sring->rsp_prod);
	}
	if (prod - ring->front.rsp_cons > ring->front.req_prod_pvt - ring->front.rsp_cons)
		return -EIO;
	smp_rmb(); /* the answer is read after the index that published it */
	rsp = RING_GET_RESPONSE(&ring->front, ring->front.rsp_cons);
	ring->front.rsp_cons++;
	id = rsp->id;
	if (id >= BLKRING_SIZE || !ring->slot[id].req)
		return -EIO;
	*req = ring->slot[id].req;
	*err = result_of(rsp->status);
	slot_clear(ring, &ring->slot[id]);
	return 1;
}

struct blk_request *blkring_evict(struct blkring *ring)
{
	struct blk_request *req;
	unsigned int i;

	for (i = 0; i < BLKRING_SIZE; i++) {
		req = ring->slot[i].req;
		if (req) {
			slot_clear(ring, &ring->slot[i]);
			return req;
		}
	}
	return NULL;
}

void blkring_forget_grants(struct blkring *ring)
{
	struct blkring_buffers *buffers;
	unsigned int i;

	for (buffers = ring->buffers; buffers; buffers = buffers->next)
		memset(buffers->gref, 0, buffers->nr_pages * sizeof(buffers->gref[0]));
	ring->gref = 0;
	for (i = 0; i < BLKRING_DESCS; i++)
		ring->desc_gref[i] = 0;
	for (i = 0; i < BLKRING_SIZE; i++)
		ring->slot[i].nr_grefs = 0;
}

void blkring_release(struct blkring *ring)
{
	struct blkring_buffers *buffers;
	unsigned int i;

	if (ring->gref)
		(void)gnttab_revoke(ring->gref); /* in use in spite of all: lost */
	for (i = 0; i < BLKRING_DESCS; i++)
		if (ring->desc_gref[i])
			(void)gnttab_revoke(ring->desc_gref[i]); /* likewise */
	for (buffers = ring->buffers; buffers; buffers = buffers->next)
		buffers_revoke(buffers);
	blkring_forget_grants(ring);
}
