// SPDX-License-Identifier: GPL-2.0
/*
 * Working memory of NAPI polls, per CPU.
 */
#include "scratch.h"
#include "vif.h"

static struct vif_scratch __percpu *vif_scratch;

int vif_scratch_init(void)
{
	vif_scratch = alloc_percpu(struct vif_scratch);
	return vif_scratch ? 0 : -ENOMEM;
}

void vif_scratch_fini(void)
{
	free_percpu(vif_scratch);
}

struct vif_scratch *vif_scratch_get(void)
{
	struct vif_scratch *scratch = this_cpu_ptr(vif_scratch);

	scratch->nr_ops = 0;
	scratch->nr_pkts = 0;
	scratch->nr_slots = 0;
	return scratch;
}

void vif_scratch_copy(struct vif_scratch *scratch)
{
	/* Retries paged-out frames (GNTST_eagain) itself; BUG()s only on a bad op number. */
	if (scratch->nr_ops)
		gnttab_batch_copy(scratch->ops, scratch->nr_ops);
}

bool vif_scratch_succeeded(const struct vif_scratch *scratch, const struct vif_pkt *pkt)
{
	unsigned int i;

	for (i = 0; i < pkt->nr_ops; i++)
		if (scratch->ops[pkt->first_op + i].status != GNTST_okay)
			return false;
	return true;
}
