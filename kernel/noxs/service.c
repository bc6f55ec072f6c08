// SPDX-License-Identifier: GPL-2.0
/*
 * Serving a control page: taking in what front-ends have published and telling the classes,
 * closing the devices that have failed, publishing what could not be before.
 */
#include <linux/jiffies.h>
#include <xen/events.h>
#include "devices.h"
#include "events.h"
#include "service.h"

/* ---- one device ---- */

/* False: the device must stop first, and the fault stands until then. */
static bool device_fail(struct noxs_device *dev, int err)
{
	u16 cls = dev->class->cls;

	atomic_cmpxchg(&dev->fault, 0, -err);
	if (!noxs_device_stop(dev, false))
		return false;
	dev->class->disconnect(dev);
	dev->features = 0;
	dev->slot.back.state = NOXS_STATE_FAILED;
	dev->slot.back.error = -err;
	noxs_slot_publish(&dev->slot, true);
	noxs_domain_err(dev->dom, "device %u.%u closed, error %d\n", cls, dev->entry.id, err);
	noxs_event_push(dev->dom->domid, NOXS_EVENT_DEV_FAILED, -err, cls << 16 | dev->entry.id);
	return true;
}

static int device_tell_class(struct noxs_device *dev)
{
	int err = dev->class->front_changed(dev, &dev->slot.front);

	dev->front_due = err == -EINPROGRESS;
	return dev->front_due ? 0 : err;
}

/*
 * Take in what the front-end has said; *worked if it has.  The slot of a device that is deferred is
 * not looked at: a guest that writes there cannot know of it.
 */
static int device_consume(struct noxs_device *dev, bool *worked)
{
	if (dev->deferred)
		return 0;
	if (noxs_slot_see_ack(&dev->slot))
		*worked = true;
	if (dev->front_due)
		return device_tell_class(dev);
	if (!noxs_slot_consume(&dev->slot))
		return 0;
	*worked = true;
	return dev->slot.front.state > NOXS_STATE_OPEN ? -EPROTO : device_tell_class(dev);
}

/* Returns true if there was anything to do. */
static bool device_service(struct noxs_device *dev)
{
	int err = -atomic_read(&dev->fault);
	bool worked = false;

	if (dev->slot.back.state == NOXS_STATE_FAILED || dev->leaving)
		return false;
	if (!err)
		err = device_consume(dev, &worked);
	if (err)
		return device_fail(dev, err);
	noxs_slot_retry(&dev->slot);
	return worked;
}

/* ---- all of a domain's ---- */

bool noxs_domain_is_silent(struct noxs_domain *dom)
{
	unsigned int i;

	/* What the worker has not come to yet counts, too. */
	for (i = 0; i < dom->nr_devs; i++)
		if (atomic_read(&dom->devs[i]->fault) || !noxs_slot_is_silent(&dom->devs[i]->slot))
			return false;
	return !dom->heard;
}

/*
 * A front-end may change its state as often as it likes, but not make us work without bound: more
 * than CHANGE_BURST changes at once, or CHANGE_RATE per second, count as spurious events, which
 * Xen's late-EOI code delays longer and longer.
 */
#define CHANGE_BURST 32U
#define CHANGE_RATE  16U

void noxs_domain_fill_credit(struct noxs_domain *dom)
{
	dom->change_credit = CHANGE_BURST;
	dom->change_stamp = jiffies;
}

static bool domain_spend_credit(struct noxs_domain *dom)
{
	unsigned long gained = (jiffies - dom->change_stamp) * CHANGE_RATE / HZ;

	if (gained) {
		dom->change_credit =
			min_t(unsigned long, dom->change_credit + gained, CHANGE_BURST);
		dom->change_stamp = jiffies;
	}
	if (!dom->change_credit)
		return false;
	dom->change_credit--;
	return true;
}

void noxs_domain_service(struct noxs_domain *dom)
{
	bool worked = false;
	unsigned int i;

	lockdep_assert_held(&dom->lock);
	if (dom->quiesced_by)
		return; /* thaw looks, and gives the EOI */
	noxs_devices_reap(dom);
	for (i = 0; i < dom->nr_devs; i++)
		if (device_service(dom->devs[i]))
			worked = true;
	if (noxs_slots_reclaim(&dom->slots))
		worked = true;
	noxs_domain_notify(dom);
	if (worked) {
		dom->heard = true;
		worked = domain_spend_credit(dom);
	}
	if (atomic_xchg(&dom->eoi_due, 0))
		xen_irq_lateeoi(dom->irq, worked ? 0 : XEN_EOI_FLAG_SPURIOUS);
}

void noxs_domain_ctrl_work(struct work_struct *work)
{
	struct noxs_domain *dom = container_of(work, struct noxs_domain, ctrl_work);

	mutex_lock(&dom->lock);
	if (dom->live)
		noxs_domain_service(dom);
	else if (dom->closing) /* not done here: its last step cancels this work */
		noxs_domain_queue_detach(dom);
	mutex_unlock(&dom->lock);
}

irqreturn_t noxs_domain_interrupt(int irq, void *arg)
{
	struct noxs_domain *dom = arg;

	atomic_set(&dom->eoi_due, 1);
	noxs_domain_kick(dom);
	return IRQ_HANDLED;
}
