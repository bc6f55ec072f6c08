// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a plan of the fast builder is complete and agrees with itself: each ring, grant and port
 * is used once and lies where the layout has it, and that a kernel that does not fit or is another
 * builder's is put back.  Reading kernels is faked.
 */
#include "build/pv/pv_build.h"
#include "build/pv/pv_guest.h"
#include "build/pv/pv_plan.h"
#include "unit.h"

#define PAGES 1024U

static struct pv_image image;
static unsigned int nr_users;
static bool is_for_us;
static struct chaos_vif vifs[3];
static struct chaos_error err;
static const char *why;

int chaos_pv_image_get(struct chaos_ctx *ctx, const char *path, struct pv_image **img,
		       const char **reason)
{
	(void)ctx;
	assert_string_equal(path, "/kernel");
	*reason = "it is a picture";
	if (!is_for_us)
		return 0;
	nr_users++;
	*img = &image;
	return 1;
}

void chaos_pv_image_put(struct pv_image *img)
{
	if (img)
		nr_users--;
}

int chaos_pv_check_abi(uint32_t abi, const char *path, struct chaos_error *e)
{
	assert_int_equal(abi, image.abi);
	return abi ? chaos_error_set(e, CHAOS_CONFIG, ENOEXEC, "%s is old", path) : 0;
}

/* pv_connect.c's, when a guest is made. */
void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn)
{
	fail_msg("%p: grant %u of page %lu", (void *)g, ref, (unsigned long)pfn);
}

const struct evtchn_alloc_unbound *pv_guest_add_port(struct pv_guest *g)
{
	fail_msg("%p: a port", (void *)g);
	return NULL;
}

int pv_guest_check_port(const struct evtchn_alloc_unbound *alloc, uint32_t expected)
{
	fail_msg("%p: port %u", (const void *)alloc, expected);
	return -1;
}

static int setup(void **state)
{
	(void)state;
	memset(vifs, 0, sizeof(vifs));
	image = (struct pv_image){ .nr_pages = 50, .takes_vifs = true };
	is_for_us = true;
	nr_users = 0;
	return 0;
}

static int make(struct pv_plan *plan, uint64_t nr_pages)
{
	return pv_plan_make(plan, NULL, "/kernel", NULL, nr_pages, vifs, ARRAY_SIZE(vifs), &why,
			    &err);
}

static void is_complete(void **state)
{
	struct pv_plan plan;

	(void)state;
	vifs[1].connects_itself = true;
	assert_int_equal(make(&plan, PAGES), 1);
	assert_ptr_equal(plan.img, &image);
	assert_int_equal(plan.layout.nr_pages, PAGES);
	assert_int_equal(plan.layout.nr_rings, 4);
	assert_int_equal(plan.built.nr_connected, 2);
	assert_int_equal(plan.built.ctrl_gfn, plan.layout.ctrl_pfn);
	assert_int_equal(plan.built.ctrl_gref, CHAOS_GREF_CONTROL);
	assert_int_equal(plan.built.ctrl_port, CHAOS_PORT_CONTROL);
	assert_int_equal(plan.built.vifs[0].ring_gfn, plan.layout.ring_pfn);
	assert_int_equal(plan.built.vifs[0].port, CHAOS_PORT_DATA);
	assert_int_equal(plan.built.vifs[1].port, 0);
	assert_int_equal(plan.built.vifs[2].ring_gfn, plan.layout.ring_pfn + 2);
	assert_int_equal(plan.built.vifs[2].tx_gref, CHAOS_GREF_RINGS + 2);
	assert_int_equal(plan.built.vifs[2].rx_gref, CHAOS_GREF_RINGS + 3);
	assert_int_equal(plan.built.vifs[2].port, CHAOS_PORT_DATA + 1);
	pv_plan_fini(&plan);
	assert_int_equal(nr_users, 0);
	pv_plan_fini(&plan);
	assert_int_equal(nr_users, 0);
}

static void too_little_memory(void **state)
{
	struct pv_plan plan;
	uint64_t pages = 60;

	(void)state;
	/* With one page less than enough, and the number that it then asks for. */
	assert_int_equal(make(&plan, pages), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "240 KiB of memory are too little for kernel \"/kernel\"");
	assert_int_equal(nr_users, 0);
	while (make(&plan, pages) < 0)
		pages++;
	pv_plan_fini(&plan);
	assert_int_equal(nr_users, 0);
	assert_int_equal(make(&plan, pages - 1), -(int)CHAOS_CONFIG);
	assert_int_equal(nr_users, 0);
}

static void another_abi(void **state)
{
	struct pv_plan plan;

	(void)state;
	image.abi = 1;
	assert_int_equal(make(&plan, PAGES), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "/kernel is old");
	assert_int_equal(nr_users, 0);
}

static void another_builders(void **state)
{
	struct pv_plan plan;

	(void)state;
	is_for_us = false;
	assert_int_equal(make(&plan, PAGES), 0);
	assert_string_equal(why, "it is a picture");
	assert_null(plan.img);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(is_complete, setup),
		cmocka_unit_test_setup(too_little_memory, setup),
		cmocka_unit_test_setup(another_abi, setup),
		cmocka_unit_test_setup(another_builders, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
