// SPDX-License-Identifier: GPL-2.0
/*
 * The hash of attached domains, the classes of devices there are, and what wakes whom.  Making and
 * unmaking a domain is in attach.c, its devices in devices.c, its control page in service.c.
 */
#include <linux/cache.h>
#include <linux/hashtable.h>
#include <linux/ktime.h>
#include <linux/nospec.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <xen/events.h>
#include "bus.h"

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

bool noxs_domain_may_log(struct noxs_domain *dom)
{
	static struct noxs_ration ration;
	/* Guards it, and log_ration of all domains; no other is taken in it. */
	static DEFINE_SPINLOCK(lock);
	unsigned long flags;
	u64 left_out;
	bool may;

	spin_lock_irqsave(&lock, flags);
	may = noxs_ration_take(&ration, &dom->log_ration, ktime_get_ns(), &left_out);
	spin_unlock_irqrestore(&lock, flags);
	if (left_out)
		pr_warn("%llu lines about guests were left out\n", left_out);
	return may;
}

static void domain_free(struct kref *ref)
{
	struct noxs_domain *dom = container_of(ref, struct noxs_domain, ref);

	kfree(dom->note);
	kfree(dom);
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

/* ---- what devices and domains tell each other ---- */

void noxs_domain_notify(struct noxs_domain *dom)
{
	if (dom->slots.notify && dom->irq > 0)
		notify_remote_via_irq(dom->irq);
	dom->slots.notify = false;
}

void noxs_device_fault(struct noxs_device *dev, int err)
{
	if (!atomic_cmpxchg(&dev->fault, 0, -err))
		noxs_domain_kick(dev->dom);
}

void noxs_domain_kick(struct noxs_domain *dom)
{
	queue_work(bus_wq, &dom->ctrl_work);
}

void noxs_domain_wake(struct noxs_domain *dom)
{
	atomic_inc(&dom->stops);
	wake_up_all(&dom->stop_wait);
}

int noxs_domain_wait_unlock(struct noxs_domain *dom,
			    bool (*is_done)(struct noxs_domain *dom, void *arg), void *arg)
{
	bool done;
	int stops;

	for (;;) {
		stops = atomic_read(&dom->stops);
		done = is_done(dom, arg);
		mutex_unlock(&dom->lock);
		if (done)
			return 0;
		if (wait_event_killable(dom->stop_wait, atomic_read(&dom->stops) != stops))
			return -EINTR;
		if (mutex_lock_killable(&dom->lock))
			return -EINTR;
	}
}

void noxs_device_stopped(struct noxs_device *dev)
{
	noxs_domain_wake(dev->dom);
	noxs_domain_kick(dev->dom);
}

/* ---- detaching in the background, and the end ---- */

void noxs_device_closed(struct noxs_device *dev)
{
	struct noxs_domain *dom = dev->dom;

	mutex_lock(&dom->lock);
	list_del(&dev->node);
	dev->class->destroy(dev);
	noxs_domain_wake(dom);
	/* Under the lock: the domain, and the queues with it, cannot go before. */
	if (dom->closing && list_empty(&dom->closings))
		noxs_domain_queue_detach(dom);
	noxs_domain_put_unlock(dom); /* device_free()'s */
}

void noxs_domain_queue_detach(struct noxs_domain *dom)
{
	kref_get(&dom->ref); /* the work's */
	if (!queue_work(bus_wq, &dom->detach_work))
		noxs_domain_put(dom);
}

void noxs_domain_detach_async(struct noxs_domain *dom)
{
	if (noxs_domain_claim_detach(dom))
		noxs_domain_queue_detach(dom);
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
