// SPDX-License-Identifier: GPL-2.0
/*
 * Devices come, connect, close and go: states of the control page become those of xenbus, and back.
 */
#include "front.h"

/* Of waiting for the back-end: 10 ms each. */
#define ACK_PAUSES   100U
#define CLOSE_PAUSES 500U

static struct front *front_of(struct store *s)
{
	return (struct front *)((char *)s - offsetof(struct front, store));
}

static u16 own_domid(const struct front *f)
{
	return f->page.hdr.domid;
}

/* ---- slots ---- */

static volatile struct noxs_ctrl_slot *slot_of(struct front *f, const struct front_dev *d)
{
	return &f->ctrl->slot[d - f->devs];
}

/* Publish our half once the one before has been taken in.  The back-end is Dom0: it does that. */
void front_publish(struct front *f, struct front_dev *d, const struct noxs_ctrl_front *half)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);
	u32 seq = READ_ONCE(slot->front.seq);
	unsigned int i;

	for (i = 0; i < ACK_PAUSES && READ_ONCE(slot->back.ack) != seq; i++)
		if (!f->ops->pause(f))
			return; /* whoever comes back connects anew */
	if (i == ACK_PAUSES)
		pr_warn("slot %u: the back-end has not taken in publication %u\n",
			(unsigned int)(d - f->devs), seq);
	slot->front.state = half->state;
	memcpy((void *)&slot->front.u, &half->u, sizeof(half->u));
	virt_wmb(); /* whoever sees the number sees the rest */
	WRITE_ONCE(slot->front.seq, seq + 1);
	virt_mb(); /* the number is there before the event */
	f->ops->notify(f);
}

static void acknowledge(struct front *f, struct front_dev *d)
{
	virt_mb(); /* what we do because of it comes before that */
	WRITE_ONCE(slot_of(f, d)->front.ack, d->back.seq);
	f->ops->notify(f);
}

/* True: there is something new, in d->back. */
static bool consume(struct front *f, struct front_dev *d)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);
	u32 seq = READ_ONCE(slot->back.seq);

	if (d->has_seen && seq == d->back.seq)
		return false;
	virt_rmb(); /* the number before the rest */
	memcpy(&d->back, (const void *)&slot->back, sizeof(d->back));
	d->back.seq = seq;
	d->has_seen = true;
	return true;
}

/* ---- connecting ---- */

static void back_state(struct front *f, const struct front_dev *d, enum xenbus_state state)
{
	store_write(&f->store, d->backend, "state", "%d", state);
}

/* The back-end leaves the rings: only then does the driver take its grants back. */
static void close(struct front *f, struct front_dev *d)
{
	const struct noxs_ctrl_front half = { .state = NOXS_STATE_CLOSED };
	unsigned int i;

	if (!d->is_open)
		return;
	d->is_open = false;
	front_publish(f, d, &half);
	for (i = 0; i < CLOSE_PAUSES && READ_ONCE(slot_of(f, d)->back.state) == NOXS_STATE_OPEN;
	     i++)
		if (!f->ops->pause(f))
			return;
	if (i == CLOSE_PAUSES)
		pr_warn("%s: the back-end has not closed it\n", d->front);
	if (consume(f, d))
		acknowledge(f, d);
}

static void open(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_front half = { .state = NOXS_STATE_OPEN };

	close(f, d); /* the rings of a driver that has not said so */
	device_choose(&f->store, d, &half);
	d->is_open = true;
	front_publish(f, d, &half);
}

static bool is_over(const struct front_dev *d)
{
	return d->is_gone || (d->has_seen && (d->back.state == NOXS_STATE_FAILED ||
					      d->back.state == NOXS_STATE_GONE));
}

/* A driver may connect, if the back-end is there and has nothing of another one. */
static void invite(struct front *f, struct front_dev *d)
{
	if (d->has_seen && d->back.state == NOXS_STATE_CLOSED)
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
	d->is_open = READ_ONCE(slot_of(f, d)->back.state) == NOXS_STATE_OPEN;
	close(f, d);
	d->has_seen = false; /* what it offers is still to be looked at */
	back_state(f, d, XenbusStateInitialising);
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
			acknowledge(f, d);
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
	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++) {
		if (!d->is_used || d->is_gone || !consume(f, d))
			continue;
		if (d->back.state == NOXS_STATE_GONE && d->front[0]) {
			gone(f, d);
			continue;
		}
		if (d->dev.cls == NOXS_CLASS_SYSCTL)
			sysctl_event(f, &d->back.u.sysctl);
		else if (d->front[0])
			device_event(f, d);
		acknowledge(f, d);
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
