// SPDX-License-Identifier: GPL-2.0-only
/* chaos save, chaos restore */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "create.h"
#include "json_out.h"

enum {
	OPT_PORTABLE = OPT_OWN,
	OPT_TIMEOUT,
	OPT_TIMING
};

static int bad_timeout(struct call *call)
{
	return call_usage(call, "--timeout %s: not a number of seconds", optarg);
}

/* ---- save ---- */

static const struct option save_options[] = {
	COMMON_OPTIONS,
	{ "keep", no_argument, NULL, 'c' },
	{ "pause", no_argument, NULL, 'p' },
	{ "portable", no_argument, NULL, OPT_PORTABLE },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "timing", no_argument, NULL, OPT_TIMING },
	{ 0 },
};

static void print_saved(const struct chaos_saved *saved)
{
	printf("%-12s %12llu ns\n%-12s %12llu ns\n%-12s %12llu ns\n%-12s %12llu\n", "suspend",
	       (unsigned long long)saved->suspend_ns, "copy", (unsigned long long)saved->copy_ns,
	       "end", (unsigned long long)saved->end_ns, "bytes", (unsigned long long)saved->bytes);
}

/* Once only: a guest with many disks has but one memory. */
static void warn_of_disks(struct call *call, const struct chaos_dominfo *info, const char *path)
{
	struct chaos_devices devs;
	unsigned int i;

	if (chaos_domain_devices(call->ctx, info->domid, &devs, NULL))
		return; /* it is saved, and that is what was asked for */
	for (i = 0; i < devs.nr_devs; i++)
		if (!strcmp(devs.devs[i].cls, "vbd") && !devs.devs[i].is_read_only)
			break;
	if (i < devs.nr_devs)
		call_say(
			"warning: \"%s\" can go on writing to its disks: what is in %s fits them as they are now only",
			info->name, path);
}

static int save(struct call *call, const char *who, const char *path,
		const struct chaos_save_opts *opts, bool with_timing)
{
	struct chaos_dominfo info;
	struct chaos_saved saved;
	int cancel_fd, rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = chaos_domain_save(call->ctx, &info, path, opts, &saved, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	if (!rc && (opts->keeps || opts->pauses))
		warn_of_disks(call, &info, path);
	if (!rc && call->json)
		json_saved(&info, path, &saved, opts->keeps || opts->pauses, with_timing);
	else if (!rc && with_timing)
		print_saved(&saved);
	return rc;
}

int cmd_save(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct progress progress = { .what = "saving", .start = time(NULL) };
	struct chaos_save_opts opts = { .progress = call_progress, .opaque = &progress };
	int opt, rc, status = -1;
	bool with_timing = false;

	while ((opt = call_option(&call, argc, argv, "cp", save_options, &status)) != -1) {
		if (opt == 'c')
			opts.keeps = true;
		else if (opt == 'p')
			opts.pauses = true;
		else if (opt == OPT_PORTABLE)
			opts.is_portable = true;
		else if (opt == OPT_TIMING)
			with_timing = true;
		else if (parse_seconds(optarg, &opts.timeout_ms))
			return call_end(&call, bad_timeout(&call));
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 2, 2);
	if (!rc && opts.keeps && opts.pauses)
		rc = call_usage(&call, "--keep and --pause: choose one");
	if (!rc)
		rc = save(&call, argv[optind], argv[optind + 1], &opts, with_timing);
	return call_end(&call, rc);
}

/* ---- restore ---- */

static const struct option restore_options[] = {
	COMMON_OPTIONS,
	{ "paused", no_argument, NULL, 'p' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "timing", no_argument, NULL, OPT_TIMING },
	{ 0 },
};

static int restore(struct call *call, const struct chaos_config_source *src,
		   const struct create_request *request)
{
	struct chaos_created created;
	struct chaos_config *cfg;
	int cancel_fd, rc;

	rc = call_open(call);
	if (rc)
		return rc;
	cancel_fd = signals_defer();
	chaos_ctx_set_cancel(call->ctx, cancel_fd);
	rc = chaos_domain_restore(call->ctx, src, &request->opts, &created, &cfg, &call->err);
	chaos_ctx_set_cancel(call->ctx, -1);
	if (cancel_fd >= 0)
		(void)close(cancel_fd); /* nothing was written to it */
	if (rc)
		return rc;
	call_warn_log(cfg);
	create_print(call, request, &created, cfg);
	chaos_config_free(cfg);
	return 0;
}

int cmd_restore(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct create_request request = { 0 };
	struct chaos_config_source src = { .strict = true };
	int opt, rc, status = -1;

	while ((opt = call_option(&call, argc, argv, "p", restore_options, &status)) != -1) {
		if (opt == 'p')
			request.opts.paused = true;
		else if (opt == OPT_TIMING)
			request.with_timing = true;
		else if (parse_seconds(optarg, &request.opts.timeout_ms))
			return call_end(&call, bad_timeout(&call));
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1 << 16);
	if (!rc) {
		src.path = argv[optind];
		src.overrides = (const char *const *)argv + optind + 1;
		src.nr_overrides = (unsigned int)(argc - optind - 1);
		rc = restore(&call, &src, &request);
	}
	return call_end(&call, rc);
}
