/* SPDX-License-Identifier: LGPL-2.1-only */
/* Connects a guest's vifs on its behalf, before it has run. */
#ifndef CHAOS_PV_CONNECT_H
#define CHAOS_PV_CONNECT_H

#include "build/pv/pv_build.h"
#include "build/pv/pv_guest.h"

#define PV_RINGS_PER_VIF 2U /* transmit, receive */

/* Ring pages that a guest of this image with these vifs wants; 0 if it connects by itself. */
unsigned int pv_connect_nr_rings(const struct pv_image *img, const struct chaos_vif *vifs,
				 unsigned int nr_vifs);

/*
 * Decide which vif gets which frames, grants and port: fills built->vifs.  The layout is made, and
 * nothing of the guest is touched.
 */
void pv_connect_plan(const struct pv_layout *l, const struct pv_image *img,
		     const struct chaos_vif *vifs, unsigned int nr_vifs, struct chaos_built *built);

/* Seed the grants, and write the front halves into the control page, which is all zero. */
void pv_connect_write(struct pv_guest *g, const struct pv_image *img,
		      const struct chaos_built *built);

/*
 * Add calls that allocate the data ports to the guest's batch; when it has run, see whether they
 * are those planned.  -1 with errno.
 */
void pv_connect_add_ports(struct pv_guest *g, const struct chaos_built *built);
int pv_connect_check_ports(const struct pv_guest *g, const struct chaos_built *built);

#endif /* CHAOS_PV_CONNECT_H */
