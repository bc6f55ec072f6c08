// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching a domain: control page, control channel, devices (devices.c), device
 * page; all or nothing.
 *
 * A dying domain stays a zombie while we hold a grant of it, so its death must never be missed:
 *
 *   1. attach hashes the domain before it maps anything, and asks Xen to publish the devices
 *      (-ESRCH for a dying domain) after that;
 *   2. a domain that dies before Xen looks makes attach fail, and attach unmaps everything;
 *   3. one that dies later raises an event, which finds the domain in the hash, and whose detach
 *      waits for dom->lock until attach has finished.
 *
 * A detach is done in steps, none of which waits for a disk: the first tells the devices to stop,
 * and the last is whichever finds that all have.  In between the domain is in the hash, not live.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include "attach.h"
#include "events.h"
#include "hypercall.h"
#include "service.h"

static struct noxs_domain *domain_alloc(u16 domid)
{
	struct noxs_domain *dom = kzalloc(sizeof(*dom), GFP_KERNEL);

	if (!dom)
		return NULL;
	kref_init(&dom->ref);
	mutex_init(&dom->lock);
	init_completion(&dom->detached);
	init_waitqueue_head(&dom->stop_wait);
	INIT_LIST_HEAD(&dom->closings);
	INIT_WORK(&dom->ctrl_work, noxs_domain_ctrl_work);
	INIT_WORK(&dom->detach_work, noxs_domain_detach_work);
	noxs_share_init(&dom->share);
	dom->domid = domid;
	return dom;
}

/* ---- control page and channel ---- */

static int domain_open_ctrl(struct noxs_domain *dom, const struct noxs_ioc_create *req)
{
	int irq, err;

	err = noxs_grant_map(&dom->ctrl_grant, dom->domid, req->ctrl_gref);
	if (err)
		return err;
	dom->slots.page = dom->ctrl_grant.vaddr;
	irq = noxs_evtchn_bind(dom->domid, req->ctrl_port, noxs_domain_interrupt, "noxs-ctrl", dom);
	if (irq < 0) {
		noxs_grant_unmap(&dom->ctrl_grant);
		return irq;
	}
	dom->irq = irq;
	dom->ctrl_gfn = req->ctrl_gfn;
	dom->ctrl_port = req->ctrl_port;
	return 0;
}

static void domain_close_ctrl(struct noxs_domain *dom)
{
	noxs_evtchn_unbind(dom->irq, dom);
	dom->irq = 0;
	noxs_grant_unmap(&dom->ctrl_grant);
}

int noxs_domain_set_info(struct noxs_domain *dom, const struct noxs_set_info *info,
			 struct noxs_conflict *conflict)
{
	struct noxs_set_info arg = *info;
	int err;

	arg.domid = dom->domid;
	err = noxs_hv_set_info(&arg);
	if (err == -EEXIST)
		conflict->what = NOXS_CONFLICT_NAME;
	return err;
}

static int domain_publish(struct noxs_domain *dom, const struct noxs_ioc_create *req,
			  struct noxs_result *result)
{
	static const struct noxs_set_info nothing;
	bool set_info = req->flags & NOXS_CREATE_SET_INFO;
	int err;

	noxs_slots_write_header(&dom->slots);
	err = noxs_devices_publish(dom, 0, &result->frame);
	/* When all devices are deferred, it is set_info that asks Xen whether the domain lives. */
	if (err || (!set_info && result->frame))
		return err;
	err = noxs_domain_set_info(dom, set_info ? &req->info : &nothing, &result->conflict);
	if (err)
		noxs_devices_withdraw(dom, 0);
	return err;
}

/* ---- what is to be done at its end ---- */

static atomic_t domains_with_ends = ATOMIC_INIT(0); /* other than to keep it */

static bool has_ends(u32 flags)
{
	static const unsigned int shifts[] = { NOXS_END_POWEROFF_SHIFT, NOXS_END_REBOOT_SHIFT,
					       NOXS_END_CRASH_SHIFT };
	unsigned int i, end;

	for (i = 0; i < ARRAY_SIZE(shifts); i++) {
		end = NOXS_END_OF(flags, shifts[i]);
		if (end == NOXS_END_DESTROY || end == NOXS_END_RESTART)
			return true;
	}
	return false;
}

void noxs_domain_set_ends(struct noxs_domain *dom, u32 flags)
{
	flags &= NOXS_END_ALL | NOXS_KEEP_LOG;
	if (!flags)
		return;
	atomic_add(has_ends(flags) - has_ends(dom->ends), &domains_with_ends);
	dom->ends = flags;
}

bool noxs_ends_exist(void)
{
	return atomic_read(&domains_with_ends);
}

/* ---- attach ---- */

/* A shell is nobody's domain yet: it is told of when it becomes one. */
static bool is_shell(const struct noxs_ioc_create *req)
{
	return req->flags & NOXS_CREATE_SET_INFO && req->info.what & NOXS_SET_STATE &&
	       req->info.state == NOXS_DOM_SHELL;
}

static int domain_attach_locked(struct noxs_domain *dom, const struct noxs_ioc_create *req,
				const struct noxs_ioc_dev *reqs, struct noxs_result *result)
{
	int err;

	err = domain_open_ctrl(dom, req);
	if (err)
		return err;
	err = noxs_devices_create(dom, reqs, req->nr_devs, result);
	if (err)
		goto close_ctrl;
	err = domain_publish(dom, req, result);
	if (err)
		goto destroy_devices;
	dom->attached_ns = ktime_get_ns();
	noxs_domain_fill_credit(dom);
	noxs_domain_set_ends(dom, req->flags);
	dom->live = true;
	if (!is_shell(req))
		noxs_event_push(dom->domid, NOXS_EVENT_ATTACHED, 0, dom->ends & NOXS_KEEP_LOG);
	/* The guest may have been there first, and its event been dropped. */
	noxs_domain_service(dom);
	return 0;

destroy_devices:
	noxs_devices_destroy(dom, 0, true);
close_ctrl:
	domain_close_ctrl(dom);
	return err;
}

/* The last steps of a detach, or of a failed attach; the caller has claimed the detach. */
static void domain_gone(struct noxs_domain *dom)
{
	/* The interrupt is unbound and the devices are gone: nobody queues it any more. */
	cancel_work_sync(&dom->ctrl_work);
	if (has_ends(dom->ends)) /* it is not live: they do not change any more */
		atomic_dec(&domains_with_ends);
	noxs_domain_unhash(dom);
	/*
	 * From noxs_domain_attach().  The module cannot go before its caller has returned: that is
	 * an ioctl, whose file holds the module too, or a work, which noxs_bus_fini() waits for.
	 */
	module_put(THIS_MODULE);
	complete_all(&dom->detached);
	noxs_domain_put(dom); /* the hash's */
}

/* dom->lock. */
static void domain_begin_detach(struct noxs_domain *dom)
{
	dom->closing = true;
	dom->was_live = dom->live;
	if (!dom->live)
		return; /* an attach that failed has undone itself */
	dom->live = false;
	noxs_devices_withdraw(dom, 0);
	noxs_domain_wake(dom); /* REMOVE and QUIESCE need not wait any more */
}

/*
 * Let go of what nobody waits for; true if that was the last of it.  The addresses and names of
 * vifs are free at once, whatever a disk of the same domain waits for.  dom->lock.
 */
static bool domain_go_on_detaching(struct noxs_domain *dom)
{
	noxs_devices_leave(dom);
	if (dom->nr_devs)
		return false;
	if (dom->irq)
		domain_close_ctrl(dom);
	if (!list_empty(&dom->closings))
		return false;
	dom->closing = false;
	dom->closed = true;
	return true;
}

/*
 * One step of a detach that has been claimed; the caller holds a reference, and dom->lock, which is
 * free afterwards.  Devices that wait for a disk are not waited for: the next step comes when they
 * have stopped, or closed their files.
 */
static void domain_detach_step_unlock(struct noxs_domain *dom)
{
	bool is_last;

	if (!dom->closing && !dom->closed)
		domain_begin_detach(dom);
	is_last = dom->closing && domain_go_on_detaching(dom);
	mutex_unlock(&dom->lock);
	if (!is_last)
		return;
	domain_gone(dom);
	if (dom->was_live)
		noxs_event_push(dom->domid, NOXS_EVENT_DETACHED, 0, 0);
}

int noxs_domain_attach(const struct noxs_ioc_create *req, const struct noxs_ioc_dev *reqs,
		       struct noxs_result *result)
{
	struct noxs_domain *dom;
	bool claimed;
	int err;

	*result = (struct noxs_result){ .conflict.domid = NOXS_DOMID_NONE };
	err = noxs_devices_check(reqs, req->nr_devs, &result->err_dev);
	if (err)
		return err;
	result->err_dev = NOXS_DOMID_NONE;
	dom = domain_alloc(req->domid);
	if (!dom)
		return -ENOMEM;
	kref_get(&dom->ref); /* ours: a detach may drop the hash's while we unlock */
	mutex_lock(&dom->lock);
	err = noxs_domain_hash(dom);
	if (err) {
		mutex_unlock(&dom->lock);
		noxs_domain_put(dom); /* the one the hash would have had */
		noxs_domain_put(dom);
		return err;
	}
	/*
	 * Unloading would take its devices from a guest that runs: not before domain_gone(), which
	 * a detach that waits for a disk has not reached.
	 */
	__module_get(THIS_MODULE);
	err = domain_attach_locked(dom, req, reqs, result);
	/* If somebody else has claimed the detach already, that one cleans up. */
	claimed = err && noxs_domain_claim_detach(dom);
	if (!claimed)
		mutex_unlock(&dom->lock);
	if (claimed) {
		domain_detach_step_unlock(dom);
		/* So that the caller may try again; who is killed does not. */
		(void)wait_for_completion_killable(&dom->detached);
	}
	noxs_domain_put(dom);
	return err;
}

/* ---- detach ---- */

void noxs_domain_detach_work(struct work_struct *work)
{
	struct noxs_domain *dom = container_of(work, struct noxs_domain, detach_work);

	mutex_lock(&dom->lock);
	domain_detach_step_unlock(dom);
	noxs_domain_put(dom); /* the work's */
}

int noxs_domain_detach(u16 domid)
{
	struct noxs_domain *dom = noxs_domain_get(domid);
	int err;

	if (!dom)
		return -ENOENT;
	if (noxs_domain_claim_detach(dom)) {
		/* Who is killed leaves the rest to the work. */
		if (mutex_lock_killable(&dom->lock))
			noxs_domain_queue_detach(dom);
		else
			domain_detach_step_unlock(dom);
	}
	err = wait_for_completion_killable(&dom->detached);
	noxs_domain_put(dom);
	return err ? -EINTR : 0;
}
