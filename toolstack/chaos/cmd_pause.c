// SPDX-License-Identifier: GPL-2.0-only
/* chaos pause, chaos unpause */
#include <stdint.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "chaos_cmd.h"
#include "json_out.h"

enum {
	OPT_FORCE = OPT_OWN
};

static const struct option pause_options[] = { COMMON_OPTIONS, { 0 } };
static const struct option unpause_options[] = {
	COMMON_OPTIONS,
	{ "force", no_argument, NULL, OPT_FORCE },
	{ 0 },
};

/* What a migration leaves that does not know what has become of it, or a save before it destroys. */
static bool may_be_elsewhere(const struct chaos_dominfo *info)
{
	return info->state == CHAOS_STATE_INCOMPLETE && info->is_shutdown &&
	       info->shutdown_reason == SHUTDOWN_suspend;
}

static int switch_one(struct call *call, const char *who, bool pauses, bool forces)
{
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	if (pauses)
		rc = chaos_domain_pause(call->ctx, info.domid, &call->err);
	else if (info.state == CHAOS_STATE_SUSPENDED || (forces && may_be_elsewhere(&info)))
		rc = chaos_domain_resume(call->ctx, info.domid, &call->err);
	else if (may_be_elsewhere(&info))
		rc = call_usage(
			call,
			"domain %u was being migrated or saved, and may run elsewhere or be in a file: 'chaos destroy %u' if so, else 'chaos unpause --force %u'",
			info.domid, info.domid, info.domid);
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
	bool forces = false;
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", pauses ? pause_options : unpause_options,
			   &status) != -1)
		forces = true; /* the only one there is */
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = switch_one(&call, argv[optind], pauses, forces);
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
