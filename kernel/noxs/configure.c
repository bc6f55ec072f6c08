// SPDX-License-Identifier: GPL-2.0
/*
 * What makes a prepared domain a particular VM: the configuration of devices that were made
 * without, and its identity; all or nothing.
 *
 * A deferred device has its back-end, its link and perhaps its rings, but no entry in the device
 * page: the guest, should it run, knows nothing of it, and nothing it writes about it is looked at.
 * What makes it whole is therefore one dev_add, and what undoes that one dev_remove.  The identity
 * comes last: Xen forgets the name that it replaces.
 */
#include <linux/slab.h>
#include "attach.h"
#include "configure.h"
#include "events.h"
#include "hypercall.h"
#include "service.h"

struct configuration {
	struct noxs_domain *dom;
	const struct noxs_ioc_dev *reqs;
	unsigned int count;
	struct noxs_device *devs[NOXS_CTRL_SLOTS]; /* those that reqs name, in order */
};

/* Name and configuration, and nothing else. */
static bool configure_check_dev(const struct noxs_ioc_dev *req)
{
	const struct noxs_ioc_dev bare = {
		.cls = req->cls,
		.id = req->id,
		.config = req->config,
		.fd = -1,
	};

	return !memcmp(req, &bare, sizeof(bare));
}

static int configure_find(struct configuration *c, u16 *err_dev)
{
	struct noxs_device *dev;
	unsigned int i, j;

	for (i = 0; i < c->count; i++) {
		*err_dev = i;
		dev = noxs_device_find(c->dom, c->reqs[i].cls, c->reqs[i].id);
		if (!dev)
			return -ENOENT;
		if (!dev->deferred)
			return -EALREADY;
		for (j = 0; j < i; j++)
			if (c->devs[j] == dev)
				return -EINVAL;
		c->devs[i] = dev;
	}
	*err_dev = NOXS_DOMID_NONE;
	return 0;
}

/* ---- claims ---- */

static void configure_release(struct configuration *c, unsigned int count)
{
	while (count--)
		c->devs[count]->class->unconfigure(c->devs[count]);
}

static int configure_claim(struct configuration *c, struct noxs_result *result)
{
	unsigned int i;
	int err;

	for (i = 0; i < c->count; i++) {
		err = c->devs[i]->class->configure(c->devs[i], &c->reqs[i], &result->conflict);
		if (err) {
			result->err_dev = i;
			configure_release(c, i);
			return err;
		}
	}
	return 0;
}

/* ---- the device page ---- */

static int configure_publish(struct configuration *c)
{
	struct noxs_dev *entries;
	unsigned int i;
	u64 frame;
	int err;

	if (!c->count)
		return 0;
	entries = kcalloc(c->count, sizeof(*entries), GFP_KERNEL);
	if (!entries)
		return -ENOMEM;
	for (i = 0; i < c->count; i++) {
		entries[i] = c->devs[i]->entry;
		entries[i].config = noxs_request_config(&c->reqs[i]);
	}
	err = noxs_hv_dev_add(c->dom->domid, entries, c->count, &frame);
	kfree(entries);
	return err;
}

static void configure_withdraw(struct configuration *c)
{
	struct noxs_dev_id ids[NOXS_CTRL_SLOTS] = {};
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		ids[i].cls = c->reqs[i].cls;
		ids[i].id = c->reqs[i].id;
	}
	/* A dying domain answers -ESRCH: its device page goes with it. */
	if (c->count)
		(void)noxs_hv_dev_remove(c->dom->domid, ids, c->count);
}

/* ---- all of it ---- */

static void configure_commit(struct configuration *c)
{
	struct noxs_device *dev;
	unsigned int i;

	for (i = 0; i < c->count; i++) {
		dev = c->devs[i];
		dev->entry.config = noxs_request_config(&c->reqs[i]);
		dev->deferred = false;
		dev->class->start(dev, &c->reqs[i]);
	}
}

static int configure_locked(struct configuration *c, const struct noxs_ioc_configure *req,
			    struct noxs_result *result)
{
	int err;

	err = configure_find(c, &result->err_dev);
	if (err)
		return err;
	if (c->dom->quiesced_by || !noxs_domain_is_silent(c->dom))
		return -EBUSY;
	err = configure_claim(c, result);
	if (err)
		return err;
	err = configure_publish(c);
	if (err)
		goto release;
	if (req->flags & NOXS_CREATE_SET_INFO)
		err = noxs_domain_set_info(c->dom, &req->info, &result->conflict);
	if (err)
		goto withdraw;
	configure_commit(c);
	noxs_domain_set_ends(c->dom, req->flags);
	/* The guest begins here, not its shell. */
	c->dom->attached_ns = ktime_get_ns();
	if (req->flags & NOXS_CREATE_SET_INFO)
		noxs_event_push(c->dom->domid, NOXS_EVENT_ATTACHED, 0,
				c->dom->ends & NOXS_KEEP_LOG);
	return 0;

withdraw:
	configure_withdraw(c);
release:
	configure_release(c, c->count);
	return err;
}

int noxs_domain_configure(const struct noxs_ioc_configure *req, const struct noxs_ioc_dev *reqs,
			  struct noxs_result *result)
{
	struct configuration c = { .reqs = reqs, .count = req->nr_devs };
	unsigned int i;
	int err;

	*result = (struct noxs_result){ .conflict.domid = NOXS_DOMID_NONE };
	for (i = 0; i < c.count; i++) {
		result->err_dev = i;
		if (!configure_check_dev(&reqs[i]))
			return -EINVAL;
	}
	result->err_dev = NOXS_DOMID_NONE;
	c.dom = noxs_domain_get_locked(req->domid);
	if (!c.dom)
		return -ENOENT;
	err = configure_locked(&c, req, result);
	noxs_domain_put_unlock(c.dom);
	return err;
}
