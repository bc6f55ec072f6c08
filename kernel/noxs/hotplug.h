/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hot-plug: devices that come to an attached domain, change, and leave it.
 */
#ifndef NOXS_HOTPLUG_H
#define NOXS_HOTPLUG_H

#include "devices.h"

/* NOXS_IOC_ADD; @reqs has req->nr_devs items, copied from the caller. */
int noxs_domain_add(const struct noxs_ioc_add *req, const struct noxs_ioc_dev *reqs,
		    struct noxs_result *result);

/* NOXS_IOC_REMOVE.  -EINTR: the caller was killed, and the device goes without it. */
int noxs_domain_remove(u16 domid, u16 cls, u16 id);

/* NOXS_IOC_RESIZE; *sectors is the size that the disk has now. */
int noxs_domain_resize(u16 domid, u16 id, u64 *sectors);

/*
 * NOXS_IOC_TARGET: the file's name as the caller's root sees it, in the PATH_MAX bytes at @buf.  No
 * hold on the file: whoever had the last one would have to close it.
 */
char *noxs_domain_target(u16 domid, u16 id, u32 *flags, char *buf);

#endif /* NOXS_HOTPLUG_H */
