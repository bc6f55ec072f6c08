/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Late EOI of a device's data channels.
 *
 * An event stays masked until its work is done, and one without work counts as spurious, which
 * delays the next: a storm of events costs the guest its own service.  Some events without work are
 * nobody's fault, and are forgiven:
 *
 *   - Xen raises one for each channel when it is bound, and a front-end's first buffers always
 *     raise one;
 *   - the work may have been done, for another event or for none, before the interrupt came.
 *
 * No lock.  Free of kernel calls but atomics and the EOI itself, so that the unit tests compile it.
 */
#ifndef NOXS_EOI_H
#define NOXS_EOI_H

#include <linux/atomic.h>
#include <linux/types.h>

#define NOXS_EOI_CHANNELS 2U

struct noxs_eoi {
	/*
	 * Of the channels that are bound; 0: none.  Both may be the same, and then only the first
	 * is held.  Written before work begins and after it has ended.
	 */
	int irq[NOXS_EOI_CHANNELS];
	atomic_t due;	/* bit n: the handler of irq[n] has run, and its event waits for its EOI */
	atomic_t grace; /* events without work that are still forgiven */
	atomic_t progress; /* work has been done since the last such event */
};

/* Before the channels are bound. */
void noxs_eoi_init(struct noxs_eoi *eoi);

/* Work has been done.  Any context. */
static inline void noxs_eoi_progress(struct noxs_eoi *eoi)
{
	atomic_set(&eoi->progress, 1);
}

/* A handler has found work: the event of @channel stays masked until noxs_eoi_send(). */
static inline void noxs_eoi_hold(struct noxs_eoi *eoi, unsigned int channel)
{
	atomic_or(1U << channel, &eoi->due);
}

/* The handler of @irq has found no work: let events through again at once. */
void noxs_eoi_no_work(struct noxs_eoi *eoi, int irq);

/*
 * There is nothing left to do: let the events through again that are held.  @worked: for these
 * there was work; if not, they have to be forgiven, as what looked like work may have been none.
 * False: none was held.
 */
bool noxs_eoi_send(struct noxs_eoi *eoi, bool worked);

#endif /* NOXS_EOI_H */
