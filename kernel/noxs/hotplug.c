// SPDX-License-Identifier: GPL-2.0
/*
 * Hot-plug: devices that come to an attached domain, change, and leave it.
 *
 * Each call does all of it under dom->lock, and only to a domain that is live:
 *
 *   - one that is being created is not live before CREATE has let go of the lock, and if that
 *     fails it never is;
 *   - one that dies meanwhile lets Xen answer -ESRCH, and what was made is unmade; or it dies after
 *     Xen was asked, and the detach that its death sets off waits for the lock and then finds
 *     what has been added like any other device;
 *   - one that was detached meanwhile is not live any more, even if another has its domid by now.
 *
 * A guest learns of a device from the device page only, so that is written last when a device
 * comes, and first when it goes.
 */
#include <linux/dcache.h>
#include <linux/fs.h>
#include "hotplug.h"
#include "hypercall.h"

/* ---- add ---- */

/* Devices that a running guest is given are whole, and it connects them itself. */
static int add_check(const struct noxs_ioc_add *req, const struct noxs_ioc_dev *reqs, u16 *err_dev)
{
	unsigned int i;

	for (i = 0; i < req->nr_devs; i++) {
		*err_dev = i;
		if (reqs[i].cls == NOXS_CLASS_SYSCTL ||
		    reqs[i].flags & (NOXS_VIF_DEFERRED | NOXS_DEV_PRECONNECT))
			return -EINVAL;
	}
	return noxs_devices_check(reqs, req->nr_devs, err_dev);
}

static int add_locked(struct noxs_domain *dom, const struct noxs_ioc_add *req,
		      const struct noxs_ioc_dev *reqs, struct noxs_result *result)
{
	unsigned int i, first = dom->nr_devs;
	int err;

	if (dom->quiesced_by)
		return -EBUSY;
	for (i = 0; i < req->nr_devs; i++) {
		if (!noxs_device_find(dom, reqs[i].cls, reqs[i].id))
			continue;
		result->err_dev = i;
		return -EEXIST;
	}
	err = noxs_devices_create(dom, reqs, req->nr_devs, result);
	if (err)
		return err;
	noxs_slots_write_header(&dom->slots);
	err = noxs_devices_publish(dom, first, &result->frame);
	if (err) {
		noxs_devices_destroy(dom, first, false);
		return err;
	}
	noxs_domain_notify(dom);
	return 0;
}

static bool add_is_undone(struct noxs_domain *dom, void *arg)
{
	return noxs_devices_have_closed(dom, NULL);
}

int noxs_domain_add(const struct noxs_ioc_add *req, const struct noxs_ioc_dev *reqs,
		    struct noxs_result *result)
{
	struct noxs_domain *dom;
	int err;

	*result = (struct noxs_result){ .conflict.domid = NOXS_DOMID_NONE };
	err = add_check(req, reqs, &result->err_dev);
	if (err)
		return err;
	result->err_dev = NOXS_DOMID_NONE;
	dom = noxs_domain_get_locked(req->domid);
	if (!dom)
		return -ENOENT;
	err = add_locked(dom, req, reqs, result);
	if (!err) {
		noxs_domain_put_unlock(dom);
		return 0;
	}
	/* What was made and unmade is to be nobody's any more; who is killed does not try again. */
	(void)noxs_domain_wait_unlock(dom, add_is_undone, NULL);
	noxs_domain_put(dom);
	return err;
}

/* ---- remove ---- */

static int remove_withdraw(struct noxs_device *dev)
{
	struct noxs_dev_id id = { .cls = dev->entry.cls, .id = dev->entry.id };
	int err;

	if (dev->deferred)
		return 0; /* it is not in the device page */
	err = noxs_hv_dev_remove(dev->dom->domid, &id, 1);
	/* Whoever has taken it out has saved us the trouble. */
	return err == -ENOENT ? 0 : err;
}

/* From here on the device goes, whether or not anybody waits for it. */
static int remove_begin(struct noxs_domain *dom, u16 cls, u16 id)
{
	struct noxs_dev_id which = { .cls = cls, .id = id };
	struct noxs_device *dev;
	int err;

	if (dom->quiesced_by)
		return -EBUSY;
	dev = noxs_device_find(dom, cls, id);
	/* One that was removed before, by somebody who was killed meanwhile, may be closing. */
	if (!dev)
		return noxs_devices_have_closed(dom, &which) ? -ENOENT : 0;
	if (dev->leaving)
		return 0;
	err = remove_withdraw(dev);
	if (!err)
		dev->leaving = true;
	return err;
}

/* True if the device, a struct noxs_dev_id, has gone, and its file is closed. */
static bool remove_is_done(struct noxs_domain *dom, void *arg)
{
	const struct noxs_dev_id *id = arg;
	struct noxs_device *dev;

	if (!dom->live)
		return true;
	if (!dom->quiesced_by)
		noxs_devices_reap(dom);
	dev = noxs_device_find(dom, id->cls, id->id);
	return (!dev || !dev->leaving) && noxs_devices_have_closed(dom, id);
}

int noxs_domain_remove(u16 domid, u16 cls, u16 id)
{
	struct noxs_domain *dom = noxs_domain_get_locked(domid);
	struct noxs_dev_id dev = { .cls = cls, .id = id };
	int err;

	if (!dom)
		return -ENOENT;
	err = remove_begin(dom, cls, id);
	if (err) {
		noxs_domain_put_unlock(dom);
		return err;
	}
	err = noxs_domain_wait_unlock(dom, remove_is_done, &dev);
	noxs_domain_put(dom);
	return err;
}

/* ---- resize ---- */

/*
 * Xen gives the device its new entry in the place it has: to remove it and add it again would show
 * the guest a device that is gone, and perhaps move it, so a hypervisor that can do no better is
 * not asked.  Requests are checked against the new size before anybody is told of it.
 */
static int resize_locked(struct noxs_device *dev, u64 *sectors)
{
	u64 old = dev->entry.config.vbd.sectors;
	struct noxs_dev entry = dev->entry;
	int err;

	*sectors = dev->class->measure(dev);
	if (!*sectors)
		return -ENODATA;
	if (*sectors == old)
		return 0;
	entry.config.vbd.sectors = *sectors;
	dev->class->resize(dev, *sectors);
	err = noxs_hv_dev_replace(dev->dom->domid, &entry);
	if (err) {
		dev->class->resize(dev, old);
		return err;
	}
	dev->entry = entry;
	noxs_slot_publish(&dev->slot, false);
	noxs_domain_notify(dev->dom);
	return 0;
}

int noxs_domain_resize(u16 domid, u16 id, u64 *sectors)
{
	struct noxs_domain *dom = noxs_domain_get_locked(domid);
	struct noxs_device *dev;
	int err;

	if (!dom)
		return -ENOENT;
	dev = noxs_device_find(dom, NOXS_CLASS_VBD, id);
	if (dom->quiesced_by)
		err = -EBUSY;
	else
		err = dev ? resize_locked(dev, sectors) : -ENOENT;
	noxs_domain_put_unlock(dom);
	return err;
}

/* ---- target ---- */

static char *target_name(const struct file *file, char *buf)
{
	char *name = d_path(&file->f_path, buf, PATH_MAX);

	/* Looked at last: one that loses its name meanwhile has another appended, or none. */
	if (!IS_ERR(name) && d_unhashed(file->f_path.dentry))
		return ERR_PTR(-ENOENT);
	return name;
}

char *noxs_domain_target(u16 domid, u16 id, u32 *flags, char *buf)
{
	struct noxs_domain *dom = noxs_domain_get_locked(domid);
	char *name = ERR_PTR(-ENOENT);
	struct noxs_device *dev;

	if (!dom)
		return name;
	dev = noxs_device_find(dom, NOXS_CLASS_VBD, id);
	if (dev)
		name = target_name(dev->class->target(dev, flags), buf);
	noxs_domain_put_unlock(dom);
	return name;
}
