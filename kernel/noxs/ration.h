/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How many lines about guests there are in the log.  Each guest has a few, and all together have
 * a bound, of which the second half is for those who have said nothing yet: a few that are loud do
 * not keep the others silent.  Free of kernel calls, so that the unit tests compile it.
 */
#ifndef NOXS_RATION_H
#define NOXS_RATION_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint64_t u64;
#endif

#define NOXS_RATION_INTERVAL_NS 5000000000ULL
#define NOXS_RATION_GUEST	10U  /* lines of one guest in an interval */
#define NOXS_RATION_ALL		100U /* of all */

/* All zero at first; the caller serialises. */
struct noxs_ration {
	u64 interval; /* the number of this one, from 1 on */
	u64 ends_ns;
	unsigned int nr;
	u64 left_out; /* lines, not told yet */
};

/* A guest's; all zero at first. */
struct noxs_ration_guest {
	u64 interval; /* in which it had */
	unsigned int nr;
};

/*
 * Whether a line may be written.  *@left_out is how many have not been before, which is to be told
 * now: at the first of an interval, 0 at all others.
 */
bool noxs_ration_take(struct noxs_ration *ration, struct noxs_ration_guest *guest, u64 now_ns,
		      u64 *left_out);

#endif /* NOXS_RATION_H */
