// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the fast builder takes a Linux as Linux wants it: a kernel far above its address, a p2m with
 * page tables of its own, a ramdisk that is mapped nowhere, and no page of ours that Linux would give away;
 * that nothing overlaps in guests of any size, and that what does not fit is told of with what would.
 */
#include <xen/elfnote.h>

#include "build/pv/pv_layout.h"
#include "pv_file.h"

#define KERNEL	  0xffffffff80000000UL
#define P2M	  0x8000000000UL
#define FIRST_MFN 0x12345UL
#define MIB(n)	  ((uint64_t)(n) << (20 - PV_PAGE_SHIFT))

/* Debian's notes; the kernel lies at 16 MiB. */
static struct file *debian(void)
{
	struct file *f = minios();
	unsigned int i;

	for (i = 0; i < 4; i++)
		segment(f, i)->p_paddr += 0x1000000 - BASE;
	f->note_size = 0;
	add_note(f, XEN_ELFNOTE_GUEST_OS, "linux", 6);
	add_note(f, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	add_number(f, XEN_ELFNOTE_VIRT_BASE, KERNEL);
	add_number(f, XEN_ELFNOTE_INIT_P2M, P2M);
	add_number(f, XEN_ELFNOTE_ENTRY, KERNEL + 0x1000000);
	add_number(f, XEN_ELFNOTE_PADDR_OFFSET, 0);
	add_note(f, XEN_ELFNOTE_MOD_START_PFN, &(uint32_t){ 1 }, 4);
	return f;
}

static struct pv_image image(void)
{
	struct file *f = debian();
	struct pv_image img;

	assert_null(parse(&img, f->data, FILE_SIZE));
	check_sane(&img, FILE_SIZE);
	free(f);
	return img;
}

static void debian_is_taken(void **state)
{
	struct pv_image img = image();

	(void)state;
	assert_int_equal(img.virt_base, KERNEL);
	assert_int_equal(img.nr_pages, 4096 + 15);
	assert_int_equal(img.runs[0].first_pfn, 4096);
	assert_true(img.is_linux && img.has_own_p2m && img.takes_module_pfn);
	assert_int_equal(img.p2m_va, P2M);
	assert_false(img.has_hypercall_page);
	assert_int_equal(img.abi, 0);
}

/* As libxenguest: an address above the kernel's, or that is none of a page's, is as good as none. */
static void odd_p2m_is_ignored(void **state)
{
	static const uint64_t odd[] = { P2M + 8, KERNEL, UINT64_MAX - 0xfff };
	struct pv_image img;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		struct file *f = debian();

		add_number(f, XEN_ELFNOTE_INIT_P2M, odd[i]);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_false(img.has_own_p2m);
		free(f);
	}
}

static void xens_addresses_are_refused(void **state)
{
	struct file *f = debian();
	struct pv_image img;

	(void)state;
	add_number(f, XEN_ELFNOTE_INIT_P2M, 0xffff800000000000UL);
	assert_non_null(parse(&img, f->data, FILE_SIZE));
	free(f);
}

/* ---- layout ---- */

struct span {
	uint64_t first, nr;
};

static void check_apart(const struct span *spans, unsigned int nr, uint64_t nr_pages)
{
	unsigned int i, j;

	for (i = 0; i < nr; i++) {
		assert_true(spans[i].first + spans[i].nr <= nr_pages);
		for (j = 0; j < i; j++)
			assert_true(!spans[i].nr || !spans[j].nr ||
				    spans[i].first >= spans[j].first + spans[j].nr ||
				    spans[j].first >= spans[i].first + spans[i].nr);
	}
}

static void check_layout(const struct pv_layout *l, const struct pv_image *img)
{
	const struct span spans[] = {
		{ 0, img->nr_pages },
		{ l->start_info_pfn, 1 },
		{ l->store_pfn, 1 },
		{ l->console_pfn, 1 },
		{ l->pt_pfn, l->nr_pt },
		{ l->boot_stack_pfn, 1 },
		{ l->ramdisk_pfn, l->nr_ramdisk },
		{ l->p2m_pfn, l->nr_p2m + l->nr_p2m_pt },
	};

	check_apart(spans, ARRAY_SIZE(spans), l->nr_pages);
	assert_int_equal(l->ctrl_pfn, l->store_pfn);
	assert_true(l->boot_stack_pfn < l->nr_mapped);
	assert_true(l->p2m_pfn >= l->nr_mapped);
	assert_int_equal(l->p2m_va, P2M);
}

/* The machine frame for an address, 0 if there is none; tables lie as in pv_layout_write_tables(). */
static uint64_t walk(const struct pv_layout *l, const uint64_t *tables, uint64_t va)
{
	const uint64_t *table = tables;
	uint64_t entry, pfn;
	unsigned int level;

	for (level = PV_LEVELS;; level--) {
		entry = table[va >> (PV_PAGE_SHIFT + 9 * (level - 1)) & 511];
		if (level == 1 || !entry)
			return entry >> PV_PAGE_SHIFT;
		pfn = (entry >> PV_PAGE_SHIFT) - FIRST_MFN;
		if (pfn >= l->pt_pfn && pfn < l->pt_pfn + l->nr_pt)
			table = tables + (pfn - l->pt_pfn) * 512;
		else
			table = tables + (l->nr_pt + pfn - pv_layout_p2m_pt(l)) * 512;
		assert_true(pfn < l->pt_pfn + l->nr_pt || pfn >= pv_layout_p2m_pt(l));
		assert_true(table < tables + (l->nr_pt + l->nr_p2m_pt) * 512);
	}
}

static void check_tables(const struct pv_layout *l)
{
	uint64_t *p2m = malloc(l->nr_pages * sizeof(*p2m)), n, pfn, present = 0;
	uint64_t count = l->nr_pt + l->nr_p2m_pt;
	uint64_t *tables = malloc(count * PV_PAGE_SIZE);

	for (pfn = 0; pfn < l->nr_pages; pfn++)
		p2m[pfn] = FIRST_MFN + pfn;
	memset(tables, 0x5a, count * PV_PAGE_SIZE);
	pv_layout_write_tables(l, p2m, tables);
	for (pfn = 0; pfn < l->nr_mapped; pfn++)
		assert_int_equal(walk(l, tables, pv_layout_va(l, pfn)), p2m[pfn]);
	for (n = 0; n < l->nr_p2m; n++)
		assert_int_equal(walk(l, tables, P2M + (n << PV_PAGE_SHIFT)), p2m[l->p2m_pfn + n]);
	assert_int_equal(walk(l, tables, P2M + (l->nr_p2m << PV_PAGE_SHIFT)), 0);
	for (n = 0; n < count * 512; n++)
		present += tables[n] != 0;
	assert_int_equal(present, l->nr_mapped + l->nr_p2m + count - 1);
	free(tables);
	free(p2m);
}

static void guests_of_all_sizes(void **state)
{
	static const uint64_t ramdisks[] = { 0, 1, 67, 5000 };
	struct pv_image img = image();
	struct pv_layout l;
	unsigned int mib, i;

	(void)state;
	for (mib = 64; mib <= 4096; mib = mib * 3 / 2) {
		for (i = 0; i < ARRAY_SIZE(ramdisks); i++) {
			assert_int_equal(pv_layout_make(&l, &img, MIB(mib), 0, ramdisks[i]), 0);
			check_layout(&l, &img);
			assert_true(!ramdisks[i] || l.ramdisk_pfn >= l.nr_mapped);
			/* xen.h: 512 KiB behind the boot stack, an end at a multiple of 4 MiB */
			assert_int_equal(pv_layout_va(&l, l.nr_mapped) % (4 << 20), 0);
			assert_true(l.nr_mapped - l.boot_stack_pfn > 128);
			check_tables(&l);
		}
	}
}

/* A kernel that does not take a frame's number has its ramdisk mapped, behind itself. */
static void ramdisk_is_mapped(void **state)
{
	struct pv_image img = image();
	struct pv_layout l;

	(void)state;
	img.takes_module_pfn = false;
	assert_int_equal(pv_layout_make(&l, &img, MIB(64), 0, 67), 0);
	check_layout(&l, &img);
	assert_int_equal(l.ramdisk_pfn, img.nr_pages);
	assert_int_equal(l.start_info_pfn, img.nr_pages + 67);
	check_tables(&l);
}

/* Each number of pages too few is told of, with more; the number that is told last suffices. */
static void too_little_memory(void **state)
{
	struct pv_image img = image();
	uint64_t pages, least, more;
	struct pv_layout l;

	(void)state;
	for (least = 1; (more = pv_layout_make(&l, &img, least, 0, 67)); least = more)
		assert_true(more > least);
	check_layout(&l, &img);
	assert_true(least < img.nr_pages + 67 + 60);
	for (pages = 1; pages < least; pages += pages + 1 < least - 20 ? 97 : 1)
		assert_true(pv_layout_make(&l, &img, pages, 0, 67) > pages);
	for (; pages < least + 2000; pages += 7) {
		assert_int_equal(pv_layout_make(&l, &img, pages, 0, 67), 0);
		check_layout(&l, &img);
		check_tables(&l);
	}
	/* Nobody has as much, and no sum runs over. */
	assert_true(pv_layout_make(&l, &img, MIB(64), 0, UINT64_MAX >> PV_PAGE_SHIFT) > MIB(64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(debian_is_taken),
		cmocka_unit_test(odd_p2m_is_ignored),
		cmocka_unit_test(xens_addresses_are_refused),
		cmocka_unit_test(guests_of_all_sizes),
		cmocka_unit_test(ramdisk_is_mapped),
		cmocka_unit_test(too_little_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
