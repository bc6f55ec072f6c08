/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Persistent grants of blkif, under a ring that knows nothing of them: the linker puts these two
 * between minios/blkring.c and the grant table.  The disk loops use the same buffers all the time, so
 * there is nothing to copy: kinder to xen-blkback than Linux's front-end, which copies.
 */
#include <errno.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include "perf.h"

/* A guest of 8 MiB. */
#define MAX_PAGES 2048U

int __real_gnttab_grant(domid_t domid, const void *page, bool readonly);
bool __real_gnttab_revoke(grant_ref_t ref);
int __wrap_gnttab_grant(domid_t domid, const void *page, bool readonly);
bool __wrap_gnttab_revoke(grant_ref_t ref);

static bool is_persistent;
static uint16_t refs[MAX_PAGES]; /* by number of the page, 0: none */

void perf_persist_begin(void)
{
	is_persistent = true;
}

int __wrap_gnttab_grant(domid_t domid, const void *page, bool readonly)
{
	unsigned long pfn = mm_virt_to_pfn(page);
	int ref;

	if (!is_persistent)
		return __real_gnttab_grant(domid, page, readonly);
	if (pfn >= MAX_PAGES)
		return -ENOSPC;
	if (!refs[pfn]) {
		/* The back-end maps it once, for both directions. */
		ref = __real_gnttab_grant(domid, page, false);
		if (ref < 0)
			return ref;
		refs[pfn] = (uint16_t)ref;
	}
	return refs[pfn];
}

bool __wrap_gnttab_revoke(grant_ref_t ref)
{
	return is_persistent || __real_gnttab_revoke(ref);
}
