// SPDX-License-Identifier: GPL-2.0
/*
 * The data path: one work per ring, which owns the ring, so that its state needs no lock.
 *
 * A round answers what has ended, takes a batch of requests, maps what is to stay mapped, copies
 * what is to be written from the guest with one hypercall, gives all to the file, copies what was
 * read to the guest with another, and answers.  Requests that are queued with the file (O_DIRECT)
 * end in a later round.
 */
#include <xen/events.h>
#include <xen/page.h>
#include "../ring.h"
#include "io.h"
#include "pump.h"

static_assert(BLKREQ_OP_READ == BLKIF_OP_READ);
static_assert(BLKREQ_OP_WRITE == BLKIF_OP_WRITE);
static_assert(BLKREQ_OP_BARRIER == BLKIF_OP_WRITE_BARRIER);
static_assert(BLKREQ_OP_FLUSH == BLKIF_OP_FLUSH_DISKCACHE);
static_assert(BLKREQ_OP_DISCARD == BLKIF_OP_DISCARD);
static_assert(BLKREQ_OP_INDIRECT == BLKIF_OP_INDIRECT);
static_assert(BLKREQ_OKAY == BLKIF_RSP_OKAY);
static_assert(BLKREQ_ERROR == BLKIF_RSP_ERROR);
static_assert(BLKREQ_UNSUPPORTED == BLKIF_RSP_EOPNOTSUPP);
static_assert(BLKREQ_DIRECT_SEGS == BLKIF_MAX_SEGMENTS_PER_REQUEST);
static_assert(sizeof(struct blkreq_slot) == sizeof(struct blkif_request));
static_assert(offsetof(struct blkreq_slot, seg) == offsetof(struct blkif_request, u.rw.seg));
static_assert(sizeof(struct blkreq_slot_seg) == sizeof(struct blkif_request_segment));
static_assert(BLKREQ_PAGE_SIZE == XEN_PAGE_SIZE);
static_assert(sizeof_field(struct vbd_ring, descs) <= 256);
static_assert(VBD_MAX_NEW >= VBD_BATCH_SEGS + BLKREQ_RING_SIZE);

/* What becomes of a ring after a round. */
enum round {
	ROUND_IDLE, /* the ring is empty */
	ROUND_MORE, /* another round */
	ROUND_WAIT, /* for what is in flight, which starts the next round */
	ROUND_BROKEN,
};

bool vbd_ring_has_work(const struct vbd_ring *ring)
{
	return READ_ONCE(ring->back.sring->req_prod) != READ_ONCE(ring->back.req_cons);
}

static void ring_copy(struct vbd_ring *ring)
{
	/* Retries paged-out frames (GNTST_eagain) itself; BUG()s only on a bad op number. */
	if (ring->nr_ops)
		gnttab_batch_copy(ring->ops, ring->nr_ops);
}

/* ---- answering ---- */

static const char *io_name(const struct vbd_io *io)
{
	switch (io->req.action) {
	case BLKREQ_READ:
		return "read";
	case BLKREQ_WRITE:
		return "write";
	case BLKREQ_FLUSH:
		return "flush";
	default:
		return "discard";
	}
}

static void io_log(const struct vbd_io *io)
{
	const struct vbd *vbd = io->ring->vbd;

	noxs_domain_err(vbd->dev.dom, "vbd %u: %s of %llu sectors at sector %llu: error %zd\n",
			vbd->id, io_name(io), io->req.nr_sectors, io->req.sector, io->result);
}

static s16 io_status(const struct vbd_io *io)
{
	if (io->req.action == BLKREQ_NOTHING)
		return io->req.status;
	if (io->result >= 0)
		return BLKIF_RSP_OKAY;
	if (io->req.action == BLKREQ_DISCARD && io->result == -EOPNOTSUPP)
		return BLKIF_RSP_EOPNOTSUPP;
	/* A grant that is bad is the guest's affair; all else, the disk's. */
	if (io->result != -EFAULT)
		io_log(io);
	return BLKIF_RSP_ERROR;
}

static void io_count(const struct vbd_io *io, s16 status)
{
	struct vbd_stats *stats = &io->ring->stats;
	u64 bytes = io->req.nr_sectors << SECTOR_SHIFT;

	if (status != BLKIF_RSP_OKAY) {
		stats->errors++;
	} else if (io->req.action == BLKREQ_READ) {
		stats->reads++;
		stats->read_bytes += bytes;
	} else if (io->req.action == BLKREQ_WRITE) {
		stats->writes++;
		stats->written_bytes += bytes;
	}
}

static void ring_respond(struct vbd_ring *ring, const struct blkreq *req, s16 status)
{
	struct blkif_response *rsp = RING_GET_RESPONSE(&ring->back, ring->back.rsp_prod_pvt++);

	WRITE_ONCE(rsp->id, req->id);
	WRITE_ONCE(rsp->operation, req->op);
	WRITE_ONCE(rsp->status, status);
}

/* Everything in @ios has ended: what was read goes to the guest, all is answered and freed. */
static void ring_answer(struct vbd_ring *ring, struct list_head *ios)
{
	struct vbd_io *io, *next;
	s16 status;

	ring->nr_ops = 0;
	list_for_each_entry(io, ios, node)
		if (io->req.action == BLKREQ_READ && io->result >= 0)
			vbd_io_plan_copies(io);
	ring_copy(ring);
	list_for_each_entry_safe(io, next, ios, node) {
		if (io->req.action == BLKREQ_READ && io->result >= 0)
			io->result = vbd_io_check_copies(io);
		status = io_status(io);
		io_count(io, status);
		ring_respond(ring, &io->req, status);
		list_del(&io->node);
		vbd_io_free(io);
	}
}

static void ring_push(struct vbd_ring *ring)
{
	int notify;

	RING_PUSH_RESPONSES_AND_CHECK_NOTIFY(&ring->back, notify);
	if (notify)
		notify_remote_via_irq(ring->vbd->eoi.irq[0]);
}

/* ---- taking requests ---- */

static bool ring_copy_descs(struct vbd_ring *ring, u32 gref, size_t len)
{
	struct gnttab_copy op = {
		.source.u.ref = gref,
		.source.domid = ring->vbd->domid,
		.dest.u.gmfn = virt_to_gfn(ring->descs),
		.dest.domid = DOMID_SELF,
		.dest.offset = xen_offset_in_page(ring->descs),
		.len = len,
		.flags = GNTCOPY_source_gref,
	};

	gnttab_batch_copy(&op, 1);
	return op.status == GNTST_okay;
}

/* The descriptors of an indirect request: copied whole, then looked at. */
static int ring_fetch(struct vbd_ring *ring, struct blkreq *req)
{
	size_t len = req->nr_segs * sizeof(ring->descs[0]);
	const void *mapped = NULL;

	if (ring->persist)
		mapped = vbd_persist_descs(ring->persist, req->desc_gref);
	if (mapped) {
		noxs_copy_once(ring->descs, mapped, len / sizeof(u32));
	} else if (!ring_copy_descs(ring, req->desc_gref, len)) {
		req->action = BLKREQ_NOTHING;
		req->status = BLKIF_RSP_ERROR;
		return 0;
	}
	return blkreq_parse_indirect(ring->descs, &ring->vbd->rules, req);
}

/*
 * Take the request at req_cons into the batch.  1 it is there; 0 it must wait for what is in flight
 * or in the batch, and was not taken; -EPROTO.
 */
static int ring_take(struct vbd_ring *ring, struct list_head *batch, unsigned int *nr_segs)
{
	struct blkreq req;
	struct vbd_io *io;
	int err;

	err = blkreq_parse(RING_GET_REQUEST(&ring->back, ring->back.req_cons), &ring->vbd->rules,
			   &req);
	if (!err && req.action == BLKREQ_FETCH)
		err = ring_fetch(ring, &req);
	if (err)
		return err;
	/* Nothing overtakes a barrier: what is copied here next time is checked like any other. */
	if (req.barrier && (!list_empty(batch) || atomic_read(&ring->in_flight)))
		return 0;
	WRITE_ONCE(ring->back.req_cons, ring->back.req_cons + 1);
	io = vbd_io_alloc(ring, &req);
	if (!io) {
		ring->stats.errors++;
		ring_respond(ring, &req, BLKIF_RSP_ERROR);
		return 1;
	}
	*nr_segs += io->req.nr_segs;
	list_add_tail(&io->node, batch);
	return 1;
}

static enum round ring_gather(struct vbd_ring *ring, struct list_head *batch)
{
	RING_IDX prod = READ_ONCE(ring->back.sring->req_prod);
	unsigned int nr_segs = 0, left = ring->max_reqs;
	int pending, ret = 1;

	pending = noxs_ring_pending(prod, ring->back.req_cons, ring->back.rsp_prod_pvt,
				    RING_SIZE(&ring->back));
	virt_rmb(); /* requests are read after the index that published them */
	while (pending > 0 && ret > 0 && left-- && nr_segs + BLKREQ_MAX_SEGS <= VBD_BATCH_SEGS) {
		ret = ring_take(ring, batch, &nr_segs);
		if (ret > 0)
			pending--;
		/* Nothing passes a barrier, either. */
		if (ret > 0 && !list_empty(batch) &&
		    list_last_entry(batch, struct vbd_io, node)->req.barrier)
			break;
	}
	if (pending < 0 || ret < 0)
		return ROUND_BROKEN;
	if (!ret && list_empty(batch))
		return ROUND_WAIT;
	return pending ? ROUND_MORE : ROUND_IDLE;
}

/* Memory for what the batch moves, of the guest's as far as it is mapped. */
static void ring_get_pages(struct vbd_ring *ring, struct list_head *batch)
{
	struct vbd_io *io;

	if (ring->persist)
		vbd_persist_map(ring->persist);
	list_for_each_entry(io, batch, node)
		io->result = vbd_io_get_pages(io);
	if (ring->persist)
		vbd_persist_end_round(ring->persist);
}

static void ring_copy_in(struct vbd_ring *ring, struct list_head *batch)
{
	struct vbd_io *io;

	ring->nr_ops = 0;
	list_for_each_entry(io, batch, node)
		if (io->req.action == BLKREQ_WRITE && !io->result)
			vbd_io_plan_copies(io);
	ring_copy(ring);
	list_for_each_entry(io, batch, node)
		if (io->req.action == BLKREQ_WRITE && !io->result)
			io->result = vbd_io_check_copies(io);
}

/* Give the batch to the file and answer what has ended with that. */
static void ring_perform(struct vbd_ring *ring, struct list_head *batch)
{
	struct vbd_io *io, *next;

	const struct cred *old;

	ring_get_pages(ring, batch);
	ring_copy_in(ring, batch);
	old = blk_backing_begin(&ring->vbd->backing);
	list_for_each_entry_safe(io, next, batch, node) {
		/* Off the list first: once it is queued, the file may end it at any moment. */
		list_del(&io->node);
		if (!io->result)
			vbd_io_submit(io);
		if (io->queued)
			continue;
		vbd_io_end(io);
		list_add_tail(&io->node, &next->node);
	}
	blk_backing_end(old);
	ring_answer(ring, batch);
}

/* ---- what was in flight ---- */

/* True if anything was answered, which is to be pushed. */
static bool ring_collect(struct vbd_ring *ring)
{
	struct llist_node *node = llist_reverse_order(llist_del_all(&ring->ended));
	bool stopped = READ_ONCE(ring->mode) == VBD_RING_STOPPED;
	bool answers = node && !stopped;
	unsigned int nr_segs = 0;
	struct vbd_io *io;
	LIST_HEAD(ios);

	while (node) {
		io = llist_entry(node, struct vbd_io, ended);
		node = node->next;
		vbd_io_end(io);
		if (stopped) {
			vbd_io_free(io);
			continue;
		}
		if (nr_segs + io->req.nr_segs > VBD_BATCH_SEGS) {
			ring_answer(ring, &ios);
			nr_segs = 0;
		}
		nr_segs += io->req.nr_segs;
		list_add_tail(&io->node, &ios);
	}
	ring_answer(ring, &ios);
	return answers;
}

/* ---- the work ---- */

/* There is nothing left to do, or others are seen to: let events through again. */
static void ring_send_eoi(struct vbd_ring *ring)
{
	(void)noxs_eoi_send(&ring->vbd->eoi, false); /* what was done is progress */
}

/*
 * The ring is about to wait for the disk, with requests taken: see that the other rings are served
 * meanwhile, whose events come by the same channel.
 */
static void ring_release_event(struct vbd_ring *ring)
{
	struct vbd *vbd = ring->vbd;
	unsigned int i;

	/* A single ring asks for its next event when it has nothing left to do. */
	if (vbd->nr_rings == 1)
		return;
	for (i = 0; i < vbd->nr_rings; i++)
		if (vbd->rings[i] != ring && vbd_ring_has_work(vbd->rings[i]))
			noxs_turn_queue(&vbd->rings[i]->turn);
	/* What is published from here on raises an event of its own. */
	ring_send_eoi(ring);
}

static enum round ring_round(struct vbd_ring *ring)
{
	LIST_HEAD(batch);
	enum round next;
	int more;

	next = ring_gather(ring, &batch);
	if (!list_empty(&batch)) {
		noxs_eoi_progress(&ring->vbd->eoi);
		ring_release_event(ring);
		ring_perform(ring, &batch);
	}
	ring_push(ring);
	if (next != ROUND_IDLE)
		return next;
	RING_FINAL_CHECK_FOR_REQUESTS(&ring->back, more);
	return more ? ROUND_MORE : ROUND_IDLE;
}

static void ring_run(struct vbd_ring *ring)
{
	struct vbd *vbd = ring->vbd;
	bool answers = ring_collect(ring);

	/* A broken ring is left alone, its event masked, until the device is closed. */
	if (READ_ONCE(ring->mode) != VBD_RING_RUNS || atomic_read(&vbd->dev.fault)) {
		if (answers)
			ring_push(ring);
		return;
	}
	switch (ring_round(ring)) {
	case ROUND_IDLE:
		ring_send_eoi(ring);
		break;
	case ROUND_MORE:
		/* At the end of the queue: others have disks, too. */
		noxs_turn_queue(&ring->turn);
		break;
	case ROUND_WAIT:
		break;
	case ROUND_BROKEN:
		noxs_device_fault(&vbd->dev, -EPROTO);
		break;
	}
}

void vbd_ring_work(struct noxs_turn *turn)
{
	struct vbd_ring *ring = container_of(turn, struct vbd_ring, turn);

	ring->max_reqs = noxs_turn_begin(&ring->turn) ? VBD_BRIEF_REQS : BLKREQ_RING_SIZE;
	atomic_set(&ring->running, 1);
	/* Pairs with the one in vbd_stop(): the mode is read, or in_flight changed, later. */
	smp_mb();
	ring_run(ring);
	atomic_set_release(&ring->running, 0);
	smp_mb(); /* likewise: whoever has seen us run is told */
	if (READ_ONCE(ring->mode) != VBD_RING_RUNS && !atomic_read(&ring->in_flight))
		noxs_device_stopped(&ring->vbd->dev);
	noxs_turn_end(&ring->turn);
}
