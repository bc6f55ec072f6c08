/* SPDX-License-Identifier: MIT */
/*
 * The front-end's side of one slot of a control page: the publish and consume protocol of noxs.h.
 * Nobody waits here: a publication the peer is not ready for is kept and goes out later.
 */
#ifndef MINIOS_CTRL_SLOT_H
#define MINIOS_CTRL_SLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <noxs.h>

struct ctrl_slot {
	struct noxs_ctrl_page *page;
	unsigned int index;
	uint32_t seq;  /* our last publication */
	uint32_t seen; /* the peer's publication consumed last */
	bool pending;  /* state and u below wait for the peer */
	uint32_t state;
	uint8_t u[48];
};

/* Continue at the numbers found in the page: zero in a new domain. */
void ctrl_slot_init(struct ctrl_slot *slot, struct noxs_ctrl_page *page, unsigned int index);

/*
 * Publish state and the class's part of the half (size bytes, the rest zero).  A publication still
 * waiting is replaced.  True if it went out, and the peer must be notified.
 */
bool ctrl_slot_publish(struct ctrl_slot *slot, uint32_t state, const void *u, size_t size);

/* Send what waits, if the peer has taken the last one.  True if the peer must be notified. */
bool ctrl_slot_flush(struct ctrl_slot *slot);

/* True if the peer has taken our last publication, and none waits. */
bool ctrl_slot_is_taken(const struct ctrl_slot *slot);

/* Copy and acknowledge a new publication of the peer.  False if there is none. */
bool ctrl_slot_consume(struct ctrl_slot *slot, struct noxs_ctrl_back *copy);

/*
 * Acknowledge GONE in a slot that nobody here uses; any other state is for who may still open the
 * device.  True if there was a new one.
 */
bool ctrl_slot_ack_gone(struct noxs_ctrl_page *page, unsigned int index);

#endif /* MINIOS_CTRL_SLOT_H */
