/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connecting a vbd: the guest's rings, its channel.
 */
#ifndef NOXS_BLK_CONNECT_H
#define NOXS_BLK_CONNECT_H

#include "vbd.h"

struct vbd_params {
	u32 ring_gref[VBD_MAX_RINGS];
	u32 nr_rings;
	u32 port;
	bool persistent;
};

/* Map the rings and bind the channel; requests are served from then on. */
int vbd_connect(struct vbd *vbd, const struct vbd_params *params);

/*
 * Take no more requests, and answer what has been taken (VBD_RING_DRAINS) or forget it
 * (VBD_RING_STOPPED).  True if the disk has done with all of it, so that the guest's memory is left
 * alone from now on, with rings and channel in place; never waits for that.  Otherwise
 * noxs_device_stopped() tells when to ask again.  May be called when not connected.
 */
bool vbd_stop(struct vbd *vbd, enum vbd_ring_mode mode);

/* Go on after DRAINS, if that is how the rings were stopped. */
void vbd_thaw(struct vbd *vbd);

/*
 * Let go of everything of the guest's, after vbd_stop(STOPPED) has said true.  Without that it
 * waits for the disk: only to undo a connection that no guest has used.  May be called when not
 * connected.
 */
void vbd_disconnect(struct vbd *vbd);

#endif /* NOXS_BLK_CONNECT_H */
