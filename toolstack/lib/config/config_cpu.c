// SPDX-License-Identifier: LGPL-2.1-only
/* What a guest gets of the host's memory and processors. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/config_reader.h"

#define MAX_MEMORY_MIB	   (1L << 24)
#define DEFAULT_MEMORY_MIB 32L /* libxl's */

/* ---- memory ---- */

/* maxmem is the size a guest may grow to, which ours do not; alone it is their size. */
static int get_mib(struct reader *r)
{
	unsigned int mib, maxmem;
	char text[320];
	int rc;

	rc = reader_number(r, "maxmem", 1, MAX_MEMORY_MIB, 0, &maxmem);
	if (!rc)
		rc = reader_number(r, "memory", 1, MAX_MEMORY_MIB,
				   maxmem ? (long)maxmem : DEFAULT_MEMORY_MIB, &mib);
	if (rc)
		return rc;
	r->cfg->memory_kib = (uint64_t)mib << 10;
	if (!maxmem || maxmem == mib)
		return 0;
	if (maxmem < mib)
		return reader_error(r, "maxmem", "is less than memory");
	(void)snprintf(text, sizeof(text),
		       "%s: 'maxmem' is not supported: the guest has %u MiB, and keeps them",
		       r->src->path, mib);
	return chaos_config_warn(r->src, text, r->err);
}

/*
 * In MiB, as xl has it; or in KiB for guests that xl does not know how to make.  The last one counts, as
 * of a key that is there twice: KEY=VALUE items of a command line are behind the file's.
 */
int reader_get_memory(struct reader *r)
{
	unsigned int value;
	int rc;

	if (r->memory_at >= r->memory_kib_at)
		return get_mib(r);
	rc = reader_number(r, "memory_kib", 1, INT32_MAX, 0, &value);
	if (!rc && value % 4)
		rc = reader_error(r, "memory_kib", "is not a multiple of 4");
	r->cfg->memory_kib = value;
	return rc;
}

/* ---- processors ---- */

static int check_cpus(struct reader *r, const char *text)
{
	uint8_t map[CHAOS_MAX_CPUS / 8];

	if (strlen(text) < CHAOS_CPULIST_LEN && !chaos_cpus_parse(text, NULL, 0, map))
		return 0;
	return reader_error(r, "cpus",
			    "is not a list of CPUs like \"0-3,6,^1\", \"all,^0\" or \"nodes:0\"");
}

/* One list for each vCPU; those it does not name may run anywhere. */
static int get_cpus_list(struct reader *r, XLU_ConfigList *list, unsigned int n)
{
	const char *item;
	size_t len;
	char *text = NULL;
	unsigned int i;
	FILE *f;
	int rc = 0;

	if (n > r->cfg->vcpus)
		return reader_error(r, "cpus", "has more entries than there are vCPUs");
	f = open_memstream(&text, &len);
	if (!f)
		return chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (i = 0; i < n && !rc; i++) {
		item = xlu_cfg_get_listitem(list, (int)i);
		rc = item ? check_cpus(r, item) :
			    reader_error(r, "cpus", "has an entry that is not a string");
		if (!rc)
			fprintf(f, "%s;", item);
	}
	if (fclose(f) && !rc)
		rc = chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (rc || !n)
		free(text);
	else
		r->cfg->cpus = text;
	return rc;
}

static int get_affinity(struct reader *r)
{
	XLU_ConfigList *list;
	const char *text;
	int rc, n;

	if (!xlu_cfg_get_list(r->xlu, "cpus", &list, &n, 1))
		return get_cpus_list(r, list, (unsigned int)n);
	rc = reader_string(r, "cpus", &text);
	if (rc || !text || !strcmp(text, "all"))
		return rc;
	rc = check_cpus(r, text);
	return rc ? rc : reader_copy(r, "cpus", &r->cfg->cpus);
}

/* Its number, also as "Pool-1": names are XenStore's, which is not there. */
static int get_pool(struct reader *r)
{
	const char *text;
	char *end;
	unsigned long n;
	int rc = reader_string(r, "pool", &text);

	if (rc || !text || !*text)
		return rc;
	if (!strncmp(text, "Pool-", strlen("Pool-")))
		text += strlen("Pool-");
	n = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || n > INT32_MAX)
		return reader_error(
			r, "pool",
			"is not the number of a cpupool (xl cpupool-list shows them in order); names are XenStore's");
	r->cfg->cpupool = (uint32_t)n;
	return 0;
}

int reader_get_cpus(struct reader *r)
{
	int rc = get_affinity(r);

	if (!rc)
		rc = get_pool(r);
	if (!rc)
		rc = reader_number(r, "cpu_weight", 1, UINT16_MAX, 0, &r->cfg->cpu_weight);
	if (!rc)
		rc = reader_number(r, "cap", 0, (long)r->cfg->vcpus * 100, 0, &r->cfg->cap);
	return rc;
}
