/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices of a domain: made and unmade, with their slots of the control page and their entries
 * in the device page.  Everything is called with dom->lock held, unless said otherwise.
 */
#ifndef NOXS_DEVICES_H
#define NOXS_DEVICES_H

#include "bus.h"

/* What an ioctl that names devices answers. */
struct noxs_result {
	u64 frame;   /* CREATE only */
	u16 err_dev; /* NOXS_DOMID_NONE: none */
	struct noxs_conflict conflict;
};

/*
 * What needs no domain: form, classes, duplicates, and what the classes check themselves.  No lock.
 * On an error *err_dev is the index of the one that is wrong.
 */
int noxs_devices_check(const struct noxs_ioc_dev *reqs, unsigned int count, u16 *err_dev);

/* What the device page is to have of a request's configuration, which the class has checked. */
union noxs_config noxs_request_config(const struct noxs_ioc_dev *req);

/* NULL if there is no such device. */
struct noxs_device *noxs_device_find(struct noxs_domain *dom, u16 cls, u16 id);

/*
 * Make devices, behind those that are there, and publish their back halves; all or none.  -ENOSPC:
 * no slot of the control page is free.
 */
int noxs_devices_create(struct noxs_domain *dom, const struct noxs_ioc_dev *reqs,
			unsigned int count, struct noxs_result *result);

/*
 * Close and free the devices from dom->devs[@first] on, and say GONE.  With @known the guest may
 * have found them, and their slots are not free before it has acknowledged that.
 */
void noxs_devices_destroy(struct noxs_domain *dom, unsigned int first, bool known);

/* The same for one, which the guest may have found unless it is deferred. */
void noxs_device_destroy(struct noxs_device *dev);

/*
 * Put the devices from dom->devs[@first] on into the device page, or take them out, but for those
 * that are deferred; in one go.  *frame is the page's, if there is any to put in.
 */
int noxs_devices_publish(struct noxs_domain *dom, unsigned int first, u64 *frame);
void noxs_devices_withdraw(struct noxs_domain *dom, unsigned int first);

/*
 * Have the device, or all of them, leave the guest's memory alone; see noxs_class.stop.  True if
 * they do.
 */
bool noxs_device_stop(struct noxs_device *dev, bool answers);
bool noxs_devices_stop(struct noxs_domain *dom, bool answers);

/* Destroy the devices that are leaving and have stopped.  The domain is not quiesced. */
void noxs_devices_reap(struct noxs_domain *dom);

/* Have all stop, and destroy those that have: the domain is being detached. */
void noxs_devices_leave(struct noxs_domain *dom);

/* Whether nothing is left of devices with this id that were destroyed; NULL: of any. */
bool noxs_devices_have_closed(const struct noxs_domain *dom, const struct noxs_dev_id *id);

#endif /* NOXS_DEVICES_H */
