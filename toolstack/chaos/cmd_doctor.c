// SPDX-License-Identifier: GPL-2.0-only
/* chaos doctor */
#include <stdio.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static void print(const struct chaos_check *checks, int count)
{
	int i;

	for (i = 0; i < count; i++) {
		printf("%-4s %-10s %s\n", checks[i].is_ok ? "ok" : "BAD", checks[i].name,
		       checks[i].text);
		if (!checks[i].is_ok)
			printf("     %-10s -> %s\n", "", checks[i].remedy);
	}
}

int cmd_doctor(const struct verb *verb, int argc, char **argv)
{
	struct chaos_check checks[CHAOS_MAX_CHECKS];
	struct call call = { .verb = verb };
	enum chaos_code code;
	int count, rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 1);
	if (rc)
		return call_end(&call, rc);
	count = chaos_doctor(optind < argc ? argv[optind] : NULL, checks, &code);
	if (call.json)
		json_doctor(checks, count);
	else
		print(checks, count);
	return (int)code;
}
