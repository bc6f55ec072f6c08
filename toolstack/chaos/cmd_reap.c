// SPDX-License-Identifier: GPL-2.0-only
/*
 * chaos reap: carries out on_poweroff, on_reboot and on_crash where no chaosd does, as far as it can:
 * it destroys, and does not restart.  Any chaos that leaves a guest nobody looks after starts it.
 *
 * There is one to a host, by the module's word, which also tells when it may go:
 *
 *   1. it gives up its place, and then asks whether there is something to be done for a guest;
 *   2. who makes a guest does that first, and then asks whether somebody has the place.
 *
 * So one of them sees the other.  chaosd takes the place away; a domain is destroyed by its serial
 * number, and both would do the same with it, so that nothing is done twice in between.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <syslog.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "reap.h"

enum {
	OPT_IDLE = OPT_OWN,
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "idle", required_argument, NULL, OPT_IDLE },
	{ 0 },
};

#define DEFAULT_IDLE_MS 5000U /* meanwhile the module cannot be unloaded */
#define MIN_RETRY_MS	500   /* who makes a guest should have done by then */
#define MAX_RETRY_MS	60000
#define BATCH		32U

struct reaper {
	struct chaos_ctx *ctx;
	int fd;
	unsigned int idle_ms;
	bool is_told; /* of those to be restarted; for now */
	int retry_ms; /* how long the wait for one that is still being made is, 0 = for none */
	uint64_t retry_at_ms;
};

static uint64_t now_ms(void)
{
	return chaos_now_ns() / 1000000;
}

static void tell(const char *text)
{
	syslog(LOG_NOTICE, "%s", text);
}

/* ---- guests that have ended ---- */

static void retry_later(struct reaper *r)
{
	if (r->retry_at_ms)
		return;
	r->retry_ms = r->retry_ms ? r->retry_ms * 2 : MIN_RETRY_MS;
	if (r->retry_ms > MAX_RETRY_MS)
		r->retry_ms = MAX_RETRY_MS;
	r->retry_at_ms = now_ms() + (uint64_t)r->retry_ms;
}

static void end_one(struct reaper *r, const struct chaos_dominfo *info)
{
	char name[CHAOS_NAME_LEN], text[200];
	struct chaos_error err;
	enum chaos_end end;

	if (chaos_domain_end(r->ctx, info, &end, &err)) {
		tell(err.text);
	} else if (end == CHAOS_END_LATER) {
		retry_later(r);
	} else if (end == CHAOS_END_RESTART && !r->is_told) {
		memcpy(name, info->name, sizeof(name));
		chaos_text_clean(name);
		(void)snprintf(
			text, sizeof(text),
			"\"%s\" (domain %u) is to be restarted, which takes chaosd: it stays", name,
			info->domid);
		tell(text);
	}
}

static void scan(struct reaper *r, bool is_again)
{
	struct chaos_dominfo *list;
	struct chaos_error err;
	int i, n;

	n = chaos_domain_list(r->ctx, &list, &err);
	if (n < 0) {
		tell(err.text);
		retry_later(r);
		return;
	}
	r->is_told = is_again;
	for (i = 0; i < n; i++)
		end_one(r, &list[i]);
	r->is_told = false;
	free(list);
}

static void event(struct reaper *r, const struct chaos_event *event)
{
	struct chaos_dominfo info;

	if (!r->retry_at_ms)
		r->retry_ms = 0;
	if (event->type == CHAOS_EVENT_LOST)
		scan(r, false);
	else if (chaos_domain_look(r->ctx, event->domid, &info))
		end_one(r, &info);
}

/* ---- waiting ---- */

static int timeout_ms(const struct reaper *r)
{
	uint64_t now;

	if (!r->retry_at_ms)
		return (int)r->idle_ms;
	now = now_ms();
	return now < r->retry_at_ms ? (int)(r->retry_at_ms - now) : 0;
}

/* Until there is nothing left to wait for: 0; or -1 with errno, ENOTCONN: another does it now. */
static int watch(struct reaper *r)
{
	struct pollfd pfd = { .fd = r->fd, .events = POLLIN };
	struct chaos_event events[BATCH];
	int i, n, ready;

	for (;;) {
		ready = poll(&pfd, 1, timeout_ms(r));
		if (ready < 0 && errno != EINTR)
			return -1;
		n = chaos_events_read(r->fd, events, BATCH);
		if (n < 0)
			return -1;
		for (i = 0; i < n; i++)
			event(r, &events[i]);
		if (r->retry_at_ms && now_ms() >= r->retry_at_ms) {
			r->retry_at_ms = 0;
			scan(r, true);
		} else if (!ready && !r->retry_at_ms && !chaos_ends_exist(r->ctx)) {
			return 0;
		}
	}
}

static int reap(struct call *call, unsigned int idle_ms)
{
	struct reaper r = { .ctx = call->ctx, .idle_ms = idle_ms };
	int rc;

	r.fd = chaos_ends_open(r.ctx, false, &call->err);
	if (r.fd < 0)
		return r.fd;
	do {
		scan(&r, false);
		rc = watch(&r);
		if (rc && errno != ENOTCONN)
			rc = call_failed(call, "waiting for guests to end");
		else if (rc)
			return close(r.fd);
		close(r.fd);
		/* A guest that was made before the place was free, by who saw that it was not. */
	} while (!rc && chaos_ends_are_unwatched(r.ctx) &&
		 (r.fd = chaos_ends_open(r.ctx, false, NULL)) >= 0);
	return rc;
}

int cmd_reap(const struct verb *verb, int argc, char **argv)
{
	unsigned int idle_ms = DEFAULT_IDLE_MS;
	struct call call = { .verb = verb };
	int opt, rc, status = -1;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1)
		if (opt == OPT_IDLE && parse_seconds(optarg, &idle_ms))
			return call_end(&call,
					call_usage(&call, "--idle %s: not a number of seconds",
						   optarg));
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 0);
	if (!rc)
		rc = call_open(&call);
	if (!rc) {
		openlog("chaos-reap", LOG_PID | LOG_PERROR, LOG_DAEMON);
		rc = reap(&call, idle_ms);
	}
	call.is_reaper = true;
	return call_end(&call, rc);
}

/* ---- starting it ---- */

/* Nothing of the caller's: it may be a script whose output somebody reads to the end. */
static void become_reaper(void)
{
	char *argv[] = { command_line[0], (char *)"reap", NULL };
	sigset_t none;
	int fd;

	(void)setsid(); /* a child leads no group yet */
	if (fork())
		_exit(0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGHUP, SIG_DFL);
	(void)close_range(0, ~0U, 0);
	fd = open("/dev/null", O_RDWR);
	if (fd || dup(fd) != 1 || dup(fd) != 2 || chdir("/"))
		_exit(1);
	execv("/proc/self/exe", argv);
	_exit(1);
}

void reaper_start(void)
{
	pid_t pid = fork();

	if (!pid)
		become_reaper();
	if (pid > 0)
		(void)waitpid(pid, NULL, 0);
}
