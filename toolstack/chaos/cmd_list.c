// SPDX-License-Identifier: GPL-2.0-only
/* chaos list */
#include <stdlib.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

enum {
	OPT_NAMES = OPT_OWN
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "names", no_argument, NULL, OPT_NAMES },
	{ 0 },
};

/* A listing under way. */
struct listing {
	struct call call;
	bool names;
	unsigned int told; /* domains so far */
	struct out out;
};

static const char *name_of(const struct chaos_dominfo *info)
{
	if (info->name[0])
		return info->name;
	return info->domid ? "(unnamed)" : "Domain-0";
}

static void print_head(struct out *out)
{
	out_text(
		out,
		"Name                                        ID   Mem VCPUs  State       Time(s)\n");
}

static void print_row(struct out *out, const struct chaos_dominfo *info)
{
	char flags[7];

	out_column(out, name_of(info), 40);
	out_number_column(out, info->domid, 6);
	out_number_column(out, info->memory_kib >> 10, 6);
	out_number_column(out, info->nr_vcpus, 6);
	out_bytes(out, "  ", 2);
	chaos_state_flags(info, flags);
	out_column(out,
		   info->state == CHAOS_STATE_INCOMPLETE || info->state == CHAOS_STATE_SHELL ?
			   chaos_state_name(info->state) :
			   flags,
		   10);
	out_char(out, ' ');
	out_tenths_column(out, (info->cpu_time_ns + 50000000U) / 100000000U, 8);
	out_char(out, '\n');
}

/* Others may have given their domains any name. */
static void print(void *opaque, const struct chaos_dominfo *told)
{
	struct listing *l = opaque;
	bool is_first = !l->told++;
	struct chaos_dominfo clean, *info = &clean;

	clean = *told;
	if (!l->call.json)
		chaos_text_clean(clean.name);

	if (l->call.json) {
		json_list(info, is_first);
	} else if (l->names) {
		out_text(&l->out, info->name);
		if (info->name[0])
			out_char(&l->out, '\n');
	} else {
		if (is_first)
			print_head(&l->out);
		print_row(&l->out, info);
	}
}

/* Those named on the command line: all of them are known before the first is printed. */
static int list_named(struct listing *l, char **who, int n)
{
	struct chaos_dominfo *infos;
	int i, rc = 0;

	infos = calloc((size_t)n, sizeof(*infos));
	if (!infos)
		return call_failed(&l->call, "list");
	for (i = 0; i < n && !rc; i++)
		rc = call_find(&l->call, who[i], &infos[i]);
	for (i = 0; i < n && !rc; i++)
		print(l, &infos[i]);
	free(infos);
	return rc;
}

static int list(struct listing *l, int argc, char **argv)
{
	int rc;

	rc = call_open(&l->call);
	if (rc)
		return rc;
	out_init(&l->out);
	if (optind < argc)
		rc = list_named(l, argv + optind, argc - optind);
	else
		rc = chaos_domain_each(l->call.ctx, print, l, &l->call.err);
	out_flush(&l->out);
	if (l->call.json && rc >= 0)
		jsonw_end_array(!l->told);
	return rc;
}

int cmd_list(const struct verb *verb, int argc, char **argv)
{
	struct listing l;
	int opt, status = -1;

	l.call = (struct call){ .verb = verb };
	l.names = false;
	l.told = 0;
	while ((opt = call_option(&l.call, argc, argv, "", options, &status)) != -1)
		l.names |= opt == OPT_NAMES;
	if (status >= 0)
		return status;
	return call_end(&l.call, list(&l, argc, argv));
}
