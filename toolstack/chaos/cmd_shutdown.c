// SPDX-License-Identifier: GPL-2.0-only
/* chaos shutdown, chaos reboot */
#include "chaos_cmd.h"
#include "json_out.h"

enum {
	OPT_WAIT = OPT_OWN,
	OPT_TIMEOUT
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "wait", no_argument, NULL, OPT_WAIT },
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

static int run(const struct verb *verb, int argc, char **argv, enum chaos_request request)
{
	unsigned int timeout_ms = DEFAULT_STOP_TIMEOUT_MS;
	struct call call = { .verb = verb };
	int opt, rc, status = -1;
	bool waits = false;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1) {
		if (opt == OPT_WAIT)
			waits = true;
		else if (parse_seconds(optarg, &timeout_ms))
			return call_end(&call,
					call_usage(&call, "--timeout %s: not a number of seconds",
						   optarg));
	}
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
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
