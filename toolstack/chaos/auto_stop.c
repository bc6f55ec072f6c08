// SPDX-License-Identifier: GPL-2.0-only
/*
 * chaos auto stop: all guests of chaos are saved, one after the other, for the disk is the bound; those that
 * cannot be, or all if that is wished, are shut down together.  It is bounded in time: what does not
 * stop by then is told of.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto.h"
#include "stop.h"

#define NS_PER_MS 1000000U

static unsigned int left_ms(uint64_t end_ns)
{
	uint64_t now = chaos_now_ns();

	return now < end_ns ? (unsigned int)((end_ns - now) / NS_PER_MS) : 0;
}

/* The directory and those above it; what is in it is for root alone. */
static int make_dir(struct call *call, const char *dir)
{
	char *path = strdup(dir), *slash = path;
	int rc = 0;

	if (!path)
		return call_failed(call, dir);
	while (!rc && (slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			rc = call_failed(call, path);
		*slash = '/';
	}
	if (!rc && mkdir(path, 0700) && errno != EEXIST)
		rc = call_failed(call, path);
	free(path);
	return rc;
}

/* One that has ended is not saved, and needs not be asked to stop. */
static bool has_ended(const struct chaos_dominfo *info)
{
	return info->is_shutdown && info->state != CHAOS_STATE_SUSPENDED;
}

static int save_one(struct auto_request *r, struct stopping *s, unsigned int timeout_ms)
{
	struct chaos_save_opts opts = { .timeout_ms = timeout_ms < CHAOS_SUSPEND_TIMEOUT_MS ?
							      timeout_ms :
							      CHAOS_SUSPEND_TIMEOUT_MS };
	struct chaos_saved saved;
	char *path;
	int rc;

	if (asprintf(&path, "%s/%s" SAVED_SUFFIX, r->saved, s->info.name) < 0)
		return call_failed(&r->call, "auto");
	if (!timeout_ms)
		rc = call_error(&r->call, CHAOS_TIMEOUT, "the time is over");
	else if (!access(path, F_OK))
		rc = call_error(&r->call, CHAOS_EXISTS, "%s is there already", path);
	else
		rc = chaos_domain_save(r->call.ctx, &s->info, path, &opts, &saved, &r->call.err);
	free(path);
	return rc;
}

static void save_all(struct auto_request *r, struct stopping *list, int nr, uint64_t end_ns)
{
	int i, rc;

	for (i = 0; i < nr; i++) {
		if (has_ended(&list[i].info))
			continue;
		rc = save_one(r, &list[i], left_ms(end_ns));
		if (!rc)
			list[i].result = "saved";
		else
			fprintf(stderr, "chaos: warning: \"%s\" is shut down, not saved: %s\n",
				list[i].info.name, r->call.err.text);
	}
}

int auto_stop(struct auto_request *r)
{
	uint64_t end_ns = chaos_now_ns() + (uint64_t)r->timeout_ms * NS_PER_MS;
	struct stopping *list;
	int i, nr, rc = 0;

	nr = stop_list(&r->call, &list);
	if (nr < 0)
		return nr;
	if (!r->shuts_down && nr)
		rc = make_dir(&r->call, r->saved);
	if (!rc && !r->shuts_down)
		save_all(r, list, nr, end_ns);
	/* A millisecond at least: who was asked may have stopped at once. */
	if (!rc)
		rc = stop_all(&r->call, list, nr, CHAOS_REQUEST_POWEROFF, left_ms(end_ns) + 1);
	for (i = 0; i < nr && !rc; i++)
		if (strcmp(list[i].result, "failed") != 0 || r->call.json)
			auto_tell(r, list[i].info.domid, list[i].info.name, list[i].result);
	free(list);
	return rc;
}
