/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Quiescing: while a suspended guest's memory is copied, no back-end reads or writes it.
 */
#ifndef NOXS_QUIESCE_H
#define NOXS_QUIESCE_H

#include <linux/types.h>

/* NOXS_IOC_QUIESCE and THAW; @owner is who may thaw, and one owner has one domain. */
int noxs_domain_quiesce(u16 domid, const void *owner);
int noxs_domain_thaw(u16 domid, const void *owner);

/* Thaw what @owner holds, if anything: it goes. */
void noxs_quiesce_release(const void *owner);

#endif /* NOXS_QUIESCE_H */
