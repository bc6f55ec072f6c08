/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Patience: for whom guests with much work wait, although there is a processor for them.  For a
 * guest that has used less and is about to ask for more, and for a process of Dom0's that asks
 * something of the module.  Neither lasts: together they are a part of the time only.  All of it
 * is under turn_lock.
 */
#ifndef NOXS_PATIENCE_H
#define NOXS_PATIENCE_H

#include <linux/types.h>

struct noxs_share;

/*
 * @share, which has used @spent of late, was answered: who has used more is to wait for it.  Many
 * of whom each has used little would be waited for all the time: it is three quarters of the time
 * at most.
 */
void noxs_patience_expect(const struct noxs_share *share, u64 spent, u64 now);

/* Whether @share is to wait. */
bool noxs_patience_holds(const struct noxs_share *share, u64 spent, u64 now);

/* For 2 ms no turn is given; of the time in all, for half of it at most. */
void noxs_patience_make_way(u64 now);
bool noxs_patience_makes_way(u64 now);

/* When nobody is waited for any more. */
u64 noxs_patience_until(void);

#endif /* NOXS_PATIENCE_H */
