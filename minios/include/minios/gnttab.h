/* SPDX-License-Identifier: MIT */
/* Grants of our pages to other domains (grant table version 1, one frame). */
#ifndef MINIOS_GNTTAB_H
#define MINIOS_GNTTAB_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

/* Map the table; may be called again.  0 or -errno. */
int gnttab_init(void);

/* Grant page, which is one of ours, to domid.  The reference, or -ENOSPC. */
int gnttab_grant(domid_t domid, const void *page, bool readonly);

/* Take a grant back; false if it is still in use, and then it stays. */
bool gnttab_revoke(grant_ref_t ref);

#endif /* MINIOS_GNTTAB_H */
