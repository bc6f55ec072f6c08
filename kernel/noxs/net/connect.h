/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Connecting a vif: the guest's rings, its channels, NAPI.
 */
#ifndef NOXS_NET_CONNECT_H
#define NOXS_NET_CONNECT_H

#include "vif.h"

struct vif_params {
	u32 tx_gref, rx_gref;
	u32 tx_port, rx_port;
	u32 features;
};

/* Map rings and bind channels; the data path runs from then on. */
int vif_connect(struct vif *vif, const struct vif_params *params);

/* Stop the data path and let go of everything of the guest's.  May be called when not connected. */
void vif_disconnect(struct vif *vif);

/* Stop and start the data path of a connected vif, with rings and channels in place. */
void vif_quiesce(struct vif *vif);
void vif_thaw(struct vif *vif);

/* NAPI's poll function. */
int vif_poll(struct napi_struct *napi, int budget);

#endif /* NOXS_NET_CONNECT_H */
