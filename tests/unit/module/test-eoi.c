// SPDX-License-Identifier: GPL-2.0
/*
 * Late EOI (kernel/noxs/eoi.c): an event that is held is let through once, and which ones without
 * work count as spurious.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

/* Of the kernel, what eoi.c uses. */
typedef struct {
	int counter;
} atomic_t;

#define XEN_EOI_FLAG_SPURIOUS 1U

static void atomic_set(atomic_t *v, int i)
{
	v->counter = i;
}

static void atomic_or(int i, atomic_t *v)
{
	v->counter |= i;
}

static int atomic_xchg(atomic_t *v, int i)
{
	int old = v->counter;

	v->counter = i;
	return old;
}

static int atomic_dec_if_positive(atomic_t *v)
{
	int dec = v->counter - 1;

	if (dec >= 0)
		v->counter = dec;
	return dec;
}

static void xen_irq_lateeoi(unsigned int irq, unsigned int flags);

#include "eoi.c"

#define TX 30
#define RX 31

static struct noxs_eoi eoi;
static unsigned int nr_sent, nr_spurious, last_irq;

static void xen_irq_lateeoi(unsigned int irq, unsigned int flags)
{
	nr_sent++;
	nr_spurious += flags == XEN_EOI_FLAG_SPURIOUS;
	last_irq = irq;
}

static int setup(void **state)
{
	(void)state;
	eoi = (struct noxs_eoi){ .irq = { TX, RX } };
	noxs_eoi_init(&eoi);
	nr_sent = 0;
	nr_spurious = 0;
	return 0;
}

static void use_up_grace(void)
{
	unsigned int i;

	for (i = 0; i < EOI_GRACE; i++)
		noxs_eoi_no_work(&eoi, TX);
	assert_int_equal(nr_sent, EOI_GRACE);
	assert_int_equal(nr_spurious, 0);
	nr_sent = 0;
}

static void grace_ends(void **state)
{
	(void)state;
	use_up_grace();
	noxs_eoi_no_work(&eoi, RX);
	noxs_eoi_no_work(&eoi, RX);
	assert_int_equal(nr_sent, 2);
	assert_int_equal(nr_spurious, 2);
	assert_int_equal(last_irq, RX);
	/* A device that connects anew. */
	noxs_eoi_init(&eoi);
	noxs_eoi_no_work(&eoi, TX);
	assert_int_equal(nr_spurious, 2);
}

/* Work that was done forgives one event, however much it was. */
static void progress_forgives_once(void **state)
{
	(void)state;
	use_up_grace();
	noxs_eoi_progress(&eoi);
	noxs_eoi_progress(&eoi);
	noxs_eoi_no_work(&eoi, TX);
	assert_int_equal(nr_spurious, 0);
	noxs_eoi_no_work(&eoi, TX);
	assert_int_equal(nr_spurious, 1);
}

static void held_once(void **state)
{
	(void)state;
	assert_false(noxs_eoi_send(&eoi, true));
	assert_int_equal(nr_sent, 0);
	noxs_eoi_hold(&eoi, 1);
	noxs_eoi_hold(&eoi, 1);
	assert_int_equal(nr_sent, 0);
	assert_true(noxs_eoi_send(&eoi, true));
	assert_int_equal(nr_sent, 1);
	assert_int_equal(last_irq, RX);
	assert_false(noxs_eoi_send(&eoi, true));
	assert_int_equal(nr_sent, 1);
}

/* Work of one direction speaks for both; and it does not use up what forgives the next. */
static void held_both(void **state)
{
	(void)state;
	use_up_grace();
	noxs_eoi_progress(&eoi);
	noxs_eoi_hold(&eoi, 0);
	noxs_eoi_hold(&eoi, 1);
	assert_true(noxs_eoi_send(&eoi, true));
	assert_int_equal(nr_sent, 2);
	assert_int_equal(nr_spurious, 0);
	noxs_eoi_no_work(&eoi, TX);
	assert_int_equal(nr_spurious, 0);
}

static void held_for_nothing(void **state)
{
	(void)state;
	use_up_grace();
	noxs_eoi_hold(&eoi, 0);
	assert_true(noxs_eoi_send(&eoi, false));
	assert_int_equal(nr_spurious, 1);
	noxs_eoi_progress(&eoi);
	noxs_eoi_hold(&eoi, 0);
	assert_true(noxs_eoi_send(&eoi, false));
	assert_int_equal(nr_spurious, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(grace_ends, setup),
		cmocka_unit_test_setup(progress_forgives_once, setup),
		cmocka_unit_test_setup(held_once, setup),
		cmocka_unit_test_setup(held_both, setup),
		cmocka_unit_test_setup(held_for_nothing, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
