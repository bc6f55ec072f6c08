// SPDX-License-Identifier: GPL-2.0
/* How much of the processors somebody has used lately. */
#include "usage.h"

static_assert(NOXS_USAGE_WINDOW_NS == 1ULL << NOXS_USAGE_SHIFT, "the window is a power of two");

u64 noxs_usage_now(const struct noxs_usage *usage, u64 now_ns)
{
	u64 spent = usage->spent_ns, at = usage->at_ns;

	/* Clocks of different processors differ a little. */
	if (now_ns <= at)
		return spent;
	if (now_ns - at >= NOXS_USAGE_WINDOW_NS)
		return 0;
	return spent - (spent * (now_ns - at) >> NOXS_USAGE_SHIFT);
}

u64 noxs_usage_peek(const struct noxs_usage *usage, u64 now_ns)
{
	const struct noxs_usage copy = {
		.spent_ns = READ_ONCE(usage->spent_ns),
		.at_ns = READ_ONCE(usage->at_ns),
	};

	return noxs_usage_now(&copy, now_ns);
}

void noxs_usage_charge(struct noxs_usage *usage, u64 now_ns, u64 ns)
{
	u64 spent = noxs_usage_now(usage, now_ns) + ns;

	usage->spent_ns = spent < NOXS_USAGE_MAX_NS ? spent : NOXS_USAGE_MAX_NS;
	if (now_ns > usage->at_ns)
		usage->at_ns = now_ns;
}
