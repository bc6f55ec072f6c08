// SPDX-License-Identifier: LGPL-2.1-only
/* See pv_contents.h; the files are read into the pages, all mapped at once or some at a time. */
#include <string.h>

#include "build/pv/pv_contents.h"
#include "build/pv/pv_copy.h"
#include "build/pv/pv_source.h"

/* Below it, all is mapped at once; an image of minios has some 30. */
#define COPY_FROM 256U

bool pv_contents_is_copied(const struct pv_plan *plan)
{
	return plan->img->nr_file_pages + plan->layout.nr_ramdisk >= COPY_FROM;
}

/* ---- one part of it: nr_pages from its page `first` on ---- */

static int fill_run(const struct pv_plan *plan, const struct pv_run *run, uint64_t first,
		    uint64_t nr_pages, char *to)
{
	const struct pv_image *img = plan->img;
	uint64_t at = (run->first_pfn + first) << PV_PAGE_SHIFT, end, from, until;
	const struct pv_segment *seg;
	unsigned int i;

	end = at + (nr_pages << PV_PAGE_SHIFT);
	for (i = 0; i < run->nr_segments; i++) {
		seg = &img->segments[run->first_segment + i];
		from = seg->offset > at ? seg->offset : at;
		until = seg->offset + seg->size < end ? seg->offset + seg->size : end;
		if (from >= until)
			continue;
		memset(to, 0, from - at);
		to += from - at;
		if (pv_read(img->fd, img->start + seg->file_offset + (from - seg->offset), to,
			    until - from))
			return -1;
		to += until - from;
		at = until;
	}
	memset(to, 0, end - at);
	return 0;
}

static int fill_ramdisk(const struct pv_plan *plan, uint64_t first, uint64_t nr_pages, char *to)
{
	uint64_t at = first << PV_PAGE_SHIFT, size = nr_pages << PV_PAGE_SHIFT;
	uint64_t there = plan->ramdisk.size - at;

	if (there > size)
		there = size;
	if (pv_read(plan->ramdisk.fd, plan->ramdisk.start + at, to, there))
		return -1;
	memset(to + there, 0, size - there);
	return 0;
}

static void fill_p2m(const struct pv_guest *g, uint64_t first, uint64_t nr_pages, char *to)
{
	uint64_t at = first << PV_PAGE_SHIFT, size = nr_pages << PV_PAGE_SHIFT;
	uint64_t there = g->nr_pages * sizeof(*g->p2m) - at;

	if (there > size)
		there = size;
	memcpy(to, (const char *)g->p2m + at, there);
	memset(to + there, 0, size - there);
}

/* ---- all of it, mapped ---- */

int pv_contents_write(struct pv_guest *g, const struct pv_plan *plan, const char **what)
{
	const struct pv_image *img = plan->img;
	char *to = g->map;
	unsigned int i;

	*what = "reading the image";
	for (i = 0; i < img->nr_runs; i++) {
		if (fill_run(plan, &img->runs[i], 0, img->runs[i].nr_pages, to))
			return -1;
		to += img->runs[i].nr_pages << PV_PAGE_SHIFT;
	}
	*what = "reading the ramdisk";
	if (g->layout.nr_ramdisk && fill_ramdisk(plan, 0, g->layout.nr_ramdisk, g->ramdisk_map))
		return -1;
	fill_p2m(g, 0, g->layout.nr_p2m, g->p2m_map);
	return 0;
}

/* ---- all of it, through a window ---- */

/* One thing of the guest's that is written a window at a time. */
struct source {
	const struct pv_plan *plan;
	const struct pv_guest *g;
	const struct pv_run *run; /* of the image */
};

typedef int (*fill_fn)(const struct source *src, uint64_t first, uint64_t nr_pages, char *to);

static int from_image(const struct source *src, uint64_t first, uint64_t nr_pages, char *to)
{
	return fill_run(src->plan, src->run, first, nr_pages, to);
}

static int from_ramdisk(const struct source *src, uint64_t first, uint64_t nr_pages, char *to)
{
	return fill_ramdisk(src->plan, first, nr_pages, to);
}

static int from_p2m(const struct source *src, uint64_t first, uint64_t nr_pages, char *to)
{
	fill_p2m(src->g, first, nr_pages, to);
	return 0;
}

static int copy(struct pv_copy *c, const struct source *src, fill_fn fill, uint64_t pfn,
		uint64_t nr_pages)
{
	uint64_t done, n;
	char *to;

	for (done = 0; done < nr_pages; done += n) {
		n = nr_pages - done < PV_WINDOW_PAGES ? nr_pages - done : PV_WINDOW_PAGES;
		to = pv_copy_at(c, pfn + done, n);
		if (!to || fill(src, done, n, to))
			return -1;
	}
	return 0;
}

static int copy_all(struct pv_copy *c, const struct pv_plan *plan, const char **what)
{
	const struct pv_layout *l = &c->g->layout;
	struct source src = { .plan = plan, .g = c->g };
	unsigned int i;

	*what = "reading the image";
	for (i = 0; i < plan->img->nr_runs; i++) {
		src.run = &plan->img->runs[i];
		if (copy(c, &src, from_image, src.run->first_pfn, src.run->nr_pages))
			return -1;
	}
	*what = "reading the ramdisk";
	if (copy(c, &src, from_ramdisk, l->ramdisk_pfn, l->nr_ramdisk))
		return -1;
	*what = "writing its p2m";
	return copy(c, &src, from_p2m, l->p2m_pfn, l->nr_p2m);
}

int pv_contents_copy(struct pv_guest *g, const struct pv_plan *plan, const char **what)
{
	struct pv_copy c;
	int rc;

	pv_copy_begin(&c, g);
	rc = copy_all(&c, plan, what);
	pv_copy_end(&c);
	return rc;
}
