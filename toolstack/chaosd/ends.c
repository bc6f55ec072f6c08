// SPDX-License-Identifier: GPL-2.0-only
/*
 * VMs that chaos has made without this daemon, or an earlier daemon has: what is to be done when they end
 * is known to the module, and so is what they are to be made of again.  One that is to be restarted
 * becomes a guest of this daemon, as if it had made it.  As long as this descriptor is open no
 * `chaos reap` does it.
 */
#include <stdlib.h>

#include "chaosd.h"

#define MIN_DELAY_NS (NS_PER_S / 2) /* who makes it should have done by then */
#define MAX_DELAY_NS (60 * NS_PER_S)

struct end {
	struct job job;
	struct chaos_dominfo info;
	bool is_again; /* what is to be said has been said */
	enum chaos_end end;
	/* RESTART: its configuration, or why there is none. */
	struct chaos_config *cfg;
	uint64_t since_ns;
	struct chaos_error err;
};

int ends_init(struct chaosd *d, struct chaos_error *err)
{
	/* Held until the process ends; what can be read there comes by d->events, too. */
	int fd = chaos_ends_open(d->ctx, true, err);

	return fd < 0 ? fd : 0;
}

/* It may have been long in the queue: it is looked at again. */
static void end_work(struct job *job, struct chaos_ctx *ctx)
{
	struct end *e = (struct end *)job;
	struct chaos_error err;

	e->end = CHAOS_END_NOTHING;
	if (!chaos_domain_look(ctx, e->info.domid, &e->info))
		return;
	if (chaos_domain_end(ctx, &e->info, &e->end, &err))
		log_line("%s", err.text);
	else if (e->end == CHAOS_END_RESTART)
		(void)chaos_config_again(ctx, &e->info, &e->cfg, &e->since_ns, &e->err);
}

static void later(struct chaosd *d)
{
	if (d->ends_ns)
		return;
	d->ends_delay_ns = d->ends_delay_ns ? d->ends_delay_ns * 2 : MIN_DELAY_NS;
	if (d->ends_delay_ns > MAX_DELAY_NS)
		d->ends_delay_ns = MAX_DELAY_NS;
	d->ends_ns = now_ns() + d->ends_delay_ns;
	loop_wake_at(d, d->ends_ns);
}

/* It has not been destroyed meanwhile; from here on an event would say so. */
static bool is_still_there(struct chaosd *d, const struct end *e)
{
	struct chaos_dominfo now;

	return chaos_domain_look(d->ctx, e->info.domid, &now) && now.serial == e->info.serial &&
	       now.is_shutdown && !now.is_dying;
}

static void take_up(struct chaosd *d, struct end *e)
{
	struct guest *guest;

	/* Told twice, or somebody else was quicker. */
	if (d->guests[e->info.domid] || !is_still_there(d, e))
		return;
	guest = guest_add(d, e->info.domid);
	if (!guest) {
		later(d);
		return;
	}
	guest->cfg = e->cfg;
	guest->since_ns = e->since_ns;
	e->cfg = NULL;
	restart_plan(d, guest);
}

static void end_done(struct chaosd *d, struct job *job)
{
	struct end *e = (struct end *)job;

	if (e->end == CHAOS_END_LATER)
		later(d);
	else if (e->cfg)
		take_up(d, e);
	else if (e->end == CHAOS_END_RESTART && !e->is_again)
		log_line("\"%s\" is to be restarted, but it stays as it is: %s", e->info.name,
			 e->err.text);
	if (e->end == CHAOS_END_RESTART && e->err.code && e->err.code != CHAOS_CONFIG)
		later(d);
	chaos_config_free(e->cfg);
	free(e);
}

static void submit(struct chaosd *d, uint32_t domid, bool is_again)
{
	struct end *e = calloc(1, sizeof(*e));

	if (!e) {
		later(d);
		return;
	}
	e->job.work = end_work;
	e->job.done = end_done;
	e->info.domid = domid;
	e->is_again = is_again;
	worker_submit(&e->job);
}

void ends_event(struct chaosd *d, uint32_t domid)
{
	d->ends_delay_ns = 0;
	submit(d, domid, false);
}

static void scan(struct chaosd *d, bool is_again)
{
	struct chaos_dominfo *list;
	struct chaos_error err;
	int i, n;

	n = chaos_domain_list(d->ctx, &list, &err);
	if (n < 0) {
		log_line("%s", err.text);
		return;
	}
	for (i = 0; i < n; i++)
		if (list[i].is_shutdown && list[i].domid < NR_DOMIDS && !d->guests[list[i].domid])
			submit(d, list[i].domid, is_again);
	free(list);
}

void ends_scan(struct chaosd *d)
{
	scan(d, false);
}

void ends_tick(struct chaosd *d, uint64_t now)
{
	if (!d->ends_ns)
		return;
	if (d->ends_ns > now) {
		loop_wake_at(d, d->ends_ns);
		return;
	}
	d->ends_ns = 0;
	scan(d, true);
}
