// SPDX-License-Identifier: GPL-2.0-only
/* chaos uptime */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

struct listing {
	struct call call;
	unsigned int told;
};

/* "2 days, 3:04:05", as xl has it. */
static void uptime_text(int64_t ns, char *text, size_t len)
{
	unsigned long long s = (unsigned long long)ns / 1000000000U;
	char days[32] = "";

	if (ns < 0) {
		(void)snprintf(text, len, "-");
		return;
	}
	if (s >= 86400)
		(void)snprintf(days, sizeof(days), "%llu day%s, ", s / 86400,
			       s < 2 * 86400 ? "" : "s");
	(void)snprintf(text, len, "%s%2llu:%02llu:%02llu", days, s / 3600 % 24, s / 60 % 60,
		       s % 60);
}

static void tell(struct listing *l, const struct chaos_dominfo *info)
{
	int64_t ns = chaos_domain_uptime(l->call.ctx, info);
	char text[64];
	bool is_first = !l->told++;

	if (l->call.json) {
		json_uptime(info, ns, is_first);
		return;
	}
	if (is_first)
		puts("Name                                ID Uptime");
	uptime_text(ns, text, sizeof(text));
	printf("%-32s %5u %s\n", call_name(info), info->domid, text);
}

static int tell_all(struct listing *l)
{
	struct chaos_dominfo *infos;
	int i, n;

	n = chaos_domain_list(l->call.ctx, &infos, &l->call.err);
	for (i = 0; i < n; i++)
		if (infos[i].state != CHAOS_STATE_SHELL)
			tell(l, &infos[i]);
	if (n >= 0)
		free(infos);
	return n < 0 ? n : 0;
}

static int tell_named(struct listing *l, char **who, int nr)
{
	struct chaos_dominfo *infos;
	int i, rc;

	rc = call_find_all(&l->call, who, nr, &infos);
	if (rc)
		return rc;
	for (i = 0; i < nr; i++)
		tell(l, &infos[i]);
	free(infos);
	return 0;
}

int cmd_uptime(const struct verb *verb, int argc, char **argv)
{
	struct listing l = { .call = { .verb = verb } };
	int rc, status = -1;

	while (call_option(&l.call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_open(&l.call);
	if (!rc)
		rc = optind == argc ? tell_all(&l) : tell_named(&l, argv + optind, argc - optind);
	if (!rc && l.call.json)
		jsonw_end_array(!l.told);
	return call_end(&l.call, rc);
}
