/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The noxs hypercall and the event-channel operations done by hand.  No other file issues them.
 * All may sleep only where said; all return 0 or -errno as documented in noxs.h.
 */
#ifndef NOXS_HYPERCALL_H
#define NOXS_HYPERCALL_H

#include <linux/interrupt.h>
#include <xen/interface/xen.h>
#include <xen/interface/event_channel.h>
#include "noxs.h"

/* NOXS_ABI_VERSION of the hypervisor, 0 if it has no noxs. */
u32 noxs_hv_version(void);

/* True if the hypervisor's ABI can be used by this module. */
bool noxs_hv_usable(u32 version);

/* Add @count devices to @domid's device page in one go; *frame is the page's MFN. */
int noxs_hv_dev_add(domid_t domid, struct noxs_dev *devs, unsigned int count, u64 *frame);

/* Give a device that is there the contents of *@dev, in its place. */
int noxs_hv_dev_replace(domid_t domid, struct noxs_dev *dev);

int noxs_hv_dev_remove(domid_t domid, struct noxs_dev_id *ids, unsigned int count);

/* Apply one set_info item. */
int noxs_hv_set_info(struct noxs_set_info *info);

/* Collect up to @count life-cycle events; returns how many, or -errno. */
int noxs_hv_next_event(struct noxs_event *events, unsigned int count);

/* What Xen knows of @domid; -ESRCH if there is no such domain. */
int noxs_hv_dominfo(domid_t domid, struct noxs_dominfo *info);

/*
 * Bind the unbound port @remote_port of @domid to @handler, with late EOI.  Returns the irq.
 * The handler can run before this returns.  May sleep.  -EIO if Xen refuses.
 */
int noxs_evtchn_bind(domid_t domid, evtchn_port_t remote_port, irq_handler_t handler,
		     const char *name, void *arg);

/* Undo it: the handler neither runs nor will run, and the channel is closed.  May sleep. */
void noxs_evtchn_unbind(int irq, void *arg);

#endif /* NOXS_HYPERCALL_H */
