/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The log of events that readers of /dev/xen/noxs follow: the last NOXS_LOG_SIZE records, shared
 * by any number of readers, each with a cursor of its own.
 */
#ifndef NOXS_EVENTS_H
#define NOXS_EVENTS_H

#include <linux/types.h>
#include <linux/wait.h>
#include "uapi/noxs_ioctl.h"

#define NOXS_DOMID_ANY 0xffffU

/* A reader's position; the log's lock protects it. */
struct noxs_cursor {
	u64 next;  /* sequence number of the first record not yet looked at */
	u16 domid; /* what it follows, NOXS_DOMID_ANY for all */
	bool follows;
	bool for_ends;	/* it reads SHUTDOWN alone, and carries out what is to be done then */
	bool is_ousted; /* another does that now: it follows nothing, and is to notice */
	bool has_first; /* `first` comes before anything in the log */
	struct noxs_ioc_event first;
};

/* Append a record and wake the readers.  Any context. */
void noxs_event_push(u16 domid, u16 type, u32 code, u32 arg);
void noxs_event_push_detail(u16 domid, u16 type, u32 code, u32 arg, u32 detail);

/* Follow @domid from now on; @first, if not NULL, is what the first read returns. */
void noxs_cursor_follow(struct noxs_cursor *cursor, u16 domid, const struct noxs_ioc_event *first);

/*
 * Follow every domain's end, for the one who carries out what is to be done then.  -EBUSY: another
 * does, and not @takes.
 */
int noxs_cursor_follow_ends(struct noxs_cursor *cursor, bool takes);

/* There is one who follows ends. */
bool noxs_cursor_ends_followed(void);

/* It reads nothing any more. */
void noxs_cursor_stop(struct noxs_cursor *cursor);

/* Take the next record for this cursor: 1, 0 if there is none, -ENOTCONN if it follows nothing. */
int noxs_cursor_next(struct noxs_cursor *cursor, struct noxs_ioc_event *event);

/*
 * True if noxs_cursor_next() would find one, or is to be asked why not; skips what the cursor does
 * not follow.
 */
bool noxs_cursor_pending(struct noxs_cursor *cursor);

/* Readers wait here; who follows ends waits at the other, and is woken for nothing else. */
extern wait_queue_head_t noxs_event_wait, noxs_end_wait;

#endif /* NOXS_EVENTS_H */
