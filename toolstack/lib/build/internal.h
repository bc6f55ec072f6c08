/* SPDX-License-Identifier: LGPL-2.1-only */
/* What makes guests, for save and migrate as well; shell.h has the guest on its way. */
#ifndef CHAOS_BUILD_INTERNAL_H
#define CHAOS_BUILD_INTERNAL_H

#include <stdint.h>

#include "chaos/build.h"
#include "device/dev_plan.h"

/* image.c, build.c: the guest's memory */
struct chaos_image;
int chaos_image_open(struct chaos_ctx *ctx, const struct chaos_plan *plan,
		     struct chaos_image **image, struct chaos_error *err);
void chaos_image_close(struct chaos_image *image);
/* Whether its kernel says so, by a note of ours. */
/* True if it is an image of tinyx with a root: chaos_config_add_root(). */
bool chaos_image_has_root(const struct chaos_image *image);
bool chaos_image_knows_noxs(const struct chaos_image *image);
/* Of a plan with such an image. */
int chaos_build_memory(struct chaos_ctx *ctx, const struct chaos_plan *plan, uint32_t domid,
		       struct chaos_error *err);
int chaos_build_image(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		      struct chaos_built *built, struct chaos_error *err);

/* plan.c: its memory has been made; what the plan has open for that is closed. */
void chaos_plan_is_built(struct chaos_plan *plan);

/* keep.c: what chaos_restart_keep() has kept, text of a configuration in one line; NULL = nothing. */
int chaos_restart_kept(struct chaos_ctx *ctx, uint32_t domid, char **text, struct chaos_error *err);

/* sched.c */
/* The host's topology, for lists of CPUs that name NUMA nodes. */
struct chaos_topology {
	unsigned int nr_cpus; /* 0 = not asked for */
	uint32_t node_of[CHAOS_MAX_CPUS];
};
int chaos_topology_read(struct chaos_ctx *ctx, struct chaos_topology *t, struct chaos_error *err);
/* Where each vCPU may run, as this host's CPUs: plan->pins, to be freed. */
int chaos_sched_plan(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err);
/* Tell the scheduler, of a new domain: that, and how much of them it gets. */
int chaos_sched_apply(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_plan *plan,
		      struct chaos_error *err);

/* How much the scheduler gives a domain, in the terms of a configuration. */
struct chaos_share {
	uint32_t cpupool;
	unsigned int cpu_weight; /* 0 = the scheduler's own */
	unsigned int cap;	 /* percent of one CPU; 0 = none */
};

int chaos_sched_read(struct chaos_ctx *ctx, uint32_t domid, struct chaos_share *share,
		     struct chaos_error *err);

#endif /* CHAOS_BUILD_INTERNAL_H */
