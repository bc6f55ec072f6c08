/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A share: what a guest has used of the processors, and its works that wait for their turn.
 */
#ifndef NOXS_SHARE_H
#define NOXS_SHARE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include "usage.h"

/* Embedded in its noxs_domain.  turn_lock is turn.c's. */
struct noxs_share {
	struct list_head node;	  /* among those with works that wait; turn_lock */
	struct list_head waiting; /* turn_lock */
	atomic_t nr_works;	  /* queued, or running */
	spinlock_t lock;	  /* usage */
	struct noxs_usage usage;
};

void noxs_share_init(struct noxs_share *share);

/* How much it has used of late, about: without its lock. */
u64 noxs_share_spent(const struct noxs_share *share, u64 now);

/* It has used another @used; how much that is of late. */
u64 noxs_share_charge(struct noxs_share *share, u64 now, u64 used);

#endif /* NOXS_SHARE_H */
