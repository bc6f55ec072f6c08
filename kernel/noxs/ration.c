// SPDX-License-Identifier: GPL-2.0
/* How many lines about guests there are in the log. */
#include "ration.h"

bool noxs_ration_take(struct noxs_ration *ration, struct noxs_ration_guest *guest, u64 now_ns,
		      u64 *left_out)
{
	*left_out = 0;
	if (!ration->interval || now_ns >= ration->ends_ns) {
		ration->interval++;
		ration->ends_ns = now_ns + NOXS_RATION_INTERVAL_NS;
		ration->nr = 0;
		*left_out = ration->left_out;
		ration->left_out = 0;
	}
	if (guest->interval != ration->interval) {
		guest->interval = ration->interval;
		guest->nr = 0;
	}
	if (guest->nr >= NOXS_RATION_GUEST || ration->nr >= NOXS_RATION_ALL ||
	    (guest->nr && ration->nr >= NOXS_RATION_ALL / 2)) {
		ration->left_out++;
		return false;
	}
	guest->nr++;
	ration->nr++;
	return true;
}
