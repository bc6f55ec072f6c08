// SPDX-License-Identifier: GPL-2.0
/*
 * Devices come and go, and change their slots when the guest comes to another domain.
 */
#include "front.h"

static u16 own_domid(const struct front *f)
{
	return f->page.hdr.domid;
}

/* ---- the kernel's watch thread ---- */

u32 front_sync(struct front *f)
{
	char path[sizeof(FRONT_SYNC) + 12];

	(void)snprintf(path, sizeof(path), FRONT_SYNC "/%u", ++f->nr_syncs);
	store_fire(&f->store, path);
	return f->nr_syncs;
}

static bool is_left_behind(const struct front *f, const struct front_dev *d)
{
	return d >= f->left && d < f->left + NOXS_CTRL_SLOTS;
}

void front_gone(struct front *f, struct front_dev *d)
{
	d->is_open = false;
	d->going = GOING_CLOSES;
	/* The driver looks for it when it handles this event: the node has to be there then. */
	front_back_state(f, d, XenbusStateClosed);
	d->sync = front_sync(f);
}

/* The watch thread has handled what was the last step of a device that goes. */
static void go_on(struct front *f, struct front_dev *d)
{
	switch (d->going) {
	case GOING_NOT:
		break;
	case GOING_LATER:
		front_gone(f, d);
		break;
	case GOING_CLOSES:
		store_remove(&f->store, d->front);
		store_remove(&f->store, d->backend);
		/* They may have been removed before, in another domain, and the event is lost. */
		store_fire(&f->store, d->front);
		d->going = GOING_LEAVES;
		d->sync = front_sync(f);
		break;
	case GOING_LEAVES:
		if (!is_left_behind(f, d))
			slot_acknowledge(f, d);
		front_released(f, d);
		memset(d, 0, sizeof(*d));
		break;
	}
}

void front_synced(struct front *f, u32 number)
{
	unsigned int i;

	sysctl_synced(f, number);
	for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
		if (f->devs[i].is_used && f->devs[i].sync == number)
			go_on(f, &f->devs[i]);
		if (f->left[i].is_used && f->left[i].sync == number)
			go_on(f, &f->left[i]);
	}
	if (f->rescan_wanted)
		front_scan(f);
}

/* ---- the device page ---- */

struct front_dev *front_find(struct front_dev *devs, u32 cls, u32 id)
{
	struct front_dev *d;

	for (d = devs; d < devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->dev.cls == cls && d->dev.id == id)
			return d;
	return NULL;
}

static void appear(struct front *f, const struct noxs_dev *dev)
{
	struct front_dev *d = &f->devs[dev->ctrl_slot];

	memset(d, 0, sizeof(*d));
	d->dev = *dev;
	d->is_used = true;
	if (dev->cls == NOXS_CLASS_SYSCTL || !device_name(d, own_domid(f)))
		return;
	device_describe(&f->store, d, own_domid(f));
	/* What another kernel in this domain has left, or the builder, is not taken over. */
	d->is_open = slot_is_open_there(f, d);
	front_back_state(f, d, XenbusStateInitialising);
	front_close(f, d);
	d->has_seen = false; /* what it offers is still to be looked at */
	store_write(&f->store, d->front, "state", "%d", XenbusStateInitialising);
}

static void changed(struct front *f, struct front_dev *d, const struct noxs_dev *dev)
{
	bool is_resized = dev->cls == NOXS_CLASS_VBD &&
			  dev->config.vbd.sectors != d->dev.config.vbd.sectors;

	d->dev = *dev;
	if (!is_resized)
		return;
	device_describe(&f->store, d, own_domid(f));
	/* Written again, it tells xen-blkfront to look at the size. */
	if (d->back.state == NOXS_STATE_OPEN)
		front_back_state(f, d, XenbusStateConnected);
}

/*
 * A device comes along to another domain, perhaps in another slot.  Its back-end is a new one, the
 * grants and channels of then are none: its driver, which keeps its nodes, connects anew.
 */
static void bring(struct front *f, struct front_dev *from, const struct noxs_dev *dev)
{
	struct front_dev *d = &f->devs[dev->ctrl_slot];

	memset(d, 0, sizeof(*d));
	d->dev = *dev;
	d->is_used = true;
	if (from->front[0])
		store_remove(&f->store, from->backend);
	memset(from, 0, sizeof(*from));
	if (!device_name(d, own_domid(f)))
		return;
	device_describe(&f->store, d, own_domid(f));
	front_back_state(f, d, XenbusStateInitialising);
}

/* A device of the page: it is known, or new, or has to wait for another of its name or slot. */
static void scan_one(struct front *f, const struct noxs_dev *dev)
{
	struct front_dev *slot = &f->devs[dev->ctrl_slot];
	struct front_dev *d = front_find(f->devs, dev->cls, dev->id);
	struct front_dev *left = front_find(f->left, dev->cls, dev->id);

	if (d && d == slot && !d->going)
		changed(f, d, dev);
	else if (d || slot->is_used || (left && left->going))
		f->rescan_wanted = true;
	else if (left)
		bring(f, left, dev);
	else
		appear(f, dev);
}

void front_scan(struct front *f)
{
	const struct noxs_dev_page *page = &f->page;
	unsigned int i, nr = min_t(unsigned int, page->hdr.nr_slots, NOXS_MAX_DEVS);
	u64 ctrl_gfn = 0;

	f->rescan_wanted = false;
	for (i = 0; i < nr && !ctrl_gfn; i++)
		if (page->dev[i].cls == NOXS_CLASS_SYSCTL)
			ctrl_gfn = page->dev[i].ctrl_gfn;
	for (i = 0; i < nr; i++) {
		const struct noxs_dev *dev = &page->dev[i];

		if (dev->cls == NOXS_CLASS_NONE || dev->ctrl_slot >= NOXS_CTRL_SLOTS)
			continue;
		/* Another back-end's page: we have one. */
		if (dev->ctrl_gfn == ctrl_gfn)
			scan_one(f, dev);
	}
}

/* ---- another domain ---- */

/* All of devs[] is left behind for now; of those that went already, there may be some in left[]. */
static void leave_all(struct front *f)
{
	struct front_dev *d, *to = f->left;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++) {
		while (d->is_used && to < f->left + NOXS_CTRL_SLOTS && to->is_used)
			to++;
		if (!d->is_used || to == f->left + NOXS_CTRL_SLOTS)
			continue;
		*to = *d;
		to->sync = 0;
	}
	memset(f->devs, 0, sizeof(f->devs));
}

/*
 * Those that the page does not have any more go; there is nobody to acknowledge it to.  The kernel
 * watches nothing yet, and its drivers are about to resume: they find nodes, and no back-end.
 */
static void left_behind(struct front *f, struct front_dev *d)
{
	if (!d->front[0]) {
		memset(d, 0, sizeof(*d));
		return;
	}
	d->going = GOING_LATER;
	front_back_state(f, d, XenbusStateInitialising);
}

void front_renew(struct front *f)
{
	struct front_dev *d;

	leave_all(f);
	front_scan(f);
	for (d = f->left; d < f->left + NOXS_CTRL_SLOTS; d++)
		if (d->is_used)
			left_behind(f, d);
}

void front_watched(struct front *f)
{
	struct front_dev *d;

	/* The thread that resumes is the one that handles this, later. */
	for (d = f->left; d < f->left + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->going == GOING_LATER)
			d->sync = front_sync(f);
}
