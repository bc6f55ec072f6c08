// SPDX-License-Identifier: GPL-2.0
/*
 * Devices connect and close: states of the control page become those of xenbus, and back.
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

void front_back_state(struct front *f, const struct front_dev *d, enum xenbus_state state)
{
	store_write(&f->store, d->backend, "state", "%d", state);
}

static bool is_over(const struct front_dev *d)
{
	return d->going || d->is_given_up ||
	       (d->has_seen &&
		(d->back.state == NOXS_STATE_FAILED || d->back.state == NOXS_STATE_GONE));
}

/* Nothing is said to its back-end any more, and no driver connects, until it is detached. */
static void give_up(struct front *f, struct front_dev *d)
{
	pr_err("%s: its back-end does not answer: it is given up\n", d->front);
	d->is_given_up = true;
	d->is_open = false;
	front_back_state(f, d, XenbusStateClosed);
}

static bool publish(struct front *f, struct front_dev *d, const struct noxs_ctrl_front *half)
{
	int err = slot_publish(f, d, half);

	if (err == -ETIMEDOUT)
		give_up(f, d);
	return !err;
}

static void take_in(struct front_dev *d, const struct noxs_ctrl_back *back)
{
	d->back = *back;
	d->has_seen = true;
}

/* True: there is something new, in d->back. */
static bool consume(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_back back;

	if (!slot_look(f, d, &back))
		return false;
	take_in(d, &back);
	return true;
}

/*
 * It has to learn that we have seen OPEN before it says CLOSED.  Anything else is not ours to take
 * in, but front_events()'s.
 */
static int wait_closed(struct front *f, struct front_dev *d)
{
	u64 begin = f->ops->time_ns();
	struct noxs_ctrl_back back;
	int err = 0;

	while (!err) {
		if (slot_look(f, d, &back)) {
			if (back.state != NOXS_STATE_OPEN && back.state != NOXS_STATE_CLOSED) {
				f->ops->kick(f);
				break;
			}
			take_in(d, &back);
			slot_acknowledge(f, d);
		}
		if (d->back.state != NOXS_STATE_OPEN)
			break;
		err = slot_wait(f, begin);
	}
	return err;
}

void front_close(struct front *f, struct front_dev *d)
{
	const struct noxs_ctrl_front half = { .state = NOXS_STATE_CLOSED };

	if (!d->is_open)
		return;
	d->is_open = false;
	if (publish(f, d, &half) && wait_closed(f, d) == -ETIMEDOUT)
		give_up(f, d);
}

static void open(struct front *f, struct front_dev *d)
{
	struct noxs_ctrl_front half = { .state = NOXS_STATE_OPEN };

	front_close(f, d); /* the rings of a driver that has not said so */
	if (is_over(d))
		return;
	device_choose(&f->store, d, &half);
	d->is_open = publish(f, d, &half);
}

/* A driver may connect, if the back-end is there and has nothing of another one. */
static void invite(struct front *f, struct front_dev *d)
{
	if (!is_over(d) && !d->is_releasing && d->has_seen && d->back.state == NOXS_STATE_CLOSED)
		front_back_state(f, d, XenbusStateInitWait);
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
		front_close(f, d);
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
		front_close(f, d);
		/* A driver that goes looks for it when it has written this. */
		front_back_state(f, d, XenbusStateClosed);
		front_released(f, d);
		break;
	case XenbusStateClosed:
		front_close(f, d);
		invite(f, d);
		front_released(f, d);
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

static void watched(struct store *s, const char *path)
{
	if (!strcmp(path, FRONT_SYNC))
		front_watched(front_of(s));
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
		front_back_state(f, d, XenbusStateConnected);
		break;
	case NOXS_STATE_FAILED:
		pr_err("%s: the back-end gave it up: error %u\n", d->front, d->back.error);
		d->is_open = false;
		front_back_state(f, d, XenbusStateClosed);
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
		if (!d->is_used || d->going || !consume(f, d))
			continue;
		if (d->back.state == NOXS_STATE_GONE && d->front[0]) {
			front_gone(f, d);
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
	f->store_ops.watched = watched;
	store_init(&f->store, &f->store_ops, own_domid(f));
	WRITE_ONCE(own->version, NOXS_ABI_VERSION);
	virt_wmb(); /* whoever sees the magic sees the rest */
	WRITE_ONCE(own->magic, NOXS_CTRL_PAGE_MAGIC);
	store_write(&f->store, "control", "platform-feature-multiprocessor-suspend", "1");
	front_scan(f);
	sysctl_start(f);
}

void front_resumed(struct front *f, bool is_anew)
{
	if (is_anew) {
		store_forget(&f->store, own_domid(f));
		front_renew(f);
		f->is_new_here = true;
	}
	WRITE_ONCE(f->was_away, true);
}

u32 front_close_all(struct front *f)
{
	struct front_dev *d;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->front[0] && d->is_open)
			front_back_state(f, d, XenbusStateClosing);
	return front_sync(f);
}
