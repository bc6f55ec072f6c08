// SPDX-License-Identifier: GPL-2.0-only
/* chaos list */
#include <stdio.h>
#include <stdlib.h>

#include "chaos_cmd.h"
#include "json_out.h"

enum {
	OPT_NAMES = OPT_OWN
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "names", no_argument, NULL, OPT_NAMES },
	{ 0 },
};

static const char *name_of(const struct chaos_dominfo *info)
{
	if (info->name[0])
		return info->name;
	return info->domid ? "(unnamed)" : "Domain-0";
}

static void print_text(const struct chaos_dominfo *list, int count)
{
	char flags[7];
	const char *state;
	int i;

	printf("%-40s %5s %5s %5s  %-10s %8s\n", "Name", "ID", "Mem", "VCPUs", "State", "Time(s)");
	for (i = 0; i < count; i++) {
		chaos_state_flags(&list[i], flags);
		state = list[i].state == CHAOS_STATE_INCOMPLETE ||
					list[i].state == CHAOS_STATE_SHELL ?
				chaos_state_name(list[i].state) :
				flags;
		printf("%-40s %5u %5llu %5u  %-10s %8.1f\n", name_of(&list[i]), list[i].domid,
		       (unsigned long long)list[i].memory_kib >> 10, list[i].nr_vcpus, state,
		       (double)list[i].cpu_time_ns / 1e9);
	}
}

static void print_names(const struct chaos_dominfo *list, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (list[i].name[0])
			puts(list[i].name);
}

/* Those named on the command line, or all. */
static int collect(struct call *call, int argc, char **argv, struct chaos_dominfo **list)
{
	int i, rc, n = argc - optind;

	rc = call_open(call);
	if (rc)
		return rc;
	if (!n)
		return chaos_domain_list(call->ctx, list, &call->err);
	*list = calloc((size_t)n, sizeof(**list));
	if (!*list)
		return call_failed(call, "list");
	for (i = 0; i < n; i++) {
		rc = call_find(call, argv[optind + i], *list + i);
		if (rc)
			return rc;
	}
	return n;
}

int cmd_list(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct chaos_dominfo *list = NULL;
	int opt, rc, status = -1;
	bool names = false;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1)
		names |= opt == OPT_NAMES;
	if (status >= 0)
		return status;
	rc = collect(&call, argc, argv, &list);
	if (rc >= 0 && call.json)
		json_list(list, rc);
	else if (rc >= 0 && names)
		print_names(list, rc);
	else if (rc >= 0)
		print_text(list, rc);
	free(list);
	return call_end(&call, rc);
}
