// SPDX-License-Identifier: GPL-2.0-only
/* chaos domid, chaos domname, chaos rename */
#include <stdio.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static int print_domid(struct call *call, char **argv, const struct chaos_dominfo *info)
{
	(void)argv;
	if (!call->json)
		printf("%u\n", info->domid);
	return 0;
}

static int print_domname(struct call *call, char **argv, const struct chaos_dominfo *info)
{
	(void)argv;
	/* Another toolstack's, or one whose creation was killed before it had one. */
	if (!info->name[0] && info->domid)
		return call_usage(call, "domain %u has no name here%s", info->domid,
				  info->is_ours ? "" : ": ask its own toolstack (xl domname)");
	if (!call->json)
		puts(call_name(info));
	return 0;
}

static int rename_it(struct call *call, char **argv, const struct chaos_dominfo *info)
{
	return chaos_domain_rename(call->ctx, info, argv[1], &call->err);
}

/* A guest may be called 7: domid is how to get at it. */
static int find(struct call *call, const char *who, bool by_name, struct chaos_dominfo *info)
{
	if (by_name && !chaos_domain_named(call->ctx, who, info, NULL))
		return 0;
	return call_find(call, who, info);
}

/* Those three have nothing but arguments, of which the first is the domain. */
static int run(const struct verb *verb, int argc, char **argv, int nr_arguments, const char *result,
	       int (*act)(struct call *call, char **argv, const struct chaos_dominfo *info))
{
	struct call call = { .verb = verb };
	struct chaos_dominfo info;
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, nr_arguments, nr_arguments);
	if (!rc)
		rc = call_open(&call);
	if (!rc)
		rc = find(&call, argv[optind], act == print_domid, &info);
	if (!rc)
		rc = act(&call, argv + optind, &info);
	if (!rc && !info.domid)
		strcpy(info.name, "Domain-0"); /* as everywhere, whatever Xen calls it */
	if (!rc && nr_arguments > 1)
		(void)snprintf(info.name, sizeof(info.name), "%s", argv[optind + 1]);
	if (!rc && call.json)
		json_done(&info, result);
	return call_end(&call, rc);
}

int cmd_domid(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, 1, "found", print_domid);
}

int cmd_domname(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, 1, "found", print_domname);
}

int cmd_rename(const struct verb *verb, int argc, char **argv)
{
	return run(verb, argc, argv, 2, "renamed", rename_it);
}
