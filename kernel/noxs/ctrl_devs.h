/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The ioctls of /dev/xen/noxs that make, change and unmake devices.
 */
#ifndef NOXS_CTRL_DEVS_H
#define NOXS_CTRL_DEVS_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <xen/interface/xen.h>

/* Domids that can be operated on: not our own (the initial domain is 0), not a reserved one. */
static inline bool ctrl_domid_is_valid(u32 domid)
{
	return domid && domid < DOMID_FIRST_RESERVED;
}

/* The ioctls of these names; @uarg is their argument. */
int noxs_ctrl_create(void __user *uarg);
int noxs_ctrl_configure(void __user *uarg);
int noxs_ctrl_add(void __user *uarg);
int noxs_ctrl_remove(void __user *uarg);
int noxs_ctrl_resize(void __user *uarg);
int noxs_ctrl_target(void __user *uarg);

#endif /* NOXS_CTRL_DEVS_H */
