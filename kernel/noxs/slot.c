// SPDX-License-Identifier: GPL-2.0
/*
 * Slots of a control page: publish, consume, acknowledge, reclaim.  The protocol is that of noxs.h.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <asm/barrier.h>
#include "ring.h"
#include "slot.h"

/* ---- which slots are free ---- */

int noxs_slots_take(struct noxs_slots *slots)
{
	unsigned int number;

	/* Its event may not have come to be served yet. */
	(void)noxs_slots_reclaim(slots);
	number = find_first_zero_bit(slots->used, NOXS_CTRL_SLOTS);
	if (number >= NOXS_CTRL_SLOTS)
		return -ENOSPC;
	__set_bit(number, slots->used);
	slots->nr = max(slots->nr, number + 1);
	return number;
}

void noxs_slots_give_back(struct noxs_slots *slots, unsigned int number)
{
	__clear_bit(number, slots->used);
}

bool noxs_slots_reclaim(struct noxs_slots *slots)
{
	bool any = false;
	unsigned int i;

	for_each_set_bit(i, slots->gone, NOXS_CTRL_SLOTS) {
		if (READ_ONCE(slots->page->slot[i].front.ack) != slots->gone_seq[i])
			continue;
		__clear_bit(i, slots->gone);
		__clear_bit(i, slots->used);
		any = true;
	}
	return any;
}

void noxs_slots_write_header(const struct noxs_slots *slots)
{
	volatile struct noxs_ctrl_back_header *back = &slots->page->back;

	WRITE_ONCE(back->version, NOXS_ABI_VERSION);
	WRITE_ONCE(back->domid, 0); /* we are the initial domain */
	WRITE_ONCE(back->nr_slots, slots->nr);
	virt_wmb(); /* whoever sees the magic sees the rest */
	WRITE_ONCE(back->magic, NOXS_CTRL_PAGE_MAGIC);
}

/* ---- our half ---- */

static volatile struct noxs_ctrl_slot *slot_shared(const struct noxs_slot *slot)
{
	return &slot->slots->page->slot[slot->number];
}

void noxs_slot_init(struct noxs_slot *slot, struct noxs_slots *slots, unsigned int number)
{
	volatile struct noxs_ctrl_slot *shared;

	slot->slots = slots;
	slot->number = number;
	shared = slot_shared(slot);
	slot->front_seq = READ_ONCE(shared->front.seq);
	slot->back.ack = slot->front_seq;
	slot->back.seq = READ_ONCE(shared->front.ack);
	slot->front_ack = slot->back.seq;
	WRITE_ONCE(shared->back.ack, slot->back.ack);
}

void noxs_slot_publish(struct noxs_slot *slot, bool now)
{
	volatile struct noxs_ctrl_slot *shared = slot_shared(slot);
	size_t i;

	slot->publish_wanted = true;
	/* The front-end may still be copying what was published before. */
	if (!now && READ_ONCE(shared->front.ack) != slot->back.seq)
		return;
	slot->publish_wanted = false;
	WRITE_ONCE(shared->back.state, slot->back.state);
	WRITE_ONCE(shared->back.error, slot->back.error);
	for (i = 0; i < sizeof(slot->back.u); i += sizeof(u32))
		WRITE_ONCE(*(volatile u32 *)(shared->back.u.raw + i),
			   *(u32 *)(slot->back.u.raw + i));
	virt_wmb(); /* pairs with the front-end's read barrier after reading seq */
	WRITE_ONCE(shared->back.seq, ++slot->back.seq);
	slot->slots->notify = true;
}

void noxs_slot_retry(struct noxs_slot *slot)
{
	if (slot->publish_wanted)
		noxs_slot_publish(slot, false);
}

void noxs_slot_leave(struct noxs_slot *slot, bool known)
{
	struct noxs_slots *slots = slot->slots;

	slot->back.state = NOXS_STATE_GONE;
	slot->back.error = 0;
	noxs_slot_publish(slot, true);
	if (known) {
		__set_bit(slot->number, slots->gone);
		slots->gone_seq[slot->number] = slot->back.seq;
	} else {
		__clear_bit(slot->number, slots->used);
	}
}

/* ---- the front-end's half ---- */

void noxs_slot_peek(const struct noxs_slot *slot, struct noxs_ctrl_front *front)
{
	noxs_copy_once(front, &slot_shared(slot)->front, sizeof(*front) / sizeof(u32));
}

bool noxs_slot_is_silent(const struct noxs_slot *slot)
{
	volatile struct noxs_ctrl_slot *shared = slot_shared(slot);

	return READ_ONCE(shared->front.seq) == slot->front_seq &&
	       READ_ONCE(shared->front.ack) == slot->front_ack;
}

bool noxs_slot_see_ack(struct noxs_slot *slot)
{
	u32 ack = READ_ONCE(slot_shared(slot)->front.ack);

	if (ack == slot->front_ack)
		return false;
	slot->front_ack = ack;
	return true;
}

/* Tell the front-end that publication @seq has been consumed. */
static void slot_ack(struct noxs_slot *slot, u32 seq)
{
	virt_mb(); /* its half was read before it may be written again */
	slot->back.ack = seq;
	WRITE_ONCE(slot_shared(slot)->back.ack, seq);
	slot->slots->notify = true;
}

bool noxs_slot_consume(struct noxs_slot *slot)
{
	u32 seq = READ_ONCE(slot_shared(slot)->front.seq);

	if (seq == slot->front_seq)
		return false;
	virt_rmb(); /* pairs with the front-end's write barrier before seq++ */
	noxs_slot_peek(slot, &slot->front);
	slot->front_seq = seq;
	slot_ack(slot, seq);
	return true;
}
