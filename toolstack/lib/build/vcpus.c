// SPDX-License-Identifier: LGPL-2.1-only
/* The vCPUs of a domain that exists: what they do, and where they may. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"

static int vcpu_error(const char *what, uint32_t domid, struct chaos_error *err)
{
	if (errno == ESRCH)
		return chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH,
				       "no domain %u; see 'chaos list'", domid);
	return chaos_error_set(err, chaos_code_of_errno(errno), errno, "cannot %s domain %u: %s",
			       what, domid, strerror(errno));
}

/* The number of the host's CPUs, which fit into our maps. */
static int count_cpus(struct chaos_ctx *ctx, struct chaos_error *err)
{
	int size = xc_get_cpumap_size(ctx->xch), max = xc_get_max_cpus(ctx->xch);

	if (size <= 0 || size > CHAOS_MAX_CPUS / 8 || max <= 0)
		return chaos_error_set(err, CHAOS_FAILED, errno, "cannot get the host's CPUs");
	return max < CHAOS_MAX_CPUS ? max : CHAOS_MAX_CPUS;
}

/* How many vCPUs it has, those that are not online with them. */
static int count_vcpus(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(ctx->xch, domid, 1, &info);

	if (n == 1 && info.domain == domid)
		return (int)info.max_vcpu_id + 1;
	if (n >= 0)
		errno = ESRCH;
	return vcpu_error("ask for the vCPUs of", domid, err);
}

static int read_vcpu(struct chaos_ctx *ctx, uint32_t domid, unsigned int id, struct chaos_vcpu *out,
		     struct chaos_error *err)
{
	xc_vcpuinfo_t info;

	if (xc_vcpu_getinfo(ctx->xch, domid, id, &info) ||
	    xc_vcpu_getaffinity(ctx->xch, domid, (int)id, out->hard, out->soft,
				XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT))
		return vcpu_error("ask for the vCPUs of", domid, err);
	out->id = id;
	out->is_online = info.online;
	out->is_running = info.running;
	out->is_blocked = info.blocked;
	out->cpu = info.cpu;
	out->cpu_time_ns = info.cpu_time;
	return 0;
}

int chaos_vcpu_list(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		    struct chaos_vcpu **out, unsigned int *nr_cpus, struct chaos_error *err)
{
	int i, n = 0, rc, cpus = count_cpus(ctx, err);
	struct chaos_vcpu *list;

	n = cpus < 0 ? cpus : count_vcpus(ctx, info->domid, err);
	if (n < 0)
		return n;
	list = calloc((size_t)n, sizeof(*list));
	if (!list)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	for (i = 0, rc = 0; i < n && !rc; i++)
		rc = read_vcpu(ctx, info->domid, (unsigned int)i, &list[i], err);
	if (rc) {
		free(list);
		return rc;
	}
	*out = list;
	*nr_cpus = (unsigned int)cpus;
	return n;
}

/* ---- pinning ---- */

struct pinning {
	uint32_t flags; /* XEN_VCPUAFFINITY_* */
	uint8_t hard[CHAOS_MAX_CPUS / 8], soft[CHAOS_MAX_CPUS / 8];
};

static int parse(struct chaos_ctx *ctx, const char *list, uint8_t map[CHAOS_MAX_CPUS / 8],
		 struct chaos_error *err)
{
	struct chaos_topology t = { 0 };
	int rc = strstr(list, "node") ? chaos_topology_read(ctx, &t, err) : 0;

	if (!rc && chaos_cpus_parse(list, t.node_of, t.nr_cpus, map))
		rc = chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"\"%s\" is not a list of CPUs like \"0-3,6,^1\", \"all\" or \"nodes:0\"",
			list);
	return rc;
}

/* IN/OUT: Xen answers with what it made of the maps. */
static int pin_one(struct chaos_ctx *ctx, uint32_t domid, int vcpu, const struct pinning *p,
		   struct chaos_error *err)
{
	struct pinning now = *p;

	if (!xc_vcpu_setaffinity(ctx->xch, domid, vcpu, now.hard, now.soft, now.flags))
		return 0;
	if (errno != EINVAL)
		return vcpu_error("pin the vCPUs of", domid, err);
	return chaos_error_set(
		err, CHAOS_USAGE, EINVAL,
		"vCPU %d of domain %u cannot run there: this host, or the pool of the domain, has no such CPU",
		vcpu, domid);
}

int chaos_vcpu_pin(struct chaos_ctx *ctx, const struct chaos_dominfo *info, int vcpu,
		   const char *hard, const char *soft, struct chaos_error *err)
{
	int last, n, rc = count_cpus(ctx, err);
	struct pinning p = { 0 };

	if (rc >= 0)
		rc = hard ? parse(ctx, hard, p.hard, err) : 0;
	if (!rc && soft)
		rc = parse(ctx, soft, p.soft, err);
	if (rc)
		return rc;
	p.flags = (hard ? XEN_VCPUAFFINITY_HARD : 0) | (soft ? XEN_VCPUAFFINITY_SOFT : 0);
	n = count_vcpus(ctx, info->domid, err);
	if (n < 0)
		return n;
	if (vcpu >= n)
		return chaos_error_set(err, CHAOS_USAGE, ESRCH,
				       "domain %u has no vCPU %d: it has %d, from 0 on",
				       info->domid, vcpu, n);
	last = vcpu < 0 ? n - 1 : vcpu;
	for (vcpu = vcpu < 0 ? 0 : vcpu; vcpu <= last && !rc; vcpu++)
		rc = pin_one(ctx, info->domid, vcpu, &p, err);
	return rc;
}
