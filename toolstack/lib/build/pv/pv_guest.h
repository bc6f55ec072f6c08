/* SPDX-License-Identifier: LGPL-2.1-only */
/* A guest on its way through the fast builder: what pv_memory.c makes and pv_build.c fills. */
#ifndef CHAOS_PV_GUEST_H
#define CHAOS_PV_GUEST_H

#include <stdint.h>
#include <xenctrl.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>

#include "noxs.h"
#include "build/pv/pv_batch.h"
#include "build/pv/pv_build.h"
#include "build/pv/pv_layout.h"

struct pv_guest {
	struct chaos_ctx *ctx;
	struct pv_batch *batch;
	uint32_t domid;
	uint64_t nr_pages;
	uint64_t *p2m;
	uint64_t shared_info_frame, grant_frame, device_page_frame;
	struct pv_layout layout;

	bool is_copied; /* image, ramdisk and p2m; they are not mapped then */
	/* Pages mapped for writing: image, ramdisk, p2m, start info, grants, shared info, control page. */
	char *map;
	uint64_t nr_map;
	char *ramdisk_map;
	char *p2m_map;
	start_info_t *start_info;
	struct noxs_ctrl_page *ctrl; /* NULL if nothing is written to it */
	grant_entry_v1_t *grants;
	shared_info_t *shared_info;

	/* Calls in the batch: pv_connect.c */
	const struct evtchn_alloc_unbound *data_ports[CHAOS_MAX_VIFS];
};

/* The step failed, errno says why. */
int chaos_pv_error(const char *step, struct chaos_error *err);

/* A grant of one of its pages to the back-end; the grant table is mapped. */
void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn);

/*
 * Add a call that allocates a port for the back-end; when the batch has run, see whether it is the
 * one that by our conventions it has to be.  -1 with errno = EPROTO.
 */
const struct evtchn_alloc_unbound *pv_guest_add_port(struct pv_guest *g);
int pv_guest_check_port(const struct evtchn_alloc_unbound *alloc, uint32_t expected);

/* pv_finish.c: when all is written, what remains to be done by Xen. */
int pv_guest_finish(struct pv_guest *g, const struct pv_image *img, const struct chaos_built *built,
		    struct chaos_error *err);

#endif /* CHAOS_PV_GUEST_H */
