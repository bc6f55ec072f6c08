/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The data path: a ring's work.
 */
#ifndef NOXS_BLK_PUMP_H
#define NOXS_BLK_PUMP_H

#include "vbd.h"

/* A round of the ring of which this is the turn's work. */
void vbd_ring_work(struct noxs_turn *turn);

/* True if the guest has published requests.  Any context. */
bool vbd_ring_has_work(const struct vbd_ring *ring);

#endif /* NOXS_BLK_PUMP_H */
