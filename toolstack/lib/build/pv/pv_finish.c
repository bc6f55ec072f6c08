// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The fast builder's last hypercalls, when all is written: pages that are to be zero are cleared,
 * page tables pinned, the vCPU set up, event channels allocated.
 */
#include <stdint.h>
#include <xen/memory.h>

#include "build/pv/pv_connect.h"
#include "build/pv/pv_guest.h"

#define MAX_CLEARS 64U

/* ---- pages of zeros ---- */

struct clears {
	struct pv_guest *g;
	struct mmuext_op *ops;
	unsigned int nr, max;
	int rc;
};

static void clears_begin(struct clears *c)
{
	pv_batch_reset(c->g->batch);
	c->ops = pv_batch_alloc(c->g->batch, c->max * sizeof(*c->ops));
	c->nr = 0;
}

static void clears_add_call(struct clears *c)
{
	(void)pv_batch_add(c->g->batch, __HYPERVISOR_mmuext_op, (uintptr_t)c->ops, c->nr, 0,
			   c->g->domid);
}

static void clear_page(struct clears *c, uint64_t pfn)
{
	/* One is kept for the pin. */
	if (c->nr == c->max - 1) {
		clears_add_call(c);
		if (!c->rc && (pv_batch_run(c->g->batch) || pv_batch_failed(c->g->batch, 1) >= 0))
			c->rc = -1;
		clears_begin(c);
	}
	c->ops[c->nr].cmd = MMUEXT_CLEAR_PAGE;
	c->ops[c->nr++].arg1.mfn = c->g->p2m[pfn];
}

/* Pages [pfn, end), but for the hypercall page, which Xen fills. */
static void clear_range(struct clears *c, const struct pv_image *img, uint64_t pfn, uint64_t end)
{
	for (; pfn < end; pfn++)
		if (!img->has_hypercall_page || pfn != img->hypercall_pfn)
			clear_page(c, pfn);
}

/*
 * What of the image is not in its file.  Between its segments is nothing of its own, but free memory:
 * in a Linux some MiB.
 */
static void clear_image(struct clears *c, const struct pv_image *img)
{
	const struct pv_region *region = img->regions, *regions_end = region + img->nr_regions;
	const struct pv_run *run = img->runs, *runs_end = run + img->nr_runs;
	uint64_t pfn = 0, end, first;

	for (; region < regions_end; region++) {
		first = region->offset >> PV_PAGE_SHIFT;
		end = PV_PAGES(region->offset + region->size);
		if (pfn < first)
			pfn = first;
		while (pfn < end) {
			while (run < runs_end && run->first_pfn + run->nr_pages <= pfn)
				run++;
			if (run == runs_end || run->first_pfn >= end) {
				clear_range(c, img, pfn, end);
				pfn = end;
				break;
			}
			if (pfn < run->first_pfn)
				clear_range(c, img, pfn, run->first_pfn);
			pfn = run->first_pfn + run->nr_pages;
		}
	}
}

/* ---- the vCPU ---- */

static void fill_context(struct pv_guest *g, const struct pv_image *img, vcpu_guest_context_t *ctx)
{
	const struct pv_layout *l = &g->layout;

	ctx->flags = VGCF_in_kernel | VGCF_online;
	ctx->user_regs.rip = img->entry;
	ctx->user_regs.rsp = pv_layout_va(l, l->boot_stack_pfn + 1);
	ctx->user_regs.rsi = pv_layout_va(l, l->start_info_pfn);
	ctx->user_regs.rflags = 1UL << 9; /* interrupts */
	ctx->user_regs.cs = FLAT_KERNEL_CS;
	ctx->user_regs.ds = FLAT_KERNEL_DS;
	ctx->user_regs.es = FLAT_KERNEL_DS;
	ctx->user_regs.fs = FLAT_KERNEL_DS;
	ctx->user_regs.gs = FLAT_KERNEL_DS;
	ctx->user_regs.ss = FLAT_KERNEL_SS;
	ctx->kernel_ss = ctx->user_regs.ss;
	ctx->kernel_sp = ctx->user_regs.rsp;
	ctx->ctrlreg[3] = xen_pfn_to_cr3(g->p2m[l->pt_pfn]);
	ctx->debugreg[6] = 0xffff0ff0; /* reset values, Intel SDM volume 3, 17.2 */
	ctx->debugreg[7] = 0x00000400;
}

static void add_context(struct pv_guest *g, const struct pv_image *img)
{
	vcpu_guest_context_t *ctx = pv_batch_alloc(g->batch, sizeof(*ctx));
	struct xen_domctl *op;

	fill_context(g, img, ctx);
	op = pv_batch_add_domctl(g->batch, XEN_DOMCTL_setvcpucontext, g->domid);
	op->u.vcpucontext.vcpu = 0;
	set_xen_guest_handle_raw(op->u.vcpucontext.ctxt, (void *)ctx);
}

/* Without one, Linux takes it for 8 MiB more than there is, and says so in its page lists. */
static void add_memory_map(struct pv_guest *g)
{
	struct xen_foreign_memory_map *map = pv_batch_alloc(g->batch, sizeof(*map));
	struct e820entry *ram = pv_batch_alloc(g->batch, sizeof(*ram));

	ram->size = g->nr_pages << PV_PAGE_SHIFT;
	ram->type = E820_RAM;
	map->domid = (domid_t)g->domid;
	map->map.nr_entries = 1;
	set_xen_guest_handle_raw(map->map.buffer, (void *)ram);
	(void)pv_batch_add(g->batch, __HYPERVISOR_memory_op, XENMEM_set_memory_map, (uintptr_t)map,
			   0, 0);
}

static void clear_pages(struct clears *c, const struct pv_image *img)
{
	const struct pv_layout *l = &c->g->layout;
	uint64_t pfn;

	clears_begin(c);
	clear_image(c, img);
	clear_page(c, l->store_pfn);
	clear_page(c, l->console_pfn);
	if (!c->g->ctrl && l->ctrl_pfn != l->store_pfn)
		clear_page(c, l->ctrl_pfn);
	for (pfn = l->ring_pfn; pfn < l->ring_pfn + l->nr_rings; pfn++)
		clear_page(c, pfn);
}

/* ---- all of it, in one call ---- */

int pv_guest_finish(struct pv_guest *g, const struct pv_image *img, const struct chaos_built *built,
		    struct chaos_error *err)
{
	struct clears c = { .g = g, .max = MAX_CLEARS };
	struct xen_domctl *op;

	clear_pages(&c, img);
	if (c.rc)
		return chaos_pv_error("clearing its memory", err);
	c.ops[c.nr].cmd = MMUEXT_PIN_L4_TABLE;
	c.ops[c.nr++].arg1.mfn = g->p2m[g->layout.pt_pfn];
	clears_add_call(&c);
	add_context(g, img);
	if (img->has_hypercall_page) {
		op = pv_batch_add_domctl(g->batch, XEN_DOMCTL_hypercall_init, g->domid);
		op->u.hypercall_init.gmfn = g->p2m[img->hypercall_pfn];
	}
	if (img->is_linux)
		add_memory_map(g);
	pv_connect_add_ports(g, built);
	if (pv_batch_run(g->batch))
		return chaos_pv_error("making the last hypercalls", err);
	switch (pv_batch_failed(g->batch, g->batch->nr)) {
	case -1:
		break;
	case 0:
		return chaos_pv_error("pinning its page tables", err);
	case 1:
		return chaos_pv_error("setting its vCPU up", err);
	default:
		return chaos_pv_error("making its hypercall page, memory map or event channels",
				      err);
	}
	if (pv_connect_check_ports(g, built))
		return chaos_pv_error("allocating event channels", err);
	return 0;
}
