/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Switches: which there are, and which ports each has.  See forward.h.
 */
#ifndef NOXS_NET_SWITCH_H
#define NOXS_NET_SWITCH_H

#include "forward.h"

int noxs_switch_init(void);
/* Every port has been destroyed. */
void noxs_switch_fini(void);

/* Put @port on the switch @name of the caller's net namespace; -ENODEV: there is none. */
int noxs_switch_join(struct vif_port *port, const char *name);
/* Take it off whatever it is on. */
void noxs_switch_leave(struct vif_port *port);
/* Its addresses are known. */
void noxs_switch_regroup(struct vif_port *port);

#endif /* NOXS_NET_SWITCH_H */
