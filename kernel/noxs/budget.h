/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Budgets: what all guests together may hold of something, with a share that each user has for
 * itself whatever the others hold.
 *
 * A user (a disk, a vif) takes from its own share first and from the common pool beyond that, so
 * all users together hold at most `pool` + number of users * `share`.  Whoever empties the pool
 * leaves every other user its share: that must be enough for it to make progress.
 *
 * Any context, no lock.  Free of kernel calls but atomics, so that the unit tests compile it.
 */
#ifndef NOXS_BUDGET_H
#define NOXS_BUDGET_H

#ifdef __KERNEL__
#include <linux/atomic.h>
#include <linux/types.h>
#else
#include <stdbool.h>
struct host_atomic {
	int counter;
};

#define atomic_t struct host_atomic
#define ATOMIC_INIT(i) \
	{              \
		(i)    \
	}
#endif

struct noxs_budget {
	atomic_t pool_used;
	unsigned int pool;  /* may be changed at any time; 0: nobody gets anything, share or not */
	unsigned int share; /* of each user; constant */
};

#define NOXS_BUDGET_INIT(_pool, _share)                                          \
	{                                                                        \
		.pool_used = ATOMIC_INIT(0), .pool = (_pool), .share = (_share), \
	}

struct noxs_budget_user {
	struct noxs_budget *budget;
	atomic_t used;
};

/* A user that holds nothing.  It needs no end once it holds nothing again. */
void noxs_budget_join(struct noxs_budget *budget, struct noxs_budget_user *user);

/*
 * Take @n, or nothing and return false.  What fits into the user's own share is never refused.
 * @n is at most INT_MAX / 4, as are pool and share.
 */
bool noxs_budget_try(struct noxs_budget_user *user, unsigned int n);

/* Give @n back of what was taken. */
void noxs_budget_put(struct noxs_budget_user *user, unsigned int n);

/* What the user holds just now. */
unsigned int noxs_budget_used(const struct noxs_budget_user *user);

#endif /* NOXS_BUDGET_H */
