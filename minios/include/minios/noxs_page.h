/* SPDX-License-Identifier: MIT */
/* The device page, for noxs.c alone: others see it through noxs.h. */
#ifndef MINIOS_NOXS_PAGE_H
#define MINIOS_NOXS_PAGE_H

#include <minios/devpage.h>

/* What the guest knows of: the last state of the page that it took. */
extern struct noxs_dev_page noxs_copy;

/*
 * Read the page: where the domain builder has mapped it, for as long as it may take to write it;
 * otherwise, and if that was not long enough, through Xen.  -ENOSYS no noxs here, -ENOENT no devices,
 * -EOPNOTSUPP another major of the ABI, -ENOMEM Xen has none now.
 */
int noxs_page_read(struct noxs_dev_page *to);

/*
 * A device is not in the copy any more, so that one that comes in its place is seen to be another: its
 * slot in the control page tells them apart if that one is there already.
 */
void noxs_page_forget(unsigned int cls, unsigned int id, unsigned int ctrl_slot);

#endif /* MINIOS_NOXS_PAGE_H */
