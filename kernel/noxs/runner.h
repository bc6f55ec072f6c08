/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Runners: a few threads of the lowest priority, for the work of guests that make much of it.
 *
 * A thread of a workqueue has the priority that all others have.  When it wakes up, it takes the
 * processor from whoever has it, and a process that has just been forked waits behind it.
 */
#ifndef NOXS_RUNNER_H
#define NOXS_RUNNER_H

#include <linux/kthread.h>

struct noxs_runner {
	struct kthread_worker *worker;
	unsigned int nr_works; /* queued, or running; the user's lock */
};

/* A runner with nothing to do, or NULL.  Under the lock that nr_works is under. */
struct noxs_runner *noxs_runner_find(void);

int noxs_runners_init(void);
/* Nothing is queued any more. */
void noxs_runners_fini(void);

#endif /* NOXS_RUNNER_H */
