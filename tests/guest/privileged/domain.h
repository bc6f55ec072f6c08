/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains for the tests to work on: empty ones that never run. */
#ifndef DOMAIN_H
#define DOMAIN_H

#include <stdint.h>
#include <xen/xen.h>

/* A new domain with any domid, or with the one given.  The domid, or -errno. */
long domain_create(void);
long domain_create_as(domid_t domid);

/* Destroy it, to the end unless somebody holds one of its pages.  0 or -errno. */
long domain_destroy(domid_t domid);

/* Give it a page and map that here, so that it cannot go away when it is destroyed. */
long domain_hold(domid_t domid);
void domain_release(void);

/* Map a frame of another domain read-only: where, or NULL. */
const void *domain_frame_map(domid_t domid, unsigned long mfn);

#endif /* DOMAIN_H */
