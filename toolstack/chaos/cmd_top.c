// SPDX-License-Identifier: GPL-2.0-only
/* chaos top: the list, again and again, with what each domain has used of the processors since. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "batch", no_argument, NULL, 'b' },
	{ "delay", required_argument, NULL, 'd' },
	{ "iterations", required_argument, NULL, 'n' },
	{ 0 },
};

#define DEFAULT_DELAY_MS 3000U
#define FIRST_DELAY_MS	 500U /* nothing can be said before */

/* All domains at one time. */
struct sample {
	struct chaos_dominfo *infos;
	int nr;
	uint64_t time_ns;
};

static int take(struct call *call, struct sample *s)
{
	s->nr = chaos_domain_list(call->ctx, &s->infos, &call->err);
	s->time_ns = chaos_now_ns();
	return s->nr < 0 ? s->nr : 0;
}

/* What a domain had used then; one that is new since had used nothing. */
static uint64_t used_before(const struct sample *old, const struct chaos_dominfo *info)
{
	int i;

	for (i = 0; i < old->nr; i++)
		if (old->infos[i].domid == info->domid && old->infos[i].serial == info->serial)
			return old->infos[i].cpu_time_ns;
	return 0;
}

static void print_one(const struct chaos_dominfo *info, unsigned int permille)
{
	char flags[7];

	chaos_state_flags(info, flags);
	printf("%-32s %5u %s %10.1f %7u.%u %10llu %6u\n", call_name(info), info->domid, flags,
	       (double)info->cpu_time_ns / 1e9, permille / 10, permille % 10,
	       (unsigned long long)info->memory_kib, info->nr_vcpus);
}

static void print(struct call *call, const struct sample *old, const struct sample *now,
		  bool clears)
{
	uint64_t elapsed = now->time_ns - old->time_ns, before, used;
	int i;

	if (!call->json) {
		if (clears)
			fputs("\033[H\033[J", stdout); /* to the corner, and all of it blank */
		puts("Name                                ID State     CPU(sec)    CPU(%)     Mem(k)  VCPUs");
	}
	for (i = 0; i < now->nr; i++) {
		before = used_before(old, &now->infos[i]);
		used = now->infos[i].cpu_time_ns > before ? now->infos[i].cpu_time_ns - before : 0;
		if (call->json)
			json_top(&now->infos[i], used, elapsed, i == 0);
		else
			print_one(&now->infos[i],
				  (unsigned int)(used * 1000 / (elapsed + !elapsed)));
	}
	if (call->json)
		jsonw_end_array(!now->nr);
	else if (!clears)
		putchar('\n');
}

/* rounds 0: until somebody ends it. */
static int watch(struct call *call, unsigned int delay_ms, unsigned long rounds, bool clears)
{
	struct sample old, now = { 0 };
	unsigned int wait = delay_ms < FIRST_DELAY_MS ? delay_ms : FIRST_DELAY_MS;
	unsigned long n;
	int rc;

	rc = take(call, &old);
	for (n = 0; !rc && (!rounds || n < rounds); n++) {
		(void)poll(NULL, 0, (int)wait); /* a signal ends it early, or all */
		wait = delay_ms;
		rc = take(call, &now);
		if (rc)
			break;
		print(call, &old, &now, clears);
		free(old.infos);
		old = now;
		if (fflush(stdout) || ferror(stdout))
			rc = call_failed(call, "standard output");
	}
	if (old.nr >= 0)
		free(old.infos);
	return rc;
}

int cmd_top(const struct verb *verb, int argc, char **argv)
{
	unsigned int delay_ms = DEFAULT_DELAY_MS;
	struct call call = { .verb = verb };
	bool is_batch = !isatty(STDOUT_FILENO);
	int opt, rc = 0, status = -1;
	unsigned long rounds = 0;
	char *end;

	while ((opt = call_option(&call, argc, argv, "bd:n:", options, &status)) != -1 && !rc) {
		if (opt == 'b') {
			is_batch = true;
		} else if (opt == 'd') {
			if (parse_seconds(optarg, &delay_ms))
				rc = call_usage(&call, "--delay %s: not a number of seconds",
						optarg);
		} else {
			rounds = strtoul(optarg, &end, 10);
			if (*optarg < '0' || *optarg > '9' || *end || !rounds)
				rc = call_usage(&call, "--iterations %s: not a number from 1 on",
						optarg);
		}
	}
	if (status >= 0)
		return status;
	if (!rc)
		rc = call_arguments(&call, argc, 0, 0);
	if (!rc)
		rc = call_open(&call);
	if (!rc)
		rc = watch(&call, delay_ms, rounds, !is_batch && !call.json);
	return call_end(&call, rc);
}
