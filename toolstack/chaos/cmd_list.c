// SPDX-License-Identifier: GPL-2.0-only
/* chaos list */
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

enum {
	OPT_NAMES = OPT_OWN
};

#define NAME_COLUMNS 40

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "names", no_argument, NULL, OPT_NAMES },
	{ "verbose", no_argument, NULL, 'v' },
	{ "long", no_argument, NULL, 'l' },
	{ 0 },
};

/* A listing under way. */
struct listing {
	struct call call;
	bool names, is_verbose, is_long;
	unsigned int told; /* domains so far */
	struct out out;
};

static const char *name_of(const struct chaos_dominfo *info)
{
	if (info->name[0])
		return info->name;
	return info->domid ? "(unnamed)" : "Domain-0";
}

static void print_head(struct out *out, bool is_verbose)
{
	out_text(out,
		 "Name                                        ID   Mem VCPUs  State       Time(s)");
	out_text(out, is_verbose ? "   UUID                                 Reason-Code\n" : "\n");
}

/* As in xl: SHUTDOWN_*, or '-' of one that has not. */
static void print_more(struct out *out, const struct chaos_dominfo *info)
{
	char uuid[CHAOS_UUID_STRLEN];

	chaos_uuid_format(info->uuid, uuid);
	out_text(out, "   ");
	out_text(out, uuid);
	if (info->is_shutdown)
		out_number_column(out, info->shutdown_reason, 12);
	else
		out_text(out, "           -");
}

static void print_row(struct out *out, const struct chaos_dominfo *info, bool is_verbose)
{
	char flags[7];

	out_column(out, name_of(info), NAME_COLUMNS);
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
	if (is_verbose)
		print_more(out, info);
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
			print_head(&l->out, l->is_verbose);
		print_row(&l->out, info, l->is_verbose);
	}
}

/* What the module has of it may be gone by now: then it has nothing. */
static void print_long(struct listing *l, const struct chaos_dominfo *info)
{
	struct chaos_devices devs = { 0 };

	if (chaos_domain_devices(l->call.ctx, info->domid, &devs, NULL))
		memset(&devs, 0, sizeof(devs));
	else
		(void)chaos_domain_targets(l->call.ctx, info->domid, &devs, NULL); /* no names */
	json_info_element(info, &devs, !l->told++);
	chaos_devices_fini(&devs);
}

/* Two calls for each domain, so that nothing is asked while Xen is telling. */
static int list_long(struct listing *l)
{
	struct chaos_dominfo *infos;
	int i, n;

	n = chaos_domain_list(l->call.ctx, &infos, &l->call.err);
	for (i = 0; i < n; i++)
		print_long(l, &infos[i]);
	if (n >= 0)
		free(infos);
	return n < 0 ? n : 0;
}

/* Those named on the command line: all of them are known before the first is printed. */
static int list_named(struct listing *l, char **who, int n)
{
	struct chaos_dominfo *infos;
	int i, rc;

	rc = call_find_all(&l->call, who, n, &infos);
	if (rc)
		return rc;
	for (i = 0; i < n; i++)
		if (l->is_long)
			print_long(l, &infos[i]);
		else
			print(l, &infos[i]);
	free(infos);
	return 0;
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
	else if (l->is_long)
		rc = list_long(l);
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
	l.names = l.is_verbose = l.is_long = false;
	l.told = 0;
	while ((opt = call_option(&l.call, argc, argv, "vl", options, &status)) != -1) {
		l.names |= opt == OPT_NAMES;
		l.is_verbose |= opt == 'v';
		l.is_long |= opt == 'l';
	}
	l.call.json |= l.is_long; /* there is no other form */
	if (status >= 0)
		return status;
	return call_end(&l.call, list(&l, argc, argv));
}
