// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Checks the headers and the Xen notes of an ELF PV kernel.  Images come from users: every offset
 * and size is taken for hostile, and compared by subtraction from what is known to be there.
 */
#include <elf.h>
#include <string.h>
#include <xen/elfnote.h>

#include "noxs.h"
#include "build/pv/pv_image.h"

/* Canonical addresses have 48 bits; Xen's own area is in between (public/arch-x86/xen-x86_64.h). */
#define LOWER_HALF_END	 0x0000800000000000UL
#define UPPER_HALF_START 0xffff880000000000UL
/*
 * What our back-end always offers and the builder can choose for a guest.  One event channel serves
 * both directions: a second would cost more than all the rest of connecting.
 */
#define VIF_FEATURES \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_RX_NOTIFY)

/* Far more than any unikernel, and small enough for all sums below. */
#define MAX_IMAGE_SIZE (1UL << 32)

#define UNSET	       UINT64_MAX

/* ---- headers ---- */

static const char *check_header(const Elf64_Ehdr *h)
{
	if (memcmp(h->e_ident, ELFMAG, SELFMAG))
		return "it is not an ELF file";
	if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB ||
	    h->e_machine != EM_X86_64)
		return "it is not for x86_64";
	if (h->e_type != ET_EXEC || h->e_ident[EI_VERSION] != EV_CURRENT)
		return "it is not an executable";
	if (h->e_phentsize != sizeof(Elf64_Phdr) || !h->e_phnum)
		return "it has no program headers";
	return NULL;
}

/* Still by physical address: where that is in the guest, the notes say. */
static const char *add_segment(struct pv_image *img, const Elf64_Phdr *p, uint64_t file_size)
{
	struct pv_region *region;
	struct pv_segment *seg;

	if (p->p_filesz > p->p_memsz || p->p_memsz > MAX_IMAGE_SIZE ||
	    p->p_paddr > UINT64_MAX - p->p_memsz)
		return "a segment has an impossible size";
	if (p->p_filesz > file_size || p->p_offset > file_size - p->p_filesz)
		return "a segment reaches beyond the end of the file";
	if (!p->p_memsz)
		return NULL;
	if (img->first_paddr == UNSET)
		img->first_paddr = p->p_paddr;
	else if (p->p_paddr < img->last_paddr)
		return "its segments overlap or are not in order";
	img->last_paddr = p->p_paddr + p->p_memsz;
	if (img->nr_regions == PV_MAX_SEGMENTS)
		return "it has too many segments";
	region = &img->regions[img->nr_regions++];
	region->offset = p->p_paddr;
	region->size = p->p_memsz;
	region->is_writable = p->p_flags & PF_W;
	region->is_executable = p->p_flags & PF_X;
	if (!p->p_filesz)
		return NULL;
	seg = &img->segments[img->nr_segments++];
	seg->file_offset = p->p_offset;
	seg->size = p->p_filesz;
	seg->offset = p->p_paddr;
	return NULL;
}

static const char *add_note(struct pv_image *img, const Elf64_Phdr *p, uint64_t file_size)
{
	struct pv_note *note;

	if (p->p_filesz > PV_MAX_NOTE_SIZE || img->nr_notes == PV_MAX_NOTES)
		return "it has too many notes";
	if (p->p_filesz > file_size || p->p_offset > file_size - p->p_filesz)
		return "its notes reach beyond the end of the file";
	note = &img->notes[img->nr_notes++];
	note->file_offset = p->p_offset;
	note->size = p->p_filesz;
	return NULL;
}

const char *pv_image_parse_headers(struct pv_image *img, const void *data, size_t len,
				   uint64_t file_size)
{
	const char *why = NULL;
	unsigned int i;
	Elf64_Ehdr h;
	Elf64_Phdr p;

	memset(img, 0, sizeof(*img));
	img->fd = -1;
	img->first_paddr = UNSET;
	if (len < sizeof(h))
		return "it is not an ELF file";
	memcpy(&h, data, sizeof(h));
	why = check_header(&h);
	if (why)
		return why;
	if (h.e_phoff > len || (len - h.e_phoff) / sizeof(p) < h.e_phnum)
		return "its program headers are not at its beginning";
	for (i = 0; i < h.e_phnum && !why; i++) {
		memcpy(&p, (const char *)data + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_LOAD)
			why = add_segment(img, &p, file_size);
		else if (p.p_type == PT_NOTE)
			why = add_note(img, &p, file_size);
	}
	if (why)
		return why;
	if (!img->nr_segments)
		return "it has nothing to load";
	if (!img->nr_notes)
		return "it has no notes";
	img->entry = h.e_entry;
	return NULL;
}

/* ---- notes (xen/public/elfnote.h) ---- */

struct notes {
	uint64_t virt_base, paddr_offset, entry, hypercall_page, p2m, module_pfn;
	uint64_t mapped_kib, vif_features, is_protected, abi;
	bool has_own; /* notes of ours */
	bool is_linux;
	uint64_t window[PV_NR_WINDOWS];
	const char *why; /* what rules this kernel out */
};

static uint64_t number(const char *desc, uint32_t size, const char **why)
{
	uint64_t n64;
	uint32_t n32;

	if (size == sizeof(n64)) {
		memcpy(&n64, desc, sizeof(n64));
		return n64;
	}
	if (size == sizeof(n32)) {
		memcpy(&n32, desc, sizeof(n32));
		return n32;
	}
	*why = "a note that is a number has another size";
	return UNSET;
}

static bool is_text(const char *desc, uint32_t size, const char *text)
{
	return size == strlen(text) + 1 && !memcmp(desc, text, size);
}

static bool has_word(const char *desc, uint32_t size, const char *word)
{
	return memmem(desc, size, word, strlen(word)) != NULL;
}

static void take_note(struct notes *n, uint32_t type, const char *desc, uint32_t size)
{
	switch (type) {
	case XEN_ELFNOTE_VIRT_BASE:
		n->virt_base = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_PADDR_OFFSET:
		n->paddr_offset = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_ENTRY:
		n->entry = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_HYPERCALL_PAGE:
		n->hypercall_page = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_XEN_VERSION:
		if (!is_text(desc, size, "xen-3.0"))
			n->why = "it is for another version of Xen";
		break;
	case XEN_ELFNOTE_LOADER:
		if (!is_text(desc, size, "generic"))
			n->why = "it wants a special loader";
		break;
	case XEN_ELFNOTE_INIT_P2M:
		n->p2m = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_MOD_START_PFN:
		n->module_pfn = number(desc, size, &n->why);
		break;
	case XEN_ELFNOTE_GUEST_OS:
		n->is_linux = is_text(desc, size, "linux");
		break;
	case XEN_ELFNOTE_FEATURES:
		if (has_word(desc, size, "!auto_translated_physmap"))
			n->why = "it wants a translated address space";
		break;
	default:
		break; /* nothing the builder would do differently */
	}
}

static void take_own_note(struct notes *n, uint32_t type, const char *desc, uint32_t size)
{
	n->has_own = true;
	switch (type) {
	case PV_NOTE_MAPPED_KIB:
		n->mapped_kib = number(desc, size, &n->why);
		break;
	case PV_NOTE_VIF_FEATURES:
		n->vif_features = number(desc, size, &n->why);
		break;
	case PV_NOTE_PROTECTED:
		n->is_protected = number(desc, size, &n->why);
		break;
	case PV_NOTE_ABI:
		n->abi = number(desc, size, &n->why);
		break;
	case PV_NOTE_DEVICE_PAGE:
		n->window[PV_WINDOW_DEVICE_PAGE] = number(desc, size, &n->why);
		break;
	case PV_NOTE_SHARED_INFO:
		n->window[PV_WINDOW_SHARED_INFO] = number(desc, size, &n->why);
		break;
	case PV_NOTE_GRANT_TABLE:
		n->window[PV_WINDOW_GRANT_TABLE] = number(desc, size, &n->why);
		break;
	default:
		break; /* of a later kernel, which does without */
	}
}

/* Rounds up to the notes' alignment; size is at most 32 bits long. */
static uint64_t align4(uint64_t size)
{
	return (size + 3) & ~3UL;
}

static const char *read_notes(struct notes *n, const char *data, uint64_t len)
{
	Elf64_Nhdr h;
	uint64_t name, desc;

	while (len >= sizeof(h)) {
		memcpy(&h, data, sizeof(h));
		data += sizeof(h);
		len -= sizeof(h);
		name = align4(h.n_namesz);
		desc = align4(h.n_descsz);
		/* The last description may lack its padding. */
		if (name > len || h.n_descsz > len - name)
			return "a note reaches beyond its section";
		if (is_text(data, h.n_namesz, "Xen"))
			take_note(n, h.n_type, data + name, h.n_descsz);
		else if (is_text(data, h.n_namesz, PV_NOTE_OWNER))
			take_own_note(n, h.n_type, data + name, h.n_descsz);
		if (desc >= len - name)
			break;
		data += name + desc;
		len -= name + desc;
	}
	return n->why;
}

/* ---- both together ---- */

/* The number of the page at an address; PV_NO_WINDOW if it is none of the image's, in memory. */
static uint64_t page_at(const struct pv_image *img, uint64_t address)
{
	uint64_t offset = address - img->virt_base;

	if (address < img->virt_base || offset & (PV_PAGE_SIZE - 1) ||
	    offset >> PV_PAGE_SHIFT >= img->nr_pages)
		return PV_NO_WINDOW;
	return offset >> PV_PAGE_SHIFT;
}

static const char *place_windows(struct pv_image *img, const struct notes *n)
{
	unsigned int i;

	for (i = 0; i < PV_NR_WINDOWS; i++) {
		img->window_pfn[i] = PV_NO_WINDOW;
		if (n->window[i] == UNSET)
			continue;
		img->window_pfn[i] = page_at(img, n->window[i]);
		if (img->window_pfn[i] == PV_NO_WINDOW)
			return "a page it wants something mapped at is no page in it";
	}
	return NULL;
}

/*
 * As libxenguest, which takes an address for its p2m if it is a page's below the kernel's (xg_dom_core.c).
 * Page tables that it shares with the kernel are not made here, nor is Xen's part of the address space.
 */
static const char *place_p2m(struct pv_image *img, uint64_t va)
{
	if (va == UNSET || va >= img->virt_base || va & (PV_PAGE_SIZE - 1))
		return NULL;
	if (va & (PV_P2M_ALIGN - 1) || va == (img->virt_base & ~(PV_P2M_ALIGN - 1)))
		return "it wants its p2m where something else is mapped";
	if (va >= LOWER_HALF_END && va < UPPER_HALF_START)
		return "it wants its p2m where no guest can have it";
	img->has_own_p2m = true;
	img->p2m_va = va;
	return NULL;
}

/* A feature that is not known, or not without another: such a front-end connects by itself. */
static bool takes_vifs(uint64_t features)
{
	const uint64_t gso_needs = NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4;

	if (features & ~(uint64_t)VIF_FEATURES)
		return false;
	return !(features & NOXS_VIF_F_GSO_TCPV4) || (features & gso_needs) == gso_needs;
}

static const char *place(struct pv_image *img, const struct notes *n)
{
	uint64_t size;
	unsigned int i;

	if (n->virt_base == UNSET)
		return "it has no Xen note with its address";
	if (n->virt_base & (PV_PAGE_SIZE - 1))
		return "its address is not that of a page";
	if (img->first_paddr < n->paddr_offset)
		return "a segment lies below its address";
	size = img->last_paddr - n->paddr_offset;
	if (size > MAX_IMAGE_SIZE)
		return "it is too large";
	if (n->virt_base < LOWER_HALF_END ? size > LOWER_HALF_END - n->virt_base :
					    n->virt_base < UPPER_HALF_START || size > -n->virt_base)
		return "its address is none a guest can use";
	for (i = 0; i < img->nr_segments; i++)
		img->segments[i].offset -= n->paddr_offset;
	for (i = 0; i < img->nr_regions; i++)
		img->regions[i].offset -= n->paddr_offset;
	img->is_protected = n->is_protected == 1;
	img->virt_base = n->virt_base;
	img->nr_pages = PV_PAGES(size);
	if (n->entry != UNSET)
		img->entry = n->entry;
	if (img->entry < n->virt_base || img->entry - n->virt_base >= size)
		return "its entry point is not in it";
	img->maps_itself = n->mapped_kib <= PV_MAX_MAPPED_KIB;
	if (img->maps_itself)
		img->mapped_kib = (uint32_t)n->mapped_kib;
	img->takes_vifs = takes_vifs(n->vif_features);
	if (img->takes_vifs)
		img->vif_features = (uint32_t)n->vif_features;
	img->is_linux = n->is_linux;
	img->takes_module_pfn = n->module_pfn != UNSET && n->module_pfn;
	return NULL;
}

static const char *place_pages(struct pv_image *img, const struct notes *n)
{
	const char *why = place_p2m(img, n->p2m);

	if (why)
		return why;
	if (n->hypercall_page != UNSET) {
		img->hypercall_pfn = page_at(img, n->hypercall_page);
		if (img->hypercall_pfn == PV_NO_WINDOW)
			return "its hypercall page is no page in it";
		img->has_hypercall_page = true;
	}
	return place_windows(img, n);
}

static void find_runs(struct pv_image *img)
{
	struct pv_run *run = NULL;
	uint64_t first, end;
	unsigned int i;

	for (i = 0; i < img->nr_segments; i++) {
		first = img->segments[i].offset >> PV_PAGE_SHIFT;
		end = PV_PAGES(img->segments[i].offset + img->segments[i].size);
		if (!run || first > run->first_pfn + run->nr_pages) {
			run = &img->runs[img->nr_runs++];
			run->first_pfn = first;
			run->first_segment = i;
		}
		run->nr_pages = end - run->first_pfn;
		run->nr_segments++;
	}
	for (i = 0; i < img->nr_runs; i++)
		img->nr_file_pages += img->runs[i].nr_pages;
}

/* Of what it says and has not been able to mean, one that nobody speaks. */
static uint32_t abi_of(const struct notes *n)
{
	if (n->abi == UNSET)
		return n->has_own ? PV_ABI_BEFORE_NOTE : 0;
	return n->abi && n->abi <= UINT32_MAX ? (uint32_t)n->abi : PV_ABI_NONSENSE;
}

const char *pv_image_parse_notes(struct pv_image *img, const void *const data[])
{
	struct notes n = {
		.virt_base = UNSET,
		.entry = UNSET,
		.hypercall_page = UNSET,
		.p2m = UNSET,
		.module_pfn = UNSET,
		.mapped_kib = UNSET,
		.vif_features = UNSET,
		.abi = UNSET,
		.window = { UNSET, UNSET, UNSET },
	};
	const char *why = NULL;
	unsigned int i;

	for (i = 0; i < img->nr_notes && !why; i++)
		why = read_notes(&n, data[i], img->notes[i].size);
	if (!why)
		why = place(img, &n);
	if (!why)
		why = place_pages(img, &n);
	if (!why)
		find_runs(img);
	img->abi = abi_of(&n);
	return why;
}

/* ---- one question to any kernel ---- */

uint32_t pv_image_abi(const void *data, size_t size)
{
	struct notes n = { .abi = UNSET };
	unsigned int i;
	Elf64_Ehdr h;
	Elf64_Phdr p;

	if (size < sizeof(h))
		return 0;
	memcpy(&h, data, sizeof(h));
	if (check_header(&h) || h.e_phoff > size || (size - h.e_phoff) / sizeof(p) < h.e_phnum)
		return 0;
	for (i = 0; i < h.e_phnum; i++) {
		memcpy(&p, (const char *)data + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type == PT_NOTE && p.p_filesz <= size && p.p_offset <= size - p.p_filesz)
			(void)read_notes(&n, (const char *)data + p.p_offset,
					 p.p_filesz); /* what else they say is the builder's */
	}
	return abi_of(&n);
}
