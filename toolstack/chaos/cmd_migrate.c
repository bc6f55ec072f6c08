// SPDX-License-Identifier: GPL-2.0-only
/* chaos migrate */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "migrate_peer.h"

enum {
	OPT_SOCKET = OPT_OWN,
	OPT_FD,
	OPT_TIMEOUT,
	OPT_TRANSFER_TIMEOUT,
	OPT_TIMING
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "ssh", required_argument, NULL, 's' },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "fd", required_argument, NULL, OPT_FD },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "transfer-timeout", required_argument, NULL, OPT_TRANSFER_TIMEOUT },
	{ "timing", no_argument, NULL, OPT_TIMING },
	{ 0 },
};

static void print_migrated(const struct chaos_migrated *m)
{
	const struct {
		const char *name;
		uint64_t ns;
	} parts[] = {
		{ "prepare", m->prepare_ns },	{ "suspend", m->suspend_ns },
		{ "transfer", m->transfer_ns }, { "  load", m->load_ns },
		{ "  devices", m->devices_ns }, { "switch", m->switch_ns },
		{ "stop", m->stop_ns },		{ "end", m->end_ns },
		{ "ready", m->ready_ns },	{ "total", m->total_ns },
	};
	size_t i;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		printf("%-12s %12llu ns\n", parts[i].name, (unsigned long long)parts[i].ns);
	printf("%-12s %12llu\n", "bytes", (unsigned long long)m->bytes);
}

static int migrate(struct call *call, const char *who, struct migrate_peer *to,
		   const struct chaos_migrate_opts *opts, bool with_timing)
{
	struct chaos_migrated migrated;
	struct chaos_dominfo info;
	struct chaos_peer peer;
	int cancel_fd, rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	migrate_peer_init(to, &peer);
	/* A connection that ends is an error like others. */
	(void)signal(SIGPIPE, SIG_IGN);
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = chaos_domain_migrate(call->ctx, &info, &peer, opts, &migrated, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	if (!rc && call->json)
		json_migrated(&info, peer.name, &migrated);
	else if (!rc && with_timing)
		print_migrated(&migrated);
	return rc;
}

static int parse_fd(const char *text)
{
	char *end;
	long fd = strtol(text, &end, 10);

	return end == text || *end || fd < 0 || fd > 1 << 20 ? -1 : (int)fd;
}

/* DOMAIN HOST [KEY=VALUE]..., of which a socket or descriptor takes HOST's place. */
static int check(struct call *call, int argc, char **argv, struct migrate_peer *to, bool has_ssh)
{
	bool has_host = !to->path && to->fd < 0;
	int rc;

	if (to->path && to->fd >= 0)
		return call_usage(call, "--socket and --fd: choose one");
	if (!has_host && has_ssh)
		return call_usage(call, "--ssh is for a host, not for --socket or --fd");
	rc = call_arguments(call, argc, 1 + has_host, 1 << 16);
	if (rc || !has_host)
		return rc;
	to->host = argv[optind + 1];
	/* ssh would take it for an option. */
	if (*to->host == '-' || !*to->host || strchr(to->host, '='))
		return call_usage(call, "\"%s\" is no host", to->host);
	return 0;
}

int cmd_migrate(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct progress progress = { .what = "migrating", .start = time(NULL) };
	struct chaos_migrate_opts opts = { .progress = call_progress, .opaque = &progress };
	struct migrate_peer to = { .ssh = "ssh", .fd = -1 };
	bool with_timing = false, has_ssh = false;
	int opt, rc, status = -1, first;

	while ((opt = call_option(&call, argc, argv, "s:", options, &status)) != -1) {
		if (opt == 's') {
			to.ssh = optarg;
			has_ssh = true;
		} else if (opt == OPT_SOCKET) {
			to.path = optarg;
		} else if (opt == OPT_FD) {
			to.fd = parse_fd(optarg);
			if (to.fd < 0)
				return call_end(&call,
						call_usage(&call, "--fd %s: not a number", optarg));
		} else if (opt == OPT_TIMING) {
			with_timing = true;
		} else if (parse_seconds(optarg, opt == OPT_TIMEOUT ? &opts.timeout_ms :
								      &opts.transfer_ms)) {
			return call_end(&call,
					call_usage(&call, "--%stimeout %s: not a number of seconds",
						   opt == OPT_TIMEOUT ? "" : "transfer-", optarg));
		}
	}
	if (status >= 0)
		return status;
	rc = check(&call, argc, argv, &to, has_ssh);
	if (!rc) {
		first = optind + 1 + (to.host != NULL);
		opts.overrides = (const char *const *)argv + first;
		opts.nr_overrides = (unsigned int)(argc - first);
		rc = migrate(&call, argv[optind], &to, &opts, with_timing);
	}
	return call_end(&call, rc);
}
