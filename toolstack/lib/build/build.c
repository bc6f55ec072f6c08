// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Builds a PV guest's memory with libxenguest: populates it, loads the image, sets a control page
 * aside beside start info and console, and seeds the grants and ports that connect both.
 *
 * Linux has start info's page of a XenStore for control page, as it keeps start info, store and
 * console out of its allocator, and no other page.  It has no channel to a XenStore, so Linux makes a
 * ring of its own (docs/linux-guests.md).
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "build/internal.h"
#include "build/image.h"

#define PAGE_SIZE 4096U

/*
 * In place of the library's hook of the same name: a page more, if it is to be one of its own, and all
 * of them cleared through one mapping, which the library finds again when it writes start info.
 */
static int alloc_magic_pages(struct xc_dom_image *dom)
{
	struct chaos_image *image;
	xen_pfn_t nr;
	void *ptr;

	image = (struct chaos_image *)((char *)dom->arch_hooks -
				       offsetof(struct chaos_image, hooks));
	dom->start_info_pfn = xc_dom_alloc_page(dom, "start info");
	dom->xenstore_pfn = xc_dom_alloc_page(dom, "xenstore");
	dom->console_pfn = xc_dom_alloc_page(dom, "console");
	image->ctrl_pfn = image->is_linux ? dom->xenstore_pfn :
					    xc_dom_alloc_page(dom, "noxs control");
	dom->alloc_bootstack = 1;
	nr = image->is_linux ? 3 : 4;
	if ((image->is_linux ? dom->console_pfn : image->ctrl_pfn) != dom->start_info_pfn + nr - 1)
		return -1; /* one of them failed, and has logged why */
	ptr = xc_dom_pfn_to_ptr(dom, dom->start_info_pfn, nr);
	if (!ptr)
		return -1;
	memset(ptr, 0, nr * PAGE_SIZE);
	return 0;
}

/* Without one, Linux takes it for 8 MiB more than there is, and says so in its page lists. */
static int set_memory_map(struct chaos_ctx *ctx, uint32_t domid, uint64_t memory_kib)
{
	struct e820entry ram = { .addr = 0, .size = memory_kib << 10, .type = E820_RAM };

	return xc_domain_set_memory_map(ctx->xch, domid, &ram, 1);
}

int chaos_build_memory(struct chaos_ctx *ctx, const struct chaos_plan *plan, uint32_t domid,
		       struct chaos_error *err)
{
	struct chaos_image *image = plan->generic;
	struct xc_dom_image *dom = image->dom;
	xc_physinfo_t phys = { 0 };

	dom->guest_domid = domid;
	chaos_log_reset(&ctx->log);
	if (set_memory_map(ctx, domid, plan->memory_kib))
		return chaos_error_set(err, chaos_code_of_errno(errno), errno,
				       "cannot set the memory map of domain \"%s\": %s", plan->name,
				       strerror(errno));
	if (!xc_dom_mem_init(dom, (unsigned int)(plan->memory_kib >> 10)) &&
	    !xc_dom_boot_mem_init(dom)) {
		image->hooks = *dom->arch_hooks;
		image->hooks.alloc_magic_pages = alloc_magic_pages;
		dom->arch_hooks = &image->hooks;
		return 0;
	}
	if (!xc_physinfo(ctx->xch, &phys))
		return chaos_error_set(
			err, CHAOS_RESOURCES, ENOMEM,
			"no memory for domain \"%s\": it wants %llu MiB and Xen has %llu MiB left; lower 'memory' or destroy a domain",
			plan->name, (unsigned long long)plan->memory_kib >> 10,
			(unsigned long long)phys.free_pages >> 8);
	return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "no memory for domain \"%s\"",
			       plan->name);
}

static int alloc_port(struct chaos_ctx *ctx, uint32_t domid, uint32_t expected)
{
	int port = xc_evtchn_alloc_unbound(ctx->xch, domid, 0);

	if (port < 0)
		return -1;
	if ((uint32_t)port != expected) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

static void seed_entry(grant_entry_v1_t *entry, xen_pfn_t frame)
{
	entry->domid = 0;
	entry->frame = (uint32_t)frame;
	/* The domain has never run: nobody looks yet, the order of stores is free. */
	entry->flags = GTF_permit_access;
}

static int seed_grants(struct chaos_ctx *ctx, uint32_t domid, xen_pfn_t console, xen_pfn_t ctrl)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(ctx->xch);
	xenforeignmemory_resource_handle *res;
	void *addr = NULL;
	grant_entry_v1_t *table;

	res = xenforeignmemory_map_resource(fmem, (domid_t)domid, XENMEM_resource_grant_table,
					    XENMEM_resource_grant_table_id_shared, 0, 1, &addr,
					    PROT_READ | PROT_WRITE, 0);
	if (!res)
		return -1;
	table = addr;
	seed_entry(&table[GNTTAB_RESERVED_CONSOLE], console);
	seed_entry(&table[CHAOS_GREF_CONTROL], ctrl);
	return xenforeignmemory_unmap_resource(fmem, res);
}

static int build_error(struct chaos_ctx *ctx, const char *step, struct chaos_error *err)
{
	char why[300];
	int e = errno;

	return chaos_error_set(err, e == ENOMEM ? CHAOS_RESOURCES : CHAOS_FAILED, e,
			       "cannot build the domain: %s failed: %s%s", step, strerror(e),
			       chaos_log_text(&ctx->log, why, sizeof(why)));
}

int chaos_build_image(struct chaos_ctx *ctx, struct chaos_image *image, uint32_t domid,
		      struct chaos_built *built, struct chaos_error *err)
{
	struct xc_dom_image *dom = image->dom;

	chaos_log_reset(&ctx->log);
	if (alloc_port(ctx, domid, CHAOS_PORT_CONSOLE) ||
	    alloc_port(ctx, domid, CHAOS_PORT_CONTROL))
		return build_error(ctx, "allocating event channels", err);
	dom->console_evtchn = CHAOS_PORT_CONSOLE;
	if (xc_dom_build_image(dom))
		return build_error(ctx, "loading the image", err);
	if (xc_dom_boot_image(dom))
		return build_error(ctx, "making the page tables", err);
	if (seed_grants(ctx, domid, dom->pv_p2m[dom->console_pfn], dom->pv_p2m[image->ctrl_pfn]))
		return build_error(ctx, "seeding the grant table", err);
	built->ctrl_gfn = image->ctrl_pfn;
	built->ctrl_gref = CHAOS_GREF_CONTROL;
	built->ctrl_port = CHAOS_PORT_CONTROL;
	built->start_info_mfn = dom->pv_p2m[dom->start_info_pfn];
	return 0;
}
