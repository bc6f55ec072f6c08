// SPDX-License-Identifier: GPL-2.0-only
/* chaos shutdown, chaos reboot */
#include <stdlib.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"
#include "stop.h"

enum {
	OPT_TIMEOUT = OPT_OWN
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "all", no_argument, NULL, 'a' },
	{ "wait", no_argument, NULL, 'w' },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ 0 },
};

/*
 * A guest that was waited for is removed, which is what the name of the verb promises, whatever its
 * on_poweroff says; otherwise that is carried out by chaosd or the reaper.
 */
static int stop(struct call *call, const char *who, enum chaos_request request,
		unsigned int timeout_ms)
{
	unsigned int reason = 0;
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (!rc && info.domid && !info.is_ours)
		rc = call_usage(
			call,
			"domain %u was not made by chaos, which cannot ask it: use its own toolstack (xl %s %u)",
			info.domid, request == CHAOS_REQUEST_REBOOT ? "reboot" : "shutdown",
			info.domid);
	if (!rc)
		rc = chaos_domain_request(call->ctx, info.domid, request, timeout_ms, &reason,
					  &call->err);
	if (!rc && timeout_ms && request == CHAOS_REQUEST_POWEROFF) {
		rc = chaos_domain_destroy(call->ctx, info.domid, DESTROY_TIMEOUT_MS, &call->err);
		/* Somebody else was quicker. */
		if (rc == -(int)CHAOS_NO_DOMAIN)
			rc = 0;
	}
	if (!rc && call->json)
		json_stopped(&info, timeout_ms != 0, reason);
	return rc;
}

/* All of them; what fails with one is told, and the others go on. */
static int stop_each(struct call *call, enum chaos_request request, unsigned int timeout_ms)
{
	struct stopping *list;
	int i, nr, rc;

	rc = call_open(call);
	if (rc)
		return rc;
	nr = stop_list(call, &list);
	if (nr < 0)
		return nr;
	rc = stop_all(call, list, nr, request, timeout_ms);
	if (!rc && call->json) {
		for (i = 0; i < nr; i++)
			json_done_element(&list[i].info, list[i].result, i == 0);
		jsonw_end_array(!nr);
	}
	free(list);
	return rc;
}

static int run(const struct verb *verb, int argc, char **argv, enum chaos_request request)
{
	unsigned int timeout_ms = DEFAULT_STOP_TIMEOUT_MS;
	struct call call = { .verb = verb };
	int opt, rc, status = -1;
	bool waits = false, all = false;

	while ((opt = call_option(&call, argc, argv, "awF", options, &status)) != -1) {
		if (opt == 'w')
			waits = true;
		else if (opt == 'a')
			all = true;
		else if (opt == 'F')
			continue; /* a guest of ours has no ACPI to fall back to */
		else if (parse_seconds(optarg, &timeout_ms))
			return call_end(&call,
					call_usage(&call, "--timeout %s: not a number of seconds",
						   optarg));
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, !all, !all);
	if (!rc && all)
		rc = stop_each(&call, request, waits ? timeout_ms : 0);
	else if (!rc)
		rc = stop(&call, argv[optind], request, waits ? timeout_ms : 0);
	return call_end(&call, rc);
}

int cmd_shutdown(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, CHAOS_REQUEST_POWEROFF);
}

int cmd_reboot(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, CHAOS_REQUEST_REBOOT);
}
