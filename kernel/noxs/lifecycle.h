/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Life-cycle of domains: the one binder of VIRQ_NOXS.
 */
#ifndef NOXS_LIFECYCLE_H
#define NOXS_LIFECYCLE_H

/* Bind the VIRQ and collect what has happened so far.  -EBUSY if somebody else has it. */
int noxs_lifecycle_init(void);
void noxs_lifecycle_fini(void);

#endif /* NOXS_LIFECYCLE_H */
