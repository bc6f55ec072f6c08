// SPDX-License-Identifier: GPL-2.0
/*
 * Attaching and detaching a domain: control page, control channel, devices, device page; all or
 * nothing.
 *
 * A dying domain stays a zombie while we hold a grant of it, so its death must never be missed:
 *
 *   1. attach hashes the domain before it maps anything, and asks Xen to publish the devices
 *      (-ESRCH for a dying domain) after that;
 *   2. a domain that dies before Xen looks makes attach fail, and attach unmaps everything;
 *   3. one that dies later raises an event, which finds the domain in the hash, and whose detach
 *      waits for dom->lock until attach has finished.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "bus.h"
#include "events.h"
#include "hypercall.h"
#include "ring.h"

static struct noxs_domain *domain_alloc(u16 domid)
{
	struct noxs_domain *dom = kzalloc(sizeof(*dom), GFP_KERNEL);

	if (!dom)
		return NULL;
	kref_init(&dom->ref);
	mutex_init(&dom->lock);
	init_completion(&dom->detached);
	INIT_WORK(&dom->ctrl_work, noxs_domain_ctrl_work);
	INIT_WORK(&dom->detach_work, noxs_domain_detach_work);
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
	dom->ctrl = dom->ctrl_grant.vaddr;
	irq = noxs_evtchn_bind(dom->domid, req->ctrl_port, noxs_domain_interrupt, "noxs-ctrl", dom);
	if (irq < 0) {
		noxs_grant_unmap(&dom->ctrl_grant);
		return irq;
	}
	dom->irq = irq;
	return 0;
}

static void domain_close_ctrl(struct noxs_domain *dom)
{
	noxs_evtchn_unbind(dom->irq, dom);
	dom->irq = 0;
	noxs_grant_unmap(&dom->ctrl_grant);
}

static void domain_write_header(struct noxs_domain *dom)
{
	volatile struct noxs_ctrl_back_header *back = &dom->ctrl->back;

	WRITE_ONCE(back->version, NOXS_ABI_VERSION);
	WRITE_ONCE(back->domid, 0); /* we are the initial domain */
	WRITE_ONCE(back->nr_slots, dom->nr_devs);
	virt_wmb(); /* whoever sees the magic sees the rest */
	WRITE_ONCE(back->magic, NOXS_CTRL_PAGE_MAGIC);
}

/* ---- devices ---- */

/*
 * The page may have been used before: by an earlier back-end, or in the domain this one was
 * restored from.  Go on counting where the guest is; what it published was for another.
 */
static void domain_resume_slot(struct noxs_device *dev)
{
	volatile struct noxs_ctrl_slot *slot = &dev->dom->ctrl->slot[dev->entry.ctrl_slot];

	dev->front_seq = READ_ONCE(slot->front.seq);
	dev->back.ack = dev->front_seq;
	dev->back.seq = READ_ONCE(slot->front.ack);
	dev->front_ack = dev->back.seq;
	WRITE_ONCE(slot->back.ack, dev->back.ack);
}

static int domain_preconnect(struct noxs_device *dev, const struct noxs_ioc_dev *req)
{
	struct noxs_ctrl_front front;

	noxs_copy_once(&front, &dev->dom->ctrl->slot[dev->entry.ctrl_slot].front,
		       sizeof(front) / sizeof(u32));
	dev->entry.flags = NOXS_DEV_PRECONNECTED;
	if (req->data_port[0] != req->data_port[1])
		dev->entry.flags |= NOXS_DEV_SPLIT_EVTCHN;
	dev->entry.ring_gfn = req->ring_gfn;
	dev->entry.nr_rings = req->nr_rings;
	memcpy(dev->entry.data_port, req->data_port, sizeof(req->data_port));
	return dev->class->preconnect(dev, req, &front);
}

static int domain_add_device(struct noxs_domain *dom, const struct noxs_ioc_create *req,
			     const struct noxs_ioc_dev *dev_req, struct noxs_conflict *conflict)
{
	const struct noxs_class *class = noxs_bus_class(dev_req->cls);
	struct noxs_device *dev;
	int err = 0;

	dev = class->create(dom, dev_req, conflict);
	if (IS_ERR(dev))
		return PTR_ERR(dev);
	dev->dom = dom;
	dev->class = class;
	dev->entry = (struct noxs_dev){
		.cls = dev_req->cls,
		.id = dev_req->id,
		.ctrl_slot = dom->nr_devs,
		.ctrl_port = req->ctrl_port,
		.ctrl_gfn = req->ctrl_gfn,
		.config = dev_req->config,
	};
	dev->deferred = dev_req->flags & NOXS_VIF_DEFERRED;
	if (class->describe)
		class->describe(dev);
	strscpy(dev->link, dev_req->link, sizeof(dev->link));
	domain_resume_slot(dev);
	dom->devs[dom->nr_devs++] = dev;
	if (dev_req->flags & NOXS_DEV_PRECONNECT)
		err = domain_preconnect(dev, dev_req);
	if (!err)
		noxs_device_publish(dev, true);
	return err;
}

static void domain_remove_devices(struct noxs_domain *dom)
{
	struct noxs_device *dev;

	while (dom->nr_devs) {
		dev = dom->devs[--dom->nr_devs];
		dev->class->disconnect(dev);
		dev->back.state = NOXS_STATE_GONE;
		dev->back.error = 0;
		noxs_device_publish(dev, true);
		dev->class->destroy(dev);
	}
	dom->sysctl = NULL;
	noxs_domain_notify(dom);
}

static int domain_add_devices(struct noxs_domain *dom, const struct noxs_ioc_create *req,
			      const struct noxs_ioc_dev *reqs, struct noxs_result *result)
{
	unsigned int i;
	int err;

	for (i = 0; i < req->nr_devs; i++) {
		err = domain_add_device(dom, req, &reqs[i], &result->conflict);
		if (err) {
			result->err_dev = i;
			domain_remove_devices(dom);
			return err;
		}
	}
	return 0;
}

/* ---- the device page ---- */

static int domain_publish_devices(struct noxs_domain *dom, u64 *frame)
{
	unsigned int i, count = 0;
	struct noxs_dev *entries;
	int err;

	entries = kcalloc(dom->nr_devs, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < dom->nr_devs; i++)
		if (!dom->devs[i]->deferred)
			entries[count++] = dom->devs[i]->entry;
	err = count ? noxs_hv_dev_add(dom->domid, entries, count, frame) : 0;
	kfree(entries);
	return err;
}

static void domain_withdraw_devices(struct noxs_domain *dom)
{
	struct noxs_dev_id ids[NOXS_CTRL_SLOTS] = {};
	unsigned int i, count = 0;

	for (i = 0; i < dom->nr_devs; i++) {
		if (dom->devs[i]->deferred)
			continue;
		ids[count].cls = dom->devs[i]->entry.cls;
		ids[count++].id = dom->devs[i]->entry.id;
	}
	/* A dying domain answers -ESRCH: its device page goes with it. */
	if (count)
		(void)noxs_hv_dev_remove(dom->domid, ids, count);
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

	domain_write_header(dom);
	err = domain_publish_devices(dom, &result->frame);
	/* When all devices are deferred, it is set_info that asks Xen whether the domain lives. */
	if (err || (!set_info && result->frame))
		return err;
	err = noxs_domain_set_info(dom, set_info ? &req->info : &nothing, &result->conflict);
	if (err)
		domain_withdraw_devices(dom);
	return err;
}

/* ---- attach ---- */

/* What does not depend on the class. */
static int attach_check_dev(const struct noxs_ioc_dev *req)
{
	bool rings = req->ring_gfn || req->nr_rings || req->ring_gref[0] || req->ring_gref[1] ||
		     req->data_port[0] || req->data_port[1];

	if (req->flags & ~NOXS_IOC_DEV_FLAGS_ALL || req->cls == NOXS_CLASS_NONE ||
	    req->cls > NOXS_CLASS_MAX || strnlen(req->link, NOXS_IFNAME_LEN) == NOXS_IFNAME_LEN ||
	    (rings && !(req->flags & NOXS_DEV_PRECONNECT)) ||
	    (req->cls != NOXS_CLASS_VBD && req->fd != -1))
		return -EINVAL;
	return noxs_bus_class(req->cls) ? 0 : -EOPNOTSUPP;
}

/* Everything that needs no domain: classes, duplicates, and what the classes check themselves. */
static int attach_check(const struct noxs_ioc_dev *reqs, unsigned int count, u16 *err_dev)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		*err_dev = i;
		err = attach_check_dev(&reqs[i]);
		if (err)
			return err;
		for (j = 0; j < i; j++)
			if (reqs[j].cls == reqs[i].cls && reqs[j].id == reqs[i].id)
				return -EINVAL;
		err = noxs_bus_class(reqs[i].cls)->check(&reqs[i]);
	}
	return err;
}

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
	err = domain_add_devices(dom, req, reqs, result);
	if (err)
		goto close_ctrl;
	err = domain_publish(dom, req, result);
	if (err)
		goto remove_devices;
	dom->attached_ns = ktime_get_ns();
	noxs_domain_fill_credit(dom);
	dom->live = true;
	if (!is_shell(req))
		noxs_event_push(dom->domid, NOXS_EVENT_ATTACHED, 0, 0);
	/* The guest may have been there first, and its event been dropped. */
	noxs_domain_service(dom);
	return 0;

remove_devices:
	domain_remove_devices(dom);
close_ctrl:
	domain_close_ctrl(dom);
	return err;
}

/* The last steps of a detach, or of a failed attach; the caller has claimed the detach. */
static void domain_gone(struct noxs_domain *dom)
{
	/* The interrupt is unbound and the devices are gone: nobody queues it any more. */
	cancel_work_sync(&dom->ctrl_work);
	noxs_domain_unhash(dom);
	complete_all(&dom->detached);
	noxs_domain_put(dom); /* the hash's */
}

int noxs_domain_attach(const struct noxs_ioc_create *req, const struct noxs_ioc_dev *reqs,
		       struct noxs_result *result)
{
	struct noxs_domain *dom;
	bool claimed;
	int err;

	*result = (struct noxs_result){ .conflict.domid = NOXS_DOMID_NONE };
	err = attach_check(reqs, req->nr_devs, &result->err_dev);
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
	err = domain_attach_locked(dom, req, reqs, result);
	/* If somebody else has claimed the detach already, that one cleans up. */
	claimed = err && noxs_domain_claim_detach(dom);
	mutex_unlock(&dom->lock);
	if (claimed)
		domain_gone(dom);
	noxs_domain_put(dom);
	return err;
}

/* ---- detach ---- */

/* The caller has claimed the detach and holds a reference. */
static void domain_detach_claimed(struct noxs_domain *dom)
{
	bool was_live;

	mutex_lock(&dom->lock);
	was_live = dom->live;
	dom->live = false;
	if (was_live) {
		domain_withdraw_devices(dom);
		domain_remove_devices(dom);
		domain_close_ctrl(dom);
	}
	mutex_unlock(&dom->lock);
	domain_gone(dom);
	if (was_live)
		noxs_event_push(dom->domid, NOXS_EVENT_DETACHED, 0, 0);
}

void noxs_domain_detach_work(struct work_struct *work)
{
	struct noxs_domain *dom = container_of(work, struct noxs_domain, detach_work);

	domain_detach_claimed(dom);
	noxs_domain_put(dom); /* the work's */
}

int noxs_domain_detach(u16 domid)
{
	struct noxs_domain *dom = noxs_domain_get(domid);

	if (!dom)
		return -ENOENT;
	if (noxs_domain_claim_detach(dom))
		domain_detach_claimed(dom);
	else
		wait_for_completion(&dom->detached);
	noxs_domain_put(dom);
	return 0;
}
