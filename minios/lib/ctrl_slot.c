/* SPDX-License-Identifier: MIT */
/* Publish and consume in a control page. */
#include <string.h>
#include <minios/ctrl_slot.h>
#include <minios/util.h>

void ctrl_slot_init(struct ctrl_slot *slot, struct noxs_ctrl_page *page, unsigned int index)
{
	const struct noxs_ctrl_front *front = &page->slot[index].front;

	memset(slot, 0, sizeof(*slot));
	slot->page = page;
	slot->index = index;
	slot->seq = front->seq;
	slot->seen = front->ack;
}

bool ctrl_slot_flush(struct ctrl_slot *slot)
{
	struct noxs_ctrl_slot *shared = &slot->page->slot[slot->index];

	if (!slot->pending)
		return false;
	/* A back-end that comes later does not look at what was published before it came. */
	if (READ_ONCE(slot->page->back.magic) != NOXS_CTRL_PAGE_MAGIC)
		return false;
	if (READ_ONCE(shared->back.ack) != slot->seq)
		return false;
	smp_mb(); /* the peer has read our half before we write it anew */
	shared->front.state = slot->state;
	memcpy(shared->front.u.raw, slot->u, sizeof(slot->u));
	smp_wmb(); /* contents before seq: pairs with the peer's read barrier behind reading seq */
	WRITE_ONCE(shared->front.seq, ++slot->seq);
	slot->pending = false;
	return true;
}

bool ctrl_slot_publish(struct ctrl_slot *slot, uint32_t state, const void *u, size_t size)
{
	slot->state = state;
	memset(slot->u, 0, sizeof(slot->u));
	if (size)
		memcpy(slot->u, u, size_min(size, sizeof(slot->u)));
	slot->pending = true;
	return ctrl_slot_flush(slot);
}

bool ctrl_slot_is_taken(const struct ctrl_slot *slot)
{
	return !slot->pending && READ_ONCE(slot->page->slot[slot->index].back.ack) == slot->seq;
}

bool ctrl_slot_consume(struct ctrl_slot *slot, struct noxs_ctrl_back *copy)
{
	struct noxs_ctrl_slot *shared = &slot->page->slot[slot->index];
	uint32_t seq = READ_ONCE(shared->back.seq);

	if (seq == slot->seen)
		return false;
	smp_rmb(); /* seq before contents: pairs with the peer's write barrier */
	memcpy(copy, &shared->back, sizeof(*copy));
	smp_mb(); /* the copy is done before the peer may write again */
	slot->seen = seq;
	WRITE_ONCE(shared->front.ack, seq);
	return true;
}

bool ctrl_slot_ack_gone(struct noxs_ctrl_page *page, unsigned int index)
{
	struct noxs_ctrl_slot *shared = &page->slot[index];
	uint32_t seq = READ_ONCE(shared->back.seq);

	if (seq == READ_ONCE(shared->front.ack))
		return false;
	smp_rmb(); /* seq before the state: pairs with the peer's write barrier */
	if (READ_ONCE(shared->back.state) != NOXS_STATE_GONE)
		return false;
	WRITE_ONCE(shared->front.ack, seq);
	return true;
}
