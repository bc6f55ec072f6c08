/* SPDX-License-Identifier: MIT */
/*
 * The guest's control pages, and devices that come and go.  The device page itself: noxs_page.c.
 *
 * A control page lies in our memory, where the domain builder put it; its frame is kept from the page
 * allocator here.  One control channel serves all devices of one back-end domain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <minios/devpage.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/noxs_page.h>
#include <minios/util.h>

#define MAX_BACKENDS 4

struct noxs_ctrl {
	struct noxs_ctrl_page *page;
	uint64_t gfn;
	evtchn_port_t port;
	domid_t backend;
};

static struct noxs_ctrl ctrls[MAX_BACKENDS];
static unsigned int nr_ctrls;
static struct noxs_front *fronts;
static unsigned int nr_closed; /* how often one has left the list */
static bool is_rescanned;      /* devices come and go */
static bool is_stale;	       /* the page could not be read: again at the next event */
static struct noxs_watch *watches;
/* Slots of the copy with devices that watches have not been told of yet. */
static uint64_t news;
_Static_assert(NOXS_MAX_DEVS <= 64, "a bit for each slot");

void noxs_watch_add(struct noxs_watch *watch)
{
	watch->next = watches;
	watches = watch;
}

static void watches_tell(unsigned int cls, unsigned int id, bool is_there)
{
	struct noxs_watch *watch;

	for (watch = watches; watch; watch = watch->next)
		watch->changed(watch->data, cls, id, is_there);
}

static void front_event(struct noxs_front *front, const struct noxs_ctrl_back *back)
{
	front->event(front->data, back);
	if (back->state != NOXS_STATE_GONE)
		return;
	noxs_page_forget(front->cls, front->id, front->slot.index);
	noxs_close(front);
	watches_tell(front->cls, front->id, false);
}

static bool slot_has_front(const struct noxs_ctrl *ctrl, unsigned int index)
{
	const struct noxs_front *front;

	for (front = fronts; front; front = front->next)
		if (front->ctrl == ctrl && front->slot.index == index)
			return true;
	return false;
}

/*
 * Removed devices that nobody here has opened, or even seen: their slots are not used again before
 * GONE is acknowledged.  True if one was.
 */
static COLD bool ctrl_ack_gone(struct noxs_ctrl *ctrl)
{
	bool any = false;
	unsigned int i;

	for (i = 0; i < NOXS_CTRL_SLOTS; i++)
		any |= !slot_has_front(ctrl, i) && ctrl_slot_ack_gone(ctrl->page, i);
	return any;
}

/* Serve all devices behind one control page; one notification for all answers. */
static void ctrl_service(void *data)
{
	struct noxs_ctrl *ctrl = data;
	struct noxs_front *front;
	struct noxs_ctrl_back back;
	bool notify = false;
	unsigned int closed;

	if (is_stale)
		(void)noxs_rescan();
again:
	closed = nr_closed;
	for (front = fronts; front; front = front->next) {
		if (front->ctrl != ctrl)
			continue;
		notify |= ctrl_slot_flush(&front->slot);
		if (!ctrl_slot_consume(&front->slot, &back))
			continue;
		notify = true;
		front_event(front, &back);
		if (closed != nr_closed)
			goto again; /* what has been looked at has nothing new */
	}
	if (is_rescanned)
		notify |= ctrl_ack_gone(ctrl);
	if (notify)
		evtchn_notify(ctrl->port);
}

void noxs_poll(void)
{
	unsigned int i;

	for (i = 0; i < nr_ctrls; i++)
		ctrl_service(&ctrls[i]);
}

static struct noxs_ctrl *ctrl_find(const struct noxs_dev *dev)
{
	unsigned int i;

	for (i = 0; i < nr_ctrls; i++)
		if (ctrls[i].gfn == dev->ctrl_gfn && ctrls[i].port == dev->ctrl_port &&
		    ctrls[i].backend == dev->backend_domid)
			return &ctrls[i];
	return NULL;
}

/* The control page a device is on; several devices share one. */
static int ctrl_get(const struct noxs_dev *dev, struct noxs_ctrl **out)
{
	struct noxs_ctrl *ctrl = ctrl_find(dev);
	int err;

	if (!ctrl) {
		if (nr_ctrls == MAX_BACKENDS)
			return -ENOSPC;
		ctrl = &ctrls[nr_ctrls];
		if (!mm_frame_is_data(dev->ctrl_gfn))
			return -EINVAL;
		ctrl->page = mm_frame_map(dev->ctrl_gfn);
		if (!ctrl->page)
			return -EINVAL;
		err = evtchn_handle(dev->ctrl_port, ctrl_service, ctrl);
		if (err)
			return err;
		ctrl->gfn = dev->ctrl_gfn;
		ctrl->port = dev->ctrl_port;
		ctrl->backend = dev->backend_domid;
		ctrl->page->front.version = NOXS_ABI_VERSION;
		smp_wmb(); /* the version before the magic that vouches for it */
		WRITE_ONCE(ctrl->page->front.magic, NOXS_CTRL_PAGE_MAGIC);
		nr_ctrls++;
	}
	*out = ctrl;
	return 0;
}

int noxs_open(struct noxs_front *front, const struct noxs_dev *dev)
{
	int err = ctrl_get(dev, &front->ctrl);

	if (err)
		return err;
	front->cls = dev->cls;
	front->id = dev->id;
	ctrl_slot_init(&front->slot, front->ctrl->page, dev->ctrl_slot);
	front->next = fronts;
	fronts = front;
	return 0;
}

void noxs_close(struct noxs_front *front)
{
	struct noxs_front **p;

	for (p = &fronts; *p && *p != front; p = &(*p)->next)
		;
	if (*p)
		*p = front->next;
	front->ctrl = NULL;
	nr_closed++;
}

void noxs_publish(struct noxs_front *front, uint32_t state, const void *u, size_t size)
{
	if (front->ctrl && ctrl_slot_publish(&front->slot, state, u, size))
		noxs_kick(front);
}

void noxs_kick(struct noxs_front *front)
{
	evtchn_notify(front->ctrl->port);
}

/* ---- changes ---- */

/* False for one that is to lie on a page which is in use already as something else. */
static bool page_is_usable(const struct noxs_dev *dev)
{
	unsigned int i;

	for (i = 0; i < noxs_copy.hdr.nr_slots; i++)
		if (noxs_copy.dev[i].cls != NOXS_CLASS_NONE &&
		    noxs_copy.dev[i].ctrl_gfn == dev->ctrl_gfn)
			return true;
	return ctrl_find(dev) || !page_reserve(dev->ctrl_gfn);
}

/* Take a newer state of the device page for the copy, and note what devices are new. */
static COLD void copy_renew(struct noxs_dev_page *now)
{
	unsigned int i;

	for (i = 0; i < now->hdr.nr_slots; i++) {
		struct noxs_dev *dev = &now->dev[i];

		if (!devpage_find(now, dev->cls, dev->id)) {
			news &= ~(1ULL << i);
		} else if (!noxs_find(dev->cls, dev->id)) {
			if (page_is_usable(dev))
				news |= 1ULL << i;
			else
				dev->cls = NOXS_CLASS_NONE;
		}
	}
	memcpy(&noxs_copy, now,
	       sizeof(noxs_copy.hdr) + now->hdr.nr_slots * sizeof(noxs_copy.dev[0]));
}

static COLD void news_tell(void)
{
	unsigned int i;

	for (i = 0; i < noxs_copy.hdr.nr_slots; i++) {
		if (!(news & 1ULL << i))
			continue;
		news &= ~(1ULL << i);
		watches_tell(noxs_copy.dev[i].cls, noxs_copy.dev[i].id, true);
	}
}

static bool has_front(const struct noxs_dev *dev)
{
	const struct noxs_front *front;

	for (front = fronts; front; front = front->next)
		if (front->cls == dev->cls && front->id == dev->id)
			return true;
	return false;
}

/* Those that nobody has opened are told of here; of others, when their back-end says GONE. */
static void losses_tell(const struct noxs_dev_page *now)
{
	struct noxs_ctrl *ctrl;
	unsigned int i;

	for (i = 0; i < noxs_copy.hdr.nr_slots; i++) {
		const struct noxs_dev dev = noxs_copy.dev[i];

		if (!noxs_find(dev.cls, dev.id) || devpage_find(now, dev.cls, dev.id) ||
		    has_front(&dev))
			continue;
		noxs_copy.dev[i].cls = NOXS_CLASS_NONE;
		(void)ctrl_get(&dev, &ctrl); /* GONE is acknowledged though its page has no front */
		watches_tell(dev.cls, dev.id, false);
	}
}

static struct noxs_dev_page *page_read(int *err)
{
	static struct noxs_dev_page *now;

	if (!now)
		now = page_alloc();
	*err = now ? noxs_page_read(now) : -ENOMEM;
	is_stale = *err == -EAGAIN || *err == -ENOMEM;
	return *err ? NULL : now;
}

COLD int noxs_rescan(void)
{
	struct noxs_dev_page *now;
	int err;

	now = page_read(&err);
	if (!now)
		return err;
	is_rescanned = true;
	/* What was removed before that state of the page has been said to be GONE before it. */
	noxs_poll();
	losses_tell(now);
	copy_renew(now);
	news_tell();
	return 0;
}

COLD void noxs_reread(void)
{
	struct noxs_dev_page *now;
	int err;

	now = page_read(&err);
	if (now) {
		copy_renew(now);
		return;
	}
	noxs_copy.hdr.nr_slots = 0;
	printf("noxs: no device page after the suspend: %d\n", err);
}

/*
 * After a restore, before anybody has a grant or a port in the new domain: the fronts whose devices are
 * not there any more.
 */
static struct noxs_front *lost_take(void)
{
	const struct noxs_ctrl_back gone = { .state = NOXS_STATE_GONE };
	struct noxs_front *front, *next, *lost = NULL;

	for (front = fronts; front; front = next) {
		const struct noxs_dev *dev = noxs_find(front->cls, front->id);

		next = front->next;
		if (dev && !ctrl_get(dev, &front->ctrl)) {
			ctrl_slot_init(&front->slot, front->ctrl->page, dev->ctrl_slot);
			continue;
		}
		noxs_close(front);
		front->event(front->data, &gone);
		front->next = lost;
		lost = front;
	}
	return lost;
}

COLD void noxs_reconnect(void)
{
	struct noxs_front *front, *next, *lost;

	nr_ctrls = 0;
	lost = lost_take();
	for (front = fronts; front; front = front->next)
		front->resume(front->data, noxs_find(front->cls, front->id));
	for (front = lost; front; front = next) {
		next = front->next;
		watches_tell(front->cls, front->id, false);
	}
	news_tell();
	noxs_poll();
}
