// SPDX-License-Identifier: GPL-2.0
/*
 * Quiescing: while a suspended guest's memory is copied, no back-end reads or writes it.
 *
 * A domain is held by an open file of the control device, so that it cannot stay quiesced when the
 * process that asked for it dies.  An owner holds one domain at most; which one is remembered here,
 * not with the file: hardly ever are there any.
 *
 * The control page is safe because all access to it is under dom->lock, and stops while
 * dom->quiesced_by is set; the data paths stop in their classes' quiesce().
 */
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include "bus.h"

struct hold {
	struct list_head node;
	const void *owner;
	struct noxs_domain *dom; /* a reference */
};

static DEFINE_MUTEX(hold_lock); /* the list; outside of noxs_domain.lock */
static LIST_HEAD(holds);

static struct hold *hold_find(const void *owner)
{
	struct hold *hold;

	list_for_each_entry(hold, &holds, node)
		if (hold->owner == owner)
			return hold;
	return NULL;
}

/* dom->lock is held, and the domain is live. */
static int domain_stop(struct noxs_domain *dom, const void *owner)
{
	unsigned int i;

	if (dom->quiesced_by)
		return -EBUSY;
	/* Only sysctl does all it does under dom->lock. */
	for (i = 0; i < dom->nr_devs; i++)
		if (!dom->devs[i]->class->quiesce && dom->devs[i] != dom->sysctl)
			return -EOPNOTSUPP;
	dom->quiesced_by = owner;
	for (i = 0; i < dom->nr_devs; i++)
		if (dom->devs[i]->class->quiesce)
			dom->devs[i]->class->quiesce(dom->devs[i]);
	return 0;
}

static void domain_go_on(struct noxs_domain *dom)
{
	unsigned int i;

	mutex_lock(&dom->lock);
	dom->quiesced_by = NULL;
	/* A domain that was detached meanwhile has no devices any more, and no control page. */
	if (dom->live) {
		for (i = 0; i < dom->nr_devs; i++)
			if (dom->devs[i]->class->thaw)
				dom->devs[i]->class->thaw(dom->devs[i]);
		noxs_domain_service(dom);
	}
	mutex_unlock(&dom->lock);
}

static void hold_drop(struct hold *hold)
{
	list_del(&hold->node);
	domain_go_on(hold->dom);
	noxs_domain_put(hold->dom);
	kfree(hold);
}

static int quiesce_locked(struct hold *hold, u16 domid)
{
	int err;

	if (hold_find(hold->owner))
		return -EBUSY;
	hold->dom = noxs_domain_get_locked(domid);
	if (!hold->dom)
		return -ENOENT;
	err = domain_stop(hold->dom, hold->owner);
	mutex_unlock(&hold->dom->lock);
	if (err)
		noxs_domain_put(hold->dom);
	else
		list_add(&hold->node, &holds);
	return err;
}

int noxs_domain_quiesce(u16 domid, const void *owner)
{
	struct hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	int err;

	if (!hold)
		return -ENOMEM;
	hold->owner = owner;
	mutex_lock(&hold_lock);
	err = quiesce_locked(hold, domid);
	mutex_unlock(&hold_lock);
	if (err)
		kfree(hold);
	return err;
}

int noxs_domain_thaw(u16 domid, const void *owner)
{
	struct hold *hold;
	int err = -ENOENT;

	mutex_lock(&hold_lock);
	hold = hold_find(owner);
	if (hold && hold->dom->domid == domid) {
		hold_drop(hold);
		err = 0;
	}
	mutex_unlock(&hold_lock);
	return err;
}

void noxs_quiesce_release(const void *owner)
{
	struct hold *hold;

	/* Only the owner adds a hold of its own, and it is closing: none can come. */
	if (list_empty_careful(&holds))
		return;
	mutex_lock(&hold_lock);
	hold = hold_find(owner);
	if (hold)
		hold_drop(hold);
	mutex_unlock(&hold_lock);
}
