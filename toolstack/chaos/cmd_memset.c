// SPDX-License-Identifier: GPL-2.0-only
/* chaos mem-set */
#include <stdlib.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

#define MAX_KIB (1ULL << 40)

/* As in xl: MiB, or with a letter b, k, m, g or t.  0 if it is none. */
static uint64_t parse_kib(const char *text)
{
	static const char units[] = "kmgt";
	unsigned long long n;
	const char *unit;
	char *end;

	n = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || n > MAX_KIB || (*end && end[1]))
		return 0;
	if (*end == 'b' || *end == 'B')
		return n >> 10;
	unit = strchr(units, *end ? *end | 0x20 : 'm');
	if (!unit)
		return 0;
	for (; unit > units && n <= MAX_KIB; unit--)
		n <<= 10;
	return n <= MAX_KIB ? n : 0;
}

int cmd_mem_set(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct chaos_dominfo info;
	int rc, status = -1;
	uint64_t kib = 0;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 2, 2);
	if (!rc) {
		kib = parse_kib(argv[optind + 1]);
		if (!kib)
			rc = call_usage(&call, "\"%s\" is not a size like 256 (MiB), 4096k or 1g",
					argv[optind + 1]);
	}
	if (!rc)
		rc = call_find(&call, argv[optind], &info);
	if (!rc)
		rc = chaos_domain_set_memory(&info, kib, &call.err);
	if (!rc && call.json)
		json_done(&info, "requested");
	return call_end(&call, rc);
}
