// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that a guest's layout is xen.h's and that its page tables map exactly what they should,
 * by walking them, for guests small and large, and that Xen could take them: nothing maps a page
 * table writable.
 */
#include <stdlib.h>
#include <string.h>

#include "build/pv/pv_layout.h"
#include "unit.h"

#define MIB(n)	   ((uint64_t)(n) << (20 - PV_PAGE_SHIFT))
#define FIRST_MFN  0x12345UL
#define FRAME(pte) (((pte)&0x000ffffffffff000UL) >> PV_PAGE_SHIFT)

static struct pv_image image(uint64_t virt_base, uint64_t nr_pages)
{
	return (struct pv_image){ .virt_base = virt_base, .nr_pages = nr_pages };
}

/* Machine frames are in reverse order, so that none is right by chance. */
static uint64_t *make_p2m(uint64_t nr_pages)
{
	uint64_t *p2m = malloc(nr_pages * sizeof(*p2m)), pfn;

	for (pfn = 0; pfn < nr_pages; pfn++)
		p2m[pfn] = FIRST_MFN + nr_pages - pfn;
	return p2m;
}

static uint64_t *table_of(const struct pv_layout *l, uint64_t *tables, uint64_t mfn)
{
	uint64_t pfn = FIRST_MFN + l->nr_pages - mfn;

	assert_in_range(pfn, l->pt_pfn, l->pt_pfn + l->nr_pt - 1);
	return tables + (pfn - l->pt_pfn) * 512;
}

/* The leaf entry for an address, 0 if there is none. */
static uint64_t walk(const struct pv_layout *l, uint64_t *tables, uint64_t va)
{
	uint64_t *table = tables, entry;
	unsigned int level;

	for (level = PV_LEVELS;; level--) {
		entry = table[va >> (PV_PAGE_SHIFT + 9 * (level - 1)) & 511];
		if (level == 1 || !entry)
			return entry;
		assert_int_equal(entry & 0xfff, 0x67);
		table = table_of(l, tables, FRAME(entry));
	}
}

static void check_tables(const struct pv_layout *l)
{
	uint64_t *p2m = make_p2m(l->nr_pages), pfn, n, present = 0, pte;
	uint64_t *tables = malloc(l->nr_pt * PV_PAGE_SIZE);

	memset(tables, 0x5a, l->nr_pt * PV_PAGE_SIZE); /* what a former owner has left */
	pv_layout_write_tables(l, p2m, tables);
	for (pfn = 0; pfn < l->nr_mapped; pfn++) {
		bool is_table = pfn >= l->pt_pfn && pfn < l->pt_pfn + l->nr_pt;

		pte = walk(l, tables, pv_layout_va(l, pfn));
		assert_int_equal(FRAME(pte), p2m[pfn]);
		assert_int_equal(pte & 0xfff, is_table ? 0x21 : 0x23);
	}
	assert_int_equal(walk(l, tables, pv_layout_va(l, l->nr_mapped)), 0);
	assert_int_equal(walk(l, tables, l->virt_base - PV_PAGE_SIZE), 0);
	/* Nothing else: as many entries as pages mapped and tables below the root. */
	for (n = 0; n < l->nr_pt * 512; n++)
		present += tables[n] != 0;
	assert_int_equal(present, l->nr_mapped + l->nr_pt - 1);
	free(tables);
	free(p2m);
}

static void check_order(const struct pv_layout *l, const struct pv_image *img)
{
	assert_int_equal(l->p2m_pfn, img->nr_pages);
	assert_true(l->nr_p2m * 512 >= l->nr_pages);
	assert_int_equal(l->start_info_pfn, l->p2m_pfn + l->nr_p2m);
	assert_int_equal(l->store_pfn, l->start_info_pfn + 1);
	assert_int_equal(l->console_pfn, l->start_info_pfn + 2);
	assert_int_equal(l->ctrl_pfn, l->start_info_pfn + 3);
	assert_int_equal(l->ring_pfn, l->start_info_pfn + 4);
	assert_int_equal(l->pt_pfn, l->ring_pfn + l->nr_rings);
	assert_int_equal(l->boot_stack_pfn, l->pt_pfn + l->nr_pt);
	assert_true(l->boot_stack_pfn < l->nr_mapped);
	assert_true(l->nr_mapped <= l->nr_pages);
}

static void four_mib_as_libxenguest(void **state)
{
	struct pv_image img = image(0x40000000, 31);
	struct pv_layout l;

	(void)state;
	assert_int_equal(pv_layout_make(&l, &img, MIB(4), 0, 0), 0);
	check_order(&l, &img);
	assert_int_equal(l.nr_mapped, MIB(4));
	assert_int_equal(l.nr_pt, 5);
	check_tables(&l);
}

static void large_guests_map_only_the_beginning(void **state)
{
	struct pv_image img = image(0x40000000, 31);
	struct pv_layout l;

	(void)state;
	assert_int_equal(pv_layout_make(&l, &img, MIB(1024), 0, 0), 0);
	check_order(&l, &img);
	/* 512 pages of p2m, 512 KiB behind the boot stack: beyond 2 MiB, and so 4 */
	assert_int_equal(l.nr_mapped, MIB(4));
	check_tables(&l);
	/* 900 pages of image: with those, beyond 4 MiB */
	img.nr_pages = 900;
	assert_int_equal(pv_layout_make(&l, &img, MIB(1024), 0, 0), 0);
	check_order(&l, &img);
	assert_int_equal(l.nr_mapped, MIB(8));
	assert_int_equal(l.nr_pt, 7);
	check_tables(&l);
}

static void odd_addresses(void **state)
{
	static const uint64_t bases[] = { 0,
					  0x1000,
					  0x3ff000,
					  0x3fffe000,
					  0x7fffffe000,
					  0xffffffff80000000,
					  0xffff880000000000,
					  0xffffffffc0000000 };
	struct pv_layout l;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct pv_image img = image(bases[i], 31);

		assert_int_equal(pv_layout_make(&l, &img, MIB(16), 0, 0), 0);
		check_order(&l, &img);
		/* The end is at a multiple of 4 MiB. */
		assert_int_equal(pv_layout_va(&l, l.nr_mapped) % (4 << 20), 0);
		assert_true(l.nr_mapped - l.boot_stack_pfn > 128);
		check_tables(&l);
	}
}

static void small_guests_are_mapped_whole(void **state)
{
	struct pv_image img = image(0x40000000, 13);
	struct pv_layout l;
	uint64_t pages, least;

	(void)state;
	/* image, p2m, four pages, four tables, boot stack */
	least = pv_layout_make(&l, &img, 1, 0, 0);
	assert_int_equal(least, 13 + 1 + 4 + 4 + 1);
	for (pages = 1; pages < least; pages++)
		assert_int_equal(pv_layout_make(&l, &img, pages, 0, 0), least);
	for (; pages < MIB(4); pages += pages < 40 ? 1 : 37) {
		assert_int_equal(pv_layout_make(&l, &img, pages, 0, 0), 0);
		check_order(&l, &img);
		assert_int_equal(l.nr_mapped, pages);
		check_tables(&l);
	}
}

static void what_maps_itself_is_mapped_no_further(void **state)
{
	struct pv_image img = image(0x40000000, 31);
	struct pv_layout l;

	(void)state;
	img.maps_itself = true;
	for (img.mapped_kib = 0; img.mapped_kib <= 4096; img.mapped_kib += 60) {
		assert_int_equal(pv_layout_make(&l, &img, MIB(8), 0, 0), 0);
		check_order(&l, &img);
		assert_in_range(l.nr_mapped - l.boot_stack_pfn - 1, img.mapped_kib / 4,
				img.mapped_kib / 4 + 1);
		check_tables(&l);
	}
}

/* Rings lie in what is mapped, however many there are. */
static void rings(void **state)
{
	struct pv_image img = image(0x40000000, 31);
	struct pv_layout l;
	uint64_t nr, least;

	(void)state;
	img.maps_itself = true;
	for (nr = 0; nr <= 60; nr += 2) {
		assert_int_equal(pv_layout_make(&l, &img, MIB(8), nr, 0), 0);
		check_order(&l, &img);
		assert_int_equal(l.nr_rings, nr);
		check_tables(&l);
		least = pv_layout_make(&l, &img, 1, nr, 0);
		assert_int_equal(least, 31 + 1 + 4 + nr + 4 + 1);
	}
}

/* A window maps another frame, and nothing else changes. */
static void windows(void **state)
{
	static const uint64_t bases[] = { 0, 0x40000000, 0x3fffe000, 0xffffffffc0000000 };
	uint64_t *p2m, *tables, *before, n, differ;
	struct pv_layout l;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(bases) / sizeof(bases[0]); i++) {
		struct pv_image img = image(bases[i], 31);

		assert_int_equal(pv_layout_make(&l, &img, MIB(4), 2, 0), 0);
		p2m = make_p2m(l.nr_pages);
		tables = malloc(l.nr_pt * PV_PAGE_SIZE);
		before = malloc(l.nr_pt * PV_PAGE_SIZE);
		pv_layout_write_tables(&l, p2m, tables);
		memcpy(before, tables, l.nr_pt * PV_PAGE_SIZE);
		pv_layout_map_window(&l, tables, 7, 0x77777, false);
		pv_layout_map_window(&l, tables, 30, 0x66666, true);
		assert_true(walk(&l, tables, pv_layout_va(&l, 7)) == (0x77777021UL | 1UL << 63));
		assert_true(walk(&l, tables, pv_layout_va(&l, 30)) == (0x66666023UL | 1UL << 63));
		for (n = differ = 0; n < l.nr_pt * 512; n++)
			differ += tables[n] != before[n];
		assert_int_equal(differ, 2);
		free(before);
		free(tables);
		free(p2m);
	}
}

#define NX (1UL << 63)

/* Each page as its region, or the sum of its regions, and nothing outside the image executable. */
static void protection(void **state)
{
	static const struct pv_region regions[] = {
		{ 0, 0x3000, false, true },	  /* text */
		{ 0x3000, 0x1800, false, false }, /* constants */
		{ 0x4800, 0x100, true, false },	  /* data that begins on their last page */
		{ 0x4900, 0x200, false, true },	  /* and even text */
		{ 0x7000, 0x2001, true, false },
	};
	/* Pages 5 and 6 are in no region. */
	static const uint64_t flags[] = { 0x21, 0x21, 0x21,	 0x21 | NX, 0x23,
					  0x23, 0x23, 0x23 | NX, 0x23 | NX, 0x23 | NX };
	struct pv_image img = image(0x40000000, 10);
	uint64_t *p2m, *tables, pfn, pte;
	struct pv_layout l;

	(void)state;
	img.maps_itself = true;
	img.nr_regions = ARRAY_SIZE(regions);
	memcpy(img.regions, regions, sizeof(regions));
	assert_int_equal(pv_layout_make(&l, &img, MIB(4), 2, 0), 0);
	p2m = make_p2m(l.nr_pages);
	tables = malloc(l.nr_pt * PV_PAGE_SIZE);
	pv_layout_write_tables(&l, p2m, tables);
	pv_layout_protect(&l, &img, tables);
	for (pfn = 0; pfn < l.nr_mapped; pfn++) {
		bool is_table = pfn >= l.pt_pfn && pfn < l.pt_pfn + l.nr_pt;

		pte = walk(&l, tables, pv_layout_va(&l, pfn));
		assert_int_equal(FRAME(pte), p2m[pfn]);
		if (pfn < 10)
			assert_true((pte & (NX | 0xfff)) == flags[pfn]);
		else
			assert_true((pte & (NX | 0xfff)) == (NX | (is_table ? 0x21 : 0x23)));
	}
	free(tables);
	free(p2m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_mib_as_libxenguest),
		cmocka_unit_test(large_guests_map_only_the_beginning),
		cmocka_unit_test(odd_addresses),
		cmocka_unit_test(small_guests_are_mapped_whole),
		cmocka_unit_test(what_maps_itself_is_mapped_no_further),
		cmocka_unit_test(rings),
		cmocka_unit_test(windows),
		cmocka_unit_test(protection),
	};

	return cmocka_run_group_tests_name("pv_layout", tests, NULL, NULL);
}
