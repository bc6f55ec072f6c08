// SPDX-License-Identifier: GPL-2.0
/*
 * The hash of attached domains, and the control page: consuming what front-ends publish and
 * publishing what back-ends have to say.  Making and unmaking a domain is in attach.c.
 */
#include <linux/cache.h>
#include <linux/hashtable.h>
#include <linux/jiffies.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <xen/events.h>
#include "bus.h"
#include "devices.h"
#include "events.h"

#define DOMAIN_HASH_BITS 10

static DEFINE_SPINLOCK(bus_lock);
static DEFINE_HASHTABLE(domains, DOMAIN_HASH_BITS);  /* bus_lock */
static DECLARE_BITMAP(hashed, DOMID_FIRST_RESERVED); /* bus_lock: their domids, for listing */
static struct workqueue_struct *bus_wq;

static const struct noxs_class *classes[NOXS_CLASS_MAX + 1] __ro_after_init;

void __init noxs_bus_register(const struct noxs_class *class)
{
	classes[class->cls] = class;
}

const struct noxs_class *noxs_bus_class(u16 cls)
{
	if (cls >= ARRAY_SIZE(classes))
		return NULL;
	return classes[array_index_nospec(cls, ARRAY_SIZE(classes))];
}

/* ---- the hash of domains ---- */

static struct noxs_domain *domain_find(u16 domid)
{
	struct noxs_domain *dom;

	lockdep_assert_held(&bus_lock);
	hash_for_each_possible(domains, dom, node, domid)
		if (dom->domid == domid)
			return dom;
	return NULL;
}

struct noxs_domain *noxs_domain_get(u16 domid)
{
	struct noxs_domain *dom;

	spin_lock(&bus_lock);
	dom = domain_find(domid);
	if (dom)
		kref_get(&dom->ref);
	spin_unlock(&bus_lock);
	return dom;
}

static void domain_free(struct kref *ref)
{
	kfree(container_of(ref, struct noxs_domain, ref));
}

void noxs_domain_put(struct noxs_domain *dom)
{
	kref_put(&dom->ref, domain_free);
}

struct noxs_domain *noxs_domain_get_locked(u16 domid)
{
	struct noxs_domain *dom = noxs_domain_get(domid);

	if (!dom)
		return NULL;
	if (mutex_lock_killable(&dom->lock)) {
		noxs_domain_put(dom);
		return NULL; /* nobody is told */
	}
	if (dom->live)
		return dom;
	noxs_domain_put_unlock(dom);
	return NULL;
}

void noxs_domain_put_unlock(struct noxs_domain *dom)
{
	mutex_unlock(&dom->lock);
	noxs_domain_put(dom);
}

int noxs_domain_hash(struct noxs_domain *dom)
{
	int err = -EEXIST;

	spin_lock(&bus_lock);
	if (!domain_find(dom->domid)) {
		hash_add(domains, &dom->node, dom->domid);
		__set_bit(dom->domid, hashed);
		err = 0;
	}
	spin_unlock(&bus_lock);
	return err;
}

void noxs_domain_unhash(struct noxs_domain *dom)
{
	spin_lock(&bus_lock);
	hash_del(&dom->node);
	__clear_bit(dom->domid, hashed);
	spin_unlock(&bus_lock);
}

bool noxs_domain_claim_detach(struct noxs_domain *dom)
{
	bool claimed;

	spin_lock(&bus_lock);
	claimed = !dom->detaching;
	dom->detaching = true;
	spin_unlock(&bus_lock);
	return claimed;
}

unsigned int noxs_domain_list(u32 first, u16 *domids, unsigned int count)
{
	unsigned long domid;
	unsigned int n = 0;

	spin_lock(&bus_lock);
	domid = find_next_bit(hashed, DOMID_FIRST_RESERVED, first);
	while (domid < DOMID_FIRST_RESERVED && n < count) {
		domids[n++] = domid;
		domid = find_next_bit(hashed, DOMID_FIRST_RESERVED, domid + 1);
	}
	spin_unlock(&bus_lock);
	return n;
}

/* ---- devices ---- */

void noxs_domain_notify(struct noxs_domain *dom)
{
	if (dom->slots.notify && dom->irq > 0)
		notify_remote_via_irq(dom->irq);
	dom->slots.notify = false;
}

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

void noxs_device_fault(struct noxs_device *dev, int err)
{
	if (!atomic_cmpxchg(&dev->fault, 0, -err))
		noxs_domain_kick(dev->dom);
}

/* ---- the front-end's half of a slot ---- */

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

/* It cannot be done here: the last step cancels the control page's work. */
static void domain_queue_detach(struct noxs_domain *dom)
{
	kref_get(&dom->ref); /* the work's */
	if (!queue_work(bus_wq, &dom->detach_work))
		noxs_domain_put(dom);
}

void noxs_domain_ctrl_work(struct work_struct *work)
{
	struct noxs_domain *dom = container_of(work, struct noxs_domain, ctrl_work);

	mutex_lock(&dom->lock);
	if (dom->live)
		noxs_domain_service(dom);
	else if (dom->closing)
		domain_queue_detach(dom);
	mutex_unlock(&dom->lock);
}

void noxs_domain_kick(struct noxs_domain *dom)
{
	queue_work(bus_wq, &dom->ctrl_work);
}

irqreturn_t noxs_domain_interrupt(int irq, void *arg)
{
	struct noxs_domain *dom = arg;

	atomic_set(&dom->eoi_due, 1);
	noxs_domain_kick(dom);
	return IRQ_HANDLED;
}

/* ---- detaching in the background, and the end ---- */

void noxs_domain_detach_async(struct noxs_domain *dom)
{
	if (noxs_domain_claim_detach(dom))
		domain_queue_detach(dom);
}

int noxs_bus_init(void)
{
	/* A guest waits for rtnl at most, so let domains not wait for each other. */
	bus_wq = alloc_workqueue("noxs", WQ_UNBOUND, 0);
	return bus_wq ? 0 : -ENOMEM;
}

void noxs_bus_fini(void)
{
	destroy_workqueue(bus_wq); /* waits for the last detaches to return */
	WARN_ON(!bitmap_empty(hashed, DOMID_FIRST_RESERVED));
}
