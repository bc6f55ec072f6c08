/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns: who goes first when guests make more work than there are processors for it.
 *
 * A guest that has used little of the processors lately has its works run at once.  Of works of
 * guests that have used much, only as many run as there are processors, guest after guest, so that
 * whoever else has something to do, guest or process of Dom0's, meets a few of them and not all.
 * Threads of the lowest priority carry them out (runner.h), if there is one with nothing to do.
 * And while a guest that has used less is about to ask for more, since it has just been answered,
 * they wait that moment for it: otherwise it would wait for them each time, since on a processor
 * that is never idle the hypervisor lets a guest that wakes up wait for its scheduler's rate limit.
 *
 * A work that sleeps, because of its disk, keeps nobody waiting for longer than TURN_MAX_NS.
 */
#ifndef NOXS_TURN_H
#define NOXS_TURN_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include "runner.h"
#include "share.h"
#include "stint.h"

/* A work that takes turns. */
struct noxs_turn {
	struct noxs_share *share;
	void (*func)(struct noxs_turn *turn);
	struct workqueue_struct *wq;
	struct work_struct work;      /* with wq */
	struct kthread_work low_work; /* with a runner */
	/*
	 * How often it is queued or runs with wq; -1 from when it is queued with the runner until
	 * it ends.  Never with both, so that it does not run twice at a time.  To and from -1 with
	 * turn_lock only.
	 */
	atomic_t lane;
	bool again;		    /* wanted once more while it was with the runner; turn_lock */
	struct noxs_runner *runner; /* while lane is below 0; turn_lock */
	struct list_head node;	    /* waiting, of its share; turn_lock */
	struct list_head runs;	    /* among those that have their turn; turn_lock */
	u64 given;		    /* when; turn_lock */
	u64 since;		    /* likewise, or when it had it again for want of a processor */
	struct task_struct *thread; /* since it has begun, until it ends */
	/* The work's own, while it runs: */
	bool is_nice; /* the thread, for the moment */
	bool is_low;  /* of a runner */
	struct noxs_stint stint;
};

/* @share must last for as long as the turn is used. */
void noxs_turn_init(struct noxs_turn *turn, struct noxs_share *share, struct workqueue_struct *wq,
		    void (*func)(struct noxs_turn *turn));

/* As queue_work(): the work runs once more, from a time on that is to come.  Any context. */
void noxs_turn_queue(struct noxs_turn *turn);

/* As cancel_work_sync().  Nobody queues it any more. */
void noxs_turn_cancel_sync(struct noxs_turn *turn);

/*
 * What the work itself calls, first and last.  begin: true if it should be brief, because others
 * want the processor.
 */
bool noxs_turn_begin(struct noxs_turn *turn);
void noxs_turn_end(struct noxs_turn *turn);

/*
 * Somebody asks something of the module, and has a process that waits for the answer: no further
 * work of guests with much of it begins for a while (patience.h).
 */
void noxs_turns_make_way(void);

int noxs_turns_init(void);
/* No turn is used any more. */
void noxs_turns_fini(void);

#endif /* NOXS_TURN_H */
