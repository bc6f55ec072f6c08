// SPDX-License-Identifier: GPL-2.0
/*
 * A device that is about to go is let go of first: its driver closes it, so that nothing is begun
 * any more when the back-end leaves.  A disk that is open somewhere is not: xen-blkfront would wait
 * for what has no answer in the kernel's only watch thread.
 *
 *	asked --(a disk: is it open?)--> the driver is told --(it has closed, we have)--> DONE
 *	            |
 *	            +--(yes)--> REFUSED, EBUSY
 */
#include "front.h"

static void done(struct front *f)
{
	sysctl_answer(f, NOXS_SYSCTL_EV_DONE, 0, f->release_id);
	f->release_id = 0;
}

static bool has_driver(const struct front_dev *d)
{
	return d && d->is_open && !d->going;
}

static void close_driver(struct front *f, struct front_dev *d)
{
	/* One that has no driver is closed as it is; so is one that is not there. */
	if (!has_driver(d)) {
		done(f);
		return;
	}
	d->is_releasing = true;
	front_back_state(f, d, XenbusStateClosing);
}

void front_release(struct front *f, u32 cls, u32 id, u32 req_id)
{
	struct front_dev *d = front_find(f->devs, cls, id);
	u32 major, minor;

	f->release_id = req_id;
	f->release_dev = cls << 16 | id;
	if (cls != NOXS_CLASS_VBD || !has_driver(d)) {
		close_driver(f, d);
		return;
	}
	device_number(d, &major, &minor);
	f->ops->probe(f, major, minor, req_id);
}

void front_probed(struct front *f, u32 req_id, int reason)
{
	if (!req_id || req_id != f->release_id)
		return; /* asked in another domain, or asked again */
	if (!reason) {
		close_driver(f, front_find(f->devs, f->release_dev >> 16, (u16)f->release_dev));
		return;
	}
	sysctl_answer(f, NOXS_SYSCTL_EV_REFUSED, (u32)reason, req_id);
	f->release_id = 0;
}

void front_released(struct front *f, struct front_dev *d)
{
	if (f->release_id && f->release_dev == ((u32)d->dev.cls << 16 | d->dev.id))
		done(f);
}
