/* SPDX-License-Identifier: LGPL-2.1-only */
/* What makes guests, for save and migrate as well; shell.h has the guest on its way. */
#ifndef CHAOS_BUILD_INTERNAL_H
#define CHAOS_BUILD_INTERNAL_H

#include <stdint.h>

#include "chaos/build.h"
#include "device/internal.h"

/* image.c, build.c: the guest's memory */
struct chaos_image;
int chaos_image_open(struct chaos_ctx *ctx, const struct chaos_config *cfg,
		     struct chaos_image **image, struct chaos_error *err);
void chaos_image_close(struct chaos_image *image);
int chaos_build_memory(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		       const struct chaos_config *cfg, struct chaos_error *err);
int chaos_build_image(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		      struct chaos_built *built, struct chaos_error *err);

/* prepare.c: that a guest can be made of its kernel */
int chaos_kernel_check(struct chaos_ctx *ctx, const struct chaos_config *cfg,
		       struct chaos_error *err);

/* sched.c */
/* What the scheduler is told of a new domain: where its vCPUs may run, and how much. */
int chaos_sched_apply(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_config *cfg,
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
