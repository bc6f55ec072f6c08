// SPDX-License-Identifier: GPL-2.0
/*
 * A device's slot of the control page: publish, look, acknowledge.  The protocol is that of noxs.h.
 */
#include "front.h"

/* Of waiting for the back-end.  It is Dom0: it does what is waited for, or is in trouble. */
#define WAIT_NS 5000000000ULL

static volatile struct noxs_ctrl_slot *slot_of(struct front *f, const struct front_dev *d)
{
	return &f->ctrl->slot[d - f->devs];
}

bool slot_is_taken_in(struct front *f, const struct front_dev *d)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);

	return READ_ONCE(slot->back.ack) == READ_ONCE(slot->front.seq);
}

bool slot_is_open_there(struct front *f, const struct front_dev *d)
{
	return READ_ONCE(slot_of(f, d)->back.state) == NOXS_STATE_OPEN;
}

/* Until it has, or the device has gone.  -EINTR: we are in another domain; -ETIMEDOUT. */
static int wait_taken_in(struct front *f, const struct front_dev *d)
{
	u64 begin = f->ops->time_ns();

	while (!slot_is_taken_in(f, d)) {
		if (READ_ONCE(slot_of(f, d)->back.state) == NOXS_STATE_GONE)
			return -ENODEV;
		if (f->ops->time_ns() - begin >= WAIT_NS)
			return -ETIMEDOUT;
		if (!f->ops->pause(f))
			return -EINTR; /* whoever comes back connects anew */
	}
	return 0;
}

int slot_publish(struct front *f, const struct front_dev *d, const struct noxs_ctrl_front *half)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);
	int err = wait_taken_in(f, d);

	/* A half that may just be being copied is never written to. */
	if (err)
		return err;
	slot->front.state = half->state;
	memcpy((void *)&slot->front.u, &half->u, sizeof(half->u));
	virt_wmb(); /* whoever sees the number sees the rest */
	WRITE_ONCE(slot->front.seq, READ_ONCE(slot->front.seq) + 1);
	virt_mb(); /* the number is there before the event */
	f->ops->notify(f);
	return 0;
}

int slot_wait_closed(struct front *f, const struct front_dev *d)
{
	u64 begin = f->ops->time_ns();

	while (slot_is_open_there(f, d)) {
		if (f->ops->time_ns() - begin >= WAIT_NS)
			return -ETIMEDOUT;
		if (!f->ops->pause(f))
			return -EINTR;
	}
	return 0;
}

bool slot_look(struct front *f, const struct front_dev *d, struct noxs_ctrl_back *back)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);
	u32 seq = READ_ONCE(slot->back.seq), before;

	if (d->has_seen && seq == d->back.seq)
		return false;
	/* GONE does not wait for us to take in what was there before. */
	do {
		before = seq;
		virt_rmb(); /* the number before the rest */
		memcpy(back, (const void *)&slot->back, sizeof(*back));
		virt_rmb(); /* and the rest before the number */
		seq = READ_ONCE(slot->back.seq);
	} while (seq != before);
	back->seq = seq;
	return true;
}

void slot_acknowledge(struct front *f, const struct front_dev *d)
{
	virt_mb(); /* what we do because of it comes before that */
	WRITE_ONCE(slot_of(f, d)->front.ack, d->back.seq);
	f->ops->notify(f);
}
