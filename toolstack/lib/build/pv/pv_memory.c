// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The fast builder's first step, for which no image is needed: memory in the largest pieces there
 * are, event channels, grant table, all in one call as a rule.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <xen/memory.h>

#include "build/pv/pv_guest.h"
#include "build/pv/pv_keep.h"

#define MAX_ORDER   9U /* 2 MiB: what there is most of, and what libxenguest asks for */
#define MAX_EXTENTS 512U

int chaos_pv_error(const char *step, struct chaos_error *err)
{
	int e = errno;

	return chaos_error_set(err, e == ENOMEM ? CHAOS_RESOURCES : CHAOS_FAILED, e,
			       "cannot build the domain: %s failed: %s", step, strerror(e));
}

/* Add a call for count extents of 2^order pages from pfn on; the answer comes into *extents. */
static unsigned int add_populate(struct pv_guest *g, uint64_t pfn, uint64_t count,
				 unsigned int order, xen_pfn_t **extents)
{
	struct xen_memory_reservation *res = pv_batch_alloc(g->batch, sizeof(*res));
	uint64_t i;

	*extents = pv_batch_alloc(g->batch, count * sizeof(**extents));
	for (i = 0; i < count; i++)
		(*extents)[i] = pfn + (i << order);
	set_xen_guest_handle_raw(res->extent_start, *extents);
	res->nr_extents = count;
	res->extent_order = order;
	res->domid = (domid_t)g->domid;
	return pv_batch_add(g->batch, __HYPERVISOR_memory_op, XENMEM_populate_physmap,
			    (uintptr_t)res, 0, 0);
}

static uint64_t take_extents(struct pv_guest *g, uint64_t pfn, long count, unsigned int order,
			     const xen_pfn_t *extents)
{
	uint64_t *p = g->p2m + pfn, i;
	long n;

	for (n = 0; n < count; n++)
		for (i = 0; i < 1UL << order; i++)
			*p++ = extents[n] + i;
	return count > 0 ? (uint64_t)count << order : 0;
}

/* Pages [pfn, end), one call after the other: large guests, and hosts with memory in small pieces. */
static int populate_range(struct pv_guest *g, uint64_t pfn, uint64_t end)
{
	unsigned int order = MAX_ORDER, call;
	uint64_t count, got;
	xen_pfn_t *extents;

	while (pfn < end) {
		count = (end - pfn) >> order;
		if (!count) {
			order--;
			continue;
		}
		if (count > MAX_EXTENTS)
			count = MAX_EXTENTS;
		pv_batch_reset(g->batch);
		call = add_populate(g, pfn, count, order, &extents);
		if (pv_batch_run(g->batch))
			return -1;
		got = take_extents(g, pfn, pv_batch_result(g->batch, call), order, extents);
		pfn += got;
		if (got == count << order)
			continue;
		if (!order) {
			errno = ENOMEM;
			return -1;
		}
		order--;
	}
	return 0;
}

/* A small guest's memory: 2 MiB pieces, then one of each power of two that is left. */
struct pieces {
	unsigned int nr;
	struct {
		uint64_t pfn, end;
		unsigned int order, call;
		xen_pfn_t *extents;
	} piece[MAX_ORDER + 1];
};

static void add_pieces(struct pv_guest *g, struct pieces *p)
{
	unsigned int order = MAX_ORDER + 1, n;
	uint64_t pfn = 0, count;

	p->nr = 0;
	while (order--) {
		count = (g->nr_pages - pfn) >> order;
		if (!count)
			continue;
		n = p->nr++;
		p->piece[n].pfn = pfn;
		p->piece[n].order = order;
		p->piece[n].call = add_populate(g, pfn, count, order, &p->piece[n].extents);
		pfn += count << order;
		p->piece[n].end = pfn;
	}
}

static int take_pieces(struct pv_guest *g, struct pieces *p)
{
	unsigned int i;

	for (i = 0; i < p->nr; i++)
		p->piece[i].pfn += take_extents(g, p->piece[i].pfn,
						pv_batch_result(g->batch, p->piece[i].call),
						p->piece[i].order, p->piece[i].extents);
	/* The batch is free again: what did not come is asked for in smaller pieces. */
	for (i = 0; i < p->nr; i++)
		if (populate_range(g, p->piece[i].pfn, p->piece[i].end))
			return -1;
	return 0;
}

int pv_guest_check_port(const struct evtchn_alloc_unbound *alloc, uint32_t expected)
{
	if (alloc->port == expected)
		return 0;
	errno = EPROTO;
	return -1;
}

struct prepare_calls {
	struct xen_domctl *info;
	const struct evtchn_alloc_unbound *console, *control;
	struct gnttab_setup_table *grants;
	struct noxs_get *device_page;
	xen_pfn_t *grant_frame;
	unsigned int nr;
};

const struct evtchn_alloc_unbound *pv_guest_add_port(struct pv_guest *g)
{
	struct evtchn_alloc_unbound *alloc = pv_batch_alloc(g->batch, sizeof(*alloc));

	alloc->dom = (domid_t)g->domid;
	alloc->remote_dom = 0;
	(void)pv_batch_add(g->batch, __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound,
			   (uintptr_t)alloc, 0, 0);
	return alloc;
}

static void add_prepare_calls(struct pv_guest *g, struct prepare_calls *c)
{
	c->info = pv_batch_add_domctl(g->batch, XEN_DOMCTL_getdomaininfo, g->domid);
	c->console = pv_guest_add_port(g); /* CHAOS_PORT_CONSOLE */
	c->control = pv_guest_add_port(g); /* CHAOS_PORT_CONTROL */
	c->grant_frame = pv_batch_alloc(g->batch, sizeof(*c->grant_frame));
	c->grants = pv_batch_alloc(g->batch, sizeof(*c->grants));
	c->grants->dom = (domid_t)g->domid;
	c->grants->nr_frames = 1;
	set_xen_guest_handle_raw(c->grants->frame_list, c->grant_frame);
	(void)pv_batch_add(g->batch, __HYPERVISOR_grant_table_op, GNTTABOP_setup_table,
			   (uintptr_t)c->grants, 1, 0);
	/* It has one since it has a name. */
	c->device_page = pv_batch_alloc(g->batch, sizeof(*c->device_page));
	c->device_page->domid = (domid_t)g->domid;
	(void)pv_batch_add(g->batch, __HYPERVISOR_noxs_op, NOXS_OP_get, (uintptr_t)c->device_page,
			   0, 0);
	c->nr = g->batch->nr;
}

static int take_prepare_calls(struct pv_guest *g, const struct prepare_calls *c)
{
	if (pv_batch_failed(g->batch, c->nr) >= 0 ||
	    pv_guest_check_port(c->console, CHAOS_PORT_CONSOLE) ||
	    pv_guest_check_port(c->control, CHAOS_PORT_CONTROL))
		return -1;
	if (c->grants->status != GNTST_okay) {
		errno = ENOMEM;
		return -1;
	}
	g->shared_info_frame = c->info->u.getdomaininfo.shared_info_frame;
	g->grant_frame = *c->grant_frame;
	g->device_page_frame = c->device_page->frame;
	return 0;
}

static int memory_error(struct pv_guest *g, struct chaos_error *err)
{
	unsigned long long wanted = g->nr_pages << (PV_PAGE_SHIFT - 10);
	xc_physinfo_t phys = { 0 };

	if (errno == ENOMEM && !xc_physinfo(g->ctx->xch, &phys))
		return chaos_error_set(
			err, CHAOS_RESOURCES, ENOMEM,
			"no memory for the domain: it wants %llu KiB and Xen has %llu KiB left; lower 'memory' or destroy a domain",
			wanted, (unsigned long long)phys.free_pages << (PV_PAGE_SHIFT - 10));
	return chaos_pv_error("populating its memory", err);
}

static int prepare(struct pv_guest *g, struct chaos_error *err)
{
	bool is_small = g->nr_pages >> MAX_ORDER <= MAX_EXTENTS;
	struct prepare_calls calls;
	struct pieces pieces;
	int rc;

	pv_batch_reset(g->batch);
	add_prepare_calls(g, &calls);
	if (is_small)
		add_pieces(g, &pieces);
	if (pv_batch_run(g->batch) || take_prepare_calls(g, &calls))
		return chaos_pv_error("setting up its event channels and grants", err);
	rc = is_small ? take_pieces(g, &pieces) : populate_range(g, 0, g->nr_pages);
	return rc ? memory_error(g, err) : 0;
}

int chaos_pv_prepare(struct chaos_ctx *ctx, uint32_t domid, uint64_t nr_pages,
		     struct pv_guest **out, struct chaos_error *err)
{
	struct pv_batch *batch = pv_keep_batch(ctx);
	struct pv_guest *g;
	int rc;

	g = calloc(1, sizeof(*g));
	if (g)
		g->p2m = malloc(nr_pages * sizeof(*g->p2m));
	if (!batch || !g || !g->p2m) {
		chaos_pv_free(g);
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	}
	g->ctx = ctx;
	g->batch = batch;
	g->domid = domid;
	g->nr_pages = nr_pages;
	rc = prepare(g, err);
	if (rc)
		chaos_pv_free(g);
	else
		*out = g;
	return rc;
}

int chaos_pv_move(struct pv_guest *g, struct chaos_ctx *ctx, struct chaos_error *err)
{
	struct pv_batch *batch = pv_keep_batch(ctx);

	if (!batch)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	g->ctx = ctx;
	g->batch = batch;
	return 0;
}
