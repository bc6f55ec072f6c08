// SPDX-License-Identifier: GPL-2.0-only
/* See pv_file.h. */
#include "pv_file.h"

#include <xen/elfnote.h>

Elf64_Ehdr *header(struct file *f)
{
	return (Elf64_Ehdr *)f->data;
}

Elf64_Phdr *segment(struct file *f, unsigned int i)
{
	return (Elf64_Phdr *)(f->data + sizeof(Elf64_Ehdr)) + i;
}

void add_note(struct file *f, uint32_t type, const void *desc, uint32_t size)
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

void add_number(struct file *f, uint32_t type, uint64_t n)
{
	add_note(f, type, &n, sizeof(n));
}

void set_load(struct file *f, unsigned int i, uint64_t offset, uint64_t paddr, uint64_t filesz,
	      uint64_t memsz)
{
	*segment(f, i) = (Elf64_Phdr){ .p_type = PT_LOAD,
				       .p_offset = offset,
				       .p_vaddr = paddr,
				       .p_paddr = paddr,
				       .p_filesz = filesz,
				       .p_memsz = memsz };
}

struct file *minios(void)
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

const char *parse(struct pv_image *img, const void *file, size_t size)
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

void check_sane(const struct pv_image *img, size_t size)
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

void add_own_note(struct file *f, uint32_t type, const void *desc, uint32_t size)
{
	unsigned char *n = f->data + NOTE_OFFSET + f->note_size;

	memcpy(n, &(Elf64_Nhdr){ 8, size, type }, sizeof(Elf64_Nhdr));
	memcpy(n + sizeof(Elf64_Nhdr), "LightVM", 8);
	memcpy(n + sizeof(Elf64_Nhdr) + 8, desc, size);
	f->note_size += sizeof(Elf64_Nhdr) + 8 + ((size + 3) & ~3U);
	segment(f, 4)->p_filesz = f->note_size;
}
