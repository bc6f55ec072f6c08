/* SPDX-License-Identifier: GPL-2.0 */
/*
 * /dev/xen/noxs.
 */
#ifndef NOXS_CTRL_H
#define NOXS_CTRL_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <xen/interface/xen.h>

/* @xen_abi: version the hypervisor answered.  If it cannot be used, VERSION alone works. */
int noxs_ctrl_init(u32 xen_abi);
void noxs_ctrl_fini(void);

/* Domids that can be operated on: not our own (the initial domain is 0), not a reserved one. */
static inline bool ctrl_domid_is_valid(u32 domid)
{
	return domid && domid < DOMID_FIRST_RESERVED;
}

/* ctrl_devs.c: the ioctls of these names. */
int noxs_ctrl_create(void __user *uarg);
int noxs_ctrl_configure(void __user *uarg);
int noxs_ctrl_add(void __user *uarg);
int noxs_ctrl_remove(void __user *uarg);
int noxs_ctrl_resize(void __user *uarg);
int noxs_ctrl_target(void __user *uarg);

#endif /* NOXS_CTRL_H */
