// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What the scheduler is told of a new domain: the CPUs its vCPUs may run on, its weight and its cap.
 * Its pool it has from the start.  And what it says of one that is saved.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"

int chaos_topology_read(struct chaos_ctx *ctx, struct chaos_topology *t, struct chaos_error *err)
{
	xc_cputopo_t topo[CHAOS_MAX_CPUS];
	unsigned int i, n = CHAOS_MAX_CPUS;

	memset(topo, 0xff, sizeof(topo));
	if (xc_cputopoinfo(ctx->xch, &n, topo))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot ask Xen for the host's NUMA nodes: %s",
				       strerror(errno));
	t->nr_cpus = n < CHAOS_MAX_CPUS ? n : CHAOS_MAX_CPUS;
	for (i = 0; i < t->nr_cpus; i++)
		t->node_of[i] = topo[i].node;
	return 0;
}

/* The vCPUs that may not run anywhere. */
struct chaos_pins {
	unsigned int nr;
	struct pin {
		unsigned int vcpu;
		uint8_t map[CHAOS_MAX_CPUS / 8];
	} pins[];
};

static int plan_pin(struct chaos_pins *pins, unsigned int vcpu, const char *list,
		    const struct chaos_topology *t, struct chaos_error *err)
{
	struct pin *pin = &pins->pins[pins->nr++];

	pin->vcpu = vcpu;
	if (!chaos_cpus_parse(list, t->node_of, t->nr_cpus, pin->map))
		return 0;
	return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
			       "cannot pin vCPU %u: this host has no CPU of \"%s\"; correct 'cpus'",
			       vcpu, list);
}

int chaos_sched_plan(struct chaos_ctx *ctx, struct chaos_plan *plan, struct chaos_error *err)
{
	struct chaos_topology t = { 0 };
	char list[CHAOS_CPULIST_LEN];
	unsigned int v;
	int rc = 0;

	if (!plan->cpus)
		return 0;
	plan->pins = calloc(1, sizeof(*plan->pins) + plan->nr_vcpus * sizeof(plan->pins->pins[0]));
	if (!plan->pins)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (strstr(plan->cpus, "node"))
		rc = chaos_topology_read(ctx, &t, err);
	for (v = 0; v < plan->nr_vcpus && !rc; v++)
		if (chaos_cpus_of_vcpu(plan->cpus, v, list, sizeof(list)))
			rc = plan_pin(plan->pins, v, list, &t, err);
	return rc;
}

static int pin_vcpu(struct chaos_ctx *ctx, uint32_t domid, const struct pin *pin, const char *cpus,
		    struct chaos_error *err)
{
	char list[CHAOS_CPULIST_LEN] = "";
	uint8_t map[CHAOS_MAX_CPUS / 8];
	int e;

	/* IN/OUT: Xen answers with what it made of it. */
	memcpy(map, pin->map, sizeof(map));
	if (!xc_vcpu_setaffinity(ctx->xch, domid, (int)pin->vcpu, map, NULL, XEN_VCPUAFFINITY_HARD))
		return 0;
	e = errno;
	(void)chaos_cpus_of_vcpu(cpus, pin->vcpu, list, sizeof(list)); /* it was planned by it */
	return chaos_error_set(
		err, CHAOS_CONFIG, e,
		"cannot pin vCPU %u to \"%s\": %s; correct 'cpus' (this host, or its pool, has fewer?)",
		pin->vcpu, list, strerror(e));
}

static int pin_vcpus(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_plan *plan,
		     struct chaos_error *err)
{
	int size = xc_get_cpumap_size(ctx->xch), rc = 0;
	unsigned int i;

	if (size <= 0 || size > CHAOS_MAX_CPUS / 8)
		return chaos_error_set(err, CHAOS_FAILED, errno, "cannot get the host's CPUs");
	for (i = 0; i < plan->pins->nr && !rc; i++)
		rc = pin_vcpu(ctx, domid, &plan->pins->pins[i], plan->cpus, err);
	return rc;
}

/* ---- weight and cap ---- */

/* The scheduler of its pool, -1 with errno. */
static int scheduler_of(struct chaos_ctx *ctx, uint32_t pool)
{
	xc_cpupoolinfo_t *info = xc_cpupool_getinfo(ctx->xch, pool);
	int sched;

	if (!info)
		return -1;
	sched = (int)info->sched_id;
	xc_cpupool_infofree(ctx->xch, info);
	return sched;
}

static bool has_shares(int sched)
{
	return sched == XEN_SCHEDULER_CREDIT || sched == XEN_SCHEDULER_CREDIT2;
}

/* Both have a weight and a cap, of the same size: credit2's stand for either's. */
static int share_get(struct chaos_ctx *ctx, uint32_t domid, int sched,
		     struct xen_domctl_sched_credit2 *share)
{
	struct xen_domctl_sched_credit credit;

	if (sched == XEN_SCHEDULER_CREDIT2)
		return xc_sched_credit2_domain_get(ctx->xch, domid, share);
	if (xc_sched_credit_domain_get(ctx->xch, domid, &credit))
		return -1;
	share->weight = credit.weight;
	share->cap = credit.cap;
	return 0;
}

static int share_set(struct chaos_ctx *ctx, uint32_t domid, int sched,
		     struct xen_domctl_sched_credit2 *share)
{
	struct xen_domctl_sched_credit credit = { .weight = share->weight, .cap = share->cap };

	if (sched == XEN_SCHEDULER_CREDIT2)
		return xc_sched_credit2_domain_set(ctx->xch, domid, share);
	return xc_sched_credit_domain_set(ctx->xch, domid, &credit);
}

static int set_share(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_plan *plan,
		     struct chaos_error *err)
{
	struct xen_domctl_sched_credit2 share;
	int sched = scheduler_of(ctx, plan->cpupool);

	if (sched >= 0 && !has_shares(sched))
		return chaos_error_set(
			err, CHAOS_CONFIG, EOPNOTSUPP,
			"the scheduler of this host, or pool, has no 'cap' and 'cpu_weight': leave them out");
	if (sched >= 0 && !share_get(ctx, domid, sched, &share)) {
		if (plan->cpu_weight)
			share.weight = (uint16_t)plan->cpu_weight;
		share.cap = (uint16_t)plan->cap;
		if (!share_set(ctx, domid, sched, &share))
			return 0;
	}
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot set 'cap' and 'cpu_weight': %s", strerror(errno));
}

int chaos_sched_apply(struct chaos_ctx *ctx, uint32_t domid, const struct chaos_plan *plan,
		      struct chaos_error *err)
{
	int rc = 0;

	if (plan->pins)
		rc = pin_vcpus(ctx, domid, plan, err);
	if (!rc && (plan->cap || plan->cpu_weight))
		rc = set_share(ctx, domid, plan, err);
	return rc;
}

/* ---- of a domain that there is ---- */

#define DEFAULT_WEIGHT 256U /* CSCHED_DEFAULT_WEIGHT, CSCHED2_DEFAULT_WEIGHT in Xen */

static int get_weight_and_cap(struct chaos_ctx *ctx, uint32_t domid, struct chaos_share *share)
{
	struct xen_domctl_sched_credit2 now;
	int sched = scheduler_of(ctx, share->cpupool);

	if (sched < 0)
		return -1;
	if (!has_shares(sched))
		return 0;
	if (share_get(ctx, domid, sched, &now))
		return -1;
	share->cpu_weight = now.weight;
	share->cap = now.cap;
	return 0;
}

int chaos_sched_read(struct chaos_ctx *ctx, uint32_t domid, struct chaos_share *share,
		     struct chaos_error *err)
{
	xc_domaininfo_t info;
	int n = xc_domain_getinfolist(ctx->xch, domid, 1, &info);

	memset(share, 0, sizeof(*share));
	if (n == 1 && info.domain == domid) {
		share->cpupool = info.cpupool;
		if (!get_weight_and_cap(ctx, domid, share)) {
			if (share->cpu_weight == DEFAULT_WEIGHT)
				share->cpu_weight = 0;
			return 0;
		}
	} else if (n >= 0) {
		errno = ESRCH;
	}
	return chaos_error_set(err, chaos_code_of_errno(errno), errno,
			       "cannot ask for the CPU share of domain %u: %s", domid,
			       strerror(errno));
}
