/* SPDX-License-Identifier: LGPL-2.1-only */
/* What gives devices to domains, for the rooms above as well. */
#ifndef CHAOS_DEVICE_INTERNAL_H
#define CHAOS_DEVICE_INTERNAL_H

#include <stdint.h>

#include "chaos/device.h"
#include "config/internal.h"

/* How the builder has connected a vif; all 0 if the guest is to do that. */
struct chaos_built_vif {
	uint64_t ring_gfn; /* transmit, and receive behind it */
	uint32_t tx_gref, rx_gref;
	uint32_t port; /* for both */
};

/* What a domain got when it was built, and its back-ends want to know. */
struct chaos_built {
	uint64_t ctrl_gfn;
	uint32_t ctrl_gref;
	uint32_t ctrl_port;
	uint64_t start_info_mfn; /* where a shell's command line is to be written */
	unsigned int nr_connected;
	struct chaos_built_vif vifs[CHAOS_MAX_VIFS];
};

/* attach.c: back-ends, as they are planned (dev_plan.h); a plan can be used again. */
struct chaos_dev_plan;
int chaos_module_attach(struct chaos_ctx *ctx, struct noxs_ioc_create *arg,
			struct chaos_dev_plan *plan, struct chaos_error *err);
/* A shell's, of chaos_dev_plan_addresses(). */
int chaos_module_configure(struct chaos_ctx *ctx, struct noxs_ioc_configure *arg,
			   struct chaos_dev_plan *plan, struct chaos_error *err);
/* Give a domain that runs the plan's vifs and disks, of which only those and the name count. */
int chaos_module_add(struct chaos_ctx *ctx, uint32_t domid, struct chaos_dev_plan *plan,
		     struct chaos_error *err);
/* Xen has refused a name: say who bears it. */
int chaos_name_taken(struct chaos_ctx *ctx, const char *name, struct chaos_error *err);

/* devices.c */
/* The one with this class and number among them, or NULL. */
const struct chaos_device *chaos_device_find(const struct chaos_devices *devs, const char *cls,
					     unsigned int id);

/* repage.c */
/*
 * Have the guest look at its device page, and wait for its answer.  The context's descriptor has been
 * subscribed to domid before the page changed.
 */
int chaos_repage(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
		 struct chaos_error *err);
/* The same without waiting for anything, or telling of errors. */
void chaos_repage_later(struct chaos_ctx *ctx, uint32_t domid);
/*
 * Ask the guest to let go of a device, and wait for that; subscribed as above.  0: it has, or need not be
 * heeded; otherwise a positive errno: it uses it.
 */
int chaos_release(struct chaos_ctx *ctx, uint32_t domid, uint16_t cls, uint16_t id,
		  unsigned int timeout_ms);

/* vif_host.c */
/* The error for a vif whose bridge or switch is not there, or is something else. */
int chaos_vif_no_link(const struct chaos_vif *vif, struct chaos_error *err);
/* That it is there: what the module finds out when it makes the vif. */
int chaos_vif_check_link(const struct chaos_vif *vif, struct chaos_error *err);
/* That none of them has an address that this host has on the same link. */
int chaos_vif_check_host(const struct chaos_vif *vifs, unsigned int nr, struct chaos_error *err);

/*
 * disk_behind.c: the node that a block device has in /dev, for all that are of the same device
 * (unchanged if there is none); and whether somebody writes, or is not to have written under it,
 * what is behind an open file by another way than that file, which @why then says.
 */
#define CHAOS_DISK_WHY 512
struct stat;
void chaos_disk_node(const struct stat *st, char *path, size_t size);
bool chaos_disk_conflicts(int fd, bool writes, char why[CHAOS_DISK_WHY]);

/* disk_open.c */
/* The descriptor to hand to the module, locked against other users of the same file. */
int chaos_disk_open(const struct chaos_disk *disk, int *fd, struct chaos_error *err);
/* What an errno from opening or attaching it means. */
int chaos_disk_error(const struct chaos_disk *disk, int e, struct chaos_error *err);

/* saved_check.c: of those the module has, that none is smaller than it was. */
int chaos_saved_disks_check(struct chaos_ctx *ctx, uint32_t domid,
			    const struct chaos_dev_plan *plan, struct chaos_error *err);

#endif /* CHAOS_DEVICE_INTERNAL_H */
