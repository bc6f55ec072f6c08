/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Working memory of a NAPI poll: a batch of grant copies and what they belong to.  One per CPU,
 * not one per vif, because a poll neither sleeps nor moves: thousands of idle vifs cost nothing.
 */
#ifndef NOXS_NET_SCRATCH_H
#define NOXS_NET_SCRATCH_H

#include <linux/percpu.h>
#include <linux/skbuff.h>
#include <xen/grant_table.h>
#include <xen/interface/io/netif.h>
#include "txchain.h"

#define SCRATCH_MAX_PKTS  64U
#define SCRATCH_MAX_SLOTS TXCHAIN_RING_SIZE
#define SCRATCH_MAX_OPS	  320U

/* A slot of a receive ring that has been filled. */
struct vif_rx_slot {
	grant_ref_t gref;
	u16 id;
	u16 len;
	u16 flags;
};

/* A packet of the batch; first_* index the arrays below. */
struct vif_pkt {
	struct sk_buff *skb; /* NULL: only its slots want an answer */
	u16 first_op, nr_ops;
	u16 first_slot, nr_slots;
	u16 nr_extras; /* of nr_slots, those right after the first */
};

struct vif_scratch {
	unsigned int nr_ops;
	unsigned int nr_pkts;
	unsigned int nr_slots;
	struct gnttab_copy ops[SCRATCH_MAX_OPS];
	struct vif_pkt pkts[SCRATCH_MAX_PKTS];
	u16 tx_ids[SCRATCH_MAX_SLOTS];
	struct vif_rx_slot rx_slots[SCRATCH_MAX_SLOTS];
	struct txchain chain;
};

int vif_scratch_init(void);
void vif_scratch_fini(void);

/* This CPU's scratch, empty.  Softirqs are off until it has been used. */
struct vif_scratch *vif_scratch_get(void);

/* Have the hypervisor do the batch, without sleeping; each op has its status then. */
void vif_scratch_copy(struct vif_scratch *scratch);

/* True if every copy of @pkt succeeded. */
bool vif_scratch_succeeded(const struct vif_scratch *scratch, const struct vif_pkt *pkt);

#endif /* NOXS_NET_SCRATCH_H */
