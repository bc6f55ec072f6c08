/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/xen/noxs.
 */
#ifndef NOXS_CTRL_H
#define NOXS_CTRL_H

#include <linux/types.h>

/* @xen_abi: version the hypervisor answered.  If it cannot be used, VERSION alone works. */
int noxs_ctrl_init(u32 xen_abi);
void noxs_ctrl_fini(void);

#endif /* NOXS_CTRL_H */
