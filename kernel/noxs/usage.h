/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of the processors somebody has used lately.  Free of kernel calls, so that the unit
 * tests compile it.
 */
#ifndef NOXS_USAGE_H
#define NOXS_USAGE_H

#ifdef __KERNEL__
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/types.h>
#else
#include <assert.h>
#include <stdint.h>
#include <stdbool.h>
typedef uint64_t u64;
#ifndef READ_ONCE
#define READ_ONCE(x) (x)
#endif
#endif

/* What was used this long ago is forgotten: "lately" is the last 8.4 ms. */
#define NOXS_USAGE_SHIFT     23
#define NOXS_USAGE_WINDOW_NS 8388608ULL /* 1 << NOXS_USAGE_SHIFT */

/* Of the window; whoever has used more has used much. */
#define NOXS_USAGE_MUCH_NS   (NOXS_USAGE_WINDOW_NS / 64)

/* Works of many processors may add up to more than the window; no sum is above this. */
#define NOXS_USAGE_MAX_NS    (100 * NOXS_USAGE_WINDOW_NS)

struct noxs_usage {
	u64 spent_ns; /* as it was at */
	u64 at_ns;    /* of any clock that goes on, not necessarily without steps back */
};

/* What was used in the window before @now, about: it fades, linearly between two charges. */
u64 noxs_usage_now(const struct noxs_usage *usage, u64 now_ns);

/* The same while another processor may be charging it: about. */
u64 noxs_usage_peek(const struct noxs_usage *usage, u64 now_ns);

/* Another @ns, until @now. */
void noxs_usage_charge(struct noxs_usage *usage, u64 now_ns, u64 ns);

#endif /* NOXS_USAGE_H */
