// SPDX-License-Identifier: GPL-2.0-only
/*
 * chaos auto stop: all guests of chaos are saved, one after the other, for the disk is the bound; those that
 * cannot be, or all if that is wished, are shut down together.  It is bounded in time: what does not
 * stop by then is told of.
 *
 * A guest that runs, or has ended, leaves no older file of it under NAME.save.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "auto.h"
#include "core/files.h"
#include "stop.h"

#define NS_PER_MS 1000000U

static unsigned int left_ms(uint64_t end_ns)
{
	uint64_t now = chaos_now_ns();

	return now < end_ns ? (unsigned int)((end_ns - now) / NS_PER_MS) : 0;
}

/* Without it the guests are shut down: the host does not wait for a better disk. */
static void check_dir(struct auto_request *r)
{
	/* What is in it is for root alone. */
	if (!chaos_directory_make(r->saved, 0700))
		return;
	call_one_failed(&r->call, call_failed(&r->call, r->saved));
	call_say("warning: nothing can be saved: the guests are shut down");
	r->shuts_down = true;
}

/* One that has ended is not saved, and needs not be asked to stop. */
static bool has_ended(const struct chaos_dominfo *info)
{
	return info->is_shutdown && info->state != CHAOS_STATE_SUSPENDED;
}

/*
 * A file of a guest that has run since is older than its disks: whatever becomes of the guest now, it is not
 * made again of that.  A negative chaos_code if it may be.
 */
static int set_aside(struct auto_request *r, const char *name, const char *path)
{
	char *taken;
	int rc;

	if (access(path, F_OK))
		return 0;
	if (asprintf(&taken, "%s/%s" TAKEN_SUFFIX, r->saved, name) < 0)
		return call_failed(&r->call, "auto");
	rc = auto_take(r, path, taken);
	if (!rc)
		call_say("warning: \"%s\" has run since it was saved: %s is %s now", name, path,
			 taken);
	free(taken);
	return rc;
}

/* It does not go on any more, so that a file of it is good, and all there is. */
static bool is_done_with(struct auto_request *r, const struct chaos_dominfo *info)
{
	struct chaos_dominfo now;

	return !chaos_domain_look(r->call.ctx, info->domid, &now) || now.serial != info->serial ||
	       now.is_dying || now.state == CHAOS_STATE_INCOMPLETE;
}

/* There is no file at `path` before.  What is not waiting for the guest is added to *end_ns. */
static int save_to(struct auto_request *r, const struct chaos_dominfo *info, const char *path,
		   uint64_t *end_ns)
{
	struct chaos_save_opts opts = { .timeout_ms = left_ms(*end_ns) };
	struct chaos_saved saved;
	int rc;

	if (!opts.timeout_ms)
		return call_error(&r->call, CHAOS_TIMEOUT, "the time is over");
	if (opts.timeout_ms > CHAOS_SUSPEND_TIMEOUT_MS)
		opts.timeout_ms = CHAOS_SUSPEND_TIMEOUT_MS;
	rc = chaos_domain_save(r->call.ctx, info, path, &opts, &saved, &r->call.err);
	*end_ns += saved.copy_ns + saved.end_ns;
	if (!rc || access(path, F_OK) || !is_done_with(r, info))
		return rc;
	call_say("warning: \"%s\" is saved: %s", info->name, r->call.err.text);
	return 0;
}

static void save_one(struct auto_request *r, struct stopping *s, uint64_t *end_ns)
{
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s" SAVED_SUFFIX, r->saved, s->info.name) < 0) {
		call_one_failed(&r->call, call_failed(&r->call, "auto"));
		return;
	}
	rc = set_aside(r, s->info.name, path);
	if (rc) {
		call_one_failed(&r->call, rc);
	} else if (!r->shuts_down && !has_ended(&s->info)) {
		rc = save_to(r, &s->info, path, end_ns);
		if (!rc)
			s->result = "saved";
		else
			call_say("warning: \"%s\" is shut down, not saved: %s", s->info.name,
				 r->call.err.text);
		/* It can be whole already, and the guest goes on. */
		if (rc && set_aside(r, s->info.name, path))
			call_one_failed(&r->call, -(int)r->call.err.code);
	}
	free(path);
}

/* What has come is forgotten, and the next ends the process. */
static void signals_allow(int fd)
{
	struct signalfd_siginfo signal;
	sigset_t set;

	if (fd < 0)
		return;
	while (read(fd, &signal, sizeof(signal)) > 0)
		;
	(void)close(fd); /* nothing was written to it */
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGHUP);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL); /* cannot fail with these arguments */
}

/* A signal ends the saving: those that are left are shut down. */
static void save_each(struct auto_request *r, struct stopping *list, int nr, uint64_t *end_ns)
{
	struct pollfd p = { .fd = signals_defer(), .events = POLLIN };
	int i;

	chaos_ctx_set_cancel(r->call.ctx, p.fd);
	for (i = 0; i < nr; i++) {
		if (!r->shuts_down && poll(&p, 1, 0) > 0) {
			call_say("warning: interrupted: guests that are not saved are shut down");
			r->shuts_down = true;
		}
		save_one(r, &list[i], end_ns);
	}
	chaos_ctx_set_cancel(r->call.ctx, -1);
	signals_allow(p.fd);
}

int auto_stop(struct auto_request *r)
{
	/* Half of the time is theirs who are shut down. */
	uint64_t half_ns = (uint64_t)r->timeout_ms * NS_PER_MS / 2;
	uint64_t end_ns = chaos_now_ns() + half_ns;
	struct stopping *list;
	int i, nr, rc;

	nr = stop_list(&r->call, &list);
	if (nr < 0)
		return nr;
	if (!r->shuts_down && nr)
		check_dir(r);
	save_each(r, list, nr, &end_ns);
	/* A millisecond at least: who was asked may have stopped at once. */
	rc = stop_all(&r->call, list, nr, CHAOS_REQUEST_POWEROFF, left_ms(end_ns + half_ns) + 1);
	for (i = 0; i < nr && !rc; i++)
		if (strcmp(list[i].result, "failed") != 0 || r->call.json)
			auto_tell(r, list[i].info.domid, list[i].info.name, list[i].result);
	free(list);
	return rc;
}
