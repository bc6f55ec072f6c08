// SPDX-License-Identifier: GPL-2.0-only
/*
 * One VM on its way, from the request to the reply:
 *
 *   begin --(a shell fits)----------------------> run --(ready, or nobody waits)--> end
 *      \--(none does)--> preparing (a worker) --/     \--(error, time, client gone)--> fail
 *
 * It is all or nothing: what fails, and what its client does not wait for any more, is destroyed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaosd.h"
#include "creation.h"

struct prepare {
	struct job job;
	struct creation *creation;
	struct chaos_shell **victims; /* to be given up first */
	unsigned int nr_victims;
	struct chaos_error err;
	int rc;
};

/* ---- ends ---- */

static void creation_free(struct chaosd *d, struct creation *c)
{
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	chaos_config_free(c->cfg);
	free(c);
	d->last_create_ns = now_ns();
	d->metrics.is_dirty = true;
	loop_wake_at(d, d->last_create_ns);
}

static void creation_fail(struct chaosd *d, struct creation *c, const struct chaos_error *err)
{
	unsigned int tries = c->tries, short_lives = c->short_lives;
	struct chaos_config *again = NULL;

	d->metrics.create_failed++;
	if (c->client) {
		client_wait_creation(c->client, NULL);
		client_done(d, c->client, err);
	} else if (c->is_restart && !c->is_cancelled) {
		again = c->cfg;
		c->cfg = NULL;
	}
	if (c->guest)
		guest_remove(d, c->guest);
	if (c->shell)
		discard_shell(c->shell);
	creation_free(d, c);
	if (again)
		restart_retry(d, again, short_lives, tries, err);
}

static bool send_created(struct chaosd *d, struct creation *c)
{
	struct chaosd_created reply;

	memset(&reply, 0, sizeof(reply)); /* padding as well */
	reply.domid = c->created.domid;
	reply.is_ready = c->created.is_ready;
	reply.is_pooled = c->pool != NULL;
	reply.nr_vifs = (uint16_t)c->cfg->nr_vifs;
	reply.timing = c->created.timing;
	memcpy(reply.uuid, c->cfg->uuid, sizeof(reply.uuid));
	memcpy(reply.name, c->cfg->name, sizeof(reply.name));
	memcpy(reply.vifs, c->cfg->vifs, sizeof(reply.vifs));
	client_wait_creation(c->client, NULL);
	return client_send(d, c->client, &reply.header, CHAOSD_CREATED, sizeof(reply));
}

/* It is made, and its client went away before it could be told: nobody knows of it. */
static void creation_unheard(struct chaosd *d, struct creation *c)
{
	const struct chaos_error err = { .code = CHAOS_FAILED, .text = "the client went away" };

	c->shell = NULL;
	c->client = NULL;
	c->is_cancelled = true;
	destroy_domain(c->created.domid);
	creation_fail(d, c, &err);
}

static void creation_end(struct chaosd *d, struct creation *c)
{
	struct chaos_error err;

	if (chaos_shell_complete(c->shell, &err)) {
		creation_fail(d, c, &err);
		return;
	}
	c->created.timing.total_ns = now_ns() - c->begin_ns;
	if (c->client && !send_created(d, c)) {
		creation_unheard(d, c);
		return;
	}
	if (c->created.is_ready)
		metrics_observe(&d->metrics.execute, c->created.timing.total_ns);
	if (c->pool)
		d->metrics.created_pool++;
	else
		d->metrics.created_cold++;
	c->guest->creation = NULL;
	c->guest->cfg = c->cfg;
	c->guest->since_ns = now_ns();
	c->guest->short_lives = c->short_lives;
	/* For a later daemon: this one has the configuration itself. */
	if (chaos_restart_keep(d->ctx, c->created.domid, c->cfg, &err))
		log_line("%s", err.text);
	d->metrics.restarts += c->is_restart;
	c->cfg = NULL;
	creation_free(d, c);
}

/* ---- execute ---- */

/* Whether another shell would do no better. */
static bool is_callers_error(const struct chaos_error *err)
{
	return err->code == CHAOS_EXISTS || err->code == CHAOS_CONFIG ||
	       err->code == CHAOS_ENVIRONMENT;
}

/* Its guest will never say that it is ready. */
static void creation_wait_not(struct chaosd *d, struct creation *c)
{
	struct chaos_error text = { 0 };

	c->opts.no_wait = true;
	if (!c->client)
		return;
	chaos_ready_never(c->cfg->name, text.text, sizeof(text.text));
	client_text(d, c->client, CHAOSD_WARNING, &text);
}

static void creation_run(struct chaosd *d, struct creation *c)
{
	struct chaos_error err;

	c->guest = guest_add(d, c->created.domid);
	if (!c->guest) {
		err = (struct chaos_error){ .code = CHAOS_RESOURCES, .text = "out of memory" };
		creation_fail(d, c, &err);
		return;
	}
	c->guest->creation = c;
	c->is_logged = logs_created(d, c->created.domid, c->cfg->is_logged);
	if (!c->opts.paused && !c->opts.no_wait && !c->has_timeout &&
	    !chaos_shell_knows_noxs(c->shell))
		creation_wait_not(d, c);
	if (!c->opts.paused &&
	    chaos_shell_run(c->shell, !c->opts.no_wait, &c->created.timing, &err)) {
		creation_fail(d, c, &err);
	} else if (c->opts.paused || c->opts.no_wait) {
		creation_end(d, c);
	} else {
		c->deadline_ns = now_ns() + c->opts.timeout_ms * NS_PER_MS;
		loop_wake_at(d, c->deadline_ns);
	}
}

/* ---- prepare ---- */

static void prepare_work(struct job *job, struct chaos_ctx *ctx)
{
	struct prepare *prepare = (struct prepare *)job;
	struct creation *c = prepare->creation;
	struct chaos_config cfg = *c->cfg;
	char name[CHAOS_NAME_LEN];
	unsigned int i;

	for (i = 0; i < prepare->nr_victims; i++)
		chaos_shell_discard(prepare->victims[i], ctx);
	cfg.cmdline = NULL; /* execute's */
	if (shell_identity(name, cfg.uuid)) {
		prepare->err =
			(struct chaos_error){ .code = CHAOS_FAILED, .text = "no random numbers" };
		prepare->rc = -(int)CHAOS_FAILED;
		return;
	}
	prepare->rc =
		chaos_shell_prepare(ctx, &cfg, name, &c->shell, &c->created.timing, &prepare->err);
	shell_config_drop(&cfg, c->cfg);
	if (prepare->rc)
		return;
	/* Here, as it may open disks. */
	c->created.domid = chaos_shell_domid(c->shell);
	prepare->rc =
		chaos_shell_identify(c->shell, ctx, c->cfg, &c->created.timing, &prepare->err);
	if (!prepare->rc)
		return;
	chaos_shell_discard(c->shell, ctx);
	c->shell = NULL;
}

/*
 * Pools are a cache: what they hold is given up before a create fails for want of memory.  Once:
 * somebody else may be as quick as this.
 */
static bool prepare_again(struct chaosd *d, struct prepare *prepare)
{
	struct creation *c = prepare->creation;

	if (prepare->err.code != CHAOS_RESOURCES || c->is_cancelled || c->has_reclaimed)
		return false;
	c->has_reclaimed = true;
	prepare->nr_victims = pools_reclaim(d, c->cfg, &prepare->victims);
	if (!prepare->nr_victims)
		return false;
	worker_submit(&prepare->job);
	return true;
}

static void prepare_done(struct chaosd *d, struct job *job)
{
	struct prepare *prepare = (struct prepare *)job;
	struct creation *c = prepare->creation;
	struct chaos_error err = prepare->err;
	int rc = prepare->rc;

	if (rc && prepare_again(d, prepare))
		return;
	free(prepare->victims);
	free(prepare);
	c->is_preparing = false;
	chaos_shell_adopt(c->shell, d->ctx);
	if (rc || c->is_cancelled)
		creation_fail(d, c, &err);
	else
		creation_run(d, c);
}

static void creation_prepare(struct chaosd *d, struct creation *c)
{
	struct prepare *prepare = calloc(1, sizeof(*prepare));
	struct chaos_error err = { .code = CHAOS_RESOURCES, .text = "out of memory" };

	if (!prepare) {
		creation_fail(d, c, &err);
		return;
	}
	prepare->job.work = prepare_work;
	prepare->job.done = prepare_done;
	prepare->creation = c;
	c->is_preparing = true;
	worker_submit(&prepare->job);
}

/* ---- from a pool ---- */

/*
 * A pool's shell could not be given its identity.  True when the creation goes on without it; its pool
 * is NULL then if no other shell of that pool would do.
 */
static bool creation_goes_on(struct chaosd *d, struct creation *c, const struct chaos_error *err)
{
	if (is_callers_error(err) && chaos_shell_is_blank(c->shell))
		pool_put(d, c->pool, c->shell);
	else
		discard_shell(c->shell);
	c->shell = NULL;
	/* Its kernel is for another builder: it needs a domain made for it. */
	if (err->code == CHAOS_CONFIG && pool_is_imageless(c->pool)) {
		c->pool = NULL;
		return true;
	}
	if (is_callers_error(err)) {
		creation_fail(d, c, err);
		return false;
	}
	log_line("pool shell %u failed: %s", c->created.domid, err->text);
	return true;
}

static void creation_start(struct chaosd *d, struct creation *c)
{
	struct chaos_error err;

	c->has_begun = true;
	d->last_create_ns = now_ns();
	/* What is asked of a pool goes for its kind of guest, whether it has a shell now or not. */
	c->cfg->is_logged |= pools_want_log(d, c->cfg);
	while ((c->shell = pool_take(d, c->cfg, &c->pool))) {
		c->created.domid = chaos_shell_domid(c->shell);
		if (identify_may_wait(c) && identify_later(c))
			return;
		if (!chaos_shell_identify(c->shell, d->ctx, c->cfg, &c->created.timing, &err)) {
			creation_run(d, c);
			return;
		}
		if (!creation_goes_on(d, c, &err))
			return;
		if (!c->pool)
			break;
	}
	c->pool = NULL;
	creation_prepare(d, c);
}

void creation_identified(struct chaosd *d, struct creation *c, bool has_changed,
			 const struct chaos_error *err)
{
	static const struct chaos_error gone = { .code = CHAOS_FAILED,
						 .text = "the client went away" };

	if (c->is_cancelled)
		creation_fail(d, c, &gone);
	else if (!has_changed && !err)
		creation_run(d, c);
	else if (!has_changed && !creation_goes_on(d, c, err))
		return;
	else if (c->pool)
		creation_start(d, c);
	else
		creation_prepare(d, c);
}

static struct creation *creation_new(struct chaosd *d, struct chaos_config *cfg,
				     const struct chaos_create_opts *opts, uint64_t begin_ns)
{
	struct creation *c = calloc(1, sizeof(*c));

	if (!c) {
		chaos_config_free(cfg);
		return NULL;
	}
	c->cfg = cfg;
	c->opts = *opts;
	c->has_timeout = c->opts.timeout_ms;
	if (!c->has_timeout)
		c->opts.timeout_ms = CHAOS_READY_TIMEOUT_MS;
	c->begin_ns = begin_ns;
	c->prev = &d->creations;
	c->next = d->creations;
	if (c->next)
		c->next->prev = &c->next;
	d->creations = c;
	return c;
}

void creation_begin(struct chaosd *d, struct client *client, struct chaos_config *cfg,
		    const struct chaos_create_opts *opts, uint64_t begin_ns)
{
	struct chaos_error err = { .code = CHAOS_RESOURCES, .text = "out of memory" };
	struct creation *c = creation_new(d, cfg, opts, begin_ns);

	if (!c) {
		client_done(d, client, &err);
		return;
	}
	c->client = client;
	client_wait_creation(client, c);
	creation_start(d, c);
}

void creation_restart(struct chaosd *d, struct chaos_config *cfg, unsigned int short_lives,
		      unsigned int tries, uint64_t begin_ns)
{
	const struct chaos_create_opts opts = { .no_wait = true };
	struct creation *c = creation_new(d, cfg, &opts, begin_ns);

	if (!c) {
		log_line("out of memory: a guest is not restarted");
		return;
	}
	c->is_restart = true;
	c->tries = tries;
	c->short_lives = short_lives;
	if (begin_ns <= now_ns())
		creation_start(d, c);
	else
		loop_wake_at(d, begin_ns);
}

bool creation_is_restart(const struct chaosd *d, const uint8_t uuid[CHAOS_UUID_LEN])
{
	const struct creation *c;

	for (c = d->creations; c; c = c->next)
		if (c->is_restart && !memcmp(c->cfg->uuid, uuid, CHAOS_UUID_LEN))
			return true;
	return false;
}

bool creations_are_busy(const struct chaosd *d)
{
	const struct creation *c;

	for (c = d->creations; c; c = c->next)
		if (c->has_begun)
			return true;
	return false;
}

/* ---- what happens on the way ---- */

void creation_cancel(struct chaosd *d, struct creation *c)
{
	const struct chaos_error err = { .code = CHAOS_FAILED, .text = "the client went away" };

	c->client = NULL;
	c->is_cancelled = true;
	if (!c->is_preparing)
		creation_fail(d, c, &err);
}

void creations_cancel(struct chaosd *d)
{
	struct creation *c, *next;

	for (c = d->creations; c; c = next) {
		next = c->next;
		creation_cancel(d, c);
	}
}

/* What its console ends with, or where that is. */
static void last_words(struct chaosd *d, const struct creation *c, struct chaos_error *err)
{
	size_t used = strlen(err->text);

	if (c->is_logged)
		(void)snprintf(err->text + used, sizeof(err->text) - used,
			       "; 'chaos logs %s' shows what it said",
			       c->cfg->name); /* cut is fine */
	else
		chaos_last_words(d->ctx, c->created.domid, err);
}

void creation_event(struct chaosd *d, struct creation *c, const struct chaos_event *event)
{
	struct chaos_error err;
	uint64_t now;
	int rc;

	rc = chaos_ready_verdict(c->cfg->name, event, &err);
	if (rc > 0) {
		now = now_ns();
		c->created.is_ready = true;
		c->created.timing.guest_ns =
			now - (c->deadline_ns - c->opts.timeout_ms * NS_PER_MS);
		creation_end(d, c);
	} else if (rc < 0) {
		last_words(d, c, &err);
		creation_fail(d, c, &err);
	}
}

void creations_tick(struct chaosd *d, uint64_t now)
{
	struct creation *c, *next;
	struct chaos_error err;
	uint64_t when;

	for (c = d->creations; c; c = next) {
		next = c->next;
		when = c->has_begun ? c->deadline_ns : c->begin_ns;
		if (!when || c->is_preparing)
			continue;
		if (when > now) {
			loop_wake_at(d, when);
		} else if (!c->has_begun) {
			creation_start(d, c);
		} else {
			(void)chaos_ready_timeout(c->cfg->name, c->opts.timeout_ms, &err);
			last_words(d, c, &err);
			creation_fail(d, c, &err);
		}
	}
}
