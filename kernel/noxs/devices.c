// SPDX-License-Identifier: GPL-2.0
/*
 * The devices of a domain: made, put into control page and device page, and the way back.
 */
#include <linux/slab.h>
#include "devices.h"
#include "hypercall.h"

/* ---- checks ---- */

/* What does not depend on the class. */
static int check_device(const struct noxs_ioc_dev *req)
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

int noxs_devices_check(const struct noxs_ioc_dev *reqs, unsigned int count, u16 *err_dev)
{
	unsigned int i, j;
	int err = 0;

	for (i = 0; i < count && !err; i++) {
		*err_dev = i;
		err = check_device(&reqs[i]);
		if (err)
			return err;
		for (j = 0; j < i; j++)
			if (reqs[j].cls == reqs[i].cls && reqs[j].id == reqs[i].id)
				return -EINVAL;
		err = noxs_bus_class(reqs[i].cls)->check(&reqs[i]);
	}
	return err;
}

union noxs_config noxs_request_config(const struct noxs_ioc_dev *req)
{
	union noxs_config config = req->config;

	/* Its rate, if it has one, is there. */
	if (req->cls == NOXS_CLASS_VIF)
		memset(config.vif.pad0, 0, sizeof(config.vif.pad0));
	return config;
}

struct noxs_device *noxs_device_find(struct noxs_domain *dom, u16 cls, u16 id)
{
	unsigned int i;

	for (i = 0; i < dom->nr_devs; i++)
		if (dom->devs[i]->entry.cls == cls && dom->devs[i]->entry.id == id)
			return dom->devs[i];
	return NULL;
}

/* ---- making and unmaking ---- */

static int device_preconnect(struct noxs_device *dev, const struct noxs_ioc_dev *req)
{
	struct noxs_ctrl_front front;

	noxs_slot_peek(&dev->slot, &front);
	dev->entry.flags = NOXS_DEV_PRECONNECTED;
	if (req->data_port[0] != req->data_port[1])
		dev->entry.flags |= NOXS_DEV_SPLIT_EVTCHN;
	dev->entry.ring_gfn = req->ring_gfn;
	dev->entry.nr_rings = req->nr_rings;
	memcpy(dev->entry.data_port, req->data_port, sizeof(req->data_port));
	return dev->class->preconnect(dev, req, &front);
}

static int device_make(struct noxs_domain *dom, const struct noxs_ioc_dev *req,
		       struct noxs_conflict *conflict)
{
	const struct noxs_class *class = noxs_bus_class(req->cls);
	struct noxs_device *dev;
	int slot = noxs_slots_take(&dom->slots);

	if (slot < 0)
		return slot;
	dev = class->create(dom, req, conflict);
	if (IS_ERR(dev)) {
		noxs_slots_give_back(&dom->slots, slot);
		return PTR_ERR(dev);
	}
	dev->dom = dom;
	dev->class = class;
	dev->entry = (struct noxs_dev){
		.cls = req->cls,
		.id = req->id,
		.ctrl_slot = slot,
		.ctrl_port = dom->ctrl_port,
		.ctrl_gfn = dom->ctrl_gfn,
		.config = noxs_request_config(req),
	};
	dev->deferred = req->flags & NOXS_VIF_DEFERRED;
	if (class->describe)
		class->describe(dev);
	strscpy(dev->link, req->link, sizeof(dev->link));
	noxs_slot_init(&dev->slot, &dom->slots, slot);
	dom->devs[dom->nr_devs++] = dev;
	return req->flags & NOXS_DEV_PRECONNECT ? device_preconnect(dev, req) : 0;
}

int noxs_devices_create(struct noxs_domain *dom, const struct noxs_ioc_dev *reqs,
			unsigned int count, struct noxs_result *result)
{
	unsigned int i, first = dom->nr_devs;
	int err;

	for (i = 0; i < count; i++) {
		err = device_make(dom, &reqs[i], &result->conflict);
		if (err) {
			result->err_dev = i;
			noxs_devices_destroy(dom, first, false);
			return err;
		}
	}
	for (i = first; i < dom->nr_devs; i++)
		noxs_slot_publish(&dom->devs[i]->slot, true);
	return 0;
}

/* It is in dom->devs no more. */
static void device_free(struct noxs_device *dev, bool known)
{
	struct noxs_domain *dom = dev->dom;

	dev->class->disconnect(dev);
	noxs_slot_leave(&dev->slot, known && !dev->deferred);
	if (dom->sysctl == dev)
		dom->sysctl = NULL;
	if (!dev->class->close) {
		dev->class->destroy(dev);
		return;
	}
	kref_get(&dom->ref); /* noxs_device_closed()'s */
	list_add(&dev->node, &dom->closings);
	dev->class->close(dev);
}

void noxs_devices_destroy(struct noxs_domain *dom, unsigned int first, bool known)
{
	while (dom->nr_devs > first)
		device_free(dom->devs[--dom->nr_devs], known);
	noxs_domain_notify(dom);
}

void noxs_device_destroy(struct noxs_device *dev)
{
	struct noxs_domain *dom = dev->dom;
	unsigned int i = 0;

	while (dom->devs[i] != dev)
		i++;
	dom->nr_devs--;
	memmove(&dom->devs[i], &dom->devs[i + 1], (dom->nr_devs - i) * sizeof(dom->devs[0]));
	device_free(dev, true);
	noxs_domain_notify(dom);
}

/* ---- stopping ---- */

bool noxs_device_stop(struct noxs_device *dev, bool answers)
{
	if (dev->class->stop)
		return dev->class->stop(dev, answers);
	if (answers && dev->class->quiesce)
		dev->class->quiesce(dev);
	return true;
}

bool noxs_devices_stop(struct noxs_domain *dom, bool answers)
{
	bool stopped = true;
	unsigned int i;

	for (i = 0; i < dom->nr_devs; i++)
		stopped &= noxs_device_stop(dom->devs[i], answers);
	return stopped;
}

void noxs_devices_reap(struct noxs_domain *dom)
{
	unsigned int i = 0;

	while (i < dom->nr_devs) {
		struct noxs_device *dev = dom->devs[i];

		/* What the guest was promised is kept: requests are answered before it is GONE. */
		if (dev->leaving && noxs_device_stop(dev, true))
			noxs_device_destroy(dev);
		else
			i++;
	}
}

void noxs_devices_leave(struct noxs_domain *dom)
{
	unsigned int i = dom->nr_devs;

	while (i--)
		if (noxs_device_stop(dom->devs[i], false))
			noxs_device_destroy(dom->devs[i]);
}

static bool has_id(const struct noxs_device *dev, const struct noxs_dev_id *id)
{
	return dev->entry.cls == id->cls && dev->entry.id == id->id;
}

bool noxs_devices_have_closed(const struct noxs_domain *dom, const struct noxs_dev_id *id)
{
	const struct noxs_device *dev;

	list_for_each_entry(dev, &dom->closings, node)
		if (!id || has_id(dev, id))
			return false;
	return true;
}

/* ---- the device page ---- */

int noxs_devices_publish(struct noxs_domain *dom, unsigned int first, u64 *frame)
{
	unsigned int i, count = 0;
	struct noxs_dev *entries;
	int err;

	entries = kcalloc(dom->nr_devs - first, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	for (i = first; i < dom->nr_devs; i++)
		if (!dom->devs[i]->deferred)
			entries[count++] = dom->devs[i]->entry;
	err = count ? noxs_hv_dev_add(dom->domid, entries, count, frame) : 0;
	kfree(entries);
	return err;
}

void noxs_devices_withdraw(struct noxs_domain *dom, unsigned int first)
{
	struct noxs_dev_id ids[NOXS_CTRL_SLOTS] = {};
	unsigned int i, count = 0;

	for (i = first; i < dom->nr_devs; i++) {
		if (dom->devs[i]->deferred || dom->devs[i]->leaving)
			continue;
		ids[count].cls = dom->devs[i]->entry.cls;
		ids[count++].id = dom->devs[i]->entry.id;
	}
	/* A dying domain answers -ESRCH: its device page goes with it. */
	if (count)
		(void)noxs_hv_dev_remove(dom->domid, ids, count);
}
