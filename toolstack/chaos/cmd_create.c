// SPDX-License-Identifier: GPL-2.0-only
/* chaos create */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "create.h"
#include "json_out.h"

enum {
	OPT_NO_WAIT = OPT_OWN,
	OPT_TIMEOUT,
	OPT_STRICT,
	OPT_TIMING,
	OPT_BUILDER,
	OPT_NO_DAEMON,
	OPT_LOG,
	OPT_SOCKET
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "no-wait", no_argument, NULL, OPT_NO_WAIT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "paused", no_argument, NULL, 'p' },
	{ "dry-run", no_argument, NULL, 'n' },
	{ "dryrun", no_argument, NULL, 'n' }, /* xl's */
	{ "console", no_argument, NULL, 'c' },
	{ "foreground", no_argument, NULL, 'F' },
	{ "defconfig", required_argument, NULL, 'f' },
	{ "quiet", no_argument, NULL, 'q' },
	{ "strict", no_argument, NULL, OPT_STRICT },
	{ "timing", no_argument, NULL, OPT_TIMING },
	{ "builder", required_argument, NULL, OPT_BUILDER },
	{ "log", no_argument, NULL, OPT_LOG },
	{ "no-daemon", no_argument, NULL, OPT_NO_DAEMON },
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ 0 },
};

static bool parse_builder(const char *name, enum chaos_builder *builder)
{
	if (!strcmp(name, "auto"))
		*builder = CHAOS_BUILDER_AUTO;
	else if (!strcmp(name, "generic"))
		*builder = CHAOS_BUILDER_GENERIC;
	else if (!strcmp(name, "fast"))
		*builder = CHAOS_BUILDER_FAST;
	else
		return false;
	return true;
}

static void print_timing(const struct chaos_timing *t)
{
	const struct {
		const char *name;
		uint64_t ns;
	} phases[] = {
		{ "open", t->open_ns },
		{ "image", t->image_ns },
		{ "createdomain", t->createdomain_ns },
		{ "memory", t->memory_ns },
		{ "build", t->build_ns },
		{ "devices", t->devices_ns },
		{ "unpause", t->unpause_ns },
		{ "guest", t->guest_ns },
		{ "total", t->total_ns },
	};
	size_t i;

	for (i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		printf("%-12s %12llu ns\n", phases[i].name, (unsigned long long)phases[i].ns);
	printf("%-12s %12llu\n%-12s %12llu\n", "hypercalls",
	       (unsigned long long)t->calls.hypercalls, "ioctls",
	       (unsigned long long)t->calls.ioctls);
}

void create_print(struct call *call, const struct create_request *request,
		  const struct chaos_created *created, const struct chaos_config *cfg)
{
	if (call->json)
		json_created(created, cfg, request->with_timing);
	else if (request->with_timing)
		print_timing(&created->timing);
}

int create_any(struct call *call, const struct chaos_config_source *src,
	       const struct create_request *request, struct chaos_created *created,
	       struct chaos_config **cfg)
{
	int fd, rc;

	if (request->no_daemon || request->builder != CHAOS_BUILDER_AUTO)
		return create_here(call, src, request, created, cfg);
	rc = chaos_client_open(request->socket_path, &fd, &call->err);
	if (rc < 0)
		return rc;
	return rc ? chaos_client_create(fd, src, &request->opts, created, cfg, &call->err) :
		    create_here(call, src, request, created, cfg);
}

static int create(struct call *call, const struct chaos_config_source *src,
		  const struct create_request *request)
{
	struct create_request now = *request;
	struct chaos_created created;
	struct chaos_config *cfg;
	int rc = create_check(call, src, request);

	if (rc)
		return rc;
	if (request->is_dry_run)
		return create_dry_run(call, src, request);
	if (request->has_console)
		now.opts.paused = true;
	rc = create_any(call, src, &now, &created, &cfg);
	if (rc)
		return rc;
	create_print(call, request, &created, cfg);
	chaos_config_free(cfg);
	if (request->has_console || request->stays)
		rc = create_attended(call, request, created.domid);
	return rc;
}

/* --log is a setting like others; argv stays as it is, for who may be handed it. */
static int create_logged(struct call *call, struct chaos_config_source *src,
			 const struct create_request *request)
{
	const char **overrides = calloc(src->nr_overrides + 1, sizeof(*overrides));
	int rc;

	if (!overrides)
		return call_failed(call, "create");
	overrides[0] = "log=1";
	if (src->nr_overrides)
		memcpy(overrides + 1, src->overrides, src->nr_overrides * sizeof(*overrides));
	src->overrides = overrides;
	src->nr_overrides++;
	rc = create(call, src, request);
	free(overrides);
	return rc;
}

int cmd_create(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct chaos_config_source src = { .warn = call_warn };
	struct create_request request = { .builder = CHAOS_BUILDER_AUTO };
	int opt, rc, status = -1;
	bool is_logged = false;

	while ((opt = call_option(&call, argc, argv, "pncFf:q", options, &status)) != -1) {
		switch (opt) {
		case OPT_NO_WAIT:
			request.opts.no_wait = true;
			break;
		case 'c':
			request.has_console = true;
			break;
		case 'F':
			request.stays = true;
			break;
		case 'n':
			request.is_dry_run = true;
			break;
		case 'f':
			src.path = optarg;
			break;
		case 'q':
			src.warn = NULL;
			break;
		case 'p':
			request.opts.paused = true;
			break;
		case OPT_STRICT:
			src.strict = true;
			break;
		case OPT_TIMING:
			request.with_timing = true;
			break;
		case OPT_LOG:
			is_logged = true;
			break;
		case OPT_NO_DAEMON:
			request.no_daemon = true;
			break;
		case OPT_SOCKET:
			request.socket_path = optarg;
			break;
		case OPT_BUILDER:
			if (!parse_builder(optarg, &request.builder))
				return call_end(
					&call,
					call_usage(&call,
						   "--builder %s: not one of auto, fast and generic",
						   optarg));
			break;
		case OPT_TIMEOUT:
			if (parse_seconds(optarg, &request.opts.timeout_ms))
				return call_end(&call,
						call_usage(&call,
							   "--timeout %s: not a number of seconds",
							   optarg));
			break;
		}
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, src.path ? 0 : 1, 1 << 16);
	if (!rc) {
		if (!src.path)
			src.path = argv[optind++];
		src.overrides = (const char *const *)argv + optind;
		src.nr_overrides = (unsigned int)(argc - optind);
		rc = is_logged ? create_logged(&call, &src, &request) :
				 create(&call, &src, &request);
	}
	return call_end(&call, rc);
}
