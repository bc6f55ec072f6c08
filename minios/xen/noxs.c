/* SPDX-License-Identifier: MIT */
/*
 * The guest's device page and control pages.
 *
 * A control page lies in our memory, where the domain builder put it; its frame is kept from the page
 * allocator here.  One control channel serves all devices of one back-end domain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <minios/devpage.h>
#include <minios/hypercall.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/time.h>
#include <minios/util.h>

#define MAX_BACKENDS 4
/* Xen writes the page in microseconds, but the processor it does so on may be another guest's meanwhile. */
#define PAGE_WAIT_MS 200U

struct noxs_ctrl {
	struct noxs_ctrl_page *page;
	uint64_t gfn;
	evtchn_port_t port;
	domid_t backend;
};

static const struct noxs_dev_page page MM_WINDOW;
LIGHTVM_NOTE(note, LIGHTVM_NOTE_DEVICE_PAGE, &page);
static struct noxs_dev_page copy;
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

/* 0 with the page mapped, or -errno: -ENOSYS no noxs here, -ENOENT no devices. */
static int page_map(void)
{
	struct noxs_map map = { 0 };
	int err;

	if (mm_window_is_mapped(&page))
		return 0; /* by the domain builder */
	err = hypercall_noxs_op(NOXS_OP_map, &map, NULL, 0);
	return err ? err : mm_window_map((void *)&page, map.frame, PTE_RO);
}

/* Read the page, for as long as it may take to write it.  -EAGAIN if that was not long enough. */
static int page_copy(struct noxs_dev_page *to)
{
	uint64_t deadline = time_ns() + PAGE_WAIT_MS * NSEC_PER_MSEC, now;
	int err;

	while ((err = devpage_read(&page, to)) == -EAGAIN && (now = time_ns()) < deadline)
		evtchn_sleep(now + NSEC_PER_MSEC);
	return err;
}

bool noxs_init(void)
{
	const struct noxs_dev *dev;
	unsigned int i;
	int err = page_map();

	if (!err)
		err = page_copy(&copy);
	if (err) {
		copy.hdr = (struct noxs_dev_header){ 0 };
		if (err != -ENOSYS && err != -ENOENT)
			printf("noxs: device page unusable: %d\n", err);
		return false;
	}
	/* Whether or not anybody opens them: their frames are taken. */
	for (dev = copy.dev; dev < copy.dev + copy.hdr.nr_slots; dev++) {
		if (dev->cls == NOXS_CLASS_NONE)
			continue;
		(void)page_reserve(dev->ctrl_gfn); /* a bad one is refused by noxs_open() */
		if (dev->flags & NOXS_DEV_PRECONNECTED)
			for (i = 0; i < dev->nr_rings && i < ARRAY_SIZE(dev->data_port); i++)
				(void)page_reserve(dev->ring_gfn + i); /* likewise */
	}
	return true;
}

const struct noxs_dev_header *noxs_header(void)
{
	return &copy.hdr;
}

const struct noxs_dev *noxs_next(unsigned int cls, const struct noxs_dev *prev)
{
	return devpage_next(&copy, cls, prev);
}

const struct noxs_dev *noxs_find(unsigned int cls, unsigned int id)
{
	return devpage_find(&copy, cls, id);
}

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

/*
 * Not in the copy any more, so that one that comes in its place is seen to be another: its slot in the
 * control page tells them apart if that one is there already.
 */
static void device_forget(const struct noxs_front *front)
{
	struct noxs_dev *dev = (struct noxs_dev *)noxs_find(front->cls, front->id);

	if (dev && dev->ctrl_slot == front->slot.index)
		dev->cls = NOXS_CLASS_NONE;
}

static void front_event(struct noxs_front *front, const struct noxs_ctrl_back *back)
{
	front->event(front->data, back);
	if (back->state != NOXS_STATE_GONE)
		return;
	device_forget(front);
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

	for (i = 0; i < copy.hdr.nr_slots; i++)
		if (copy.dev[i].cls != NOXS_CLASS_NONE && copy.dev[i].ctrl_gfn == dev->ctrl_gfn)
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
	memcpy(&copy, now, sizeof(copy.hdr) + now->hdr.nr_slots * sizeof(copy.dev[0]));
}

static COLD void news_tell(void)
{
	unsigned int i;

	for (i = 0; i < copy.hdr.nr_slots; i++) {
		if (!(news & 1ULL << i))
			continue;
		news &= ~(1ULL << i);
		watches_tell(copy.dev[i].cls, copy.dev[i].id, true);
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

	for (i = 0; i < copy.hdr.nr_slots; i++) {
		const struct noxs_dev dev = copy.dev[i];

		if (!noxs_find(dev.cls, dev.id) || devpage_find(now, dev.cls, dev.id) ||
		    has_front(&dev))
			continue;
		copy.dev[i].cls = NOXS_CLASS_NONE;
		(void)ctrl_get(&dev, &ctrl); /* GONE is acknowledged though its page has no front */
		watches_tell(dev.cls, dev.id, false);
	}
}

static struct noxs_dev_page *page_read(int *err)
{
	static struct noxs_dev_page *now;

	if (!now)
		now = page_alloc();
	*err = now ? page_copy(now) : -ENOMEM;
	is_stale = *err == -EAGAIN;
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

COLD void noxs_remap(void)
{
	struct noxs_dev_page *now = NULL;
	int err = page_map();

	if (!err)
		now = page_read(&err);
	if (now) {
		copy_renew(now);
		return;
	}
	copy.hdr.nr_slots = 0;
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
