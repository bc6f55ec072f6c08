// SPDX-License-Identifier: GPL-2.0-only
/* chaos pause, chaos unpause */
#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static int switch_one(struct call *call, const char *who, bool pauses)
{
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	if (pauses)
		rc = chaos_domain_pause(call->ctx, info.domid, &call->err);
	else if (info.state == CHAOS_STATE_SUSPENDED)
		rc = chaos_domain_resume(call->ctx, info.domid, &call->err);
	else if (info.state == CHAOS_STATE_INCOMPLETE)
		rc = call_usage(call, "domain %u is incomplete and cannot run: 'chaos destroy %u'",
				info.domid, info.domid);
	else
		rc = chaos_domain_unpause(call->ctx, info.domid, &call->err);
	if (!rc && call->json)
		json_done(&info, pauses ? "paused" : "unpaused");
	return rc;
}

static int run(const struct verb *verb, int argc, char **argv, bool pauses)
{
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = switch_one(&call, argv[optind], pauses);
	return call_end(&call, rc);
}

int cmd_pause(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, true);
}

int cmd_unpause(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, false);
}
