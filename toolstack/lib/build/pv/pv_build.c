// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Builds PV guests on raw hypercalls, with few of them and with few pages mapped: those that are
 * written.  Whole pages of zeros are Xen's work.
 *
 * What Xen hands out need not be zero: it scrubs what a destroyed domain leaves, but neither what a
 * running domain gives back nor, with bootscrub=0, what was in memory when the host started.  So
 * all that has to be zero is cleared here; the guest's free memory and boot stack are not.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>

#include "build/pv/pv_connect.h"
#include "build/pv/pv_guest.h"
#include "build/pv/pv_keep.h"
#include "build/pv/pv_plan.h"

/* ---- mapping ---- */

static void *map_frames(struct pv_guest *g, const xen_pfn_t *frames, uint64_t count)
{
	/* Behind what is mapped already; where something else is, the kernel finds another place. */
	void *place = g->map ? g->map + (g->nr_map << PV_PAGE_SHIFT) : pv_keep_place(g->ctx);

	/* With errors asked for as one, a failed page fails the mapping. */
	return xenforeignmemory_map2(xc_interface_fmem_handle(g->ctx->xch), g->domid, place,
				     PROT_READ | PROT_WRITE, 0, count, frames, NULL);
}

static void unmap_frames(struct pv_guest *g, void *addr, uint64_t count)
{
	/* Fails only for an address that is no mapping. */
	(void)xenforeignmemory_unmap(xc_interface_fmem_handle(g->ctx->xch), addr, count);
}

static int map_contents(struct pv_guest *g, const struct pv_image *img)
{
	const struct pv_layout *l = &g->layout;
	uint64_t n = 0, count = img->nr_file_pages + l->nr_p2m + 3 + !!l->nr_rings;
	xen_pfn_t *frames = malloc(count * sizeof(*frames));
	unsigned int i;
	char *next;

	if (!frames)
		return -1;
	for (i = 0; i < img->nr_runs; i++) {
		memcpy(frames + n, g->p2m + img->runs[i].first_pfn,
		       img->runs[i].nr_pages * sizeof(*frames));
		n += img->runs[i].nr_pages;
	}
	/* start info comes next to the p2m */
	memcpy(frames + n, g->p2m + l->p2m_pfn, (l->nr_p2m + 1) * sizeof(*frames));
	n += l->nr_p2m + 1;
	frames[n++] = g->grant_frame;
	frames[n++] = g->shared_info_frame;
	if (l->nr_rings)
		frames[n] = g->p2m[l->ctrl_pfn];
	g->map = map_frames(g, frames, count);
	free(frames);
	if (!g->map)
		return -1;
	g->nr_map = count;
	g->p2m_map = g->map + (img->nr_file_pages << PV_PAGE_SHIFT);
	next = g->p2m_map + (l->nr_p2m << PV_PAGE_SHIFT);
	g->start_info = (start_info_t *)next;
	g->grants = (grant_entry_v1_t *)(next + PV_PAGE_SIZE);
	g->shared_info = (shared_info_t *)(next + 2 * PV_PAGE_SIZE);
	g->ctrl = l->nr_rings ? (struct noxs_ctrl_page *)(next + 3 * PV_PAGE_SIZE) : NULL;
	return 0;
}

void chaos_pv_unmap(struct pv_guest *g)
{
	if (!g || !g->map)
		return;
	unmap_frames(g, g->map, g->nr_map);
	g->map = NULL;
}

void chaos_pv_free(struct pv_guest *g)
{
	if (!g)
		return;
	chaos_pv_unmap(g);
	free(g->p2m);
	free(g);
}

/* ---- load ---- */

static int read_segment(const struct pv_image *img, const struct pv_segment *seg, char *to)
{
	uint64_t done = 0;
	ssize_t n;

	while (done < seg->size) {
		n = pread(img->fd, to + done, seg->size - done, (off_t)(seg->file_offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = EIO; /* it was longer when it was checked */
			return -1;
		}
		done += (uint64_t)n;
	}
	return 0;
}

/* Segments, and zeros between them, into the pages of one run. */
static int write_run(const struct pv_image *img, const struct pv_run *run, char *pages)
{
	uint64_t base = run->first_pfn << PV_PAGE_SHIFT, done = 0, offset;
	unsigned int i;

	for (i = 0; i < run->nr_segments; i++) {
		const struct pv_segment *seg = &img->segments[run->first_segment + i];

		offset = seg->offset - base;
		memset(pages + done, 0, offset - done);
		if (read_segment(img, seg, pages + offset))
			return -1;
		done = offset + seg->size;
	}
	memset(pages + done, 0, (run->nr_pages << PV_PAGE_SHIFT) - done);
	return 0;
}

static int write_image(struct pv_guest *g, const struct pv_image *img)
{
	char *pages = g->map;
	unsigned int i;

	for (i = 0; i < img->nr_runs; i++) {
		if (write_run(img, &img->runs[i], pages))
			return -1;
		pages += img->runs[i].nr_pages << PV_PAGE_SHIFT;
	}
	return 0;
}

static void write_start_info(struct pv_guest *g)
{
	const struct pv_layout *l = &g->layout;
	start_info_t *si = g->start_info;

	memset(si, 0, PV_PAGE_SIZE);
	/* What libxenguest writes: not the "xen-<version>-<platform>" of xen.h, but the guest's. */
	memcpy(si->magic, "xen-3.0-x86_64", sizeof("xen-3.0-x86_64"));
	si->nr_pages = g->nr_pages;
	si->shared_info = g->shared_info_frame << PV_PAGE_SHIFT;
	si->flags = SIF_VIRT_P2M_4TOOLS;
	si->store_mfn = g->p2m[l->store_pfn];
	si->console.domU.mfn = g->p2m[l->console_pfn];
	si->console.domU.evtchn = CHAOS_PORT_CONSOLE;
	si->pt_base = pv_layout_va(l, l->pt_pfn);
	si->nr_pt_frames = l->nr_pt;
	si->mfn_list = pv_layout_va(l, l->p2m_pfn);
}

/* Xen hands it out cleared.  A guest starts with events masked (xen.h, "start-of-day"). */
static void mask_events(struct pv_guest *g)
{
	unsigned int i;

	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		g->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
}

void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn)
{
	g->grants[ref].domid = 0;
	g->grants[ref].frame = (uint32_t)g->p2m[pfn];
	/* The domain has never run: nobody looks yet, the order of stores is free. */
	g->grants[ref].flags = GTF_permit_access;
}

static void write_p2m(struct pv_guest *g)
{
	uint64_t size = g->nr_pages * sizeof(*g->p2m);

	memcpy(g->p2m_map, g->p2m, size);
	memset(g->p2m_map + size, 0, (g->layout.nr_p2m << PV_PAGE_SHIFT) - size);
}

/* Xen's frames at pages of the image that wait for them. */
static void map_windows(struct pv_guest *g, const struct pv_image *img, uint64_t *tables)
{
	const struct {
		uint64_t frame;
		bool is_writable;
	} what[PV_NR_WINDOWS] = {
		[PV_WINDOW_DEVICE_PAGE] = { g->device_page_frame, false },
		[PV_WINDOW_SHARED_INFO] = { g->shared_info_frame, true },
		[PV_WINDOW_GRANT_TABLE] = { g->grant_frame, true },
	};
	unsigned int i;

	for (i = 0; i < PV_NR_WINDOWS; i++)
		if (img->window_pfn[i] != PV_NO_WINDOW)
			pv_layout_map_window(&g->layout, tables, img->window_pfn[i], what[i].frame,
					     what[i].is_writable);
}

/*
 * Mapped apart from the rest, and unmapped at once: Xen wants nobody to be able to write to them
 * when it pins them.
 */
static int write_tables(struct pv_guest *g, const struct pv_image *img)
{
	const struct pv_layout *l = &g->layout;
	void *tables = map_frames(g, g->p2m + l->pt_pfn, l->nr_pt);

	if (!tables)
		return -1;
	pv_layout_write_tables(l, g->p2m, tables);
	if (img->is_protected)
		pv_layout_protect(l, img, tables);
	map_windows(g, img, tables);
	unmap_frames(g, tables, l->nr_pt);
	return 0;
}

static int write_all(struct pv_guest *g, const struct pv_image *img,
		     const struct chaos_built *built, struct chaos_error *err)
{
	if (map_contents(g, img))
		return chaos_pv_error("mapping its memory", err);
	if (write_image(g, img))
		return chaos_pv_error("reading the image", err);
	write_p2m(g);
	write_start_info(g);
	mask_events(g);
	pv_guest_write_grant(g, GNTTAB_RESERVED_CONSOLE, g->layout.console_pfn);
	pv_guest_write_grant(g, CHAOS_GREF_CONTROL, g->layout.ctrl_pfn);
	if (g->ctrl) {
		memset(g->ctrl, 0, PV_PAGE_SIZE);
		pv_connect_write(g, img, built);
	}
	if (write_tables(g, img))
		return chaos_pv_error("writing the page tables", err);
	return 0;
}

/* ---- all of it ---- */

int chaos_pv_load(struct pv_guest *g, const struct pv_plan *plan, struct chaos_built *built,
		  struct chaos_error *err)
{
	int rc;

	if (plan->layout.nr_pages != g->nr_pages)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "the image does not fit in the domain's %llu KiB",
				       (unsigned long long)g->nr_pages << (PV_PAGE_SHIFT - 10));
	g->layout = plan->layout;
	rc = write_all(g, plan->img, &plan->built, err);
	if (!rc)
		rc = pv_guest_finish(g, plan->img, &plan->built, err);
	if (rc)
		return rc;
	*built = plan->built;
	built->start_info_mfn = g->p2m[g->layout.start_info_pfn];
	return 0;
}

/* ---- at the very end ---- */

int chaos_pv_set_cmdline(struct pv_guest *g, const char *cmdline, struct chaos_error *err)
{
	start_info_t *si = g->start_info;

	if (!g->map)
		si = map_frames(g, g->p2m + g->layout.start_info_pfn, 1);
	if (!si)
		return chaos_pv_error("mapping its start info", err);
	/* As libxenguest: what is too long is cut. */
	memset(si->cmd_line, 0, sizeof(si->cmd_line));
	memcpy(si->cmd_line, cmdline, strnlen(cmdline, sizeof(si->cmd_line) - 1));
	if (!g->map)
		unmap_frames(g, si, 1);
	return 0;
}
