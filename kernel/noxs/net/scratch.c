// SPDX-License-Identifier: GPL-2.0
/*
 * Working memory of NAPI polls, per CPU.
 */
#include <asm/xen/hypercall.h>
#include "scratch.h"

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

/*
 * By hand, because gnttab_batch_copy() sleeps for as long as a guest's frame is paged out or shared
 * (GNTST_eagain), which a poll must not.  Here that is an error as any other: the packet is lost.
 */
void vif_scratch_copy(struct vif_scratch *scratch)
{
	unsigned int i;

	if (!scratch->nr_ops ||
	    !HYPERVISOR_grant_table_op(GNTTABOP_copy, scratch->ops, scratch->nr_ops))
		return;
	/* Nobody knows which were done. */
	for (i = 0; i < scratch->nr_ops; i++)
		scratch->ops[i].status = GNTST_general_error;
}

bool vif_scratch_succeeded(const struct vif_scratch *scratch, const struct vif_pkt *pkt)
{
	unsigned int i;

	for (i = 0; i < pkt->nr_ops; i++)
		if (scratch->ops[pkt->first_op + i].status != GNTST_okay)
			return false;
	return true;
}
