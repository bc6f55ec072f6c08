/* SPDX-License-Identifier: LGPL-2.1-only */
/* What the module will be asked for: all that a configuration decides of a guest's devices. */
#ifndef CHAOS_DEV_PLAN_H
#define CHAOS_DEV_PLAN_H

#include "device/internal.h"

#define CHAOS_FIRST_VIF 1U /* in devs, and in the control page; disks come behind the vifs */

struct chaos_dev_plan {
	const char *name;
	uint32_t flags; /* what the module keeps with the domain: NOXS_END_*, NOXS_KEEP_LOG */
	unsigned int nr_vifs, nr_disks, nr_saved_disks;
	struct chaos_vif *vifs; /* an address that was made up is replaced here too if it is taken */
	const struct chaos_disk *disks;		    /* they are opened when they are attached */
	const struct chaos_saved_disk *saved_disks; /* as which a guest knows them already */
	bool is_deferred;			    /* of a shell: without addresses */
	struct noxs_ioc_dev devs[CHAOS_MAX_DEVS];   /* sysctl, vifs, disks; fd is -1 */
};

/* Plan cfg's devices, which their guest connects.  The plan points into cfg, which is to outlive it. */
void chaos_dev_plan_make(struct chaos_dev_plan *plan, struct chaos_config *cfg);
/* Of its vifs, those are connected that the builder connects. */
void chaos_dev_plan_connect(struct chaos_dev_plan *plan, const struct chaos_built *built);
/* Make it a shell's: its vifs lack their addresses, and what becomes of it at its end is not known. */
void chaos_dev_plan_defer(struct chaos_dev_plan *plan);
/* Leave of a plan what such a shell, which has vifs and no disks, lacks. */
void chaos_dev_plan_addresses(struct chaos_dev_plan *plan);

/* What the module has to know for it: NOXS_MODULE_*. */
uint32_t chaos_dev_plan_needs(const struct chaos_dev_plan *plan);

#endif /* CHAOS_DEV_PLAN_H */
