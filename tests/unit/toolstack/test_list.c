// SPDX-License-Identifier: GPL-2.0-only
/*
 * What Xen says of a domain, and the state that is made of it.  The hypercall is faked: a table of
 * domains below answers chaos_noxs_list() and chaos_noxs_dominfo().
 */
#include "unit.h"
#include "core/internal.h"
#include <xen/sched.h>

static struct noxs_dominfo domains[300];
static unsigned int nr_domains;
static unsigned int nr_batches; /* allocated and not freed */
static int fails_with;		/* the errno of lists from domid fails_from on, 0 = none does */
static unsigned int fails_from;

struct chaos_noxs_batch *chaos_noxs_batch_alloc(struct chaos_ctx *ctx)
{
	(void)ctx;
	nr_batches++;
	return calloc(1, sizeof(struct chaos_noxs_batch));
}

void chaos_noxs_batch_free(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch)
{
	(void)ctx;
	nr_batches--;
	free(batch);
}

int chaos_noxs_list(struct chaos_ctx *ctx, struct chaos_noxs_batch *batch, unsigned int count)
{
	unsigned int i, n = 0;

	(void)ctx;
	if (fails_with && batch->arg.first >= fails_from) {
		errno = fails_with;
		return -1;
	}
	for (i = 0; i < nr_domains; i++) {
		if (domains[i].domid < batch->arg.first)
			continue;
		if (n == count) {
			batch->arg.first = domains[i].domid;
			return (int)n;
		}
		batch->infos[n++] = domains[i];
	}
	batch->arg.first = NOXS_DOMID_NONE;
	return (int)n;
}

int chaos_noxs_dominfo(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dominfo *info)
{
	unsigned int i;

	(void)ctx;
	for (i = 0; i < nr_domains; i++) {
		if (domains[i].domid == domid) {
			*info = domains[i];
			return 0;
		}
	}
	errno = ESRCH;
	return -1;
}

static struct noxs_dominfo *add(uint16_t domid, const char *name, uint32_t flags, uint32_t state)
{
	struct noxs_dominfo *d = &domains[nr_domains++];

	memset(d, 0, sizeof(*d));
	d->domid = domid;
	d->flags = flags;
	d->state = state;
	d->tot_pages = 1024;
	strcpy(d->name, name);
	return d;
}

static int setup(void **state)
{
	(void)state;
	nr_domains = 0;
	fails_with = 0;
	fails_from = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	return nr_batches ? -1 : 0;
}

static enum chaos_state state_of(uint16_t domid)
{
	struct chaos_dominfo info;
	char who[8];

	snprintf(who, sizeof(who), "%u", domid);
	assert_int_equal(chaos_domain_find(NULL, who, &info, NULL), 0);
	return info.state;
}

static void states(void **state)
{
	const uint32_t ours = NOXS_DOMF_NOXS;

	(void)state;
	add(1, "a", ours | NOXS_DOMF_RUNNING, NOXS_DOM_COMPLETE);
	add(2, "b", ours | NOXS_DOMF_BLOCKED, NOXS_DOM_COMPLETE);
	add(3, "c", ours, NOXS_DOM_COMPLETE);
	add(4, "d", ours | NOXS_DOMF_PAUSED, NOXS_DOM_COMPLETE);
	add(5, "e", ours | NOXS_DOMF_SHUTDOWN, NOXS_DOM_COMPLETE)->reason = SHUTDOWN_poweroff;
	add(6, "f", ours | NOXS_DOMF_SHUTDOWN, NOXS_DOM_COMPLETE)->reason = SHUTDOWN_crash;
	add(7, "g", ours | NOXS_DOMF_DYING, NOXS_DOM_BUILDING);
	add(8, "h", ours | NOXS_DOMF_PAUSED, NOXS_DOM_BUILDING);
	add(9, "i", ours | NOXS_DOMF_PAUSED, NOXS_DOM_SHELL);
	add(10, "j", ours | NOXS_DOMF_SHUTDOWN, NOXS_DOM_COMPLETE)->reason = SHUTDOWN_suspend;
	assert_int_equal(state_of(10), CHAOS_STATE_SUSPENDED);
	assert_int_equal(state_of(1), CHAOS_STATE_RUNNING);
	assert_int_equal(state_of(2), CHAOS_STATE_BLOCKED);
	assert_int_equal(state_of(3), CHAOS_STATE_RUNNABLE);
	assert_int_equal(state_of(4), CHAOS_STATE_PAUSED);
	assert_int_equal(state_of(5), CHAOS_STATE_SHUTDOWN);
	assert_int_equal(state_of(6), CHAOS_STATE_CRASHED);
	assert_int_equal(state_of(7), CHAOS_STATE_DYING);
	assert_int_equal(state_of(8), CHAOS_STATE_INCOMPLETE);
	assert_int_equal(state_of(9), CHAOS_STATE_SHELL);
}

/* Killed between createdomain and set_info; others' paused domains are not taken for that. */
static void nameless_and_empty_is_incomplete(void **state)
{
	(void)state;
	add(1, "", NOXS_DOMF_PAUSED, 0)->tot_pages = 0;
	add(2, "", NOXS_DOMF_PAUSED, 0);
	add(3, "", 0, 0)->tot_pages = 0;
	add(4, "", NOXS_DOMF_PAUSED, 0)->tot_pages = 0;
	domains[3].cpu_time_ns = 1;
	assert_int_equal(state_of(1), CHAOS_STATE_INCOMPLETE);
	assert_int_equal(state_of(2), CHAOS_STATE_PAUSED);
	assert_int_equal(state_of(3), CHAOS_STATE_RUNNABLE);
	assert_int_equal(state_of(4), CHAOS_STATE_PAUSED);
}

static void flags_like_xl(void **state)
{
	struct chaos_dominfo info = { .is_running = true,
				      .is_shutdown = true,
				      .shutdown_reason = SHUTDOWN_crash };
	char flags[7];

	(void)state;
	chaos_state_flags(&info, flags);
	assert_string_equal(flags, "r--sc-");
	memset(&info, 0, sizeof(info));
	info.is_blocked = info.is_paused = info.is_dying = true;
	chaos_state_flags(&info, flags);
	assert_string_equal(flags, "-bp--d");
}

static void state_names(void **state)
{
	static const char *const names[] = { "incomplete", "shell",  "running",	 "blocked",
					     "runnable",   "paused", "shutdown", "crashed",
					     "suspended",  "dying" };
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(names); i++)
		assert_string_equal(chaos_state_name((enum chaos_state)i), names[i]);
	assert_string_equal(chaos_state_name((enum chaos_state)i), "unknown");
}

static void lists_more_than_one_batch(void **state)
{
	struct chaos_dominfo *list;
	uint16_t i;

	(void)state;
	for (i = 0; i < 300; i++)
		add(i, "", NOXS_DOMF_BLOCKED, 0);
	assert_int_equal(chaos_domain_list(NULL, &list, NULL), 300);
	assert_int_equal(list[299].domid, 299);
	assert_int_equal(list[299].memory_kib, 4096);
	free(list);
}

static void count_one(void *opaque, const struct chaos_dominfo *info)
{
	unsigned int *told = opaque;

	assert_int_equal(info->domid, (*told)++);
}

static void tells_of_each_in_order(void **state)
{
	struct chaos_error err = { 0 };
	unsigned int told = 0;
	uint16_t i;

	(void)state;
	for (i = 0; i < 300; i++)
		add(i, "", NOXS_DOMF_BLOCKED, 0);
	assert_int_equal(chaos_domain_each(NULL, count_one, &told, &err), 0);
	assert_int_equal(told, 300);
	told = 0;
	fails_with = EFAULT;
	fails_from = 1;
	assert_int_equal(chaos_domain_each(NULL, count_one, &told, &err), -(int)CHAOS_FAILED);
	assert_int_equal(told, CHAOS_NOXS_BATCH);
	assert_error(err, CHAOS_FAILED, "cannot list domains");
}

static void find_by_name(void **state)
{
	struct chaos_error err = { 0 };
	struct chaos_dominfo info;

	(void)state;
	add(1, "web", NOXS_DOMF_NOXS | NOXS_DOMF_DYING, NOXS_DOM_COMPLETE);
	add(2, "web2", NOXS_DOMF_NOXS, NOXS_DOM_COMPLETE);
	add(3, "web", NOXS_DOMF_NOXS, NOXS_DOM_COMPLETE);
	assert_int_equal(chaos_domain_find(NULL, "web", &info, &err), 0);
	assert_int_equal(info.domid, 3);
	domains[2].name[0] = 'x';
	assert_int_equal(chaos_domain_find(NULL, "web", &info, &err), 0);
	assert_int_equal(info.domid, 1);
	assert_int_equal(chaos_domain_find(NULL, "we", &info, &err), -(int)CHAOS_NO_DOMAIN);
	assert_error(err, CHAOS_NO_DOMAIN, "\"we\"");
	assert_int_equal(chaos_domain_find(NULL, "", &info, &err), -(int)CHAOS_NO_DOMAIN);
	assert_int_equal(chaos_domain_find(NULL, "7", &info, &err), -(int)CHAOS_NO_DOMAIN);
	assert_int_equal(chaos_domain_find(NULL, "99999999999999999999", &info, &err),
			 -(int)CHAOS_NO_DOMAIN);
	assert_int_equal(chaos_domain_find(NULL, "2x", &info, &err), -(int)CHAOS_NO_DOMAIN);
}

static void errors_have_their_code(void **state)
{
	struct chaos_dominfo *list, info;
	struct chaos_error err = { 0 };

	(void)state;
	fails_with = ENOSYS;
	assert_int_equal(chaos_domain_list(NULL, &list, &err), -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "chaos doctor");
	fails_with = EPERM;
	assert_int_equal(chaos_domain_find(NULL, "a", &info, &err), -(int)CHAOS_PERMISSION);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(states, setup, teardown),
		cmocka_unit_test_setup_teardown(nameless_and_empty_is_incomplete, setup, teardown),
		cmocka_unit_test_setup_teardown(flags_like_xl, setup, teardown),
		cmocka_unit_test_setup_teardown(state_names, setup, teardown),
		cmocka_unit_test_setup_teardown(lists_more_than_one_batch, setup, teardown),
		cmocka_unit_test_setup_teardown(tells_of_each_in_order, setup, teardown),
		cmocka_unit_test_setup_teardown(find_by_name, setup, teardown),
		cmocka_unit_test_setup_teardown(errors_have_their_code, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
