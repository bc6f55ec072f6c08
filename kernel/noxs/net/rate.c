// SPDX-License-Identifier: GPL-2.0
/* How much a guest may send: rate.h.  No kernel calls. */
#include "rate.h"

void vif_rate_init(struct vif_rate *rate, u64 bytes, u64 interval_ns, u64 now_ns)
{
	rate->bytes = bytes;
	rate->interval_ns = interval_ns;
	rate->begun_ns = now_ns;
	rate->credit = (s64)bytes;
}

/* Intervals until the bucket has @credit bytes, if it has less. */
static u64 rate_intervals(const struct vif_rate *rate, s64 credit)
{
	return div64_u64((u64)(credit - rate->credit) + rate->bytes - 1, rate->bytes);
}

s64 vif_rate_refill(struct vif_rate *rate, u64 now_ns)
{
	u64 passed;

	/* Clocks of different processors may differ a little. */
	if (now_ns < rate->begun_ns || now_ns - rate->begun_ns < rate->interval_ns)
		return rate->credit;
	passed = div64_u64(now_ns - rate->begun_ns, rate->interval_ns);
	rate->begun_ns += passed * rate->interval_ns;
	if (passed >= rate_intervals(rate, (s64)rate->bytes))
		rate->credit = (s64)rate->bytes;
	else
		rate->credit += (s64)(passed * rate->bytes);
	return rate->credit;
}

u64 vif_rate_next_ns(const struct vif_rate *rate)
{
	return rate->begun_ns + rate_intervals(rate, 1) * rate->interval_ns;
}
