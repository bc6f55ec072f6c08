/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Serving a control page: what front-ends have said is taken in.
 */
#ifndef NOXS_SERVICE_H
#define NOXS_SERVICE_H

#include <linux/interrupt.h>
#include "bus.h"

/* Look at the control page now.  dom->lock is held. */
void noxs_domain_service(struct noxs_domain *dom);

/* True if no front-end has published or acknowledged anything so far.  dom->lock. */
bool noxs_domain_is_silent(struct noxs_domain *dom);

/* Let the front-ends make their first changes; see service.c.  dom->lock. */
void noxs_domain_fill_credit(struct noxs_domain *dom);

/* The work behind noxs_domain_kick(). */
void noxs_domain_ctrl_work(struct work_struct *work);

/* Interrupt handler of the control channel; arg is the domain. */
irqreturn_t noxs_domain_interrupt(int irq, void *arg);

#endif /* NOXS_SERVICE_H */
