/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a guest mapped into this kernel by grant reference.
 *
 * A call that fails as a whole, to map or to unmap, leaves open which pages are mapped.  Such a
 * page must not be used for anything else: everybody who maps leaks it, here and in blk/persist.c.
 * A status of one operation is clear, and its page is free.
 *
 * Every place of the module that hands a guest's grant to Xen, or looks at what became of it
 * (`scripts/lint module-places` finds those that are not here):
 *
 *	grant.c		noxs_grant_map		a ring or control page; the caller is told
 *	grant.c		noxs_grant_unmap	a page that stays mapped is leaked
 *	blk/persist.c	mapping_done		one that is not to be had is copied instead
 *	blk/persist.c	persist_try		the same, when the call fails as a whole
 *	blk/persist.c	persist_unmap		a page that stays mapped is leaked
 *	blk/persist.h	vbd_persist_page	what is mapped read-only is not written to
 *	blk/io.c	vbd_io_check_copies	data of a request: it is answered as failed
 *	blk/pump.c	ring_copy		does what vbd_io_check_copies looks at
 *	blk/pump.c	ring_copy_descs		descriptors of a request: likewise answered
 *	net/scratch.c	vif_scratch_copy	when the call fails as a whole, so has each copy
 *	net/scratch.c	vif_scratch_succeeded	data of a packet, both ways: it is lost
 *	net/rx.c	rx_set_source		another guest's page, by the grant it is mapped by
 *
 * And every place that checks where in a page, or of a disk, a guest's data is:
 *
 *	net/txchain.c	settle_sizes		fragments: in their page, and in the packet
 *	net/txchain.c	txchain_gather		how many fragments
 *	net/txchain.c	gather_extras		how large the segments are to be
 *	blk/request.c	take_segs		segments: sectors of one page, in order
 *	blk/request.c	range_is_good		sectors that the disk has
 *	blk/request.c	parse_rw		how many segments
 *	blk/request.c	parse_indirect		how many descriptors
 *	blk/backing.c	blk_backing_write	a file that was cut short does not grow again
 *
 * Indices of rings are checked by noxs_ring_pending(), see ring.h.
 */
#ifndef NOXS_GRANT_H
#define NOXS_GRANT_H

#include <linux/types.h>
#include <xen/grant_table.h>

/* One mapped page; zeroed means that nothing is mapped. */
struct noxs_grant {
	void *vaddr;
	struct page *page;
	grant_handle_t handle;
};

/* Pay for the first mapping's memory section at load time, not in the first guest's creation. */
int noxs_grant_warm_up(void);

/*
 * Map page @ref of @domid read-write.  -ESRCH no such domain, -EIO Xen refuses the reference,
 * -ENOMEM.  May sleep.
 */
int noxs_grant_map(struct noxs_grant *grant, domid_t domid, grant_ref_t ref);

/* Unmap it, if it is mapped.  The caller has stopped every user of the page.  May sleep. */
void noxs_grant_unmap(struct noxs_grant *grant);

#endif /* NOXS_GRANT_H */
