// SPDX-License-Identifier: GPL-2.0-only
/* What Xen is told of a guest's share of the processors; its hypercalls are faked. */
#include "build/internal.h"
#include "unit.h"

static struct {
	unsigned int nr_calls, nr_pins;
	uint8_t pins[4]; /* of CPUs 0 to 7, for each vCPU */
	uint32_t scheduler, pool, pool_of_domain;
	uint16_t weight, cap;
	int err;
} xen;

static struct chaos_ctx ctx;
static struct chaos_config cfg;
static struct chaos_error err;

static int answer(void)
{
	xen.nr_calls++;
	errno = xen.err;
	return xen.err ? -1 : 0;
}

int xc_get_cpumap_size(xc_interface *xch)
{
	(void)xch;
	return 8;
}

int xc_vcpu_setaffinity(xc_interface *xch, uint32_t domid, int vcpu, xc_cpumap_t hard,
			xc_cpumap_t soft, uint32_t flags)
{
	(void)xch;
	assert_int_equal(domid, 7);
	assert_null(soft);
	assert_int_equal(flags, XEN_VCPUAFFINITY_HARD);
	assert_in_range(vcpu, 0, 3);
	xen.pins[vcpu] = hard[0];
	/* IN/OUT: what Xen makes of one vCPU's is not another's. */
	memset(hard, 0, 8);
	xen.nr_pins++;
	return answer();
}

int xc_cputopoinfo(xc_interface *xch, unsigned int *max_cpus, xc_cputopo_t *topo)
{
	unsigned int i;

	(void)xch;
	assert_true(*max_cpus >= 4);
	*max_cpus = 4;
	for (i = 0; i < 4; i++)
		topo[i].node = i / 2;
	return answer();
}

xc_cpupoolinfo_t *xc_cpupool_getinfo(xc_interface *xch, uint32_t pool)
{
	static xc_cpupoolinfo_t info;

	(void)xch;
	xen.pool = pool;
	info.sched_id = xen.scheduler;
	return answer() ? NULL : &info;
}

void xc_cpupool_infofree(xc_interface *xch, xc_cpupoolinfo_t *info)
{
	(void)xch;
	(void)info;
}

int xc_sched_credit_domain_get(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit *s)
{
	(void)xch;
	(void)domid;
	s->weight = 256;
	s->cap = 0;
	return answer();
}

int xc_sched_credit_domain_set(xc_interface *xch, uint32_t domid, struct xen_domctl_sched_credit *s)
{
	(void)xch;
	assert_int_equal(domid, 7);
	xen.weight = s->weight;
	xen.cap = s->cap;
	return answer();
}

int xc_sched_credit2_domain_get(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *s)
{
	(void)xch;
	(void)domid;
	s->weight = 256;
	s->cap = 0;
	return answer();
}

int xc_sched_credit2_domain_set(xc_interface *xch, uint32_t domid,
				struct xen_domctl_sched_credit2 *s)
{
	(void)xch;
	assert_int_equal(domid, 7);
	xen.weight = s->weight;
	xen.cap = s->cap;
	return answer();
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	(void)xch;
	assert_int_equal(max, 1);
	info->domain = first;
	info->cpupool = xen.pool_of_domain;
	return answer() ? -1 : 1;
}

/* As of a new domain: planned first. */
static int apply(void)
{
	struct chaos_plan plan = {
		.nr_vcpus = cfg.vcpus,
		.cpus = cfg.cpus,
		.cpupool = cfg.cpupool,
		.cpu_weight = cfg.cpu_weight,
		.cap = cfg.cap,
	};
	int rc = chaos_sched_plan(&ctx, &plan, &err);

	assert_int_equal(xen.nr_pins, 0);
	if (!rc)
		rc = chaos_sched_apply(&ctx, 7, &plan, &err);
	free(plan.pins);
	return rc;
}

static int setup(void **state)
{
	(void)state;
	memset(&xen, 0, sizeof(xen));
	memset(&cfg, 0, sizeof(cfg));
	cfg.vcpus = 3;
	xen.scheduler = XEN_SCHEDULER_CREDIT2;
	return 0;
}

static void nothing_asked_for_costs_nothing(void **state)
{
	(void)state;
	assert_int_equal(apply(), 0);
	assert_int_equal(xen.nr_calls, 0);
}

static void one_list_for_all(void **state)
{
	(void)state;
	cfg.cpus = (char *)"0-2,^1";
	assert_int_equal(apply(), 0);
	assert_int_equal(xen.nr_pins, 3);
	assert_memory_equal(xen.pins, "\5\5\5", 3);
}

static void a_list_for_each(void **state)
{
	(void)state;
	cfg.cpus = (char *)"1;nodes:1;";
	assert_int_equal(apply(), 0);
	assert_int_equal(xen.nr_pins, 2); /* the third may run anywhere */
	assert_memory_equal(xen.pins, "\2\14", 2);
}

static void not_of_this_host(void **state)
{
	(void)state;
	cfg.cpus = (char *)"nodes:2";
	assert_int_equal(apply(), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "this host has no CPU of \"nodes:2\"");
	cfg.cpus = (char *)"9";
	xen.err = EINVAL;
	assert_int_equal(apply(), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "cannot pin vCPU 0 to \"9\"");
}

static void shares(void **state)
{
	static const uint32_t schedulers[] = { XEN_SCHEDULER_CREDIT, XEN_SCHEDULER_CREDIT2 };
	size_t i;

	(void)state;
	cfg.cap = 150;
	cfg.cpupool = 2;
	for (i = 0; i < ARRAY_SIZE(schedulers); i++) {
		xen.scheduler = schedulers[i];
		cfg.cpu_weight = 0;
		assert_int_equal(apply(), 0);
		assert_int_equal(xen.pool, 2);
		assert_int_equal(xen.weight, 256);
		assert_int_equal(xen.cap, 150);
		cfg.cpu_weight = 512;
		assert_int_equal(apply(), 0);
		assert_int_equal(xen.weight, 512);
	}
	xen.scheduler = XEN_SCHEDULER_NULL;
	assert_int_equal(apply(), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "has no 'cap' and 'cpu_weight'");
	xen.err = EPERM;
	assert_int_equal(apply(), -(int)CHAOS_PERMISSION);
	assert_error(err, CHAOS_PERMISSION, "cannot set 'cap' and 'cpu_weight'");
}

static void shares_are_read(void **state)
{
	struct chaos_share share;

	(void)state;
	assert_int_equal(chaos_sched_read(&ctx, 7, &share, &err), 0);
	assert_int_equal(share.cpupool, 0);
	assert_int_equal(share.cpu_weight, 0); /* 256 is the scheduler's own */
	assert_int_equal(share.cap, 0);
	xen.pool_of_domain = 3;
	xen.scheduler = XEN_SCHEDULER_NULL;
	assert_int_equal(chaos_sched_read(&ctx, 7, &share, &err), 0);
	assert_int_equal(xen.pool, 3);
	assert_int_equal(share.cpupool, 3);
	xen.err = ESRCH;
	assert_int_not_equal(chaos_sched_read(&ctx, 7, &share, &err), 0);
	assert_non_null(strstr(err.text, "cannot ask for the CPU share of domain 7"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(nothing_asked_for_costs_nothing, setup),
		cmocka_unit_test_setup(one_list_for_all, setup),
		cmocka_unit_test_setup(a_list_for_each, setup),
		cmocka_unit_test_setup(not_of_this_host, setup),
		cmocka_unit_test_setup(shares, setup),
		cmocka_unit_test_setup(shares_are_read, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
