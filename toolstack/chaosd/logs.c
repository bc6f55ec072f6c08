// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which guests' consoles are kept: those with log=1, which the module knows and tells, whoever has made
 * them and when, and with --log-all those of all guests that chaos has made.  The console is attached here,
 * before the guest runs or as soon as it is heard of; the rest is the log thread's.
 */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "chaosd.h"
#include "logfile.h"
#include "logs.h"

#define FILES_EACH   3U	  /* event channel, grants, file */
#define FILES_OTHER  512U /* clients, and what making guests takes */

#define MIN_DELAY_NS NS_PER_S
#define MAX_DELAY_NS (60 * NS_PER_S)

static unsigned int max_logged(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur / FILES_EACH >= NR_DOMIDS)
		return NR_DOMIDS;
	if (limit.rlim_cur < 2 * FILES_OTHER)
		return (unsigned int)limit.rlim_cur / (2 * FILES_EACH);
	return (unsigned int)(limit.rlim_cur - FILES_OTHER) / FILES_EACH;
}

static int begin(struct chaosd *d, const struct chaos_dominfo *info, struct chaos_error *err)
{
	struct log_subject subject = { .serial = info->serial };
	unsigned int nr_held = logthread_held();
	struct chaos_console *console;
	int rc;

	/* Before anything can fail: later its creation is over. */
	d->logged[info->domid].is_restart |= creation_is_restart(d, info->uuid);
	if (nr_held >= max_logged()) {
		err->code = CHAOS_RESOURCES;
		(void)snprintf(err->text, sizeof(err->text),
			       "%u are kept already: raise LimitNOFILE of chaosd", nr_held);
		return -(int)CHAOS_RESOURCES;
	}
	if (logthread_start(d)) {
		err->code = CHAOS_FAILED;
		(void)snprintf(err->text, sizeof(err->text), "cannot start a thread: %s",
			       strerror(errno));
		return -(int)CHAOS_FAILED;
	}
	rc = chaos_console_attach(d->ctx, info->domid, &console, err);
	if (rc)
		return rc;
	memcpy(subject.name, info->name, sizeof(subject.name));
	memcpy(subject.uuid, info->uuid, sizeof(subject.uuid));
	subject.is_restart = d->logged[info->domid].is_restart;
	if (logthread_add(info->domid, console, &subject)) {
		err->code = CHAOS_RESOURCES;
		(void)snprintf(err->text, sizeof(err->text), "out of memory");
		return -(int)CHAOS_RESOURCES;
	}
	d->logged[info->domid].is_kept = true;
	d->metrics.is_dirty = true;
	return 0;
}

static void end(struct chaosd *d, uint32_t domid)
{
	bool is_kept = domid < NR_DOMIDS && d->logged[domid].is_kept;

	if (domid < NR_DOMIDS)
		memset(&d->logged[domid], 0, sizeof(d->logged[domid]));
	if (!is_kept)
		return;
	d->metrics.is_dirty = true;
	logthread_end(domid);
}

/*
 * Somebody looks at its console, or there are too many: tried again, less and less often, and told once for
 * each guest.  Guests are made as ever.
 */
static void later(struct chaosd *d, const struct chaos_dominfo *info, const struct chaos_error *err)
{
	if (!d->logged[info->domid].is_told && log_allows(now_ns())) {
		d->logged[info->domid].is_told = true;
		log_line("there is no log of \"%s\" yet: %s", info->name, err->text);
	}
	if (d->logs_ns)
		return;
	d->logs_delay_ns = d->logs_delay_ns ? d->logs_delay_ns * 2 : MIN_DELAY_NS;
	if (d->logs_delay_ns > MAX_DELAY_NS)
		d->logs_delay_ns = MAX_DELAY_NS;
	d->logs_ns = now_ns() + d->logs_delay_ns;
	loop_wake_at(d, d->logs_ns);
}

static void try_begin(struct chaosd *d, const struct chaos_dominfo *info)
{
	struct chaos_error err = { 0 };

	if (info->domid >= NR_DOMIDS || d->logged[info->domid].is_kept || !info->is_ours ||
	    info->is_dying || !info->name[0])
		return;
	if (begin(d, info, &err))
		later(d, info, &err);
}

bool logs_created(struct chaosd *d, uint32_t domid, bool is_wanted)
{
	struct chaos_dominfo info;

	if (domid >= NR_DOMIDS || (!is_wanted && !d->opts.log_all))
		return false;
	if (chaos_domain_look(d->ctx, domid, &info))
		try_begin(d, &info);
	return d->logged[domid].is_kept;
}

/* Suspended it is not at its end: a save may let it go on. */
static bool is_end(const struct chaos_event *event)
{
	return event->type == CHAOS_EVENT_DYING || event->type == CHAOS_EVENT_GONE ||
	       (event->type == CHAOS_EVENT_SHUTDOWN && event->code != SHUTDOWN_suspend);
}

void logs_event(struct chaosd *d, const struct chaos_event *event)
{
	if (event->type == CHAOS_EVENT_CREATED)
		(void)logs_created(d, event->domid, event->is_logged); /* said in the log */
	else if (is_end(event))
		end(d, event->domid);
}

static bool is_wanted(struct chaosd *d, uint32_t domid)
{
	struct chaos_devices devs;

	return d->opts.log_all ||
	       (!chaos_domain_devices(d->ctx, domid, &devs, NULL) && devs.is_logged);
}

/* One that has ended while nobody read its console may have left its last words there. */
static void look_at(struct chaosd *d, const struct chaos_dominfo *info)
{
	if (!d->logged[info->domid].is_kept && info->is_ours && !info->is_dying &&
	    !shell_is_left(info) && is_wanted(d, info->domid))
		try_begin(d, info);
	if (info->is_dying || (info->is_shutdown && info->shutdown_reason != SHUTDOWN_suspend))
		end(d, info->domid);
}

void logs_scan(struct chaosd *d)
{
	struct chaos_dominfo *list;
	struct chaos_error err;
	uint32_t domid = 0;
	int i, n;

	n = chaos_domain_list(d->ctx, &list, &err);
	if (n < 0) {
		log_line("%s", err.text);
		return;
	}
	for (i = 0; i < n && list[i].domid < NR_DOMIDS; i++) {
		while (domid < list[i].domid)
			end(d, domid++);
		look_at(d, &list[i]);
		domid = list[i].domid + 1;
	}
	while (domid < NR_DOMIDS)
		end(d, domid++);
	free(list);
}

void logs_tick(struct chaosd *d, uint64_t now)
{
	if (!d->logs_ns)
		return;
	if (d->logs_ns > now) {
		loop_wake_at(d, d->logs_ns);
		return;
	}
	d->logs_ns = 0;
	logs_scan(d);
	if (!d->logs_ns)
		d->logs_delay_ns = 0;
}

void logs_stop(struct chaosd *d)
{
	(void)d;
	if (!logthread_stop())
		log_line(
			"the disk of the guests' logs does not answer: the last they said is lost");
}
