/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sysctl back-end: what the control domain asks of a guest, and what the guest says of itself.
 */
#ifndef NOXS_SYSCTL_H
#define NOXS_SYSCTL_H

#include "bus.h"

extern const struct noxs_class noxs_sysctl_class;

/* NOXS_IOC_REQUEST; *req_id is the number that the answer will carry.  dom->lock is held. */
int noxs_sysctl_request(struct noxs_domain *dom, u32 request, u32 arg, u32 *req_id);

/* Fill in flags and time stamps.  dom->lock is held. */
void noxs_sysctl_query(struct noxs_domain *dom, struct noxs_ioc_query *query);

/* Make *event the domain's READY if it has said so.  dom->lock is held. */
bool noxs_sysctl_ready_event(struct noxs_domain *dom, struct noxs_ioc_event *event);

#endif /* NOXS_SYSCTL_H */
