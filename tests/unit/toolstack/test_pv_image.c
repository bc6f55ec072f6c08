// SPDX-License-Identifier: GPL-2.0-only
/* Proves that the fast builder's parser takes what minios builds, and finds where everything goes. */
#include <xen/elfnote.h>

#include "pv_file.h"

static void minios_is_taken(void **state)
{
	struct file *f = minios();
	struct pv_image img;

	(void)state;
	assert_null(parse(&img, f->data, FILE_SIZE));
	check_sane(&img, FILE_SIZE);
	assert_int_equal(img.virt_base, BASE);
	assert_int_equal(img.entry, BASE); /* the note, not the header */
	assert_int_equal(img.nr_pages, 15);
	assert_true(img.has_hypercall_page);
	assert_int_equal(img.hypercall_pfn, 2);
	assert_int_equal(img.nr_segments, 3);
	assert_int_equal(img.nr_runs, 3);
	assert_int_equal(img.runs[0].nr_pages, 2);
	assert_int_equal(img.runs[1].first_pfn, 3);
	assert_int_equal(img.runs[2].first_pfn, 8);
	assert_int_equal(img.nr_file_pages, 4);
	free(f);
}

static void neighbours_share_a_run(void **state)
{
	struct file *f = minios();
	struct pv_image img;

	(void)state;
	/* The second begins on the page on which the first ends, the third on the next. */
	set_load(f, 0, 0x1000, BASE, 0x1f03, 0x1f03);
	set_load(f, 1, 0x3000, BASE + 0x1f80, 0x400, 0x400);
	set_load(f, 2, 0x4000, BASE + 0x3000, 0x10, 0x1000);
	assert_null(parse(&img, f->data, FILE_SIZE));
	check_sane(&img, FILE_SIZE);
	assert_int_equal(img.nr_runs, 2);
	assert_int_equal(img.runs[0].nr_segments, 3);
	assert_int_equal(img.runs[0].nr_pages, 4);
	free(f);
}

static void notes_place_the_image(void **state)
{
	struct file *f = minios();
	struct pv_image img;

	(void)state;
	/* Physical addresses from 1 MiB, mapped high up; 32-bit numbers are numbers too. */
	set_load(f, 0, 0x1000, 0x100000, 0x1f03, 0x3000);
	set_load(f, 1, 0x3000, 0x103000, 0x400, 0x400);
	set_load(f, 2, 0, 0x104000, 0, 0x4000);
	set_load(f, 3, 0x4000, 0x108000, 0x230, 0x7000);
	f->note_size = 0;
	add_number(f, XEN_ELFNOTE_VIRT_BASE, 0xffffffff80000000UL);
	add_note(f, XEN_ELFNOTE_PADDR_OFFSET, &(uint32_t){ 0x80000 }, 4);
	header(f)->e_entry = 0xffffffff80080010UL;
	assert_null(parse(&img, f->data, FILE_SIZE));
	check_sane(&img, FILE_SIZE);
	assert_int_equal(img.runs[0].first_pfn, 0x80);
	assert_int_equal(img.nr_pages, 0x8f);
	assert_int_equal(img.entry, 0xffffffff80080010UL);
	assert_false(img.has_hypercall_page);
	free(f);
}

/* What the program headers say of memory, with the segments that are in no file. */
static void protection(void **state)
{
	static const uint64_t numbers[] = { 1, 0, 2 };
	struct file *f = minios();
	struct pv_image img;
	unsigned int i;

	(void)state;
	segment(f, 0)->p_flags = PF_R | PF_X;
	segment(f, 1)->p_flags = PF_R;
	segment(f, 2)->p_flags = segment(f, 3)->p_flags = PF_R | PF_W;
	assert_null(parse(&img, f->data, FILE_SIZE));
	assert_false(img.is_protected);
	assert_int_equal(img.nr_regions, 4);
	assert_true(img.regions[0].is_executable && !img.regions[0].is_writable);
	assert_true(!img.regions[1].is_executable && !img.regions[1].is_writable);
	assert_true(!img.regions[2].is_executable && img.regions[2].is_writable);
	assert_int_equal(img.regions[2].offset, 0x4000);
	assert_int_equal(img.regions[2].size, 0x4000);
	assert_int_equal(img.regions[3].offset, 0x8000);
	for (i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct file *g = malloc(sizeof(*g));

		*g = *f;
		add_own_note(g, PV_NOTE_PROTECTED, &numbers[i], 8);
		assert_null(parse(&img, g->data, FILE_SIZE));
		assert_int_equal(img.is_protected, numbers[i] == 1);
		check_sane(&img, FILE_SIZE);
		free(g);
	}
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(minios_is_taken),
		cmocka_unit_test(neighbours_share_a_run),
		cmocka_unit_test(notes_place_the_image),
		cmocka_unit_test(protection),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
