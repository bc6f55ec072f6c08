// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that each page of a guest gets the bytes it should, with zeros around them, whether all pages are
 * mapped at once or through the window, wherever the window's parts begin and end; and that a file that
 * became shorter is an error.  The guest's memory and its window, and the files, are faked.
 */
#include <stdlib.h>
#include <string.h>

#include "build/pv/pv_contents.h"
#include "build/pv/pv_copy.h"
#include "build/pv/pv_source.h"
#include "unit.h"

#define GUEST_PAGES 700U
#define FILE_SIZE   (500UL << PV_PAGE_SHIFT)
#define KERNEL_FD   3
#define RAMDISK_FD  4
#define START	    4096U

static unsigned char *kernel, *ramdisk, *memory, *wanted;
static uint64_t file_size, p2m[GUEST_PAGES];
static unsigned int nr_windows;
static struct pv_image image;
static struct pv_plan plan;
static struct pv_guest guest;

int pv_read(int fd, uint64_t offset, void *to, uint64_t size)
{
	if (offset > file_size || size > file_size - offset) {
		errno = EIO;
		return -1;
	}
	memcpy(to, (fd == KERNEL_FD ? kernel : ramdisk) + offset, size);
	return 0;
}

void pv_copy_begin(struct pv_copy *c, struct pv_guest *g)
{
	c->g = g;
	nr_windows++;
}

char *pv_copy_at(struct pv_copy *c, uint64_t pfn, uint64_t nr_pages)
{
	assert_ptr_equal(c->g, &guest);
	assert_in_range(nr_pages, 1, PV_WINDOW_PAGES);
	assert_true(pfn + nr_pages <= GUEST_PAGES);
	return (char *)memory + (pfn << PV_PAGE_SHIFT);
}

void pv_copy_end(struct pv_copy *c)
{
	assert_ptr_equal(c->g, &guest);
	nr_windows--;
}

/* A segment, and the same bytes where they are wanted. */
static void add_segment(uint64_t file_offset, uint64_t size, uint64_t offset)
{
	image.segments[image.nr_segments++] =
		(struct pv_segment){ .file_offset = file_offset, .size = size, .offset = offset };
	memcpy(wanted + offset, kernel + START + file_offset, size);
}

static void add_run(uint64_t first_pfn, uint64_t nr_pages, unsigned int nr_segments)
{
	struct pv_run *run = &image.runs[image.nr_runs++];

	*run = (struct pv_run){ first_pfn, nr_pages, image.nr_segments - nr_segments, nr_segments };
	image.nr_file_pages += nr_pages;
}

static int setup(void **state)
{
	size_t i;

	(void)state;
	file_size = FILE_SIZE;
	kernel = malloc(FILE_SIZE);
	ramdisk = malloc(FILE_SIZE);
	memory = malloc(GUEST_PAGES * PV_PAGE_SIZE);
	wanted = malloc(GUEST_PAGES * PV_PAGE_SIZE);
	srand(1);
	for (i = 0; i < FILE_SIZE; i++) {
		kernel[i] = (unsigned char)rand();
		ramdisk[i] = (unsigned char)rand();
	}
	for (i = 0; i < GUEST_PAGES; i++)
		p2m[i] = (uint64_t)rand();
	memset(memory, 0x5a, GUEST_PAGES * PV_PAGE_SIZE); /* what a former owner has left */
	memset(wanted, 0x5a, GUEST_PAGES * PV_PAGE_SIZE);
	memset(&image, 0, sizeof(image));
	image.fd = KERNEL_FD;
	image.start = START;
	/* Two segments that share a page and leave some at both ends; one of many pages. */
	memset(wanted + (3 << PV_PAGE_SHIFT), 0, 3 << PV_PAGE_SHIFT);
	add_segment(100, 0x1234, 0x3010);
	add_segment(0x5000, 0x700, 0x4800);
	add_run(3, 3, 2);
	memset(wanted + (50 << PV_PAGE_SHIFT), 0, 300 << PV_PAGE_SHIFT);
	add_segment(0x9001, (299 << PV_PAGE_SHIFT) + 5, 50 << PV_PAGE_SHIFT);
	add_run(50, 300, 1);
	plan = (struct pv_plan){ .img = &image, .ramdisk = { RAMDISK_FD, 77, 0 } };
	guest = (struct pv_guest){ .p2m = p2m, .nr_pages = GUEST_PAGES };
	guest.layout.p2m_pfn = 360;
	guest.layout.nr_p2m = 2;
	memset(wanted + (360 << PV_PAGE_SHIFT), 0, 2 << PV_PAGE_SHIFT);
	memcpy(wanted + (360 << PV_PAGE_SHIFT), p2m, sizeof(p2m));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	free(kernel);
	free(ramdisk);
	free(memory);
	free(wanted);
	return 0;
}

static void with_ramdisk(uint64_t size)
{
	uint64_t nr = PV_PAGES(size);

	plan.ramdisk.size = size;
	guest.layout.ramdisk_pfn = 400;
	guest.layout.nr_ramdisk = plan.layout.nr_ramdisk = nr;
	memset(wanted + (400 << PV_PAGE_SHIFT), 0, nr << PV_PAGE_SHIFT);
	memcpy(wanted + (400 << PV_PAGE_SHIFT), ramdisk + 77, size);
}

static void through_the_window(void **state)
{
	static const uint64_t sizes[] = { 0, 1, 4096, 64 * 4096, 64 * 4096 + 1, 900001 };
	const char *what;
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		with_ramdisk(sizes[i]);
		assert_int_equal(pv_contents_copy(&guest, &plan, &what), 0);
		assert_memory_equal(memory, wanted, GUEST_PAGES * PV_PAGE_SIZE);
		assert_int_equal(nr_windows, 0);
	}
}

static void all_at_once(void **state)
{
	char *map = malloc(GUEST_PAGES * PV_PAGE_SIZE);
	const char *what;

	(void)state;
	with_ramdisk(70000);
	guest.map = map;
	guest.ramdisk_map = map + (image.nr_file_pages << PV_PAGE_SHIFT);
	guest.p2m_map = guest.ramdisk_map + (guest.layout.nr_ramdisk << PV_PAGE_SHIFT);
	assert_int_equal(pv_contents_write(&guest, &plan, &what), 0);
	assert_memory_equal(map, wanted + 0x3000, 0x3000);
	assert_memory_equal(map + 0x3000, wanted + (50 << PV_PAGE_SHIFT), 300 << PV_PAGE_SHIFT);
	assert_memory_equal(guest.ramdisk_map, wanted + (400 << PV_PAGE_SHIFT),
			    18 << PV_PAGE_SHIFT);
	assert_memory_equal(guest.p2m_map, wanted + (360 << PV_PAGE_SHIFT), 2 << PV_PAGE_SHIFT);
	free(map);
}

static void shorter_files(void **state)
{
	const char *what;

	(void)state;
	with_ramdisk(900001);
	file_size = 77 + 900000;
	assert_int_equal(pv_contents_copy(&guest, &plan, &what), -1);
	assert_int_equal(errno, EIO);
	assert_string_equal(what, "reading the image");
	image.nr_runs = 1;
	assert_int_equal(pv_contents_copy(&guest, &plan, &what), -1);
	assert_string_equal(what, "reading the ramdisk");
	assert_int_equal(nr_windows, 0);
}

static void few_pages_are_mapped(void **state)
{
	(void)state;
	assert_true(pv_contents_is_copied(&plan));
	image.nr_file_pages = 30;
	assert_false(pv_contents_is_copied(&plan));
	with_ramdisk(900001);
	image.nr_file_pages = 40;
	assert_true(pv_contents_is_copied(&plan));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(through_the_window, setup, teardown),
		cmocka_unit_test_setup_teardown(all_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(shorter_files, setup, teardown),
		cmocka_unit_test_setup_teardown(few_pages_are_mapped, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
