// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which pages of a suspended guest are saved, and where its p2m list is, by what it says in its suspend
 * record: the record is the guest's to write.  Its memory is some frames here; no others can be mapped.
 */
#include <xenctrl.h>
#include <xenforeignmemory.h>

#include "unit.h"
#include "save/save.h"

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
	.start_info = page.bytes,
};

/* ---- stand-ins ---- */

/* Machine frames; the guest's page N is frame FIRST + N. */
#define SHARED_INFO 500U
#define FIRST	    600U
#define P2M_PFN	    20U
#define ROOT_PFN    21U /* and the three tables below it */
#define P2M_VA	    0x7000UL

static uint64_t frames[NR_PAGES][PV_TABLE_ENTRIES];
static union {
	shared_info_t info;
	uint64_t words[PV_TABLE_ENTRIES];
} shared;
static unsigned int nr_maps;

static const uint64_t *frame_of(uint64_t mfn)
{
	if (mfn == SHARED_INFO)
		return shared.words;
	if (mfn == FIRST + START_INFO)
		return (const uint64_t *)&page;
	return mfn >= FIRST && mfn < FIRST + NR_PAGES ? frames[mfn - FIRST] : NULL;
}

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
	(void)errs;
	char *all = malloc(pages * STREAM_PAGE);
	size_t i;

	nr_maps++;
	for (i = 0; i < pages; i++) {
		if (!frame_of(arr[i])) {
			free(all);
			errno = EINVAL;
			return NULL;
		}
		memcpy(all + i * STREAM_PAGE, frame_of(arr[i]), STREAM_PAGE);
	}
	return all;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
	(void)fmem;
	(void)pages;
	free(addr);
	return 0;
}

int xc_domain_getinfolist(xc_interface *xch, uint32_t first, unsigned int max,
			  xc_domaininfo_t *info)
{
	(void)xch;
	(void)max;
	memset(info, 0, sizeof(*info));
	info->domain = first;
	info->tot_pages = NR_PAGES;
	info->shared_info_frame = SHARED_INFO;
	return 1;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *op)
{
	(void)xch;
	memset(op->u.getpageframeinfo3.array.p, 0, op->u.getpageframeinfo3.num * sizeof(uint64_t));
	return 0;
}

void *xencall_alloc_buffer_pages(xencall_handle *xcall, size_t nr_pages)
{
	(void)xcall;
	return malloc(nr_pages * STREAM_PAGE);
}

void xencall_free_buffer_pages(xencall_handle *xcall, void *p, size_t nr_pages)
{
	(void)xcall;
	(void)nr_pages;
	free(p);
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

/* Our restore makes the list anew; libxenguest's need not. */
static void the_p2m_list_is_left_out(void **state)
{
	uint64_t pfns[] = { 20, STORE };

	(void)state;
	m.p2m_pfns = pfns;
	m.nr_p2m = ARRAY_SIZE(pfns);
	assert_int_equal(suspended(SUSPEND_UNMAPPED_IS_FREE, NULL, 0), 0);
	assert_int_equal(nr_wanted(), NR_PAGES - 1);
	assert_int_equal(wanted[20], SAVE_NOTHING);
	assert_int_equal(suspended(0, NULL, 0), 0);
	assert_int_equal(nr_wanted(), NR_PAGES - 2);
	m.is_portable = true;
	assert_int_equal(suspended(SUSPEND_UNMAPPED_IS_FREE, NULL, 0), 0);
	assert_int_equal(nr_wanted(), NR_PAGES);
	m.is_portable = false;
	m.nr_p2m = 0;
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

/* ---- where the p2m list is ---- */

static void guest_make(void)
{
	unsigned int i, level;

	memset(frames, 0, sizeof(frames));
	memset(&shared, 0, sizeof(shared));
	shared.info.arch.max_pfn = NR_PAGES;
	shared.info.arch.p2m_cr3 = (uint64_t)(FIRST + ROOT_PFN) << 12;
	shared.info.arch.p2m_vaddr = P2M_VA;
	for (i = 0; i < NR_PAGES; i++)
		frames[P2M_PFN][i] = FIRST + i;
	for (level = 0; level < 3; level++)
		frames[ROOT_PFN + level][0] = (FIRST + ROOT_PFN + level + 1) << 12 | 1;
	frames[ROOT_PFN + 3][P2M_VA >> 12] = (FIRST + P2M_PFN) << 12 | 1;
}

/* The record, with this frame where the guest says that its list is. */
static void record_write(uint64_t flags, uint64_t frame)
{
	const struct suspend_record record = {
		.magic = SUSPEND_RECORD_MAGIC,
		.flags = flags,
	};
	uint64_t nr_runs = flags >> SUSPEND_RUNS_SHIFT;
	char *at = page.bytes + sizeof(page) - sizeof(record);

	memset(&page, 0xff, sizeof(page));
	memcpy(at, &record, sizeof(record));
	if (nr_runs <= SUSPEND_MAX_RUNS)
		memcpy(at - nr_runs * sizeof(struct suspend_run) - sizeof(frame), &frame,
		       sizeof(frame));
}

/* How many mappings it took; the list's own page is to be the one that was found. */
static unsigned int found_p2m(void)
{
	struct save_memory open = { .ctx = &ctx, .domid = 7, .err = &err };

	nr_maps = 0;
	assert_int_equal(save_memory_open(&open, FIRST + START_INFO), 0);
	assert_int_equal(open.nr_p2m, 1);
	assert_int_equal(open.p2m_pfns[0], P2M_PFN);
	assert_memory_equal(open.p2m, frames[P2M_PFN], NR_PAGES * sizeof(uint64_t));
	save_memory_close(&open);
	return nr_maps;
}

static void p2m_refused(uint64_t start_info_mfn, const char *text)
{
	struct save_memory open = { .ctx = &ctx, .domid = 7, .err = &err };

	memset(&err, 0, sizeof(err));
	assert_int_not_equal(save_memory_open(&open, start_info_mfn), 0);
	assert_error(err, CHAOS_GUEST, text);
	save_memory_close(&open);
}

static void p2m_is_told(void **state)
{
	(void)state;
	guest_make();
	record_write(SUSPEND_P2M, FIRST + P2M_PFN);
	assert_int_equal(found_p2m(), 2);
	record_write(SUSPEND_P2M | with_runs(SUSPEND_MAX_RUNS), FIRST + P2M_PFN);
	assert_int_equal(found_p2m(), 2);
}

static void p2m_is_looked_for(void **state)
{
	(void)state;
	guest_make();
	record_write(with_runs(0), 1);
	assert_int_equal(found_p2m(), 6);
	/* Where it would be cannot be told, and that is refused later. */
	record_write(SUSPEND_P2M | with_runs(UINT32_MAX), 1);
	assert_int_equal(found_p2m(), 6);
	memset(&page, 0xff, sizeof(page));
	assert_int_equal(found_p2m(), 6);
}

static void p2m_of_others_is_refused(void **state)
{
	(void)state;
	guest_make();
	record_write(SUSPEND_P2M, FIRST + NR_PAGES);
	p2m_refused(FIRST + START_INFO, "p2m list is not its own");
	record_write(SUSPEND_P2M, UINT64_MAX);
	p2m_refused(FIRST + START_INFO, "p2m list is not its own");
	/* It can be mapped, and is no list; is one, and not in itself. */
	record_write(SUSPEND_P2M, FIRST + START_INFO - 1);
	p2m_refused(FIRST + START_INFO, "names a frame twice");
	record_write(SUSPEND_P2M, FIRST + P2M_PFN);
	frames[P2M_PFN][P2M_PFN] = 1;
	p2m_refused(FIRST + START_INFO, "does not name its own frames");
	p2m_refused(FIRST + NR_PAGES, "start info is not its own");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(p2m_is_told),
		cmocka_unit_test(p2m_is_looked_for),
		cmocka_unit_test(p2m_of_others_is_refused),
		cmocka_unit_test(all_without_a_run),
		cmocka_unit_test(runs_are_left_out),
		cmocka_unit_test(some_are_saved_all_the_same),
		cmocka_unit_test(the_p2m_list_is_left_out),
		cmocka_unit_test(runs_outside_are_refused),
		cmocka_unit_test(too_many_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
