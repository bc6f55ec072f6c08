// SPDX-License-Identifier: GPL-2.0
/*
 * Late EOI of a device's data channels.
 */
#include <xen/events.h>
#include "eoi.h"

#define EOI_GRACE 4

void noxs_eoi_init(struct noxs_eoi *eoi)
{
	atomic_set(&eoi->due, 0);
	atomic_set(&eoi->grace, EOI_GRACE);
}

/* What an EOI of an event without work says. */
static unsigned int eoi_flags(struct noxs_eoi *eoi)
{
	if (atomic_xchg(&eoi->progress, 0) || atomic_dec_if_positive(&eoi->grace) >= 0)
		return 0;
	return XEN_EOI_FLAG_SPURIOUS;
}

void noxs_eoi_no_work(struct noxs_eoi *eoi, int irq)
{
	xen_irq_lateeoi(irq, eoi_flags(eoi));
}

bool noxs_eoi_send(struct noxs_eoi *eoi, bool worked)
{
	unsigned int due = atomic_xchg(&eoi->due, 0);
	unsigned int i, flags;

	if (!due)
		return false;
	flags = worked ? 0 : eoi_flags(eoi);
	for (i = 0; i < NOXS_EOI_CHANNELS; i++)
		if (due & 1U << i)
			xen_irq_lateeoi(eoi->irq[i], flags);
	return true;
}
