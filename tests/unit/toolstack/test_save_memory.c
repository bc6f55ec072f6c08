// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of a suspended guest are saved, by what it says in its suspend record: the record is the
 * guest's to write.  Mapping is faked: there is one page, its start info.
 */
#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "unit.h"
#include "save.h"

#define NR_PAGES   100
#define START_INFO 10
#define STORE	   11
#define CONSOLE	   12

static union {
	start_info_t si;
	char bytes[STREAM_PAGE];
} page;
static uint8_t wanted[NR_PAGES];
static uint64_t p2m[NR_PAGES];
static struct chaos_ctx ctx;
static struct chaos_error err;
static struct save_memory m = {
	.ctx = &ctx,
	.domid = 7,
	.err = &err,
	.nr_pages = NR_PAGES,
	.p2m = p2m,
	.wanted = wanted,
};

/* ---- stand-ins ---- */

struct xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
	(void)xch;
	return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[], int errs[])
{
	(void)fmem;
	(void)dom;
	(void)prot;
	(void)arr;
	(void)errs;
	assert_int_equal(pages, 1);
	return &page;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
	(void)fmem;
	(void)addr;
	(void)pages;
	return 0;
}

int xc_domain_getinfo(xc_interface *xch, uint32_t first, unsigned int max, xc_dominfo_t *info)
{
	(void)xch;
	(void)first;
	(void)max;
	(void)info;
	return -1;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *op)
{
	(void)xch;
	(void)op;
	return -1;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	(void)xcall;
	(void)size;
	return NULL;
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	(void)xcall;
	(void)p;
}

/* ---- tests ---- */

/* A guest that maps all its memory and writes this record. */
static int suspended(uint64_t flags, const struct suspend_run *runs, unsigned int nr)
{
	const struct suspend_record record = {
		.magic = SUSPEND_RECORD_MAGIC,
		.flags = flags,
	};
	char *end = page.bytes + sizeof(page) - sizeof(record);

	memset(&page, 0xff, sizeof(page));
	page.si.store_mfn = STORE;
	page.si.console.domU.mfn = CONSOLE;
	memcpy(end, &record, sizeof(record));
	if (nr)
		memcpy(end - nr * sizeof(*runs), runs, nr * sizeof(*runs));
	memset(wanted, SAVE_CONTENTS, sizeof(wanted));
	memset(&err, 0, sizeof(err));
	return save_memory_suspended(&m, START_INFO, SAVE_NO_CTRL);
}

static uint64_t with_runs(uint64_t nr)
{
	return SUSPEND_UNMAPPED_IS_FREE | SUSPEND_RUNS | nr << SUSPEND_RUNS_SHIFT;
}

static unsigned int nr_wanted(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_PAGES; i++)
		n += wanted[i] == SAVE_CONTENTS;
	return n;
}

static void all_without_a_run(void **state)
{
	(void)state;
	assert_int_equal(suspended(SUSPEND_UNMAPPED_IS_FREE, NULL, 0), 0);
	assert_int_equal(nr_wanted(), NR_PAGES);
	assert_int_equal(suspended(with_runs(0), NULL, 0), 0);
	assert_int_equal(nr_wanted(), NR_PAGES);
}

static void runs_are_left_out(void **state)
{
	const struct suspend_run runs[] = { { 50, 4 }, { 60, 0 }, { 98, 2 }, { NR_PAGES, 0 } };

	(void)state;
	assert_int_equal(suspended(with_runs(ARRAY_SIZE(runs)), runs, ARRAY_SIZE(runs)), 0);
	assert_int_equal(nr_wanted(), NR_PAGES - 6);
	assert_int_equal(wanted[49], SAVE_CONTENTS);
	assert_int_equal(wanted[50], SAVE_NOTHING);
	assert_int_equal(wanted[53], SAVE_NOTHING);
	assert_int_equal(wanted[54], SAVE_CONTENTS);
	assert_int_equal(wanted[99], SAVE_NOTHING);
}

/* A guest cannot do without these, whatever it says. */
static void some_are_saved_all_the_same(void **state)
{
	const struct suspend_run run = { 0, NR_PAGES };

	(void)state;
	assert_int_equal(suspended(with_runs(1), &run, 1), 0);
	assert_int_equal(nr_wanted(), 3);
	assert_int_equal(wanted[START_INFO], SAVE_CONTENTS);
	assert_int_equal(wanted[STORE], SAVE_CONTENTS);
	assert_int_equal(wanted[CONSOLE], SAVE_CONTENTS);
}

static void runs_outside_are_refused(void **state)
{
	static const struct suspend_run bad[] = {
		{ NR_PAGES, 1 },   { 99, 2 },	      { NR_PAGES + 1, 0 },
		{ UINT32_MAX, 1 }, { 1, UINT32_MAX }, { UINT32_MAX, UINT32_MAX },
	};
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		assert_int_not_equal(suspended(with_runs(1), &bad[i], 1), 0);
		assert_error(err, CHAOS_GUEST, "pages it has not");
	}
}

static void too_many_are_refused(void **state)
{
	static const struct suspend_run runs[SUSPEND_MAX_RUNS];

	(void)state;
	assert_int_equal(suspended(with_runs(SUSPEND_MAX_RUNS), runs, SUSPEND_MAX_RUNS), 0);
	assert_int_not_equal(suspended(with_runs(SUSPEND_MAX_RUNS + 1), runs, SUSPEND_MAX_RUNS), 0);
	assert_error(err, CHAOS_GUEST, "too many runs");
	assert_int_not_equal(suspended(with_runs(UINT32_MAX), runs, SUSPEND_MAX_RUNS), 0);
	assert_error(err, CHAOS_GUEST, "too many runs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_without_a_run),
		cmocka_unit_test(runs_are_left_out),
		cmocka_unit_test(some_are_saved_all_the_same),
		cmocka_unit_test(runs_outside_are_refused),
		cmocka_unit_test(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
