// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gives a shell its identity in a worker, where that may open a file: a disk, or a kernel.  Files may
 * be on a server that does not answer, and the loop waits for none.  Without disks, and with a kernel
 * on a file system of this host, it is the loop's: a worker would cost more than the rest.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "chaosd.h"
#include "creation.h"
#include "pool.h"

struct identify {
	struct job job;
	struct creation *creation;
	struct pool *pool;
	struct origin origin; /* of the shell; not set for one without an image */
	bool has_changed;     /* the origin has */
	bool is_local;	      /* the kernel is on a file system of this host */
	struct chaos_error err;
	int rc;
};

/* A kernel that the loop may put into a guest: of a unikernel, not of Linux. */
#define SMALL_KERNEL (4L << 20)

/* The last small kernel an imageless shell got that was on a file system of this host. */
static char *local_kernel;

bool identify_may_wait(const struct creation *c)
{
	if (c->cfg->nr_disks || c->cfg->ramdisk)
		return true;
	if (pool_is_imageless(c->pool))
		return !local_kernel || strcmp(local_kernel, c->cfg->kernel) != 0;
	return c->pool->is_remote;
}

static bool is_small(const char *kernel)
{
	struct stat st;

	return !stat(kernel, &st) && st.st_size <= SMALL_KERNEL;
}

static void work(struct job *job, struct chaos_ctx *ctx)
{
	struct identify *i = (struct identify *)job;
	struct creation *c = i->creation;
	struct origin now;

	if (!pool_is_imageless(i->pool)) {
		i->has_changed = origin_identify(&now, c->cfg, &i->err) ||
				 !origin_is_same(&now, &i->origin);
		if (i->has_changed)
			return;
	}
	i->rc = chaos_shell_identify(c->shell, ctx, c->cfg, &c->created.timing, &i->err);
	i->is_local = !origin_is_remote(c->cfg) && is_small(c->cfg->kernel);
}

static void note_kernel(const struct identify *i, const struct chaos_config *cfg)
{
	if (i->rc || !i->is_local || !pool_is_imageless(i->pool))
		return;
	free(local_kernel);
	local_kernel = strdup(cfg->kernel); /* without memory: it is asked again */
}

static void done(struct chaosd *d, struct job *job)
{
	struct identify *i = (struct identify *)job;
	struct creation *c = i->creation;

	c->is_preparing = false;
	note_kernel(i, c->cfg);
	if (i->has_changed) {
		pool_outdated(d, i->pool);
		discard_shell(c->shell);
		c->shell = NULL;
	}
	chaos_shell_adopt(c->shell, d->ctx);
	creation_identified(d, c, i->has_changed, i->rc ? &i->err : NULL);
	pool_release(i->pool);
	free(i);
}

bool identify_later(struct creation *c)
{
	struct identify *i = calloc(1, sizeof(*i));

	if (!i)
		return false;
	i->job.work = work;
	i->job.done = done;
	i->creation = c;
	i->pool = c->pool;
	i->origin = c->pool->origin;
	c->is_preparing = true;
	pool_hold(i->pool);
	worker_submit(&i->job);
	return true;
}
