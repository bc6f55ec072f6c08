// SPDX-License-Identifier: GPL-2.0-only
/* chaos destroy */
#include "chaos_cmd.h"
#include "json_out.h"

enum {
	OPT_FORCE = OPT_OWN
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "force", no_argument, NULL, OPT_FORCE },
	{ 0 },
};

static int destroy(struct call *call, const char *who, bool force)
{
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (rc)
		return rc;
	if (info.domid && !info.is_ours && info.state != CHAOS_STATE_INCOMPLETE && !force)
		return call_usage(
			call,
			"domain %u was not made by chaos: use its own toolstack (xl destroy), or --force",
			info.domid);
	rc = chaos_domain_destroy(call->ctx, info.domid, DESTROY_TIMEOUT_MS, &call->err);
	if (!rc && call->json)
		json_done(&info, "destroyed");
	return rc;
}

int cmd_destroy(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int opt, rc, status = -1;
	bool force = false;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1)
		force |= opt == OPT_FORCE;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = destroy(&call, argv[optind], force);
	return call_end(&call, rc);
}
