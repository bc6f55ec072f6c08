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
#include <xenforeignmemory.h>

#include "build/pv/pv_connect.h"
#include "build/pv/pv_contents.h"
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

/* Frames of count pages from pfn on; returns what comes behind them. */
static xen_pfn_t *add_frames(const struct pv_guest *g, xen_pfn_t *to, uint64_t pfn, uint64_t count)
{
	memcpy(to, g->p2m + pfn, count * sizeof(*to));
	return to + count;
}

/* What is to be copied is not mapped. */
static int map_contents(struct pv_guest *g, const struct pv_image *img)
{
	const struct pv_layout *l = &g->layout;
	uint64_t nr_file = g->is_copied ? 0 : img->nr_file_pages;
	uint64_t nr_p2m = g->is_copied ? 0 : l->nr_p2m;
	uint64_t nr_ramdisk = g->is_copied ? 0 : l->nr_ramdisk;
	uint64_t count = nr_file + nr_ramdisk + nr_p2m + 3 + !!l->nr_rings;
	xen_pfn_t *frames = malloc(count * sizeof(*frames)), *next = frames;
	unsigned int i;
	char *page;

	if (!frames)
		return -1;
	for (i = 0; i < img->nr_runs && !g->is_copied; i++)
		next = add_frames(g, next, img->runs[i].first_pfn, img->runs[i].nr_pages);
	next = add_frames(g, next, l->ramdisk_pfn, nr_ramdisk);
	next = add_frames(g, next, l->p2m_pfn, nr_p2m);
	next = add_frames(g, next, l->start_info_pfn, 1);
	*next++ = g->grant_frame;
	*next++ = g->shared_info_frame;
	if (l->nr_rings)
		*next = g->p2m[l->ctrl_pfn];
	g->map = map_frames(g, frames, count);
	free(frames);
	if (!g->map)
		return -1;
	g->nr_map = count;
	g->ramdisk_map = g->map + (nr_file << PV_PAGE_SHIFT);
	g->p2m_map = g->ramdisk_map + (nr_ramdisk << PV_PAGE_SHIFT);
	page = g->p2m_map + (nr_p2m << PV_PAGE_SHIFT);
	g->start_info = (start_info_t *)page;
	g->grants = (grant_entry_v1_t *)(page + PV_PAGE_SIZE);
	g->shared_info = (shared_info_t *)(page + 2 * PV_PAGE_SIZE);
	g->ctrl = l->nr_rings ? (struct noxs_ctrl_page *)(page + 3 * PV_PAGE_SIZE) : NULL;
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

/* ---- what is written here ---- */

/* Linux's ramdisk and p2m are told of by their frames, as they are mapped nowhere or elsewhere. */
static void write_places(const struct pv_layout *l, const struct pv_image *img,
			 const struct pv_ramdisk *ramdisk, start_info_t *si)
{
	si->mfn_list = l->p2m_va;
	if (l->nr_p2m_pt) {
		si->first_p2m_pfn = l->p2m_pfn;
		si->nr_p2m_frames = l->nr_p2m + l->nr_p2m_pt;
	}
	if (!ramdisk->size)
		return;
	si->mod_len = ramdisk->size;
	si->mod_start = l->ramdisk_pfn;
	if (img->takes_module_pfn)
		si->flags |= SIF_MOD_START_PFN;
	else
		si->mod_start = pv_layout_va(l, l->ramdisk_pfn);
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
	uint64_t count = l->nr_pt + l->nr_p2m_pt;
	xen_pfn_t *frames = malloc(count * sizeof(*frames));
	void *tables;

	if (!frames)
		return -1;
	(void)add_frames(g, add_frames(g, frames, l->pt_pfn, l->nr_pt), pv_layout_p2m_pt(l),
			 l->nr_p2m_pt);
	tables = map_frames(g, frames, count);
	free(frames);
	if (!tables)
		return -1;
	pv_layout_write_tables(l, g->p2m, tables);
	if (img->is_protected)
		pv_layout_protect(l, img, tables);
	map_windows(g, img, tables);
	unmap_frames(g, tables, count);
	return 0;
}

static int write_all(struct pv_guest *g, const struct pv_plan *plan, struct chaos_error *err)
{
	const struct pv_image *img = plan->img;
	const char *what;

	if (map_contents(g, img))
		return chaos_pv_error("mapping its memory", err);
	if (g->is_copied ? pv_contents_copy(g, plan, &what) : pv_contents_write(g, plan, &what))
		return chaos_pv_error(what, err);
	write_start_info(g);
	write_places(&g->layout, img, &plan->ramdisk, g->start_info);
	mask_events(g);
	pv_guest_write_grant(g, GNTTAB_RESERVED_CONSOLE, g->layout.console_pfn);
	pv_guest_write_grant(g, CHAOS_GREF_CONTROL, g->layout.ctrl_pfn);
	if (g->ctrl) {
		memset(g->ctrl, 0, PV_PAGE_SIZE);
		pv_connect_write(g, img, &plan->built);
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
	g->is_copied = pv_contents_is_copied(plan);
	rc = write_all(g, plan, err);
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
