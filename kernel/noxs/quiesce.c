// SPDX-License-Identifier: GPL-2.0
/*
 * Quiescing: while a suspended guest's memory is copied, no back-end reads or writes it.
 *
 * A domain is held by an open file of the control device, so that it cannot stay quiesced when the
 * process that asked for it dies.  An owner holds one domain at most; which one is remembered here,
 * not with the file: hardly ever are there any.
 *
 * The control page is safe because all access to it is under dom->lock, and stops while
 * dom->quiesced_by is set; the data paths stop in their classes' quiesce() or stop().  A disk that
 * has not answered is waited for without the lock, and whoever waits may be killed.
 */
#include <linux/list.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "devices.h"
#include "quiesce.h"
#include "service.h"

struct hold {
	struct list_head node;
	const void *owner;
	struct noxs_domain *dom; /* a reference; NULL while it is being quiesced */
};

static DEFINE_SPINLOCK(hold_lock); /* the list, and its members' dom */
static LIST_HEAD(holds);

static struct hold *hold_find(const void *owner)
{
	struct hold *hold;

	lockdep_assert_held(&hold_lock);
	list_for_each_entry(hold, &holds, node)
		if (hold->owner == owner)
			return hold;
	return NULL;
}

/* A hold of nothing yet: from now on the owner cannot have another. */
static struct hold *hold_create(const void *owner)
{
	struct hold *hold = kzalloc(sizeof(*hold), GFP_KERNEL);
	bool has_one;

	if (!hold)
		return ERR_PTR(-ENOMEM);
	hold->owner = owner;
	spin_lock(&hold_lock);
	has_one = hold_find(owner);
	if (!has_one)
		list_add(&hold->node, &holds);
	spin_unlock(&hold_lock);
	if (!has_one)
		return hold;
	kfree(hold);
	return ERR_PTR(-EBUSY);
}

static void hold_set(struct hold *hold, struct noxs_domain *dom)
{
	spin_lock(&hold_lock);
	hold->dom = dom;
	spin_unlock(&hold_lock);
}

/* The caller has it to itself. */
static void hold_free(struct hold *hold)
{
	spin_lock(&hold_lock);
	list_del(&hold->node);
	spin_unlock(&hold_lock);
	kfree(hold);
}

/* Take what the owner holds, and thereby the right to thaw it; NULL if it is not that domain. */
static struct noxs_domain *hold_take(const void *owner, u16 domid)
{
	struct noxs_domain *dom = NULL;
	struct hold *hold;

	spin_lock(&hold_lock);
	hold = hold_find(owner);
	if (hold && hold->dom && (domid == NOXS_DOMID_NONE || hold->dom->domid == domid)) {
		dom = hold->dom;
		list_del(&hold->node);
	} else {
		hold = NULL;
	}
	spin_unlock(&hold_lock);
	kfree(hold);
	return dom;
}

/* True if all devices have stopped, or the domain was detached meanwhile, which @arg is told. */
static bool stop_is_done(struct noxs_domain *dom, void *arg)
{
	bool *detached = arg;

	*detached = !dom->live;
	return *detached || noxs_devices_stop(dom, true);
}

/* The caller has the hold to itself; its reference goes. */
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
	noxs_domain_wake(dom); /* a REMOVE may have waited for this */
	noxs_domain_put_unlock(dom);
}

int noxs_domain_quiesce(u16 domid, const void *owner)
{
	struct hold *hold = hold_create(owner);
	struct noxs_domain *dom;
	bool detached;
	int err;

	if (IS_ERR(hold))
		return PTR_ERR(hold);
	dom = noxs_domain_get_locked(domid);
	if (!dom) {
		hold_free(hold);
		return -ENOENT;
	}
	if (dom->quiesced_by) {
		hold_free(hold);
		noxs_domain_put_unlock(dom);
		return -EBUSY;
	}
	dom->quiesced_by = owner;
	err = noxs_domain_wait_unlock(dom, stop_is_done, &detached);
	if (!err && detached)
		err = -ENOENT;
	if (err) {
		hold_free(hold);
		domain_go_on(dom);
		return err;
	}
	hold_set(hold, dom);
	return 0;
}

int noxs_domain_thaw(u16 domid, const void *owner)
{
	struct noxs_domain *dom = hold_take(owner, domid);

	if (!dom)
		return -ENOENT;
	domain_go_on(dom);
	return 0;
}

void noxs_quiesce_release(const void *owner)
{
	struct noxs_domain *dom;

	/* Only the owner adds a hold of its own, and it is closing: none can come. */
	if (list_empty_careful(&holds))
		return;
	dom = hold_take(owner, NOXS_DOMID_NONE);
	if (dom)
		domain_go_on(dom);
}
