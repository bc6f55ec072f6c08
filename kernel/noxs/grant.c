// SPDX-License-Identifier: GPL-2.0
/*
 * Pages of a guest mapped into this kernel by grant reference.
 */
#include <linux/kernel.h>
#include <linux/mm.h>
#include "grant.h"

int noxs_grant_warm_up(void)
{
	struct page *page;
	int err = gnttab_alloc_pages(1, &page);

	if (!err)
		gnttab_free_pages(1, &page);
	return err;
}

int noxs_grant_map(struct noxs_grant *grant, domid_t domid, grant_ref_t ref)
{
	struct gnttab_map_grant_ref op;
	struct page *page;
	void *vaddr;
	int err;

	err = gnttab_alloc_pages(1, &page);
	if (err)
		return err;
	vaddr = pfn_to_kaddr(page_to_pfn(page));
	gnttab_set_map_op(&op, (unsigned long)vaddr, GNTMAP_host_map, ref, domid);
	err = gnttab_map_refs(&op, NULL, &page, 1);
	if (WARN_ON_ONCE(err))
		return err; /* the page is leaked: see grant.h */
	if (op.status != GNTST_okay) {
		gnttab_free_pages(1, &page);
		return op.status == GNTST_bad_domain ? -ESRCH : -EIO;
	}
	grant->vaddr = vaddr;
	grant->page = page;
	grant->handle = op.handle;
	return 0;
}

void noxs_grant_unmap(struct noxs_grant *grant)
{
	struct gnttab_unmap_grant_ref op;
	int err;

	if (!grant->vaddr)
		return;
	gnttab_set_unmap_op(&op, (unsigned long)grant->vaddr, GNTMAP_host_map, grant->handle);
	err = gnttab_unmap_refs(&op, NULL, &grant->page, 1);
	if (!WARN_ON_ONCE(err || op.status != GNTST_okay))
		gnttab_free_pages(1, &grant->page);
	grant->vaddr = NULL;
}
