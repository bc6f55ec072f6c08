// SPDX-License-Identifier: GPL-2.0-only
/*
 * Fills pools in the background, one shell at a time.  It waits while somebody's create is in work
 * and a while after, unless a client asked for it; it leaves memory for creates from no pool; and
 * after a failure it tries again, less and less often.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaosd.h"
#include "pool.h"

#define MIN_BACKOFF_NS NS_PER_S
#define BUSY_NS	       NS_PER_S
#define MAX_BACKOFF_NS (64 * NS_PER_S)

struct refill {
	struct job job;
	struct pool *pool;
	unsigned int reserve_mib;
	struct origin origin;
	bool is_remote;
	struct chaos_shell *shell;
	struct chaos_timing timing;
	uint64_t took_ns;
	struct chaos_error err;
	int rc;
};

/* ---- in a worker ---- */

static int memory_check(struct refill *refill, struct chaos_ctx *ctx)
{
	const struct chaos_config *cfg = refill->pool->cfg;
	struct chaos_host host;
	uint64_t wanted;
	int rc;

	rc = chaos_host_info(ctx, &host, &refill->err);
	if (rc)
		return rc;
	wanted = (uint64_t)refill->reserve_mib * 1024 + cfg->memory_kib + OVERHEAD_KIB;
	if (host.free_memory_kib >= wanted)
		return 0;
	refill->err.code = CHAOS_RESOURCES;
	refill->err.os_errno = 0;
	(void)snprintf(
		refill->err.text, sizeof(refill->err.text),
		"no memory for another shell: %llu MiB left, of which %u MiB are kept for creates",
		(unsigned long long)host.free_memory_kib >> 10, refill->reserve_mib);
	return -(int)CHAOS_RESOURCES;
}

static void refill_work(struct job *job, struct chaos_ctx *ctx)
{
	struct refill *refill = (struct refill *)job;
	uint8_t uuid[CHAOS_UUID_LEN];
	char name[CHAOS_NAME_LEN];
	struct chaos_config cfg = *refill->pool->cfg;
	uint64_t begin = now_ns();

	refill->rc = origin_identify(&refill->origin, &cfg, &refill->err);
	refill->is_remote = origin_is_remote(&cfg);
	if (!refill->rc)
		refill->rc = memory_check(refill, ctx);
	if (refill->rc)
		return;
	if (shell_identity(name, uuid)) {
		refill->err =
			(struct chaos_error){ .code = CHAOS_FAILED, .text = "no random numbers" };
		refill->rc = -(int)CHAOS_FAILED;
		return;
	}
	memcpy(cfg.uuid, uuid, sizeof(cfg.uuid));
	refill->rc =
		chaos_shell_prepare(ctx, &cfg, name, &refill->shell, &refill->timing, &refill->err);
	shell_config_drop(&cfg, refill->pool->cfg);
	refill->took_ns = now_ns() - begin;
}

/* ---- in the loop ---- */

static void refill_failed(struct chaosd *d, struct pool *pool, const struct chaos_error *why)
{
	struct chaos_error err = *why;

	pool->failed += why->code != CHAOS_RESOURCES;
	if (!pool->note[0])
		log_line("pool \"%s\" stops at %u of %u shells: %s", pool->name, pool->level,
			 pool->size, why->text);
	memset(pool->note, 0, sizeof(pool->note)); /* clients get all of it */
	(void)snprintf(pool->note, sizeof(pool->note), "%.199s", why->text);
	pool->backoff_ns = pool->backoff_ns ? pool->backoff_ns * 2 : MIN_BACKOFF_NS;
	if (pool->backoff_ns > MAX_BACKOFF_NS)
		pool->backoff_ns = MAX_BACKOFF_NS;
	pool->retry_ns = now_ns() + pool->backoff_ns;
	(void)snprintf(err.text, sizeof(err.text), "pool \"%s\" stops at %u of %u shells: %.300s",
		       pool->name, pool->level, pool->size, why->text);
	clients_pool_end(d, pool, &err);
}

static void refill_succeeded(struct chaosd *d, struct pool *pool, struct refill *refill)
{
	/* Those made of something else do not stay beside it. */
	if (!origin_is_same(&pool->origin, &refill->origin))
		pool_trim(d, pool, 0);
	pool->origin = refill->origin;
	pool->is_remote = refill->is_remote;
	pool->prepared++;
	pool->backoff_ns = 0;
	pool->note[0] = '\0';
	metrics_observe(&d->metrics.prepare, refill->took_ns);
	pool_put(d, pool, refill->shell);
	if (!pool->watchers)
		return;
	clients_pool_moved(d, pool);
	if (pool->level >= pool->size)
		clients_pool_end(d, pool, NULL);
}

static void refill_done(struct chaosd *d, struct job *job)
{
	struct refill *refill = (struct refill *)job;
	struct pool *pool = refill->pool;

	d->is_refilling = false;
	pool->preparing--;
	if (pool->is_removed) {
		if (refill->shell)
			discard_shell(refill->shell);
		pool_free_unheld(pool);
	} else if (refill->rc) {
		refill_failed(d, pool, &refill->err);
	} else {
		refill_succeeded(d, pool, refill);
	}
	free(refill);
	loop_wake_at(d, now_ns());
}

static void refill_start(struct chaosd *d, struct pool *pool)
{
	struct refill *refill = calloc(1, sizeof(*refill));

	if (!refill) {
		pool->retry_ns = now_ns() + MAX_BACKOFF_NS;
		return;
	}
	refill->job.is_background = true;
	refill->job.work = refill_work;
	refill->job.done = refill_done;
	refill->pool = pool;
	refill->reserve_mib = d->opts.reserve_mib;
	pool->preparing++;
	d->is_refilling = true;
	worker_submit(&refill->job);
}

/*
 * When this pool may be filled further; UINT64_MAX while it may not.  The emptier it is, the less it
 * waits: creates that come so often that there is never a quiet time must not find it empty.
 */
static uint64_t refill_time(const struct chaosd *d, const struct pool *pool)
{
	uint64_t pause, paced;

	if (pool->level + pool->preparing >= pool->size)
		return UINT64_MAX;
	pause = d->opts.refill_delay_ms * NS_PER_MS * pool->level / pool->size;
	/* One in work goes first, but not for ever: its guest may never be ready. */
	if (creations_are_busy(d) && pause < BUSY_NS)
		pause = BUSY_NS;
	paced = d->last_create_ns + pause;
	if (pool->watchers)
		return pool->retry_ns;
	return pool->retry_ns > paced ? pool->retry_ns : paced;
}

void pools_tick(struct chaosd *d, uint64_t now)
{
	struct pool *pool, *best = NULL;
	uint64_t when;

	if (d->is_refilling || d->is_stopping)
		return;
	for (pool = d->pools; pool; pool = pool->next) {
		when = refill_time(d, pool);
		if (when > now)
			loop_wake_at(d, when);
		else if (!best || pool->size - pool->level > best->size - best->level)
			best = pool;
	}
	if (best)
		refill_start(d, best);
}

void pool_watch(struct chaosd *d, struct pool *pool, struct client *client)
{
	client_wait_pool(client, pool);
	pool->watchers++;
	pool->retry_ns = 0;
	clients_pool_moved(d, pool);
	if (pool->level >= pool->size)
		clients_pool_end(d, pool, NULL);
	loop_wake_at(d, now_ns());
}

void pool_unwatch(struct pool *pool)
{
	pool->watchers--;
}
