/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Grant references of one ring that are mapped: from a reference to a small number, and back to
 * nothing.
 *
 * Free of kernel calls, so that the unit tests compile it on the host.  References are the guest's
 * choice; the worst it can choose is one chain of GREFS_MAX, for itself to wait for.
 */
#ifndef NOXS_BLK_GREFS_H
#define NOXS_BLK_GREFS_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

/* Of a ring: 1 MiB. */
#define GREFS_MAX     256U
#define GREFS_BUCKETS 256U

/* Numbers are 1 to GREFS_MAX. */
#define GREFS_NONE    0U

struct grefs {
	uint16_t bucket[GREFS_BUCKETS]; /* first of its chain */
	uint16_t unused;		/* first of those not in use, chained alike */
	struct {
		uint32_t gref;
		uint16_t next;
	} entry[GREFS_MAX + 1]; /* by number */
};

void grefs_init(struct grefs *grefs);

/* The number of a reference, or GREFS_NONE. */
unsigned int grefs_find(const struct grefs *grefs, uint32_t gref);

/* A number for a reference that has none; GREFS_NONE if all are taken. */
unsigned int grefs_add(struct grefs *grefs, uint32_t gref);

/* The number is free again. */
void grefs_remove(struct grefs *grefs, unsigned int number);

#endif /* NOXS_BLK_GREFS_H */
