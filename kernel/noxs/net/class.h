/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The class of vifs.
 */
#ifndef NOXS_NET_CLASS_H
#define NOXS_NET_CLASS_H

#include "../bus.h"

extern const struct noxs_class noxs_vif_class;

int noxs_vif_init(void);
/* Every vif has been destroyed; waits until their net devices are gone, too. */
void noxs_vif_fini(void);

#endif /* NOXS_NET_CLASS_H */
