// SPDX-License-Identifier: GPL-2.0-only
/*
 * xenpoke - what a test does to a PV domain that has not run behind its toolstack's back.
 *
 *   xenpoke fill DOMID      write a pattern to every page of it that can be written to, which are
 *                           all but its page tables; prints how many then have it
 *   xenpoke count DOMID...  prints how many pages have the pattern anywhere in them: of their
 *                           memory and their grant tables
 *   xenpoke destroy DOMID   destroy it, as another toolstack would: nobody is told
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenforeignmemory.h>

#define PATTERN	     0xfeedc0defeedc0deULL
#define PAGE_SIZE    4096U
#define PAGE_WORDS   (PAGE_SIZE / sizeof(uint64_t))
#define BATCH	     512U
#define GRANT_FRAMES 1U

static xc_interface *xch;
static xenforeignmemory_handle *fmem;

static void fail(const char *what)
{
	fprintf(stderr, "xenpoke: %s: %s\n", what, strerror(errno));
	exit(1);
}

static bool has_pattern(const uint64_t *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_WORDS; i++)
		if (page[i] == PATTERN)
			return true;
	return false;
}

static void write_pattern(uint64_t *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_WORDS; i++)
		page[i] = PATTERN;
}

/* Of some frames of a domain: write to them, or look at them and tell how many have it. */
static unsigned int some_frames(uint32_t domid, const xen_pfn_t *frames, unsigned int n, bool fill)
{
	unsigned int i, hits = 0;
	int errors[BATCH];
	uint64_t *pages;

	pages = xenforeignmemory_map(fmem, domid, fill ? PROT_READ | PROT_WRITE : PROT_READ, n,
				     frames, errors);
	if (!pages)
		fail("map");
	for (i = 0; i < n; i++) {
		/* A page table is not to be written to; everything can be read. */
		if (errors[i] && !fill)
			fail("map for reading");
		if (errors[i])
			continue;
		if (fill)
			write_pattern(pages + i * PAGE_WORDS);
		else
			hits += has_pattern(pages + i * PAGE_WORDS);
	}
	if (xenforeignmemory_unmap(fmem, pages, n))
		fail("unmap");
	return hits;
}

/* The frame behind an address of a guest that has not run, as its vCPU would see it; mapped. */
static void *map_va(uint32_t domid, unsigned long long va)
{
	xen_pfn_t frame = xc_translate_foreign_address(xch, domid, 0, va);
	void *page;

	page = frame ? xenforeignmemory_map(fmem, domid, PROT_READ, 1, &frame, NULL) : NULL;
	if (!page)
		fail("address of the guest");
	return page;
}

/* All frames of its memory, as its builder has listed them for it. */
static xen_pfn_t *list_frames(uint32_t domid, unsigned long *nr)
{
	vcpu_guest_context_any_t context;
	const start_info_t *info;
	xen_pfn_t *frames, *page;
	unsigned long i;

	if (xc_vcpu_getcontext(xch, domid, 0, &context))
		fail("no context: a domain without an image?");
	info = map_va(domid, context.x64.user_regs.rsi);
	*nr = info->nr_pages;
	frames = calloc(*nr, sizeof(*frames));
	if (!frames)
		fail("no memory");
	for (i = 0; i < *nr; i += PAGE_WORDS) {
		page = map_va(domid, info->mfn_list + i * sizeof(*frames));
		memcpy(frames + i, page,
		       (*nr - i < PAGE_WORDS ? *nr - i : PAGE_WORDS) * sizeof(*frames));
		(void)xenforeignmemory_unmap(fmem, page, 1); /* fails for bad arguments only */
	}
	return frames; /* freed with the process */
}

static unsigned int all_frames(uint32_t domid, bool fill)
{
	unsigned int hits = 0;
	unsigned long i, n;
	xc_domaininfo_t info;
	xen_pfn_t *frames;

	if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
		fail("no such domain");
	frames = list_frames(domid, &n);
	if (n != info.tot_pages)
		fail("its list of frames is not whole");
	for (i = 0; i < n && fill; i += BATCH)
		(void)some_frames(domid, frames + i, n - i < BATCH ? n - i : BATCH, true);
	for (i = 0; i < n; i += BATCH)
		hits += some_frames(domid, frames + i, n - i < BATCH ? n - i : BATCH, false);
	return hits;
}

static unsigned int grant_frames(uint32_t domid)
{
	xenforeignmemory_resource_handle *res;
	unsigned int i, hits = 0;
	void *pages = NULL;

	res = xenforeignmemory_map_resource(fmem, domid, XENMEM_resource_grant_table,
					    XENMEM_resource_grant_table_id_shared, 0, GRANT_FRAMES,
					    &pages, PROT_READ, 0);
	if (!res)
		fail("grant table");
	for (i = 0; i < GRANT_FRAMES; i++)
		hits += has_pattern((uint64_t *)pages + i * PAGE_WORDS);
	(void)xenforeignmemory_unmap_resource(fmem, res); /* the process ends soon */
	return hits;
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";
	unsigned int hits = 0;
	uint32_t domid;
	int i;

	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch)
		fail("no Xen");
	fmem = xc_interface_fmem_handle(xch);
	for (i = 2; i < argc; i++) {
		domid = (uint32_t)strtoul(argv[i], NULL, 10);
		if (!strcmp(what, "fill"))
			hits += all_frames(domid, true);
		else if (!strcmp(what, "count"))
			hits += all_frames(domid, false) + grant_frames(domid);
		else if (!strcmp(what, "destroy") && xc_domain_destroy(xch, domid))
			fail("destroy");
	}
	printf("%u\n", hits);
	return 0;
}
