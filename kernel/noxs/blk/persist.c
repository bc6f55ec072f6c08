// SPDX-License-Identifier: GPL-2.0
/*
 * Persistent grants: mapping what a front-end says it will use again.
 */
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/slab.h>
#include "persist.h"

/* What could not be unmapped, and never will be, stays taken as far as it is not of a share. */
static struct noxs_budget vbd_mapped = NOXS_BUDGET_INIT(VBD_MAX_MAPPED, VBD_MAPPED_OWN);

static int vbd_max_mapped_set(const char *val, const struct kernel_param *param)
{
	return param_set_uint_minmax(val, param, 0, VBD_MAX_MAPPED);
}

static const struct kernel_param_ops vbd_max_mapped_ops = {
	.set = vbd_max_mapped_set,
	.get = param_get_uint,
};

module_param_cb(vbd_max_persistent_grants, &vbd_max_mapped_ops, &vbd_mapped.pool, 0644);
MODULE_PARM_DESC(vbd_max_persistent_grants,
		 "Pages all vbds keep mapped beside a share of each (16384), 0: none at all");
static_assert(VBD_MAX_MAPPED == 16384, "said above");

void vbd_persist_join(struct noxs_budget_user *user)
{
	noxs_budget_join(&vbd_mapped, user);
}

struct vbd_persist *vbd_persist_create(u16 domid, struct noxs_budget_user *user)
{
	struct vbd_persist *persist = kvzalloc(sizeof(*persist), GFP_KERNEL);

	if (!persist)
		return NULL;
	persist->domid = domid;
	persist->user = user;
	grefs_init(&persist->grefs);
	return persist;
}

/* ---- mapping ---- */

/* A number for a reference not seen before, or GREFS_NONE. */
static unsigned int persist_add(struct vbd_persist *persist, u32 gref, bool is_descs)
{
	unsigned int number;

	if (persist->nr_new == VBD_MAX_NEW || !noxs_budget_try(persist->user, 1))
		return GREFS_NONE;
	number = grefs_add(&persist->grefs, gref);
	if (number == GREFS_NONE) {
		noxs_budget_put(persist->user, 1);
		return GREFS_NONE;
	}
	persist->map[number].state = VBD_MAP_NEW;
	persist->map[number].is_descs = is_descs;
	persist->new[persist->nr_new++] = number;
	return number;
}

unsigned int vbd_persist_find(struct vbd_persist *persist, u32 gref)
{
	unsigned int number = grefs_find(&persist->grefs, gref);

	return number != GREFS_NONE ? number : persist_add(persist, gref, false);
}

const void *vbd_persist_descs(struct vbd_persist *persist, u32 gref)
{
	unsigned int number = grefs_find(&persist->grefs, gref);
	struct page *page;

	if (number == GREFS_NONE)
		number = persist_add(persist, gref, true);
	if (number == GREFS_NONE)
		return NULL;
	/* Usually nothing is. */
	vbd_persist_map(persist);
	page = vbd_persist_page(persist, number, false);
	return page ? page_address(page) : NULL;
}

/* Prepare one hypercall for those of the round that are NEW, with a page for each; how many. */
static unsigned int persist_plan(struct vbd_persist *persist, bool read_only)
{
	unsigned int i, n = 0;

	for (i = persist->nr_tried; i < persist->nr_new; i++) {
		unsigned int number = persist->new[i];
		struct vbd_mapping *map = &persist->map[number];
		u32 flags = GNTMAP_host_map;

		if (map->state != VBD_MAP_NEW)
			continue;
		if (read_only || map->is_descs)
			flags |= GNTMAP_readonly;
		gnttab_set_map_op(&persist->map_ops[n], (unsigned long)page_address(map->page),
				  flags, persist->grefs.entry[number].gref, persist->domid);
		persist->pages[n] = map->page;
		persist->numbers[n++] = number;
	}
	return n;
}

static void mapping_done(struct vbd_mapping *map, const struct gnttab_map_grant_ref *op)
{
	bool read_only = op->flags & GNTMAP_readonly;

	if (op->status == GNTST_okay) {
		map->handle = op->handle;
		map->state = read_only ? VBD_MAP_READ_ONLY : VBD_MAP_READ_WRITE;
	} else if (read_only || op->status == GNTST_no_device_space) {
		map->state = VBD_MAP_FAILED;
		gnttab_free_pages(1, &map->page);
	}
}

static void persist_try(struct vbd_persist *persist, bool read_only)
{
	unsigned int n = persist_plan(persist, read_only), i;
	int err;

	if (!n)
		return;
	err = gnttab_map_refs(persist->map_ops, NULL, persist->pages, n);
	for (i = 0; i < n; i++) {
		struct vbd_mapping *map = &persist->map[persist->numbers[i]];

		/* The page is leaked: see grant.h. */
		if (WARN_ON_ONCE(err))
			map->state = VBD_MAP_FAILED;
		else
			mapping_done(map, &persist->map_ops[i]);
	}
}

void vbd_persist_map(struct vbd_persist *persist)
{
	unsigned int n = persist->nr_new - persist->nr_tried, i;
	int err;

	if (!n)
		return;
	err = gnttab_alloc_pages(n, persist->pages);
	for (i = 0; i < n; i++) {
		struct vbd_mapping *map = &persist->map[persist->new[persist->nr_tried + i]];

		if (err)
			map->state = VBD_MAP_FAILED;
		else
			map->page = persist->pages[i];
	}
	/* What may not be written may perhaps be read. */
	persist_try(persist, false);
	persist_try(persist, true);
	persist->nr_tried = persist->nr_new;
}

void vbd_persist_end_round(struct vbd_persist *persist)
{
	unsigned int i;

	for (i = 0; i < persist->nr_new; i++) {
		if (persist->map[persist->new[i]].state != VBD_MAP_FAILED)
			continue;
		grefs_remove(&persist->grefs, persist->new[i]);
		noxs_budget_put(persist->user, 1);
	}
	persist->nr_new = 0;
	persist->nr_tried = 0;
}

/* ---- unmapping ---- */

static void persist_unmap(struct vbd_persist *persist, unsigned int n)
{
	struct gntab_unmap_queue_data data = {
		.unmap_ops = persist->unmap_ops,
		.pages = persist->pages,
		.count = n,
	};
	unsigned int i;
	int err;

	if (!n)
		return;
	/* Waits for whoever still holds a page, should a file system have kept one. */
	err = gnttab_unmap_refs_sync(&data);
	for (i = 0; i < n; i++) {
		/* Likewise. */
		if (WARN_ON_ONCE(err || persist->unmap_ops[i].status != GNTST_okay))
			continue;
		gnttab_free_pages(1, &persist->pages[i]);
		noxs_budget_put(persist->user, 1);
	}
}

void vbd_persist_destroy(struct vbd_persist *persist)
{
	unsigned int number, n = 0;

	if (!persist)
		return;
	/* What a round that came to nothing has left. */
	vbd_persist_end_round(persist);
	for (number = 1; number <= GREFS_MAX; number++) {
		const struct vbd_mapping *map = &persist->map[number];

		if (map->state != VBD_MAP_READ_WRITE && map->state != VBD_MAP_READ_ONLY)
			continue;
		persist->pages[n] = map->page;
		gnttab_set_unmap_op(&persist->unmap_ops[n++],
				    (unsigned long)page_address(map->page), GNTMAP_host_map,
				    map->handle);
		if (n == VBD_MAX_NEW) {
			persist_unmap(persist, n);
			n = 0;
		}
	}
	persist_unmap(persist, n);
	kvfree(persist);
}
