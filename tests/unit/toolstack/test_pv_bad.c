// SPDX-License-Identifier: GPL-2.0-only
/* Proves that the fast builder's parser survives any file, with a reason for what it does not take. */
#include <xen/elfnote.h>

#include "pv_file.h"

struct bad {
	const char *name;
	void (*spoil)(struct file *f);
};

static void not_elf(struct file *f)
{
	f->data[0] = 'X';
}
static void class32(struct file *f)
{
	header(f)->e_ident[EI_CLASS] = ELFCLASS32;
}
static void big_endian(struct file *f)
{
	header(f)->e_ident[EI_DATA] = ELFDATA2MSB;
}
static void other_machine(struct file *f)
{
	header(f)->e_machine = EM_AARCH64;
}
static void shared_object(struct file *f)
{
	header(f)->e_type = ET_DYN;
}
static void no_segments(struct file *f)
{
	header(f)->e_phnum = 0;
}
static void odd_phdr_size(struct file *f)
{
	header(f)->e_phentsize = 32;
}
static void phdrs_outside(struct file *f)
{
	header(f)->e_phoff = PV_HEADERS_SIZE - 8;
}
static void phdrs_wrap(struct file *f)
{
	header(f)->e_phoff = UINT64_MAX - 8;
}
static void many_phdrs(struct file *f)
{
	header(f)->e_phnum = 0xffff;
}
static void no_load(struct file *f)
{
	for (int i = 0; i < 4; i++)
		segment(f, i)->p_type = 0;
}
static void no_note(struct file *f)
{
	segment(f, 4)->p_type = 0;
}
static void file_over_mem(struct file *f)
{
	segment(f, 1)->p_memsz = 1;
}
static void offset_wraps(struct file *f)
{
	segment(f, 1)->p_offset = UINT64_MAX - 0x100;
}
static void offset_outside(struct file *f)
{
	segment(f, 1)->p_offset = FILE_SIZE;
}
static void huge_memory(struct file *f)
{
	segment(f, 3)->p_memsz = UINT64_MAX;
}
static void large_memory(struct file *f)
{
	segment(f, 3)->p_memsz = 1UL << 33;
}
static void paddr_wraps(struct file *f)
{
	segment(f, 3)->p_paddr = UINT64_MAX - 0x1000;
}
static void far_away(struct file *f)
{
	segment(f, 3)->p_paddr = 1UL << 46;
}
static void overlap(struct file *f)
{
	segment(f, 1)->p_paddr = BASE + 0x1000;
}
static void disorder(struct file *f)
{
	segment(f, 1)->p_paddr = BASE - 0x1000;
}
static void note_outside(struct file *f)
{
	segment(f, 4)->p_offset = FILE_SIZE - 8;
}
static void note_wraps(struct file *f)
{
	segment(f, 4)->p_offset = UINT64_MAX - 8;
}
static void large_note(struct file *f)
{
	segment(f, 4)->p_filesz = PV_MAX_NOTE_SIZE + 1;
}
static void base_odd(struct file *f)
{
	add_number(f, XEN_ELFNOTE_VIRT_BASE, BASE + 1);
}
static void base_xen(struct file *f)
{
	add_number(f, XEN_ELFNOTE_VIRT_BASE, 0xffff800000000000UL);
}
static void base_hole(struct file *f)
{
	add_number(f, XEN_ELFNOTE_VIRT_BASE, 0x7fffffffa000UL);
}
static void base_top(struct file *f)
{
	add_number(f, XEN_ELFNOTE_VIRT_BASE, 0xfffffffffffff000UL);
}
static void base_size(struct file *f)
{
	add_note(f, XEN_ELFNOTE_VIRT_BASE, "abc", 3);
}
static void paddr_above(struct file *f)
{
	add_number(f, XEN_ELFNOTE_PADDR_OFFSET, BASE + 0x1000);
}
static void entry_below(struct file *f)
{
	add_number(f, XEN_ELFNOTE_ENTRY, BASE - 1);
}
static void entry_behind(struct file *f)
{
	add_number(f, XEN_ELFNOTE_ENTRY, BASE + 0xf000);
}
static void hypercall_odd(struct file *f)
{
	add_number(f, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 8);
}
static void hypercall_out(struct file *f)
{
	add_number(f, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0xf000);
}
static void other_xen(struct file *f)
{
	add_note(f, XEN_ELFNOTE_XEN_VERSION, "xen-2.0", 8);
}
static void loader(struct file *f)
{
	add_note(f, XEN_ELFNOTE_LOADER, "special", 8);
}
/* Below the kernel's address, and no place of its own. */
static void p2m_shares(struct file *f)
{
	add_number(f, XEN_ELFNOTE_INIT_P2M, BASE - 0x100000);
}
static void p2m_at_zero(struct file *f)
{
	add_number(f, XEN_ELFNOTE_INIT_P2M, 0);
}
static void p2m_size(struct file *f)
{
	add_note(f, XEN_ELFNOTE_INIT_P2M, "abc", 3);
}
static void module_size(struct file *f)
{
	add_note(f, XEN_ELFNOTE_MOD_START_PFN, "abc", 3);
}
static void translated(struct file *f)
{
	add_note(f, XEN_ELFNOTE_FEATURES, "!auto_translated_physmap", 25);
}

static void note_name_long(struct file *f)
{
	((Elf64_Nhdr *)(f->data + NOTE_OFFSET))->n_namesz = UINT32_MAX;
}

static void note_desc_long(struct file *f)
{
	((Elf64_Nhdr *)(f->data + NOTE_OFFSET))->n_descsz = UINT32_MAX - 2;
}

static void no_base(struct file *f)
{
	f->note_size = 0;
	add_number(f, XEN_ELFNOTE_ENTRY, BASE);
}

#define BAD(f)        \
	{             \
#f, f \
	}
static const struct bad bads[] = {
	BAD(not_elf),	    BAD(class32),	 BAD(big_endian),     BAD(other_machine),
	BAD(shared_object), BAD(no_segments),	 BAD(odd_phdr_size),  BAD(phdrs_outside),
	BAD(phdrs_wrap),    BAD(many_phdrs),	 BAD(no_load),	      BAD(no_note),
	BAD(file_over_mem), BAD(offset_wraps),	 BAD(offset_outside), BAD(huge_memory),
	BAD(large_memory),  BAD(paddr_wraps),	 BAD(far_away),	      BAD(overlap),
	BAD(disorder),	    BAD(note_outside),	 BAD(note_wraps),     BAD(large_note),
	BAD(base_odd),	    BAD(base_xen),	 BAD(base_hole),      BAD(base_top),
	BAD(base_size),	    BAD(paddr_above),	 BAD(entry_below),    BAD(entry_behind),
	BAD(hypercall_odd), BAD(hypercall_out),	 BAD(other_xen),      BAD(loader),
	BAD(p2m_shares),    BAD(p2m_at_zero),	 BAD(p2m_size),	      BAD(module_size),
	BAD(translated),    BAD(note_name_long), BAD(note_desc_long), BAD(no_base),
};

static void bad_files_are_refused(void **state)
{
	struct pv_image img;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bads) / sizeof(bads[0]); i++) {
		struct file *f = minios();

		bads[i].spoil(f);
		if (!parse(&img, f->data, FILE_SIZE))
			fail_msg("%s was taken", bads[i].name);
		free(f);
	}
}

static void cut_files_are_refused(void **state)
{
	struct file *f = minios();
	struct pv_image img;
	size_t size;

	(void)state;
	/* The last byte that is loaded is at 0x4230. */
	for (size = 0; size < 0x4230; size++)
		assert_non_null(parse(&img, f->data, size));
	assert_null(parse(&img, f->data, size));
	free(f);
}

/* Same seed, same files: interesting values at random places of headers and notes. */
static void any_file_is_survived(void **state)
{
	static const uint64_t values[] = { 0,
					   1,
					   4,
					   0xfff,
					   0x1000,
					   0x7fffffff,
					   0xffffffff,
					   UINT64_MAX,
					   1UL << 47,
					   UINT64_MAX - 1,
					   UINT64_MAX - 0xfff,
					   FILE_SIZE,
					   FILE_SIZE - 1,
					   BASE,
					   BASE - 1 };
	unsigned int round, n, taken = 0;
	struct pv_image img;

	(void)state;
	srand(1);
	for (round = 0; round < 200000; round++) {
		struct file *f = minios();

		for (n = 0; n <= round % 3; n++) {
			size_t size = 1UL << rand() % 4;
			size_t at = rand() % 2 ? NOTE_OFFSET + (size_t)rand() % f->note_size :
						 (size_t)rand() % 0x160;

			memcpy(f->data + at, &values[(size_t)rand() % 15], size);
		}
		(void)pv_image_abi(f->data, FILE_SIZE - (size_t)rand() % 0x5000);
		if (!parse(&img, f->data, FILE_SIZE)) {
			check_sane(&img, FILE_SIZE);
			taken++;
		}
		free(f);
	}
	assert_true(taken > 0 && taken < round);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(any_file_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
