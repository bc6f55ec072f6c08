/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The class of vbds.
 */
#ifndef NOXS_BLK_CLASS_H
#define NOXS_BLK_CLASS_H

#include "../bus.h"

extern const struct noxs_class noxs_vbd_class;

int noxs_vbd_init(void);
/* Every vbd has been destroyed. */
void noxs_vbd_fini(void);

#endif /* NOXS_BLK_CLASS_H */
