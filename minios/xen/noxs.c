/* SPDX-License-Identifier: MIT */
/*
 * The guest's device page and control pages.
 *
 * A control page lies in our memory, where the domain builder put it; its frame is kept from the page
 * allocator here.  One control channel serves all devices of one back-end domain.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/devpage.h>
#include <minios/hypercall.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/util.h>

#define MAX_BACKENDS 4

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

bool noxs_init(void)
{
	const struct noxs_dev *dev;
	unsigned int i;
	int err = page_map();

	if (!err)
		err = devpage_read(&page, &copy);
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

/* Serve all devices behind one control page; one notification for all answers. */
static void ctrl_service(void *data)
{
	struct noxs_ctrl *ctrl = data;
	struct noxs_front *front;
	struct noxs_ctrl_back back;
	bool notify = false;

	for (front = fronts; front; front = front->next) {
		if (front->ctrl != ctrl)
			continue;
		notify |= ctrl_slot_flush(&front->slot);
		if (ctrl_slot_consume(&front->slot, &back)) {
			notify = true;
			front->event(front->data, &back);
		}
	}
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

void noxs_publish(struct noxs_front *front, uint32_t state, const void *u, size_t size)
{
	if (front->ctrl && ctrl_slot_publish(&front->slot, state, u, size))
		noxs_kick(front);
}

void noxs_kick(struct noxs_front *front)
{
	evtchn_notify(front->ctrl->port);
}

int noxs_rescan(void)
{
	return devpage_read(&page, &copy);
}

void noxs_remap(void)
{
	int err = page_map();

	if (!err)
		err = noxs_rescan();
	if (err) {
		copy.hdr.nr_slots = 0;
		printf("noxs: no device page after the suspend: %d\n", err);
	}
}

void noxs_reconnect(void)
{
	struct noxs_front *front;
	unsigned int i;

	for (i = 0; i < nr_ctrls; i++)
		evtchn_unhandle(ctrls[i].port);
	nr_ctrls = 0;
	for (front = fronts; front; front = front->next) {
		const struct noxs_dev *dev = devpage_find(&copy, front->cls, front->id);

		if (!dev || ctrl_get(dev, &front->ctrl)) {
			printf("noxs: device %u.%u did not come back\n", front->cls, front->id);
			front->ctrl = NULL;
			continue;
		}
		ctrl_slot_init(&front->slot, front->ctrl->page, dev->ctrl_slot);
		front->resume(front->data, dev);
	}
	noxs_poll();
}
