// SPDX-License-Identifier: GPL-2.0
/*
 * Devices come, connect, close and go: states of the control page become those of xenbus, and back.
 */
#include "front.h"

static struct front *front_of(struct store *s)
{
	return (struct front *)((char *)s - offsetof(struct front, store));
}

static u16 own_domid(const struct front *f)
{
	return f->page.hdr.domid;
}

/* ---- connecting ---- */

static void back_state(struct front *f, const struct front_dev *d, enum xenbus_state state)
{
	store_write(&f->store, d->backend, "state", "%d", state);
}

static bool is_over(const struct front_dev *d)
{
	return d->is_gone || d->is_given_up ||
	       (d->has_seen &&
		(d->back.state == NOXS_STATE_FAILED || d->back.state == NOXS_STATE_GONE));
}

/* Nothing is said to its back-end any more, and no driver connects, until it is detached. */
static void give_up(struct front *f, struct front_dev *d)
{
	pr_err("%s: its back-end does not answer: it is given up\n", d->front);
	d->is_given_up = true;
	d->is_open = false;
	back_state(f, d, XenbusStateClosed);
}

static bool publish(struct front *f, struct front_dev *d, const struct noxs_ctrl_front *half)
{
	int err = slot_publish(f, d, half);

	if (err == -ETIMEDOUT)
		give_up(f, d);
	return !err;
}

/* True: there is something new, in d->back. */
static bool consume(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_back back;

	if (!slot_look(f, d, &back))
		return false;
	d->back = back;
	d->has_seen = true;
	return true;
}

/* That it has closed is taken in; anything else is front_events()'s. */
static void closed(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_back back;

	if (!slot_look(f, d, &back))
		return;
	if (back.state != NOXS_STATE_CLOSED) {
		f->ops->kick(f);
		return;
	}
	d->back = back;
	d->has_seen = true;
	slot_acknowledge(f, d);
}

/* The back-end leaves the rings: only then does the driver take its grants back. */
static void close(struct front *f, struct front_dev *d)
{
	const struct noxs_ctrl_front half = { .state = NOXS_STATE_CLOSED };
	int err;

	if (!d->is_open)
		return;
	d->is_open = false;
	if (!publish(f, d, &half))
		return;
	err = slot_wait_closed(f, d);
	if (err == -ETIMEDOUT)
		give_up(f, d);
	if (!err)
		closed(f, d);
}

static void open(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_front half = { .state = NOXS_STATE_OPEN };

	close(f, d); /* the rings of a driver that has not said so */
	if (is_over(d))
		return;
	device_choose(&f->store, d, &half);
	d->is_open = publish(f, d, &half);
}

/* A driver may connect, if the back-end is there and has nothing of another one. */
static void invite(struct front *f, struct front_dev *d)
{
	if (!is_over(d) && d->has_seen && d->back.state == NOXS_STATE_CLOSED)
		back_state(f, d, XenbusStateInitWait);
}

/* The driver has written its state. */
static void front_state(struct front *f, struct front_dev *d, u32 state)
{
	u32 before = d->front_state;

	d->front_state = state;
	if (is_over(d))
		return;
	switch (state) {
	case XenbusStateInitialising:
		close(f, d);
		invite(f, d);
		break;
	case XenbusStateInitialised:
		open(f, d);
		break;
	case XenbusStateConnected:
		if (before != XenbusStateInitialised && before != XenbusStateConnected)
			open(f, d);
		break;
	case XenbusStateClosing:
		close(f, d);
		/* A driver that goes looks for it when it has written this. */
		back_state(f, d, XenbusStateClosed);
		break;
	case XenbusStateClosed:
		close(f, d);
		invite(f, d);
		break;
	}
}

static void written(struct store *s, const char *path)
{
	struct front *f = front_of(s);
	struct front_dev *d;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++) {
		size_t len = strlen(d->front);

		if (!d->is_used || !len || strncmp(path, d->front, len) ||
		    strcmp(path + len, "/state"))
			continue;
		front_state(f, d, store_number(s, d->front, "state", XenbusStateUnknown));
		return;
	}
}

/* ---- devices come and go ---- */

u32 front_sync(struct front *f)
{
	char path[sizeof(FRONT_SYNC) + 12];

	(void)snprintf(path, sizeof(path), FRONT_SYNC "/%u", ++f->nr_syncs);
	store_fire(&f->store, path);
	return f->nr_syncs;
}

static void gone(struct front *f, struct front_dev *d)
{
	d->is_open = false;
	d->is_gone = true;
	/* Who waits for it to close sees that it has; then it is not there, and its driver goes. */
	back_state(f, d, XenbusStateClosed);
	store_remove(&f->store, d->front);
	store_remove(&f->store, d->backend);
	d->sync = front_sync(f);
}

static bool is_same(const struct noxs_dev *a, const struct noxs_dev *b)
{
	return a->cls == b->cls && a->id == b->id;
}

static struct front_dev *find(struct front *f, const struct noxs_dev *dev)
{
	struct front_dev *d;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && is_same(&d->dev, dev))
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
	back_state(f, d, XenbusStateInitialising);
	close(f, d);
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
		back_state(f, d, XenbusStateConnected);
}

/* A device of the page: it is known, or new, or has to wait. */
static void scan_one(struct front *f, const struct noxs_dev *dev)
{
	struct front_dev *d = find(f, dev);

	if (d && !d->is_gone && d == &f->devs[dev->ctrl_slot])
		changed(f, d, dev);
	else if (d || f->devs[dev->ctrl_slot].is_used)
		f->rescan_wanted = true;
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

void front_synced(struct front *f, u32 number)
{
	struct front_dev *d;

	sysctl_synced(f, number);
	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->is_gone && d->sync == number) {
			slot_acknowledge(f, d);
			memset(d, 0, sizeof(*d));
		}
	if (f->rescan_wanted)
		front_scan(f);
}

/* ---- what the back-end says ---- */

static void device_event(struct front *f, struct front_dev *d)
{
	switch (d->back.state) {
	case NOXS_STATE_CLOSED:
		device_offer(&f->store, d);
		/* One that has chosen its rings since, or is about to go, is not invited. */
		if (d->front_state == XenbusStateUnknown ||
		    d->front_state == XenbusStateInitialising ||
		    d->front_state == XenbusStateClosed)
			invite(f, d);
		break;
	case NOXS_STATE_OPEN:
		if (!d->is_open)
			break;
		/* A disk's size may be another one. */
		if (d->dev.cls == NOXS_CLASS_VBD && !f->ops->read_page(f))
			front_scan(f);
		back_state(f, d, XenbusStateConnected);
		break;
	case NOXS_STATE_FAILED:
		pr_err("%s: the back-end gave it up: error %u\n", d->front, d->back.error);
		d->is_open = false;
		back_state(f, d, XenbusStateClosed);
		break;
	}
}

void front_events(struct front *f)
{
	struct front_dev *d;

	if (READ_ONCE(f->was_away))
		sysctl_resumed(f);
	sysctl_retry(f);
	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++) {
		if (!d->is_used || d->is_gone || !consume(f, d))
			continue;
		if (d->back.state == NOXS_STATE_GONE && d->front[0]) {
			gone(f, d);
			continue;
		}
		if (d->dev.cls == NOXS_CLASS_SYSCTL)
			sysctl_event(f, &d->back.u.sysctl);
		else if (d->front[0] && !d->is_given_up)
			device_event(f, d);
		slot_acknowledge(f, d);
		if (d->back.state == NOXS_STATE_GONE)
			memset(d, 0, sizeof(*d));
	}
}

/* ---- all of them ---- */

void front_start(struct front *f)
{
	volatile struct noxs_ctrl_front_header *own = &f->ctrl->front;

	f->store_ops.send = f->ops->send;
	f->store_ops.written = written;
	store_init(&f->store, &f->store_ops, own_domid(f));
	WRITE_ONCE(own->version, NOXS_ABI_VERSION);
	virt_wmb(); /* whoever sees the magic sees the rest */
	WRITE_ONCE(own->magic, NOXS_CTRL_PAGE_MAGIC);
	store_write(&f->store, "control", "platform-feature-multiprocessor-suspend", "1");
	front_scan(f);
	sysctl_start(f);
}

/* The back-ends are new ones, the grants and channels of then are none: all connects anew. */
static void anew(struct front *f, struct front_dev *d)
{
	u32 seq = d->back.seq;

	d->has_seen = false;
	d->is_open = false;
	d->is_given_up = false;
	d->front_state = XenbusStateUnknown;
	memset(&d->back, 0, sizeof(d->back));
	d->back.seq = seq;
	if (!d->front[0])
		return;
	store_remove(&f->store, d->backend);
	(void)device_name(d, own_domid(f));
	device_describe(&f->store, d, own_domid(f));
	back_state(f, d, XenbusStateInitialising);
}

void front_resumed(struct front *f, bool is_anew)
{
	struct front_dev *d;

	if (is_anew) {
		store_forget(&f->store, own_domid(f));
		for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
			if (d->is_used && d->is_gone)
				memset(d, 0, sizeof(*d));
			else if (d->is_used)
				anew(f, d);
		front_scan(f);
	}
	if (is_anew)
		f->is_new_here = true;
	WRITE_ONCE(f->was_away, true);
}

u32 front_close_all(struct front *f)
{
	struct front_dev *d;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->front[0] && d->is_open)
			back_state(f, d, XenbusStateClosing);
	return front_sync(f);
}
