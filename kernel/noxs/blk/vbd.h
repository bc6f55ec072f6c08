/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The vbd back-end: standard blkif rings of a guest at one end, an open file at the other.
 *
 * What is in which file: the table in ../Kbuild.
 *
 * The guest's data is copied by the hypervisor (GNTTABOP_copy) between its pages and ours: what
 * goes to the disk cannot change under way, no page of a guest is in the page cache or in a bio,
 * and a guest that dies takes nothing with it.
 *
 * With persistent grants that stays true.  Through the page cache its own copy, from or to the
 * mapped page, takes the place of Xen's and ours: the guest's memory is read once, and nothing of
 * it is in use when the call returns.  Past it (O_DIRECT) we copy between the mapped page and one
 * of ours where Xen would.  What a guest that dies leaves behind is mapped until its disk has
 * answered, as its rings are.
 */
#ifndef NOXS_BLK_VBD_H
#define NOXS_BLK_VBD_H

#include <linux/llist.h>
#include <linux/wait.h>
#include <xen/interface/io/ring.h>
#include <xen/interface/io/blkif.h>
#include "../budget.h"
#include "../bus.h"
#include "../eoi.h"
#include "backing.h"
#include "persist.h"
#include "request.h"

/* Rings of a vbd; each has its own work, and so its own thread when there is something to do. */
#define VBD_MAX_RINGS  4U

/* Segments that one round of a ring takes at most: its grant copies go with one hypercall. */
#define VBD_BATCH_SEGS 64U

/* Requests, when the guest has made much work of late. */
#define VBD_BRIEF_REQS 4U

struct vbd_queue;
struct vbd_ring;

/* What a ring's work does; while it is connected this only goes on, but for vbd_thaw(). */
enum vbd_ring_mode {
	VBD_RING_RUNS,	  /* takes requests and answers them */
	VBD_RING_DRAINS,  /* takes none, answers what is in flight, and then touches nothing */
	VBD_RING_STOPPED, /* touches nothing; what ends is forgotten */
};

/* A request on its way. */
struct vbd_io {
	struct list_head node;	 /* the batch it is in */
	struct llist_node ended; /* ring->ended */
	struct vbd_ring *ring;
	struct blkreq req;
	struct kiocb iocb;
	ssize_t result;	     /* of the file, or of a copy */
	bool queued;	     /* the file will tell; counted in ring->in_flight */
	bool is_write_begun; /* blk_backing_wrote() is due */
	bool has_mapped;     /* mapped[] is set: the ring has persistent grants */
	u16 first_op;	     /* in the batch */
	/* Of persistent grants: where in ring->persist each segment's page is, or GREFS_NONE. */
	u16 mapped[BLKREQ_MAX_SEGS];
	struct bio_vec pieces[BLKREQ_MAX_SEGS]; /* req.nr_segs */
};

struct vbd_stats {
	u64 reads, read_bytes;
	u64 writes, written_bytes;
	u64 errors;
};

struct vbd;

/* All but `running`, `in_flight`, `ended` and `mode` is the work's own while it may run. */
struct vbd_ring {
	/* Of an indirect request; within one page, because the hypervisor copies into it. */
	struct blkreq_slot_seg descs[BLKREQ_MAX_SEGS] __aligned(256);
	struct vbd *vbd;
	struct noxs_grant grant;
	struct blkif_back_ring back;
	struct vbd_persist *persist; /* NULL: nothing is mapped */
	struct noxs_turn turn;	     /* its work */
	enum vbd_ring_mode mode;     /* written under dom->lock */
	atomic_t running;	     /* the work is */
	atomic_t in_flight;	     /* queued with the file */
	atomic_t completing;	     /* callbacks of the file that still use the ring */
	struct llist_head ended;     /* of these, what has ended */
	struct vbd_stats stats;
	unsigned int max_reqs; /* of a round */
	unsigned int nr_ops;
	struct gnttab_copy ops[VBD_BATCH_SEGS];
};

struct vbd {
	struct noxs_device dev;
	u16 domid, id;
	char name[24]; /* vbdD.I, in /proc/interrupts */
	struct blk_backing backing;
	struct blkreq_rules rules;
	struct vbd_queue *queue;
	struct work_struct close_work;
	struct noxs_budget_user queued_pages, mapped_pages;

	/* Connection: written under dom->lock while no work runs, constant while one may. */
	unsigned int nr_rings; /* 0 when not connected */
	struct vbd_ring *rings[VBD_MAX_RINGS];
	struct noxs_eoi eoi; /* one channel */

	struct vbd_stats stats; /* of rings that are no more; dom->lock */
};

#endif /* NOXS_BLK_VBD_H */
