// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pools of shells, one per flavour.  Filling them is refill.c's; here is what they hold, who may
 * take from them, and what becomes of a shell that is not what it should be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaosd.h"
#include "pool.h"

struct pool *pool_find(struct chaosd *d, const char *name)
{
	struct pool *pool;

	for (pool = d->pools; pool; pool = pool->next)
		if (!strcmp(pool->name, name))
			return pool;
	return NULL;
}

struct pool *pool_next(const struct pool *pool)
{
	return pool->next;
}

static struct pool *pool_of(struct chaosd *d, const struct chaos_config *cfg)
{
	struct pool *pool;

	for (pool = d->pools; pool; pool = pool->next)
		if (flavour_is_same(pool->cfg, cfg))
			return pool;
	return NULL;
}

/* One whose shells have no image yet. */
static struct pool *imageless_pool_of(struct chaosd *d, const struct chaos_config *cfg)
{
	struct chaos_config bare = *cfg;

	bare.kernel = NULL;
	bare.ramdisk = NULL;
	bare.nr_vifs = 0;
	bare.nr_disks = 0;
	return pool_of(d, &bare);
}

bool pool_is_imageless(const struct pool *pool)
{
	return !pool->cfg->kernel;
}

static int add_error(struct chaos_error *err, enum chaos_code code, const char *what,
		     const char *name)
{
	err->code = code;
	err->os_errno = 0;
	(void)snprintf(err->text, sizeof(err->text), what, name); /* cut is fine */
	return -(int)code;
}

int pool_add(struct chaosd *d, const char *name, unsigned int size, struct chaos_config *cfg,
	     struct chaos_error *err)
{
	struct pool *pool, *same;

	same = pool_of(d, cfg);
	if (pool_find(d, name) || same) {
		chaos_config_free(cfg);
		if (!same)
			return add_error(err, CHAOS_EXISTS,
					 "there is a pool \"%s\": resize or remove it", name);
		return add_error(err, CHAOS_EXISTS,
				 "pool \"%s\" has shells of this kind already: resize it",
				 same->name);
	}
	pool = calloc(1, sizeof(*pool));
	if (!pool) {
		chaos_config_free(cfg);
		return add_error(err, CHAOS_RESOURCES, "out of memory for pool \"%s\"", name);
	}
	memcpy(pool->name, name, strlen(name));
	free(cfg->cmdline);
	cfg->cmdline = NULL;
	pool->cfg = cfg;
	pool->size = size;
	pool->next = d->pools;
	d->pools = pool;
	loop_wake_at(d, now_ns());
	return 0;
}

/* Take out the first shell; its guest entry goes with it. */
static struct chaos_shell *pop(struct chaosd *d, struct pool *pool)
{
	struct guest *guest = pool->shells;
	struct chaos_shell *shell;

	if (!guest)
		return NULL;
	pool->shells = guest->next;
	pool->level--;
	shell = guest->shell;
	guest_remove(d, guest);
	d->metrics.is_dirty = true;
	return shell;
}

void pool_trim(struct chaosd *d, struct pool *pool, unsigned int level)
{
	while (pool->level > level)
		discard_shell(pop(d, pool));
}

void pool_resize(struct chaosd *d, struct pool *pool, unsigned int size)
{
	pool->size = size;
	pool->note[0] = '\0';
	pool->retry_ns = 0;
	pool_trim(d, pool, size);
	if (pool->level >= size)
		clients_pool_end(d, pool, NULL);
	loop_wake_at(d, now_ns());
}

void pool_remove(struct chaosd *d, struct pool *pool)
{
	struct chaos_error err;
	struct pool **p;

	(void)add_error(&err, CHAOS_FAILED, "pool \"%s\" was removed", pool->name);
	clients_pool_end(d, pool, &err);
	pool_trim(d, pool, 0);
	for (p = &d->pools; *p != pool; p = &(*p)->next)
		;
	*p = pool->next;
	pool->is_removed = true;
	pool_free_unheld(pool);
}

void pool_free_unheld(struct pool *pool)
{
	if (!pool->is_removed || pool->preparing || pool->holders)
		return;
	chaos_config_free(pool->cfg);
	free(pool);
}

void pool_hold(struct pool *pool)
{
	pool->holders++;
}

void pool_release(struct pool *pool)
{
	pool->holders--;
	pool_free_unheld(pool);
}

void pool_outdated(struct chaosd *d, struct pool *pool)
{
	log_line("pool \"%s\": its kernel, ramdisk, bridge or switch was changed: made anew",
		 pool->name);
	pool_trim(d, pool, 0);
}

void pool_describe(const struct pool *pool, struct chaos_pool *out)
{
	memset(out, 0, sizeof(*out));
	memcpy(out->name, pool->name, sizeof(out->name));
	memcpy(out->note, pool->note, sizeof(out->note));
	out->size = pool->size;
	out->level = pool->level;
	out->preparing = pool->preparing;
	out->is_imageless = pool_is_imageless(pool);
	out->memory_kib = pool->cfg->memory_kib;
	out->vcpus = pool->cfg->vcpus;
	out->nr_vifs = pool->cfg->nr_vifs;
	out->prepared = pool->prepared;
	out->used = pool->used;
	out->failed = pool->failed;
}

bool pools_want_log(struct chaosd *d, const struct chaos_config *cfg)
{
	const struct pool *pool = pool_of(d, cfg), *bare = imageless_pool_of(d, cfg);

	return (pool && pool->cfg->is_logged) || (bare && bare->cfg->is_logged);
}

struct chaos_shell *pool_take(struct chaosd *d, const struct chaos_config *cfg, struct pool **from)
{
	struct pool *pool = pool_of(d, cfg);
	struct chaos_shell *shell;
	struct chaos_error err;
	struct origin origin;

	if (!pool || !pool->shells)
		pool = imageless_pool_of(d, cfg);
	if (!pool || !pool->shells)
		return NULL;
	/* These shells would run an old kernel, or be linked to nothing.  identify.c looks itself. */
	if (!pool->is_remote && (origin_identify(&origin, pool->cfg, &err) ||
				 !origin_is_same(&origin, &pool->origin))) {
		pool_outdated(d, pool);
		return NULL;
	}
	shell = pop(d, pool);
	pool->used++;
	*from = pool;
	return shell;
}

static uint64_t shell_kib(const struct pool *pool)
{
	return pool->cfg->memory_kib + OVERHEAD_KIB;
}

/* The pool that holds most memory, which can miss a shell best; NULL when none holds any. */
static struct pool *largest_pool(struct chaosd *d)
{
	struct pool *pool, *best = NULL;

	for (pool = d->pools; pool; pool = pool->next)
		if (pool->level &&
		    (!best || pool->level * shell_kib(pool) > best->level * shell_kib(best)))
			best = pool;
	return best;
}

/* How much memory shells have to give up for a VM, 0 when it is no use; *count: shells there are. */
static uint64_t reclaim_kib(struct chaosd *d, const struct chaos_config *cfg, unsigned int *count)
{
	uint64_t wanted = cfg->memory_kib + OVERHEAD_KIB, held = 0;
	struct chaos_host host;
	struct pool *pool;

	*count = 0;
	for (pool = d->pools; pool; pool = pool->next) {
		held += pool->level * shell_kib(pool);
		*count += pool->level;
	}
	if (chaos_host_info(d->ctx, &host, NULL) || host.free_memory_kib >= wanted ||
	    host.free_memory_kib + held < wanted)
		return 0;
	return wanted - host.free_memory_kib;
}

unsigned int pools_reclaim(struct chaosd *d, const struct chaos_config *cfg,
			   struct chaos_shell ***shells)
{
	unsigned int count, n = 0;
	uint64_t freed = 0, wanted = reclaim_kib(d, cfg, &count);
	struct pool *pool;

	*shells = wanted ? calloc(count, sizeof(**shells)) : NULL;
	if (!*shells)
		return 0;
	while (freed < wanted && (pool = largest_pool(d))) {
		freed += shell_kib(pool);
		(*shells)[n++] = pop(d, pool);
	}
	d->metrics.shells_reclaimed += n;
	log_line("%u shells are given up: there is no other memory for \"%s\"", n, cfg->name);
	return n;
}

void pool_put(struct chaosd *d, struct pool *pool, struct chaos_shell *shell)
{
	struct guest *guest = NULL;

	if (!pool->is_removed && pool->level < pool->size)
		guest = guest_add(d, chaos_shell_domid(shell));
	if (!guest) {
		discard_shell(shell);
		return;
	}
	guest->pool = pool;
	guest->shell = shell;
	guest->next = pool->shells;
	pool->shells = guest;
	pool->level++;
	d->metrics.is_dirty = true;
}

void pool_lose(struct chaosd *d, struct guest *guest)
{
	struct pool *pool = guest->pool;
	struct guest **p;

	for (p = &pool->shells; *p != guest; p = &(*p)->next)
		;
	*p = guest->next;
	pool->level--;
	pool->failed++;
	log_line("pool \"%s\": shell %u failed and is removed", pool->name, guest->domid);
	discard_shell(guest->shell);
	guest_remove(d, guest);
	loop_wake_at(d, now_ns());
}
