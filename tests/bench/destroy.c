// SPDX-License-Identifier: GPL-2.0
/*
 * destroy - destroy the guests that tests/bench/create.c made, one after the other through libchaos in
 * one process and without a daemon, lowest domid first, and print what each took: one CSV row per
 * guest, in ns of CLOCK_MONOTONIC (instructions under the lab's --icount).  All of Xen's guests that
 * are called b and a number go.
 *
 * busy_ns is the same for all rows: what all CPUs did from the first call until --settle-ms after the
 * last one's end, less Xen's idle vCPUs, by the number of guests.  It has in it what a destruction
 * leaves to others, such as what Xen frees a grace period later.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>

#include "busy.h"
#include "chaos.h"
#include "clock.h"
#include "mark.h"

#define MAX_SETTLE_MS	   60000L
#define DESTROY_TIMEOUT_MS 5000U

struct guests {
	struct chaos_dominfo *list;
	uint64_t *took_ns;
	int nr;	  /* all there are */
	int done; /* those of ours that are gone; their figures are took_ns[0..done) */
	uint64_t busy_ns;
};

static bool is_ours(const struct chaos_dominfo *info)
{
	const char *c = info->name;

	if (*c++ != 'b' || !*c)
		return false;
	while (isdigit((unsigned char)*c))
		c++;
	return !*c;
}

static void settle(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	while (ms && nanosleep(&ts, &ts) && errno == EINTR)
		;
}

static int system_error(struct chaos_error *err, const char *what)
{
	(void)snprintf(err->text, sizeof(err->text), "%s: %s", what, strerror(errno));
	return -1;
}

static int destroy_all(struct chaos_ctx *ctx, struct guests *g, struct chaos_error *err)
{
	uint64_t begin;
	int rc, i;

	for (i = 0; i < g->nr; i++) {
		if (!is_ours(&g->list[i]))
			continue;
		begin = now_ns();
		mark_begin_window();
		rc = chaos_domain_destroy(ctx, g->list[i].domid, DESTROY_TIMEOUT_MS, err);
		mark_end_window();
		if (rc)
			return rc;
		g->took_ns[g->done++] = now_ns() - begin;
	}
	return 0;
}

static int run(struct chaos_ctx *ctx, xc_interface *xch, struct guests *g, long settle_ms,
	       struct chaos_error *err)
{
	uint64_t before, after, now;
	int rc;

	g->nr = chaos_domain_list(ctx, &g->list, err);
	if (g->nr < 0)
		return -1;
	g->took_ns = calloc((size_t)g->nr + 1, sizeof(*g->took_ns));
	if (!g->took_ns)
		return system_error(err, "memory");
	if (busy_read(xch, &now, &before))
		return system_error(err, "use of the CPUs");
	rc = destroy_all(ctx, g, err);
	settle(settle_ms);
	if (busy_read(xch, &now, &after))
		return system_error(err, "use of the CPUs");
	if (g->done)
		g->busy_ns = (after - before) / (uint64_t)g->done;
	return rc;
}

static int parse_settle(int argc, char **argv, long *settle_ms)
{
	char *end;

	*settle_ms = 0;
	if (argc == 1)
		return 0;
	if (argc != 3 || strcmp(argv[1], "--settle-ms") != 0)
		return -1;
	errno = 0;
	*settle_ms = strtol(argv[2], &end, 10);
	return errno || end == argv[2] || *end || *settle_ms < 0 || *settle_ms > MAX_SETTLE_MS ?
		       -1 :
		       0;
}

int main(int argc, char **argv)
{
	struct chaos_error err = { 0 };
	struct chaos_ctx *ctx = NULL;
	struct guests g = { 0 };
	xc_interface *xch;
	long settle_ms;
	int i, rc;

	if (parse_settle(argc, argv, &settle_ms)) {
		fprintf(stderr, "usage: destroy [--settle-ms MS]\n");
		return 2;
	}
	xch = xc_interface_open(NULL, NULL, XC_OPENFLAG_NON_REENTRANT);
	rc = xch ? chaos_ctx_open(&ctx, &err) : system_error(&err, "Xen");
	if (!rc)
		rc = run(ctx, xch, &g, settle_ms, &err);
	for (i = 0; i < g.done; i++)
		printf("%d,%d,%" PRIu64 ",%" PRIu64 "\n", g.done, i + 1, g.took_ns[i], g.busy_ns);
	if (rc)
		fprintf(stderr, "destroy: after %d guests: %s\n", g.done, err.text);
	chaos_ctx_close(ctx);
	free(g.took_ns);
	free(g.list);
	if (xch)
		xc_interface_close(xch);
	return rc ? 1 : 0;
}
