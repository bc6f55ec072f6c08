/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A vif's link as a port of a switch.
 */
#ifndef NOXS_NET_PORT_H
#define NOXS_NET_PORT_H

#include "vif.h"

int vif_port_init(void);
/* Every port has been destroyed. */
void vif_port_fini(void);

/* Make a port, of no switch yet. */
struct vif *vif_port_alloc(u16 domid, const struct noxs_ioc_dev *req);

#endif /* NOXS_NET_PORT_H */
