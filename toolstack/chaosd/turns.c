// SPDX-License-Identifier: GPL-2.0-only
/*
 * How much of a guest's output is taken.  What it may write for long is a rate; before it comes to that
 * it has a credit, for a boot or an error with much to say.  A guest without credit waits for its turn:
 * its ring is full then, and what more it says is its own to keep or to drop.
 */
#include "logs.h"

void turns_init(struct turns *t, uint64_t now_ns)
{
	t->credit = TURN_BURST;
	t->since_ns = now_ns;
}

uint64_t turns_when(struct turns *t, uint64_t now_ns)
{
	uint64_t passed = now_ns - t->since_ns;

	/* More than fills it: no product below is too large. */
	if (passed > 2 * NS_PER_S * (TURN_BURST / TURN_RATE))
		passed = 2 * NS_PER_S * (TURN_BURST / TURN_RATE);
	t->credit += (int64_t)(passed * TURN_RATE / NS_PER_S);
	if (t->credit > (int64_t)TURN_BURST)
		t->credit = TURN_BURST;
	/* What was rounded off is not lost to a guest that is looked at often. */
	t->since_ns = now_ns - passed * TURN_RATE % NS_PER_S / TURN_RATE;
	if (t->credit > 0)
		return 0;
	return now_ns + ((uint64_t)-t->credit + TURN_COST) * NS_PER_S / TURN_RATE;
}

void turns_charge(struct turns *t, size_t bytes)
{
	t->credit -= (int64_t)(bytes > TURN_COST ? bytes : TURN_COST);
}
