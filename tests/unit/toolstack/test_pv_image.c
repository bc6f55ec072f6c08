// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves that the fast builder's parser takes what minios builds, finds where everything goes, and
 * survives any file, with a reason for what it does not take.
 */
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <xen/elfnote.h>

#include "noxs.h"
#include "build/pv/pv_image.h"
#include "unit.h"

#define BASE	    0x40000000UL
#define FILE_SIZE   0x8000U
#define NOTE_OFFSET 0x3000U

struct file {
	unsigned char data[FILE_SIZE];
	size_t note_size;
};

static Elf64_Ehdr *header(struct file *f)
{
	return (Elf64_Ehdr *)f->data;
}

static Elf64_Phdr *segment(struct file *f, unsigned int i)
{
	return (Elf64_Phdr *)(f->data + sizeof(Elf64_Ehdr)) + i;
}

static void add_note(struct file *f, uint32_t type, const void *desc, uint32_t size)
{
	Elf64_Nhdr *n = (Elf64_Nhdr *)(f->data + NOTE_OFFSET + f->note_size);

	n->n_namesz = 4;
	n->n_descsz = size;
	n->n_type = type;
	memcpy(n + 1, "Xen", 4);
	memcpy((char *)(n + 1) + 4, desc, size);
	f->note_size += sizeof(*n) + 4 + ((size + 3) & ~3U);
	segment(f, 4)->p_filesz = f->note_size;
}

static void add_number(struct file *f, uint32_t type, uint64_t n)
{
	add_note(f, type, &n, sizeof(n));
}

static void set_load(struct file *f, unsigned int i, uint64_t offset, uint64_t paddr,
		     uint64_t filesz, uint64_t memsz)
{
	*segment(f, i) = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_offset = offset,
				       .p_vaddr = paddr,
				       .p_paddr = paddr,
				       .p_filesz = filesz,
				       .p_memsz = memsz };
}

/* As minios lays itself out: text and hypercall page, constants, stack, data. */
static struct file *minios(void)
{
	struct file *f = calloc(1, sizeof(*f));
	Elf64_Ehdr *h = header(f);

	memcpy(h->e_ident, ELFMAG, SELFMAG);
	h->e_ident[EI_CLASS] = ELFCLASS64;
	h->e_ident[EI_DATA] = ELFDATA2LSB;
	h->e_ident[EI_VERSION] = EV_CURRENT;
	h->e_type = ET_EXEC;
	h->e_machine = EM_X86_64;
	h->e_entry = BASE + 8;
	h->e_phoff = sizeof(*h);
	h->e_phentsize = sizeof(Elf64_Phdr);
	h->e_phnum = 5;
	set_load(f, 0, 0x1000, BASE, 0x1f03, 0x3000);
	set_load(f, 1, 0x3000, BASE + 0x3000, 0x400, 0x400);
	set_load(f, 2, 0, BASE + 0x4000, 0, 0x4000);
	set_load(f, 3, 0x4000, BASE + 0x8000, 0x230, 0x7000);
	segment(f, 4)->p_type = PT_NOTE;
	segment(f, 4)->p_offset = NOTE_OFFSET;
	add_note(f, XEN_ELFNOTE_XEN_VERSION, "xen-3.0", 8);
	add_note(f, XEN_ELFNOTE_LOADER, "generic", 8);
	add_number(f, XEN_ELFNOTE_VIRT_BASE, BASE);
	add_number(f, XEN_ELFNOTE_PADDR_OFFSET, BASE);
	add_number(f, XEN_ELFNOTE_ENTRY, BASE);
	add_number(f, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x2000);
	add_note(f, XEN_ELFNOTE_FEATURES, "!writable_page_tables|pae_pgdir_above_4gb", 42);
	return f;
}

/* Both steps on copies of exactly the size promised, so that ASan sees any byte too far. */
static const char *parse(struct pv_image *img, const void *file, size_t size)
{
	size_t len = size < PV_HEADERS_SIZE ? size : PV_HEADERS_SIZE;
	void *notes[PV_MAX_NOTES] = { 0 };
	char *headers = malloc(len + !len);
	const char *why;
	unsigned int i;

	memcpy(headers, file, len);
	why = pv_image_parse_headers(img, headers, len, size);
	free(headers);
	if (why)
		return why;
	for (i = 0; i < img->nr_notes; i++) {
		assert_true(img->notes[i].file_offset <= size);
		assert_true(img->notes[i].size <= size - img->notes[i].file_offset);
		notes[i] = malloc(img->notes[i].size + !img->notes[i].size);
		memcpy(notes[i], (const char *)file + img->notes[i].file_offset,
		       img->notes[i].size);
	}
	why = pv_image_parse_notes(img, (const void *const *)notes);
	for (i = 0; i < PV_MAX_NOTES; i++)
		free(notes[i]);
	return why;
}

/* What the builder relies on, whatever the file was. */
static void check_sane(const struct pv_image *img, size_t size)
{
	uint64_t end = 0, pages = 0;
	unsigned int i, segments = 0;

	assert_in_range(img->nr_pages, 1, 1UL << 20);
	for (i = 0; i < img->nr_segments; i++) {
		assert_true(img->segments[i].offset >= end);
		end = img->segments[i].offset + img->segments[i].size;
		assert_true(end <= img->nr_pages << PV_PAGE_SHIFT);
		assert_true(img->segments[i].size <= size);
		assert_true(img->segments[i].file_offset <= size - img->segments[i].size);
	}
	for (i = 0, end = 0; i < img->nr_runs; i++) {
		assert_int_equal(img->runs[i].first_segment, segments);
		segments += img->runs[i].nr_segments;
		assert_true(i == 0 || img->runs[i].first_pfn > end);
		end = img->runs[i].first_pfn + img->runs[i].nr_pages;
		assert_true(end <= img->nr_pages);
		pages += img->runs[i].nr_pages;
	}
	assert_int_equal(segments, img->nr_segments);
	assert_int_equal(pages, img->nr_file_pages);
	assert_true(!img->has_hypercall_page || img->hypercall_pfn < img->nr_pages);
	for (i = 0, end = 0; i < img->nr_regions; i++) {
		assert_true(img->regions[i].offset >= end && img->regions[i].size);
		end = img->regions[i].offset + img->regions[i].size;
		assert_true(end <= img->nr_pages << PV_PAGE_SHIFT);
	}
	for (i = 0; i < PV_NR_WINDOWS; i++)
		assert_true(img->window_pfn[i] == PV_NO_WINDOW ||
			    img->window_pfn[i] < img->nr_pages);
}

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

static void add_own_note(struct file *f, uint32_t type, const void *desc, uint32_t size)
{
	unsigned char *n = f->data + NOTE_OFFSET + f->note_size;

	memcpy(n, &(Elf64_Nhdr){ 8, size, type }, sizeof(Elf64_Nhdr));
	memcpy(n + sizeof(Elf64_Nhdr), "LightVM", 8);
	memcpy(n + sizeof(Elf64_Nhdr) + 8, desc, size);
	f->note_size += sizeof(Elf64_Nhdr) + 8 + ((size + 3) & ~3U);
	segment(f, 4)->p_filesz = f->note_size;
}

/* Our own note, of another owner than all others; a senseless number in it changes nothing. */
/* What an image without notes of ours speaks nobody knows; one with them, but none of this kind, speaks 1. */
static void abi_note(void **state)
{
	static const uint32_t versions[] = { NOXS_ABI_VERSION, 1U << 16 | 2, 3U << 16 };
	static const uint64_t bad[] = { 0, 1UL << 32 | NOXS_ABI_VERSION };
	struct file *f = minios();
	struct pv_image img;
	unsigned int i;

	(void)state;
	assert_null(parse(&img, f, FILE_SIZE));
	assert_int_equal(img.abi, 0);
	add_own_note(f, PV_NOTE_MAPPED_KIB, &(uint32_t){ 512 }, 4);
	assert_null(parse(&img, f, FILE_SIZE));
	assert_int_equal(img.abi, 1U << 16);
	free(f);
	for (i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		f = minios();
		add_own_note(f, PV_NOTE_ABI, &(uint64_t){ versions[i] }, 8);
		assert_null(parse(&img, f, FILE_SIZE));
		assert_int_equal(img.abi, versions[i]);
		assert_int_equal(pv_image_abi(f->data, FILE_SIZE), versions[i]);
		free(f);
	}
	/* What says nothing is not taken for a kernel that has nothing to say. */
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		f = minios();
		add_own_note(f, PV_NOTE_ABI, &bad[i], 8);
		assert_null(parse(&img, f, FILE_SIZE));
		assert_int_equal(img.abi >> 16, 0);
		assert_int_not_equal(img.abi, 0);
		assert_int_equal(pv_image_abi(f->data, FILE_SIZE), img.abi);
		free(f);
	}
	f = minios();
	add_own_note(f, PV_NOTE_ABI, "xxx", 3);
	assert_non_null(parse(&img, f, FILE_SIZE));
	free(f);
}

static void own_note(void **state)
{
	static const struct {
		uint32_t kib;
		bool is_taken;
	} cases[] = { { 0, true }, { 64, true }, { 4096, true }, { 4097, false }, { ~0U, false } };
	struct pv_image img;
	unsigned int i;

	(void)state;
	for (i = 0; i < 5; i++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_false(img.maps_itself);
		add_own_note(f, PV_NOTE_MAPPED_KIB, &cases[i].kib, 4);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.maps_itself, cases[i].is_taken);
		assert_int_equal(img.mapped_kib, cases[i].is_taken ? cases[i].kib : 0);
		free(f);
	}
}

/* Whoever builds it: a note of ours says that a kernel knows noxs, another's or a broken one does not. */
static void own_note_alone(void **state)
{
	struct file *f = minios();
	const uint32_t kib = 64;
	struct pv_image img;
	unsigned char *cut;
	size_t size;

	(void)state;
	assert_null(parse(&img, f->data, FILE_SIZE));
	assert_int_equal(img.abi, 0);
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	add_own_note(f, PV_NOTE_MAPPED_KIB, &kib, 4);
	assert_null(parse(&img, f->data, FILE_SIZE));
	assert_int_equal(img.abi, 1U << 16);
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 1U << 16);
	/* All that matters is where the notes are. */
	segment(f, 0)->p_filesz = UINT64_MAX;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 1U << 16);
	for (size = 0; size < NOTE_OFFSET + f->note_size + 1; size += size < 0x200 ? 1 : 7) {
		cut = malloc(size + !size);
		memcpy(cut, f->data, size);
		assert_int_equal(pv_image_abi(cut, size),
				 size >= NOTE_OFFSET + f->note_size ? 1U << 16 : 0);
		free(cut);
	}
	segment(f, 4)->p_offset = UINT64_MAX - 4;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	segment(f, 4)->p_offset = NOTE_OFFSET;
	header(f)->e_phoff = UINT64_MAX;
	assert_int_equal(pv_image_abi(f->data, FILE_SIZE), 0);
	free(f);
}

/* Without the note, or with a feature that is unknown or lacks another, the guest connects. */
static void vif_features(void **state)
{
	static const struct {
		uint64_t features;
		bool is_taken;
	} cases[] = {
		{ 0, true },
		{ NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_RX_NOTIFY, true },
		{ NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_GSO_TCPV4, true },
		{ NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_SG, false },
		{ NOXS_VIF_F_GSO_TCPV4, false },
		{ NOXS_VIF_F_SPLIT_EVTCHN, false },
		{ NOXS_VIF_F_MCAST_CTRL, false },
		{ NOXS_VIF_F_ALL + 1, false },
		{ 1UL << 32, false },
		{ UINT64_MAX, false },
	};
	struct pv_image img;
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_false(img.takes_vifs);
		add_own_note(f, PV_NOTE_VIF_FEATURES, &cases[i].features, 8);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.takes_vifs, cases[i].is_taken);
		assert_int_equal(img.vif_features, cases[i].is_taken ? cases[i].features : 0);
		free(f);
	}
}

/* A window is a whole page of the image, in its file or not; another one is refused. */
static void windows(void **state)
{
	static const uint64_t bad[] = { BASE - 0x1000,	BASE + 0xf000,	   BASE + 8, 0,
					UINT64_MAX - 1, UINT64_MAX - 0xfff };
	struct pv_image img;
	unsigned int i, w;

	(void)state;
	for (w = 0; w < PV_NR_WINDOWS; w++) {
		struct file *f = minios();

		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_true(img.window_pfn[w] == PV_NO_WINDOW);
		add_own_note(f, PV_NOTE_DEVICE_PAGE + w, &(uint64_t){ BASE + 0xe000 }, 8);
		assert_null(parse(&img, f->data, FILE_SIZE));
		assert_int_equal(img.window_pfn[w], 14);
		check_sane(&img, FILE_SIZE);
		free(f);
		for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
			f = minios();
			add_own_note(f, PV_NOTE_DEVICE_PAGE + w, &bad[i], 8);
			assert_non_null(parse(&img, f->data, FILE_SIZE));
			free(f);
		}
	}
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
static void init_p2m(struct file *f)
{
	add_number(f, XEN_ELFNOTE_INIT_P2M, 1UL << 40);
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
	BAD(not_elf),	    BAD(class32),	BAD(big_endian),     BAD(other_machine),
	BAD(shared_object), BAD(no_segments),	BAD(odd_phdr_size),  BAD(phdrs_outside),
	BAD(phdrs_wrap),    BAD(many_phdrs),	BAD(no_load),	     BAD(no_note),
	BAD(file_over_mem), BAD(offset_wraps),	BAD(offset_outside), BAD(huge_memory),
	BAD(large_memory),  BAD(paddr_wraps),	BAD(far_away),	     BAD(overlap),
	BAD(disorder),	    BAD(note_outside),	BAD(note_wraps),     BAD(large_note),
	BAD(base_odd),	    BAD(base_xen),	BAD(base_hole),	     BAD(base_top),
	BAD(base_size),	    BAD(paddr_above),	BAD(entry_below),    BAD(entry_behind),
	BAD(hypercall_odd), BAD(hypercall_out), BAD(other_xen),	     BAD(loader),
	BAD(init_p2m),	    BAD(translated),	BAD(note_name_long), BAD(note_desc_long),
	BAD(no_base),
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
		cmocka_unit_test(minios_is_taken),
		cmocka_unit_test(neighbours_share_a_run),
		cmocka_unit_test(notes_place_the_image),
		cmocka_unit_test(bad_files_are_refused),
		cmocka_unit_test(cut_files_are_refused),
		cmocka_unit_test(any_file_is_survived),
		cmocka_unit_test(abi_note),
		cmocka_unit_test(own_note),
		cmocka_unit_test(own_note_alone),
		cmocka_unit_test(vif_features),
		cmocka_unit_test(windows),
		cmocka_unit_test(protection),
	};

	return cmocka_run_group_tests_name("pv_image", tests, NULL, NULL);
}
