// SPDX-License-Identifier: GPL-2.0
/* What a guest has used of the processors: share.h. */
#include "share.h"

void noxs_share_init(struct noxs_share *share)
{
	INIT_LIST_HEAD(&share->node);
	INIT_LIST_HEAD(&share->waiting);
	spin_lock_init(&share->lock);
}

u64 noxs_share_spent(const struct noxs_share *share, u64 now)
{
	return noxs_usage_peek(&share->usage, now);
}

u64 noxs_share_charge(struct noxs_share *share, u64 now, u64 used)
{
	u64 spent;

	spin_lock(&share->lock);
	noxs_usage_charge(&share->usage, now, used);
	spent = share->usage.spent_ns;
	spin_unlock(&share->lock);
	return spent;
}
