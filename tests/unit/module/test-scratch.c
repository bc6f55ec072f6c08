// SPDX-License-Identifier: GPL-2.0
/*
 * A batch of grant copies (kernel/noxs/net/scratch.c) of which Xen cannot do some now, with the hypercall
 * and per-CPU memory faked: it is asked once, and only the packets concerned are lost.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* Of the kernel and of Xen's headers, what scratch.c uses. */
typedef uint16_t u16;
typedef uint32_t grant_ref_t;
#define GNTTABOP_copy	    5
#define GNTST_okay	    0
#define GNTST_general_error (-1)
#define GNTST_eagain	    (-12)
#define __percpu
#define alloc_percpu(type) ((type *)calloc(1, sizeof(type)))
#define free_percpu	   free
#define this_cpu_ptr(p)	   (p)

struct sk_buff;

struct gnttab_copy {
	int16_t status;
};

static int HYPERVISOR_grant_table_op(unsigned int cmd, void *ops, unsigned int count);

#include "net/scratch.c"

static int answer;
static unsigned int nr_calls;

static int HYPERVISOR_grant_table_op(unsigned int cmd, void *ops, unsigned int count)
{
	struct gnttab_copy *op = ops;
	unsigned int i;

	assert_int_equal(cmd, GNTTABOP_copy);
	nr_calls++;
	for (i = 0; i < count && !answer; i++)
		op[i].status = i == 3 ? GNTST_eagain : GNTST_okay;
	return answer;
}

static const struct vif_pkt before = { .first_op = 0, .nr_ops = 2 },
			    paged = { .first_op = 2, .nr_ops = 3 },
			    behind = { .first_op = 5, .nr_ops = 1 };

static struct vif_scratch *scratch;

static int setup(void **state)
{
	(void)state;
	if (vif_scratch_init())
		return -1;
	scratch = vif_scratch_get();
	memset(scratch->ops, 0, sizeof(scratch->ops));
	scratch->nr_ops = 6;
	nr_calls = 0;
	answer = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vif_scratch_fini();
	return 0;
}

/* The frame of one operation is paged out, or shared. */
static void one_cannot_be_copied_now(void **state)
{
	(void)state;
	vif_scratch_copy(scratch);
	assert_int_equal(nr_calls, 1);
	assert_true(vif_scratch_succeeded(scratch, &before));
	assert_false(vif_scratch_succeeded(scratch, &paged));
	assert_true(vif_scratch_succeeded(scratch, &behind));
}

static void none_was_done(void **state)
{
	(void)state;
	answer = -EFAULT;
	vif_scratch_copy(scratch);
	assert_int_equal(nr_calls, 1);
	assert_false(vif_scratch_succeeded(scratch, &before));
	assert_false(vif_scratch_succeeded(scratch, &paged));
	assert_false(vif_scratch_succeeded(scratch, &behind));
}

static void nothing_to_do(void **state)
{
	(void)state;
	assert_int_equal(vif_scratch_get()->nr_ops, 0);
	vif_scratch_copy(scratch);
	assert_int_equal(nr_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_cannot_be_copied_now, setup, teardown),
		cmocka_unit_test_setup_teardown(none_was_done, setup, teardown),
		cmocka_unit_test_setup_teardown(nothing_to_do, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
