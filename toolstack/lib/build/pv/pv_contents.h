/* SPDX-License-Identifier: LGPL-2.1-only */
/* What a guest's memory holds at first: the bytes of its image and ramdisk, and its p2m, page by page. */
#ifndef CHAOS_PV_CONTENTS_H
#define CHAOS_PV_CONTENTS_H

#include "build/pv/pv_guest.h"
#include "build/pv/pv_plan.h"

/* Into pages that are mapped in g: -1 with errno, and *what could not be read. */
int pv_contents_write(struct pv_guest *g, const struct pv_plan *plan, const char **what);
/* Into pages that are not, through a window (pv_copy.h). */
int pv_contents_copy(struct pv_guest *g, const struct pv_plan *plan, const char **what);
/* Whether it is large enough for that. */
bool pv_contents_is_copied(const struct pv_plan *plan);

#endif /* CHAOS_PV_CONTENTS_H */
