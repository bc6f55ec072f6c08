// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restarts a VM that has ended:
 *
 *   plan --(it lived for too short)--> waits --> check --(all there)--> destroy --> create
 *                                        ^          |                                  |
 *                                        '-(missing)'             (a creation begins later) retry
 *
 * Until `destroy` the old domain is there, holds its name, and who destroys it calls the restart off.
 * What can be found wrong is found wrong before that.  What fails is tried again, less and less often;
 * without a domain not for ever.
 */
#include <stdlib.h>
#include <string.h>

#include "chaosd.h"

#define MIN_LIFE_NS	NS_PER_S	/* a VM that ends sooner is restarted only after this */
#define LONG_LIFE_NS	(10 * NS_PER_S) /* one that ends sooner, again and again, waits longer */
#define MAX_BACKOFF_NS	(64 * NS_PER_S)
#define MAX_TRIES	16U /* some ten minutes */
#define RESTART_WAIT_MS 5000U

struct restart {
	struct job job;
	struct guest *guest; /* NULL: it has been destroyed by somebody else, or by us */
	uint32_t domid;
	struct chaos_config *cfg;
	unsigned int short_lives, tries;
	struct chaos_error err;
	int rc;
};

static uint64_t backoff_ns(unsigned int n)
{
	return n < 6 ? NS_PER_S << n : MAX_BACKOFF_NS;
}

static void wait_until(struct chaosd *d, struct guest *guest, uint64_t ns)
{
	guest->restart_ns = ns;
	guest->next = d->restarting;
	d->restarting = guest;
	loop_wake_at(d, ns);
}

static void leave_list(struct chaosd *d, struct guest *guest)
{
	struct guest **p;

	for (p = &d->restarting; *p != guest; p = &(*p)->next)
		;
	*p = guest->next;
	guest->restart_ns = 0;
}

/* ---- with the old domain ---- */

static void check_work(struct job *job, struct chaos_ctx *ctx)
{
	struct restart *r = (struct restart *)job;

	/* What it was given while it ran stays its own, and what was taken does not come back. */
	r->rc = chaos_config_follow(ctx, r->domid, r->cfg, &r->err);
	if (!r->rc)
		r->rc = chaos_config_check(ctx, r->cfg, &r->err);
}

static void destroy_work(struct job *job, struct chaos_ctx *ctx)
{
	struct restart *r = (struct restart *)job;

	r->rc = chaos_domain_destroy(ctx, r->domid, RESTART_WAIT_MS, &r->err);
	/* Somebody else was quicker; or somebody holds a page of it: its name is free all the same. */
	if (r->rc == -(int)CHAOS_NO_DOMAIN || r->rc == -(int)CHAOS_TIMEOUT)
		r->rc = 0;
}

static void tell_failed(struct chaosd *d, const struct restart *r, uint64_t delay_ns)
{
	d->metrics.restarts_failed++;
	d->metrics.is_dirty = true;
	log_line("restart-failed: \"%s\": %s; it is tried again in %u s", r->cfg->name, r->err.text,
		 (unsigned int)(delay_ns / NS_PER_S));
}

/* The domain is still there: it waits with it. */
static void keep(struct chaosd *d, struct restart *r)
{
	uint64_t delay = backoff_ns(r->tries);
	struct guest *guest = r->guest;

	tell_failed(d, r, delay);
	guest->cfg = r->cfg;
	guest->tries = r->tries + 1;
	wait_until(d, guest, now_ns() + delay);
}

static void destroy_done(struct chaosd *d, struct job *job)
{
	struct restart *r = (struct restart *)job;

	if (!r->rc) {
		creation_restart(d, r->cfg, r->short_lives, 0, now_ns());
	} else {
		r->guest = guest_add(d, r->domid);
		if (r->guest) {
			r->guest->short_lives = r->short_lives;
			keep(d, r);
		} else {
			log_line("\"%s\" is not restarted: %s", r->cfg->name, r->err.text);
			chaos_config_free(r->cfg);
		}
	}
	free(r);
}

static void check_done(struct chaosd *d, struct job *job)
{
	struct restart *r = (struct restart *)job;

	if (!r->guest) { /* called off */
		chaos_config_free(r->cfg);
		free(r);
		return;
	}
	r->guest->restart = NULL;
	if (r->rc) {
		keep(d, r);
		free(r);
		return;
	}
	guest_remove(d, r->guest);
	r->guest = NULL;
	job->work = destroy_work;
	job->done = destroy_done;
	worker_submit(job);
}

static void begin(struct chaosd *d, struct guest *guest)
{
	struct restart *r = calloc(1, sizeof(*r));

	if (!r) {
		log_line("out of memory: domain %u is not restarted yet", guest->domid);
		wait_until(d, guest, now_ns() + MAX_BACKOFF_NS);
		return;
	}
	r->job.work = check_work;
	r->job.done = check_done;
	r->guest = guest;
	r->domid = guest->domid;
	r->cfg = guest->cfg;
	r->short_lives = guest->short_lives;
	r->tries = guest->tries;
	guest->cfg = NULL;
	guest->restart = r;
	worker_submit(&r->job);
}

void restart_plan(struct chaosd *d, struct guest *guest)
{
	uint64_t now = now_ns(), life = now - guest->since_ns, delay = 0;

	if (guest->restart_ns || guest->restart)
		return; /* told twice */
	if (guest->short_lives)
		delay = backoff_ns(guest->short_lives - 1);
	else if (life < MIN_LIFE_NS)
		delay = MIN_LIFE_NS;
	guest->short_lives = life < LONG_LIFE_NS ? guest->short_lives + 1 : 0;
	if (life >= LONG_LIFE_NS || !delay)
		begin(d, guest);
	else
		wait_until(d, guest, now + delay);
}

void restart_forget(struct chaosd *d, struct guest *guest)
{
	if (guest->restart_ns)
		leave_list(d, guest);
	if (guest->restart)
		guest->restart->guest = NULL; /* it is in work: it ends there */
	guest->restart = NULL;
}

void restarts_tick(struct chaosd *d, uint64_t now)
{
	struct guest *guest, *next;

	for (guest = d->restarting; guest; guest = next) {
		next = guest->next;
		if (guest->restart_ns > now) {
			loop_wake_at(d, guest->restart_ns);
			continue;
		}
		leave_list(d, guest);
		begin(d, guest);
	}
}

/* ---- without a domain ---- */

void restart_retry(struct chaosd *d, struct chaos_config *cfg, unsigned int short_lives,
		   unsigned int tries, const struct chaos_error *why)
{
	struct restart r = { .cfg = cfg, .err = *why };
	struct chaos_dominfo other;
	uint64_t delay = backoff_ns(tries);

	/* Whoever has made another of that name since wants that one. */
	if (why->code == CHAOS_EXISTS && !chaos_domain_named(d->ctx, cfg->name, &other, NULL)) {
		log_line("\"%s\" is not restarted: domain %u is called so now", cfg->name,
			 other.domid);
	} else if (tries < MAX_TRIES) {
		tell_failed(d, &r, delay);
		creation_restart(d, cfg, short_lives, tries + 1, now_ns() + delay);
		return;
	} else {
		log_line("restart-failed: \"%s\" is given up after %u tries: %s", cfg->name,
			 tries + 1, why->text);
	}
	chaos_config_free(cfg);
}
