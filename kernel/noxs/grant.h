/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages of a guest mapped into this kernel by grant reference.
 *
 * A call that fails as a whole, to map or to unmap, leaves open which pages are mapped.  Such a
 * page must not be used for anything else: everybody who maps leaks it, here and in blk/persist.c.
 * A status of one operation is clear, and its page is free.
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
