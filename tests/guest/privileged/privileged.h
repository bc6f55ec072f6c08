/* SPDX-License-Identifier: GPL-2.0-only */
/* The groups of tests, each of which leaves nothing behind. */
#ifndef PRIVILEGED_H
#define PRIVILEGED_H

#include <noxs.h>

void test_version_map(void);
void test_dev(void);
void test_set_info(void);
void test_query(void);
void test_events(void);

/* A device that is right in every respect: vif `id` in slot `slot` of the page for back-end 0. */
struct noxs_dev sample_vif(unsigned int id, unsigned int slot);

/* Domids that an operation on a domain must refuse, and how. */
#define OWN_DOMID     0
#define MISSING_DOMID 0x1234

#endif /* PRIVILEGED_H */
