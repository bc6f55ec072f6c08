/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A stint: what a work uses of the processor from its begin on, in the thread that carries it out.
 */
#ifndef NOXS_STINT_H
#define NOXS_STINT_H

#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/types.h>

struct noxs_stint {
	u64 begun, exec;
	unsigned long slept, preempted; /* how often the thread had */
};

static inline void noxs_stint_begin(struct noxs_stint *stint, u64 now)
{
	stint->begun = now;
	stint->exec = current->se.sum_exec_runtime;
	stint->slept = current->nvcsw;
	stint->preempted = current->nivcsw;
}

static inline bool noxs_stint_has_slept(const struct noxs_stint *stint)
{
	return current->nvcsw != stint->slept;
}

static inline u64 noxs_stint_passed(const struct noxs_stint *stint, u64 now)
{
	return now > stint->begun ? now - stint->begun : 0;
}

/*
 * What the work has used of the processor.  If the thread has been switched away from, that is not
 * all the time that has passed, and the scheduler has counted up to the last switch.
 */
static inline u64 noxs_stint_used(const struct noxs_stint *stint, u64 now)
{
	u64 passed = noxs_stint_passed(stint, now);

	if (!noxs_stint_has_slept(stint) && current->nivcsw == stint->preempted)
		return passed;
	return min_t(u64, passed, current->se.sum_exec_runtime - stint->exec);
}

#endif /* NOXS_STINT_H */
