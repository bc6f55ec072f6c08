// SPDX-License-Identifier: GPL-2.0-only
/*
 * Domains by number, and what happens to them: events go to the pool or the creation they concern,
 * and when a VM made here ends, its on_poweroff, on_reboot or on_crash is carried out.  Those of other
 * VMs, which chaos or an earlier daemon has made, are ends.c's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "chaosd.h"

#define EVENT_BATCH 32U

struct guest *guest_add(struct chaosd *d, uint32_t domid)
{
	struct guest *guest;

	if (domid >= NR_DOMIDS)
		return NULL;
	/* The GONE of a former domain of this number may not have been read yet. */
	if (d->guests[domid] && (d->guests[domid]->cfg || d->guests[domid]->restart))
		guest_remove(d, d->guests[domid]);
	if (d->guests[domid])
		return NULL;
	guest = calloc(1, sizeof(*guest));
	if (!guest)
		return NULL;
	guest->domid = domid;
	guest->since_ns = now_ns();
	d->guests[domid] = guest;
	return guest;
}

void guest_remove(struct chaosd *d, struct guest *guest)
{
	restart_forget(d, guest);
	d->guests[guest->domid] = NULL;
	chaos_config_free(guest->cfg);
	free(guest);
}

static enum chaos_action action_for(const struct chaos_config *cfg, uint32_t reason)
{
	const struct chaos_ends ends = {
		.on_poweroff = cfg->on_poweroff,
		.on_reboot = cfg->on_reboot,
		.on_crash = cfg->on_crash,
	};

	return chaos_ends_action(&ends, reason);
}

static void guest_ended(struct chaosd *d, struct guest *guest, uint32_t reason)
{
	switch (action_for(guest->cfg, reason)) {
	case CHAOS_DESTROY:
		destroy_domain(guest->domid);
		guest_remove(d, guest);
		break;
	case CHAOS_RESTART:
		restart_plan(d, guest);
		break;
	case CHAOS_PRESERVE:
		break;
	}
}

static bool is_end(const struct chaos_event *event)
{
	return event->type == CHAOS_EVENT_DYING || event->type == CHAOS_EVENT_GONE;
}

static void guest_event(struct chaosd *d, const struct chaos_event *event)
{
	struct guest *guest = event->domid < NR_DOMIDS ? d->guests[event->domid] : NULL;

	logs_event(d, event);
	if (!guest) {
		if (event->type == CHAOS_EVENT_SHUTDOWN)
			ends_event(d, event->domid);
		return;
	}
	if (guest->creation) {
		creation_event(d, guest->creation, event);
	} else if (guest->pool) {
		if (is_end(event) || event->type == CHAOS_EVENT_SHUTDOWN ||
		    event->type == CHAOS_EVENT_DETACHED || event->type == CHAOS_EVENT_DEV_FAILED)
			pool_lose(d, guest);
	} else if (is_end(event)) {
		guest_remove(d, guest);
	} else if (event->type == CHAOS_EVENT_SHUTDOWN && !guest->restart) {
		guest_ended(d, guest, event->code);
	}
}

/* ---- events that were lost ---- */

/* What has become of one, told as the event that says so. */
static void guest_resync(struct chaosd *d, uint32_t domid, const struct chaos_dominfo *info)
{
	struct chaos_event event = { .domid = domid };
	struct chaos_devices devs;

	if (!info || info->is_dying) {
		event.type = CHAOS_EVENT_GONE;
	} else if (info->is_shutdown) {
		event.type = CHAOS_EVENT_SHUTDOWN;
		event.code = info->shutdown_reason;
	} else if (d->guests[domid]->creation &&
		   !chaos_domain_devices(d->ctx, domid, &devs, NULL) && devs.is_ready) {
		event.type = CHAOS_EVENT_READY;
	} else {
		return;
	}
	guest_event(d, &event);
}

static void guests_resync(struct chaosd *d)
{
	struct chaos_dominfo *list;
	struct chaos_error err;
	uint32_t domid;
	int i = 0, n;

	n = chaos_domain_list(d->ctx, &list, &err);
	if (n < 0) {
		log_line("%s", err.text);
		return;
	}
	for (domid = 0; domid < NR_DOMIDS; domid++) {
		while (i < n && list[i].domid < domid)
			i++;
		if (d->guests[domid])
			guest_resync(d, domid, i < n && list[i].domid == domid ? &list[i] : NULL);
	}
	free(list);
	ends_scan(d);
	logs_scan(d);
}

static void events_ready(struct chaosd *d, struct source *source, uint32_t events)
{
	struct chaos_event batch[EVENT_BATCH];
	int i, n;

	(void)events;
	n = chaos_events_read(source->fd, batch, EVENT_BATCH);
	if (n < 0)
		log_line("reading events: %s", strerror(errno));
	for (i = 0; i < n; i++) {
		if (batch[i].type == CHAOS_EVENT_LOST)
			guests_resync(d);
		else
			guest_event(d, &batch[i]);
	}
}

int guests_init(struct chaosd *d, struct chaos_error *err)
{
	d->events.ready = events_ready;
	d->events.fd = chaos_events_open(d->ctx, err);
	if (d->events.fd < 0)
		return d->events.fd;
	if (ends_init(d, err))
		return -(int)err->code;
	if (!loop_add(d, &d->events, EPOLLIN))
		return 0;
	*err = (struct chaos_error){ .code = CHAOS_FAILED, .text = "cannot poll for events" };
	return -(int)CHAOS_FAILED;
}

/*
 * None is adopted.  What a shell is made of, and how far a daemon that died had come with turning it
 * into a VM, only that daemon knew; there is no place to keep it that could not be stale; and a new
 * one costs less than a millisecond.  One that was identified but not complete has the state SHELL
 * still.  Who holds the memory of one (a console, a dump) must not hold up the daemon: it is
 * destroyed all the same, and goes when it is let go of.
 */
int guests_sweep(struct chaosd *d, struct chaos_error *err)
{
	struct chaos_dominfo *list;
	int i, n;

	n = chaos_domain_list(d->ctx, &list, err);
	if (n < 0)
		return n;
	for (i = 0; i < n; i++) {
		if (!shell_is_left(&list[i]))
			continue;
		if (chaos_domain_destroy(d->ctx, list[i].domid, 0, err))
			log_line("%s", err->text);
		else
			d->metrics.shells_swept++;
	}
	if (d->metrics.shells_swept)
		log_line("%llu shells of an earlier daemon were destroyed",
			 (unsigned long long)d->metrics.shells_swept);
	free(list);
	return 0;
}
