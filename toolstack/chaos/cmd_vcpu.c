// SPDX-License-Identifier: GPL-2.0-only
/* chaos vcpu-list, chaos vcpu-pin */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

/* ---- list ---- */

struct listing {
	struct call call;
	unsigned int told; /* vCPUs so far */
};

static void cpus_text(const uint8_t *map, unsigned int nr_cpus, char text[CHAOS_CPUS_TEXT])
{
	if (chaos_cpus_are_all(map, nr_cpus))
		strcpy(text, "all");
	else
		chaos_cpus_format(map, nr_cpus, text);
}

static void print_vcpu(const struct chaos_dominfo *info, const struct chaos_vcpu *v,
		       unsigned int nr_cpus)
{
	char hard[CHAOS_CPUS_TEXT], soft[CHAOS_CPUS_TEXT], cpu[12];

	cpus_text(v->hard, nr_cpus, hard);
	cpus_text(v->soft, nr_cpus, soft);
	(void)snprintf(cpu, sizeof(cpu), "%u", v->cpu);
	printf("%-32s %5u %5u %5s   %c%c%c %9.1f  %s / %s\n", call_name(info), info->domid, v->id,
	       v->is_online ? cpu : "-", v->is_running ? 'r' : '-', v->is_blocked ? 'b' : '-',
	       v->is_online ? '-' : 'p', (double)v->cpu_time_ns / 1e9, hard, soft);
}

static int list_one(struct listing *l, const struct chaos_dominfo *info)
{
	struct chaos_vcpu *list;
	unsigned int nr_cpus;
	int i, n;

	n = chaos_vcpu_list(l->call.ctx, info, &list, &nr_cpus, &l->call.err);
	if (n < 0)
		return n;
	for (i = 0; i < n; i++) {
		if (!l->told && !l->call.json)
			puts("Name                                ID  VCPU   CPU State   Time(s)  Affinity (Hard / Soft)");
		if (l->call.json)
			json_vcpu(info, &list[i], nr_cpus, !l->told);
		else
			print_vcpu(info, &list[i], nr_cpus);
		l->told++;
	}
	free(list);
	return 0;
}

/* One that goes while the others are told of is no error. */
static int list_all(struct listing *l)
{
	struct chaos_dominfo *infos;
	int i, n, rc = 0;

	n = chaos_domain_list(l->call.ctx, &infos, &l->call.err);
	if (n < 0)
		return n;
	for (i = 0; i < n && !rc; i++) {
		rc = list_one(l, &infos[i]);
		if (rc == -(int)CHAOS_NO_DOMAIN)
			rc = 0;
	}
	free(infos);
	return rc;
}

static int list_named(struct listing *l, char **who, int nr)
{
	struct chaos_dominfo *infos;
	int i, rc;

	rc = call_find_all(&l->call, who, nr, &infos);
	if (rc)
		return rc;
	for (i = 0; i < nr && !rc; i++)
		rc = list_one(l, &infos[i]);
	free(infos);
	return rc;
}

int cmd_vcpu_list(const struct verb *verb, int argc, char **argv)
{
	struct listing l = { .call = { .verb = verb } };
	int rc, status = -1;

	while (call_option(&l.call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_open(&l.call);
	if (!rc)
		rc = optind == argc ? list_all(&l) : list_named(&l, argv + optind, argc - optind);
	/* One that went meanwhile: what was told is whole. */
	if (rc && l.told) {
		call_one_failed(&l.call, rc);
		rc = 0;
	}
	if (!rc && l.call.json)
		jsonw_end_array(!l.told);
	return call_end(&l.call, rc);
}

/* ---- pin ---- */

/* "-" leaves that list as it is. */
static const char *list_of(const char *text)
{
	return text && strcmp(text, "-") != 0 ? text : NULL;
}

static int pin(struct call *call, char **argv, int nr)
{
	const char *soft = nr > 3 ? argv[3] : NULL;
	struct chaos_dominfo info;
	char *end;
	long vcpu = -1;
	int rc;

	if (strcmp(argv[1], "all") != 0) {
		vcpu = strtol(argv[1], &end, 10);
		if (*argv[1] < '0' || *argv[1] > '9' || *end || vcpu > 4095)
			return call_usage(call, "\"%s\" is not the number of a vCPU, or all",
					  argv[1]);
	}
	rc = call_find(call, argv[0], &info);
	if (!rc)
		rc = chaos_vcpu_pin(call->ctx, &info, (int)vcpu, list_of(argv[2]), list_of(soft),
				    &call->err);
	if (!rc && call->json)
		json_done(&info, "pinned");
	return rc;
}

int cmd_vcpu_pin(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 3, 4);
	if (!rc)
		rc = pin(&call, argv + optind, argc - optind);
	return call_end(&call, rc);
}
