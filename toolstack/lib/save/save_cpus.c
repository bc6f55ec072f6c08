// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The processors a guest's vCPUs may run on, and how much of them it gets, as Xen knows them, in the
 * words of a configuration.
 */
#include <errno.h>
#include <string.h>

#include "build/internal.h"
#include "save/save.h"

struct cpu_map {
	uint8_t bits[CHAOS_MAX_CPUS / 8];
	unsigned int nr_cpus; /* of the host */
};

static void put_map(FILE *f, const struct cpu_map *map)
{
	char text[CHAOS_CPUS_TEXT];

	chaos_cpus_format(map->bits, map->nr_cpus, text);
	fputs(text, f);
}

static int get_map(struct chaos_ctx *ctx, uint32_t domid, unsigned int vcpu, struct cpu_map *map,
		   struct chaos_error *err)
{
	int size = xc_get_cpumap_size(ctx->xch), max = xc_get_max_cpus(ctx->xch);

	memset(map, 0, sizeof(*map));
	if (size <= 0 || max <= 0 || (size_t)size > sizeof(map->bits))
		return chaos_error_set(err, CHAOS_FAILED, errno, "cannot get the host's CPUs");
	map->nr_cpus = (unsigned int)max < CHAOS_MAX_CPUS ? (unsigned int)max : CHAOS_MAX_CPUS;
	if (!xc_vcpu_getaffinity(ctx->xch, domid, (int)vcpu, map->bits, NULL,
				 XEN_VCPUAFFINITY_HARD))
		return 0;
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot ask for the CPUs of domain %u: %s", domid, strerror(errno));
}

static int save_affinity(struct chaos_ctx *ctx, const struct chaos_dominfo *info, FILE *f,
			 struct chaos_error *err)
{
	struct cpu_map first, map;
	bool are_same = true;
	unsigned int v;
	int rc;

	rc = get_map(ctx, info->domid, 0, &first, err);
	for (v = 1; !rc && v < info->nr_vcpus; v++) {
		rc = get_map(ctx, info->domid, v, &map, err);
		are_same &= !memcmp(map.bits, first.bits, sizeof(map.bits));
	}
	if (rc || (are_same && chaos_cpus_are_all(first.bits, first.nr_cpus)))
		return rc;
	fputs(are_same ? "cpus = \"" : "cpus = [ \"", f);
	put_map(f, &first);
	for (v = 1; !are_same && v < info->nr_vcpus; v++) {
		rc = get_map(ctx, info->domid, v, &map, err);
		if (rc)
			return rc;
		fputs("\", \"", f);
		put_map(f, &map);
	}
	fputs(are_same ? "\"\n" : "\" ]\n", f);
	return 0;
}

int save_cpus(struct chaos_ctx *ctx, const struct chaos_dominfo *info, FILE *f,
	      struct chaos_error *err)
{
	struct chaos_share share;
	int rc = save_affinity(ctx, info, f, err);

	if (!rc)
		rc = chaos_sched_read(ctx, info->domid, &share, err);
	if (rc)
		return rc;
	if (share.cpupool)
		fprintf(f, "pool = \"%u\"\n", share.cpupool);
	if (share.cpu_weight)
		fprintf(f, "cpu_weight = %u\n", share.cpu_weight);
	if (share.cap) /* more than all of its vCPUs can use is refused in a configuration */
		fprintf(f, "cap = %u\n",
			share.cap < info->nr_vcpus * 100 ? share.cap : info->nr_vcpus * 100);
	return 0;
}
