// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What a front-end would do when it connects, done for it while its domain is built: ring pages,
 * their grants, an event channel, and the front half of its slot in the control page.  The back-end
 * connects to them when it is created, and the guest finds itself connected (docs/abi.md).
 *
 * The ring pages are zero, not SHARED_RING_INIT: the difference is that nobody asks for an event
 * yet, and both sides look at a ring before they ask.  So they need not be mapped here.
 */
#include <errno.h>
#include <string.h>

#include "build/pv/pv_connect.h"

/* The module gives slots to devices in their order; the first is sysctl's. */
#define FIRST_VIF_SLOT 1U

static bool is_connected(const struct pv_image *img, const struct chaos_vif *vif)
{
	return img->takes_vifs && !vif->connects_itself;
}

unsigned int pv_connect_nr_rings(const struct pv_image *img, const struct chaos_vif *vifs,
				 unsigned int nr_vifs)
{
	unsigned int i, nr = 0;

	for (i = 0; i < nr_vifs; i++)
		if (is_connected(img, &vifs[i]))
			nr += PV_RINGS_PER_VIF;
	return nr;
}

void pv_connect_plan(const struct pv_layout *l, const struct pv_image *img,
		     const struct chaos_vif *vifs, unsigned int nr_vifs, struct chaos_built *built)
{
	struct chaos_built_vif *vif;
	unsigned int i, nr = 0;

	memset(built->vifs, 0, sizeof(built->vifs));
	for (i = 0; i < nr_vifs; i++) {
		if (!is_connected(img, &vifs[i]))
			continue;
		vif = &built->vifs[i];
		vif->ring_gfn = l->ring_pfn + (uint64_t)nr * PV_RINGS_PER_VIF;
		vif->tx_gref = CHAOS_GREF_RINGS + nr * PV_RINGS_PER_VIF;
		vif->rx_gref = vif->tx_gref + 1;
		vif->port = CHAOS_PORT_DATA + nr;
		nr++;
	}
	built->nr_connected = nr;
}

static void write_half(struct noxs_ctrl_front *half, const struct pv_image *img,
		       const struct chaos_built_vif *vif)
{
	/* Not a publication, so seq stays: the back-end is told of it when it is created. */
	half->state = NOXS_STATE_OPEN;
	half->u.vif.tx_gref = vif->tx_gref;
	half->u.vif.rx_gref = vif->rx_gref;
	half->u.vif.tx_port = vif->port;
	half->u.vif.rx_port = vif->port;
	half->u.vif.features = img->vif_features;
}

void pv_connect_write(struct pv_guest *g, const struct pv_image *img,
		      const struct chaos_built *built)
{
	const struct chaos_built_vif *vif;
	unsigned int i;

	for (i = 0; i < CHAOS_MAX_VIFS; i++) {
		vif = &built->vifs[i];
		if (!vif->port)
			continue;
		pv_guest_write_grant(g, vif->tx_gref, vif->ring_gfn);
		pv_guest_write_grant(g, vif->rx_gref, vif->ring_gfn + 1);
		write_half(&g->ctrl->slot[FIRST_VIF_SLOT + i].front, img, vif);
	}
}

void pv_connect_add_ports(struct pv_guest *g, const struct chaos_built *built)
{
	unsigned int i;

	for (i = 0; i < built->nr_connected; i++)
		g->data_ports[i] = pv_guest_add_port(g);
}

int pv_connect_check_ports(const struct pv_guest *g, const struct chaos_built *built)
{
	unsigned int i;

	for (i = 0; i < built->nr_connected; i++)
		if (pv_guest_check_port(g->data_ports[i], CHAOS_PORT_DATA + i))
			return -1;
	return 0;
}
