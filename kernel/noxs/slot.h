/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Slots of a control page: publishing our half, taking in the front-end's, acknowledging it, and
 * which slots are free.  What is said in a slot, and which device it is, matters to others.
 *
 * A slot:
 *
 *	free ---(taken)---> in use ---(left, GONE published)---> gone
 *	  ^                   |                                   |
 *	  |                   | (left, and never known)           | front.ack == gone_seq
 *	  +-------------------+-----------------------------------+
 *
 * What the guest acknowledges matters to itself only: the slot is in its memory, and whoever uses
 * it next has an entry in the device page that says so.  If it never does, the slot is not used
 * again.
 *
 * The caller holds the lock of the domain whose page it is (noxs_domain.lock).  Nothing here
 * sleeps.  Free of kernel calls but barriers and bitmaps, so that the unit tests compile it.
 */
#ifndef NOXS_SLOT_H
#define NOXS_SLOT_H

#include <linux/bitmap.h>
#include <linux/types.h>
#include "noxs.h"

/* Of a domain's control page.  Zeroed: none is in use. */
struct noxs_slots {
	volatile struct noxs_ctrl_page *page; /* mapped, and the guest's to write */
	unsigned int nr;		      /* that may be in use; never shrinks */
	DECLARE_BITMAP(used, NOXS_CTRL_SLOTS);
	DECLARE_BITMAP(gone, NOXS_CTRL_SLOTS); /* of these, until GONE is acknowledged, */
	u32 gone_seq[NOXS_CTRL_SLOTS];	       /* which is this publication */
	bool notify;			       /* something was written for the guest to see */
};

/* Of a device.  Zeroed, but for what the class has put into `back`, until noxs_slot_init(). */
struct noxs_slot {
	struct noxs_slots *slots;
	unsigned int number;

	/* Our half as it was, or will be, published. */
	struct noxs_ctrl_back back;
	bool publish_wanted; /* `back` is newer than the page */

	struct noxs_ctrl_front front; /* the publication last consumed: a private copy */
	u32 front_seq;		      /* its number */
	u32 front_ack;		      /* last front.ack seen */
};

/* ---- which slots are free ---- */

/*
 * The first free one: of a new page the nth device has the nth slot, as the builder expects.
 * -ENOSPC: there is none.
 */
int noxs_slots_take(struct noxs_slots *slots);

/* Slot @number was taken for nothing. */
void noxs_slots_give_back(struct noxs_slots *slots, unsigned int number);

/* Free the slots whose front-ends have acknowledged GONE; true if there were any. */
bool noxs_slots_reclaim(struct noxs_slots *slots);

/* Tell the guest how many slots there are, and that it may use them. */
void noxs_slots_write_header(const struct noxs_slots *slots);

/* ---- one slot ---- */

/*
 * Use the slot @number, which was taken.  The page may have been used before: by an earlier
 * back-end, in the domain this one was restored from, or by a device that was removed.  Counting
 * goes on where the guest is; what it published was for another.
 */
void noxs_slot_init(struct noxs_slot *slot, struct noxs_slots *slots, unsigned int number);

/*
 * Publish slot->back.  Waits for the front-end's acknowledgment of the publication before (without
 * blocking: noxs_slot_retry() tries again), unless @now says that the news is final.
 */
void noxs_slot_publish(struct noxs_slot *slot, bool now);

/* Publish what could not be yet, if anything. */
void noxs_slot_retry(struct noxs_slot *slot);

/* Say GONE, and leave the slot.  With @known the front-end has to acknowledge it first. */
void noxs_slot_leave(struct noxs_slot *slot, bool known);

/* The front-end's half as it is now, whatever it has published: a copy that does not change. */
void noxs_slot_peek(const struct noxs_slot *slot, struct noxs_ctrl_front *front);

/* True if the front-end has neither published nor acknowledged anything that was not seen. */
bool noxs_slot_is_silent(const struct noxs_slot *slot);

/* True if the front-end has acknowledged something since the last call. */
bool noxs_slot_see_ack(struct noxs_slot *slot);

/*
 * Take in what the front-end has published, into slot->front, and acknowledge it.  False: nothing
 * new is there.
 */
bool noxs_slot_consume(struct noxs_slot *slot);

#endif /* NOXS_SLOT_H */
