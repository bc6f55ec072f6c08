/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel exports and declares in a header that it keeps (drivers/xen/xenbus/xenbus.h). */
#ifndef NOXS_FRONT_XS_LOCAL_H
#define NOXS_FRONT_XS_LOCAL_H

#include <linux/types.h>
#include <xen/interface/io/xs_wire.h>

enum xenstore_init {
	XS_UNKNOWN,
	XS_PV,
	XS_HVM,
	XS_LOCAL,
};

extern enum xenstore_init xen_store_domain_type;
extern struct xenstore_domain_interface *xen_store_interface;
extern int xen_store_evtchn;

#endif /* NOXS_FRONT_XS_LOCAL_H */
