/* SPDX-License-Identifier: MIT */
/*
 * The page allocator: single freed pages first, then the frames never used so far, which the
 * architecture maps when it gets there.
 */
#include <errno.h>
#include <minios/mm.h>
#include <minios/suspend.h>

#define MAX_RESERVED 16

struct free_page {
	struct free_page *next;
};
static struct free_page *free_pages;
static unsigned long next_pfn;
static unsigned long reserved[MAX_RESERVED];
static unsigned int nr_reserved;

void page_init(unsigned long first_pfn)
{
	next_pfn = first_pfn;
}

static bool page_is_reserved(unsigned long pfn)
{
	unsigned int i;

	for (i = 0; i < nr_reserved; i++)
		if (reserved[i] == pfn)
			return true;
	return false;
}

int page_reserve(unsigned long pfn)
{
	if (pfn >= mm_nr_pages())
		return -EINVAL;
	if (page_is_reserved(pfn))
		return 0;
	if (pfn < next_pfn)
		return -EBUSY;
	if (nr_reserved == MAX_RESERVED)
		return -ENOSPC;
	reserved[nr_reserved++] = pfn;
	return 0;
}

/* Memory is mapped in batches: some of what is mapped has not been used yet. */
void page_discard_unused(void)
{
	unsigned long first, end;
	unsigned int i;

	for (first = next_pfn; first < mm_nr_pages(); first = end + 1) {
		end = mm_nr_pages();
		for (i = 0; i < nr_reserved; i++)
			if (reserved[i] >= first && reserved[i] < end)
				end = reserved[i];
		if (end > first)
			suspend_discard(first, end - first);
	}
}

/* The next frame never used so far, mapped. */
static void *page_take(void)
{
	for (;;) {
		void *page = mm_frame_map(next_pfn);

		if (!page)
			return NULL;
		next_pfn++;
		if (page_is_reserved(next_pfn - 1))
			continue;
		if (!mm_page_keep(page))
			return page;
	}
}

void *page_alloc(void)
{
	struct free_page *page = free_pages;

	if (!page)
		return page_take();
	free_pages = page->next;
	return page;
}

void *page_alloc_run(size_t count)
{
	char *first = NULL, *page;
	size_t n = 0;

	while (n < count) {
		page = page_take();
		if (!page)
			break;
		if (n && page != first + n * PAGE_SIZE) {
			/* A reserved frame is in the way: start anew behind it. */
			while (n)
				page_free(first + --n * PAGE_SIZE);
		}
		if (!n)
			first = page;
		n++;
	}
	if (n == count)
		return first;
	while (n)
		page_free(first + --n * PAGE_SIZE);
	return NULL;
}

void page_free(void *page)
{
	struct free_page *p = page;

	p->next = free_pages;
	free_pages = p;
}
