/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Persistent grants: pages of a guest that stay mapped from a ring's first request that names them
 * until it is disconnected, if the front-end has chosen so.
 *
 * Owned by the ring's work, like the ring itself.  There is no promise that a page is mapped:
 * whatever cannot be, for want of room or because Xen refuses, is copied by the hypervisor as it is
 * without persistent grants, and fails there if it must.
 */
#ifndef NOXS_BLK_PERSIST_H
#define NOXS_BLK_PERSIST_H

#include <linux/mm_types.h>
#include <xen/grant_table.h>
#include "../budget.h"
#include "grefs.h"
#include "request.h"

/*
 * Pages mapped of all guests together, 64 MiB, unless the module's parameter says less: half of
 * what noxs_grant_warm_up() has made struct pages for.  No memory of Dom0 lies behind them.  Each
 * disk may have some beside that: enough for one request as large as can be.
 */
#define VBD_MAX_MAPPED 16384
#define VBD_MAPPED_OWN (BLKREQ_MAX_SEGS + 1)

/* References seen for the first time in one round: segments, and pages of descriptors. */
#define VBD_MAX_NEW    96U

enum vbd_map_state {
	VBD_MAP_NEW, /* to be mapped in this round */
	VBD_MAP_READ_WRITE,
	VBD_MAP_READ_ONLY,
	VBD_MAP_FAILED, /* to be forgotten after this round */
};

struct vbd_mapping {
	struct page *page;
	grant_handle_t handle;
	u8 state;
	bool is_descs; /* NEW: read-only is enough */
};

struct vbd_persist {
	u16 domid;
	struct noxs_budget_user *user; /* the vbd's */
	struct grefs grefs;
	struct vbd_mapping map[GREFS_MAX + 1]; /* by number of the reference */
	unsigned int nr_new, nr_tried;
	u16 new[VBD_MAX_NEW]; /* the first nr_tried are no longer NEW */
	/* Of one hypercall. */
	struct page *pages[VBD_MAX_NEW];
	u16 numbers[VBD_MAX_NEW];
	union {
		struct gnttab_map_grant_ref map_ops[VBD_MAX_NEW];
		struct gnttab_unmap_grant_ref unmap_ops[VBD_MAX_NEW];
	};
};

/* Give a vbd its share of what may be mapped. */
void vbd_persist_join(struct noxs_budget_user *user);

/* @user counts what is mapped.  NULL: no memory for it, and then all is copied. */
struct vbd_persist *vbd_persist_create(u16 domid, struct noxs_budget_user *user);

/* Unmap everything.  Whoever used a page has ended.  May be NULL; may sleep. */
void vbd_persist_destroy(struct vbd_persist *persist);

/* The number of a segment's page, to be mapped in this round if it is not; GREFS_NONE: copy it. */
unsigned int vbd_persist_find(struct vbd_persist *persist, u32 gref);

/* The same of a page of descriptors, mapped at once; NULL: copy it. */
const void *vbd_persist_descs(struct vbd_persist *persist, u32 gref);

/* Map what is new. */
void vbd_persist_map(struct vbd_persist *persist);

/* Where a page that was found is mapped, or NULL if it is not so that it can be used: copy it. */
static inline struct page *vbd_persist_page(const struct vbd_persist *persist, unsigned int number,
					    bool to_write)
{
	const struct vbd_mapping *map = &persist->map[number];

	if (map->state == VBD_MAP_READ_WRITE || (map->state == VBD_MAP_READ_ONLY && !to_write))
		return map->page;
	return NULL;
}

/* The round's requests have their pages: forget what could not be mapped. */
void vbd_persist_end_round(struct vbd_persist *persist);

#endif /* NOXS_BLK_PERSIST_H */
