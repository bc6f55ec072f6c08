// SPDX-License-Identifier: GPL-2.0
/*
 * One request on its way: memory, copies from and to the guest, the file.
 */
#include <linux/percpu.h>
#include <linux/slab.h>
#include <xen/page.h>
#include "io.h"

/*
 * Memory of requests that are queued with files opened with O_DIRECT: over all guests, and what
 * each disk may have beside that (four of the largest requests).  Beyond both a ring's work waits
 * for its request.  With the page cache a work has one batch at a time anyway.
 */
#define VBD_QUEUED_PAGES     8192
#define VBD_QUEUED_PAGES_OWN (4 * BLKREQ_MAX_SEGS)

static struct noxs_budget vbd_queued_pages =
	NOXS_BUDGET_INIT(VBD_QUEUED_PAGES, VBD_QUEUED_PAGES_OWN);

void vbd_io_join(struct vbd *vbd)
{
	noxs_budget_join(&vbd_queued_pages, &vbd->queued_pages);
}

/*
 * Pages of requests that have ended, for the next ones, of any guest: the kernel clears what it
 * hands out, which takes as long as to fill it from the page cache.  Nobody sees what an earlier
 * request left there: nothing is copied to a guest or written to a file but what was filled before,
 * and a request that was filled in part is an error.
 */
#define VBD_SPARE_PAGES VBD_BATCH_SEGS

/* A CPU's; of works only, so it is enough that they do not move meanwhile. */
struct vbd_spares {
	unsigned int nr;
	struct page *pages[VBD_SPARE_PAGES];
};

static DEFINE_PER_CPU(struct vbd_spares, vbd_spares);

static struct page *io_get_page(void)
{
	struct vbd_spares *spares = get_cpu_ptr(&vbd_spares);
	struct page *page = spares->nr ? spares->pages[--spares->nr] : NULL;

	put_cpu_ptr(&vbd_spares);
	return page ? page : alloc_page(GFP_KERNEL);
}

static void io_put_page(struct page *page)
{
	struct vbd_spares *spares = get_cpu_ptr(&vbd_spares);
	bool kept = spares->nr < VBD_SPARE_PAGES;

	if (kept)
		spares->pages[spares->nr++] = page;
	put_cpu_ptr(&vbd_spares);
	if (!kept)
		__free_page(page);
}

static void spares_free(struct vbd_spares *spares)
{
	while (spares->nr)
		__free_page(spares->pages[--spares->nr]);
}

void vbd_io_fini(void)
{
	int cpu;

	for_each_possible_cpu(cpu) spares_free(per_cpu_ptr(&vbd_spares, cpu));
}

static bool needs_pages(const struct blkreq *req)
{
	return req->action == BLKREQ_READ || req->action == BLKREQ_WRITE;
}

static bool is_mapped(const struct vbd_io *io, unsigned int i)
{
	return io->has_mapped && io->mapped[i] != GREFS_NONE;
}

/*
 * Whether the file is given a page of ours for this segment.  A guest's is only lent to the page
 * cache, which has done with it when the call returns: nothing that is queued, and no bio, has one.
 * Which files that is true of, backing.c knows.
 */
static bool is_own(const struct vbd_io *io, unsigned int i)
{
	return !is_mapped(io, i) || !io->ring->vbd->backing.lends;
}

void vbd_io_free(struct vbd_io *io)
{
	unsigned int i;

	for (i = 0; i < io->req.nr_segs && io->pieces[i].bv_page; i++)
		if (is_own(io, i))
			io_put_page(io->pieces[i].bv_page);
	kfree(io);
}

struct vbd_io *vbd_io_alloc(struct vbd_ring *ring, const struct blkreq *req)
{
	struct vbd_io *io = kmalloc(sizeof(*io), GFP_KERNEL);
	unsigned int i;

	if (!io)
		return NULL;
	io->ring = ring;
	io->req = *req;
	io->result = 0;
	io->queued = false;
	io->is_write_begun = false;
	io->pieces[0].bv_page = NULL;
	if (!needs_pages(req))
		io->req.nr_segs = 0;
	io->has_mapped = ring->persist;
	for (i = 0; io->has_mapped && i < io->req.nr_segs; i++)
		io->mapped[i] = vbd_persist_find(ring->persist, req->seg[i].gref);
	return io;
}

/* The guest's page of a segment that was found, or NULL if this request cannot use it. */
static struct page *mapped_page(const struct vbd_io *io, unsigned int i)
{
	return vbd_persist_page(io->ring->persist, io->mapped[i], io->req.is_read);
}

/* Give the file the guest's own page for this segment; false if it is to be one of ours. */
static bool lend_page(struct vbd_io *io, unsigned int i)
{
	struct page *page = mapped_page(io, i);

	if (!page)
		io->mapped[i] = GREFS_NONE;
	if (is_own(io, i))
		return false;
	io->pieces[i].bv_page = page;
	io->pieces[i].bv_offset = io->req.seg[i].offset;
	return true;
}

int vbd_io_get_pages(struct vbd_io *io)
{
	unsigned int i;

	for (i = 0; i < io->req.nr_segs; i++) {
		io->pieces[i].bv_len = io->req.seg[i].len;
		if (is_mapped(io, i) && lend_page(io, i))
			continue;
		io->pieces[i].bv_offset = 0;
		io->pieces[i].bv_page = io_get_page();
		if (!io->pieces[i].bv_page)
			return -ENOMEM;
	}
	return 0;
}

/* ---- copies ---- */

static void plan_copy(const struct vbd_io *io, unsigned int i)
{
	const struct blkreq_seg *seg = &io->req.seg[i];
	struct vbd_ring *ring = io->ring;
	struct gnttab_copy *op = &ring->ops[ring->nr_ops++];
	struct gnttab_copy_ptr *guest = io->req.is_read ? &op->dest : &op->source;
	struct gnttab_copy_ptr *own = io->req.is_read ? &op->source : &op->dest;

	guest->u.ref = seg->gref;
	guest->domid = ring->vbd->domid;
	guest->offset = seg->offset;
	own->u.gmfn = xen_page_to_gfn(io->pieces[i].bv_page);
	own->domid = DOMID_SELF;
	own->offset = 0;
	op->len = seg->len;
	op->flags = io->req.is_read ? GNTCOPY_dest_gref : GNTCOPY_source_gref;
}

/* Between a page that is mapped and ours. */
static void copy_mapped(const struct vbd_io *io, unsigned int i)
{
	void *guest = page_address(mapped_page(io, i)) + io->req.seg[i].offset;
	void *own = page_address(io->pieces[i].bv_page);

	if (io->req.is_read)
		memcpy(guest, own, io->req.seg[i].len);
	else
		memcpy(own, guest, io->req.seg[i].len);
}

void vbd_io_plan_copies(struct vbd_io *io)
{
	unsigned int i;

	io->first_op = io->ring->nr_ops;
	for (i = 0; i < io->req.nr_segs; i++) {
		if (!is_mapped(io, i))
			plan_copy(io, i);
		else if (is_own(io, i))
			copy_mapped(io, i);
	}
}

int vbd_io_check_copies(const struct vbd_io *io)
{
	unsigned int i, op = io->first_op;

	for (i = 0; i < io->req.nr_segs; i++)
		if (!is_mapped(io, i) && io->ring->ops[op++].status != GNTST_okay)
			return -EFAULT;
	return 0;
}

/* ---- the file ---- */

static loff_t io_pos(const struct vbd_io *io)
{
	return io->req.sector << SECTOR_SHIFT;
}

/* Any context, also interrupts. */
static void io_complete(struct kiocb *iocb, long ret)
{
	struct vbd_io *io = container_of(iocb, struct vbd_io, iocb);
	struct vbd_ring *ring = io->ring;

	io->result = ret;
	/*
	 * The work counts in_flight down, and may do so as soon as the request is on the list:
	 * ring_destroy() waits for us apart.  Pairs with its acquire.
	 */
	atomic_inc(&ring->completing);
	llist_add(&io->ended, &ring->ended);
	noxs_turn_queue(&ring->turn);
	(void)atomic_dec_return_release(&ring->completing);
}

/* Whether this one is given to the file without waiting for it. */
static bool io_may_queue(struct vbd_io *io)
{
	struct vbd *vbd = io->ring->vbd;

	return vbd->backing.direct && !io->req.preflush &&
	       noxs_budget_try(&vbd->queued_pages, io->req.nr_segs);
}

static ssize_t io_transfer(struct vbd_io *io)
{
	struct blk_backing *backing = &io->ring->vbd->backing;
	size_t len = io->req.nr_sectors << SECTOR_SHIFT;

	if (io->req.is_read)
		return blk_backing_read(backing, &io->iocb, io->pieces, io->req.nr_segs, len,
					io_pos(io));
	io->is_write_begun = true;
	return blk_backing_write(backing, &io->iocb, io->pieces, io->req.nr_segs, len, io_pos(io),
				 io->req.barrier);
}

static void io_submit_transfer(struct vbd_io *io)
{
	bool may_queue = io_may_queue(io);
	ssize_t ret;

	io->iocb.ki_complete = may_queue ? io_complete : NULL;
	if (may_queue) {
		/* It may have ended before the call returns. */
		io->queued = true;
		atomic_inc(&io->ring->in_flight);
	}
	ret = io_transfer(io);
	if (ret == -EIOCBQUEUED)
		return;
	io->result = ret;
	if (may_queue) {
		io->queued = false;
		atomic_dec(&io->ring->in_flight);
		noxs_budget_put(&io->ring->vbd->queued_pages, io->req.nr_segs);
	}
}

void vbd_io_submit(struct vbd_io *io)
{
	struct blk_backing *backing = &io->ring->vbd->backing;

	switch (io->req.action) {
	case BLKREQ_READ:
		io_submit_transfer(io);
		break;
	case BLKREQ_WRITE:
		if (io->req.preflush)
			io->result = blk_backing_flush(backing);
		if (!io->result)
			io_submit_transfer(io);
		break;
	case BLKREQ_FLUSH:
		io->result = blk_backing_flush(backing);
		break;
	case BLKREQ_DISCARD:
		io->result = blk_backing_discard(backing, io_pos(io),
						 io->req.nr_sectors << SECTOR_SHIFT);
		break;
	default:
		break;
	}
}

void vbd_io_end(struct vbd_io *io)
{
	if (io->is_write_begun)
		blk_backing_wrote(&io->ring->vbd->backing);
	if (!io->queued)
		return;
	if (io->result >= 0 && io->result != io->req.nr_sectors << SECTOR_SHIFT)
		io->result = -EIO; /* cut short under way */
	noxs_budget_put(&io->ring->vbd->queued_pages, io->req.nr_segs);
	atomic_dec(&io->ring->in_flight);
}
