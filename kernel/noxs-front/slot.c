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

int slot_wait(struct front *f, u64 begin)
{
	if (f->ops->time_ns() - begin >= WAIT_NS)
		return -ETIMEDOUT;
	return f->ops->pause(f) ? 0 : -EINTR; /* whoever comes back connects anew */
}

/* The back-end takes in nothing of a device that has failed or gone. */
static bool is_dead(struct front *f, const struct front_dev *d)
{
	u32 state = READ_ONCE(slot_of(f, d)->back.state);

	return state == NOXS_STATE_FAILED || state == NOXS_STATE_GONE;
}

int slot_publish(struct front *f, const struct front_dev *d, const struct noxs_ctrl_front *half)
{
	volatile struct noxs_ctrl_slot *slot = slot_of(f, d);
	u64 begin = f->ops->time_ns();
	int err = 0;

	/* A half that may just be being copied is never written to. */
	while (!err && !slot_is_taken_in(f, d))
		err = is_dead(f, d) ? -ENODEV : slot_wait(f, begin);
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
