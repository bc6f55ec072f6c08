// SPDX-License-Identifier: GPL-2.0
/* For whom guests with much work wait, although there is a processor: patience.h. */
#include <linux/minmax.h>
#include "patience.h"
#include "usage.h"

/* As soon does a guest that has been answered ask again, if it lives on that. */
#define EXPECT_NS (50 * 1000ULL)

/* As long do guests with much work make way for what is asked of the module. */
#define WAY_NS	  (2 * 1000 * 1000ULL)

/*
 * It is waited for until it has used so many times as much as who waits: one that asks for one
 * thing at a time leaves the processor between, which who floods its disks does not.
 */
#define PATIENCE  4

/* All here is under the caller's lock. */

/* Who has just been answered, having used so much of late, and until when that counts. */
static struct {
	const struct noxs_share *share;
	u64 spent, until;
} expected;

/* How long, of late, somebody was waited for. */
static struct noxs_usage expecting;

/* No turn is given before; and how much of late was kept free so. */
static u64 way_until;
static struct noxs_usage way;

void noxs_patience_expect(const struct noxs_share *share, u64 spent, u64 now)
{
	if (now < expected.until && share != expected.share && spent > expected.spent)
		return;
	if (noxs_usage_now(&expecting, now) > NOXS_USAGE_WINDOW_NS / 4 * 3)
		return;
	noxs_usage_charge(&expecting, now, now + EXPECT_NS - max(now, expected.until));
	expected.share = share;
	expected.spent = spent;
	expected.until = now + EXPECT_NS;
}

bool noxs_patience_holds(const struct noxs_share *share, u64 spent, u64 now)
{
	return now < expected.until && share != expected.share && expected.spent < PATIENCE * spent;
}

void noxs_patience_make_way(u64 now)
{
	if (noxs_usage_now(&way, now) >= NOXS_USAGE_WINDOW_NS / 2)
		return;
	noxs_usage_charge(&way, now, now + WAY_NS - max(now, way_until));
	way_until = now + WAY_NS;
}

bool noxs_patience_makes_way(u64 now)
{
	return now < way_until;
}

u64 noxs_patience_until(void)
{
	return max(expected.until, way_until);
}
