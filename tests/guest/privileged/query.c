// SPDX-License-Identifier: GPL-2.0-only
/* list: a walk over all domains. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "domain.h"
#include "op.h"
#include "privileged.h"

#define NR_DOMS 5
#define ROOM	16

static domid_t doms[NR_DOMS];
static struct noxs_dominfo infos[ROOM];

static void domains_make(void)
{
	unsigned int i;

	for (i = 0; i < NR_DOMS; i++) {
		long ret = domain_create();

		if (ret < 0)
			check_error("query: domain_create", ret);
		doms[i] = (domid_t)ret;
	}
}

/* The whole list; the hypervisor may stop before the end to let others run. */
static long list_all(void)
{
	struct noxs_list arg = { 0 };
	long n, count = 0;

	do {
		n = op_list(&arg, infos + count, (unsigned int)(ROOM - count));
		if (n < 0)
			return n;
		count += n;
		arg.first = arg.next;
	} while (arg.next != NOXS_DOMID_NONE && count < ROOM);
	check_value("list-ends", arg.next, NOXS_DOMID_NONE);
	return count;
}

static const struct noxs_dominfo *info_find(domid_t domid, long count)
{
	long i;

	for (i = 0; i < count; i++)
		if (infos[i].domid == domid)
			return &infos[i];
	return NULL;
}

static void test_whole(void)
{
	struct noxs_set_info item = { .domid = doms[1], .what = NOXS_SET_NAME, .name = "listed" };
	struct noxs_dev dev = sample_vif(0, 0);
	struct noxs_dev_op op = { .domid = doms[1] };
	const struct noxs_dominfo *info, *other;
	long n;

	check_value("list-set-name", op_set_info(&item, 1), 1);
	check_value("list-add-device", op_dev_add(&op, &dev, 1), 0);
	n = list_all();
	info = info_find(doms[1], n);
	other = info_find(doms[2], n);
	check_true("list-has-both", info && other);
	if (!info || !other)
		return;
	check_true("list-name", !strcmp(info->name, "listed"));
	check_value("list-nr-devs", info->nr_devs, 1);
	check_true("list-flag-noxs", info->flags & NOXS_DOMF_NOXS);
	check_true("list-flag-paused", info->flags & NOXS_DOMF_PAUSED);
	check_true("list-other-without-noxs", !(other->flags & NOXS_DOMF_NOXS));
	check_true("list-serials-differ", info->serial != other->serial);
}

static void test_steps(void)
{
	struct noxs_list arg = { 0 };
	unsigned int steps = 0, found = 0;
	bool in_order = true;
	int last = -1;

	while (arg.first != NOXS_DOMID_NONE && steps++ < 2 * ROOM) {
		if (op_list(&arg, infos, 1) == 1) {
			in_order &= infos[0].domid > last;
			last = infos[0].domid;
			found += last >= doms[0];
		}
		arg.first = arg.next;
	}
	check_true("list-in-order", in_order);
	check_value("list-by-one-finds-all", found, NR_DOMS);
}

static void test_refused(void)
{
	struct noxs_list arg = { .flags = 1 };

	check_value("list-unknown-flag", op_list(&arg, infos, 1), -EINVAL);
	arg = (struct noxs_list){ 0 };
	check_value("list-bad-buf", op_list(&arg, BAD_POINTER, 1), -EFAULT);
}

void test_query(void)
{
	unsigned int i;

	domains_make();
	test_whole();
	test_steps();
	test_refused();
	for (i = 0; i < NR_DOMS; i++)
		(void)domain_destroy(doms[i]); /* gone: nothing holds it */
}
