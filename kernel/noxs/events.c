// SPDX-License-Identifier: GPL-2.0
/*
 * The log of events: a ring of the last records, overwritten from the oldest on.  A reader that
 * was overtaken is told so with one LOST record.
 */
#include <linux/ktime.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <xen/interface/sched.h>
#include "events.h"

/*
 * A power of two.  A guest causes a bounded number of records in its life (READY once, CRASHING
 * once, one failure per device, one answer per request), so that it cannot push out others'.
 */
#define NOXS_LOG_SIZE 1024U

static DEFINE_SPINLOCK(log_lock);			 /* a leaf: nothing is taken inside */
static struct noxs_ioc_event log_records[NOXS_LOG_SIZE]; /* log_lock */
static u64 log_head;					 /* log_lock: next to be written */
static struct noxs_cursor *ends_follower;		 /* log_lock: NULL if there is none */

DECLARE_WAIT_QUEUE_HEAD(noxs_event_wait);
DECLARE_WAIT_QUEUE_HEAD(noxs_end_wait);

/* A domain that has suspended is to go on. */
static bool is_end(u16 type, u32 code)
{
	return type == NOXS_EVENT_SHUTDOWN && code != SHUTDOWN_suspend;
}

void noxs_event_push(u16 domid, u16 type, u32 code, u32 arg)
{
	noxs_event_push_detail(domid, type, code, arg, 0);
}

void noxs_event_push_detail(u16 domid, u16 type, u32 code, u32 arg, u32 detail)
{
	struct noxs_ioc_event *record;
	unsigned long flags;

	spin_lock_irqsave(&log_lock, flags);
	record = &log_records[log_head % NOXS_LOG_SIZE];
	*record = (struct noxs_ioc_event){
		.domid = domid,
		.type = type,
		.code = code,
		.arg = arg,
		.detail = detail,
		.time_ns = ktime_get_ns(),
	};
	log_head++;
	spin_unlock_irqrestore(&log_lock, flags);
	wake_up_interruptible_poll(&noxs_event_wait, EPOLLIN | EPOLLRDNORM);
	if (is_end(type, code))
		wake_up_interruptible_poll(&noxs_end_wait, EPOLLIN | EPOLLRDNORM);
}

/* From now on.  log_lock is held. */
static void cursor_begin(struct noxs_cursor *cursor, u16 domid)
{
	if (ends_follower == cursor)
		ends_follower = NULL;
	cursor->next = log_head;
	cursor->domid = domid;
	cursor->follows = true;
	cursor->has_first = false;
	cursor->for_ends = false;
	cursor->is_ousted = false;
}

void noxs_cursor_follow(struct noxs_cursor *cursor, u16 domid, const struct noxs_ioc_event *first)
{
	spin_lock_irq(&log_lock);
	cursor_begin(cursor, domid);
	cursor->has_first = first;
	if (first)
		cursor->first = *first;
	spin_unlock_irq(&log_lock);
}

int noxs_cursor_follow_ends(struct noxs_cursor *cursor, bool takes)
{
	struct noxs_cursor *other;

	spin_lock_irq(&log_lock);
	other = ends_follower == cursor ? NULL : ends_follower;
	if (other && !takes) {
		spin_unlock_irq(&log_lock);
		return -EBUSY;
	}
	if (other) {
		other->follows = false;
		other->is_ousted = true;
	}
	cursor_begin(cursor, NOXS_DOMID_ANY);
	cursor->for_ends = true;
	ends_follower = cursor;
	spin_unlock_irq(&log_lock);
	if (other) /* whoever waits there looks */
		wake_up_interruptible_poll(&noxs_end_wait, EPOLLIN | EPOLLRDNORM);
	return 0;
}

bool noxs_cursor_ends_followed(void)
{
	return READ_ONCE(ends_follower);
}

void noxs_cursor_stop(struct noxs_cursor *cursor)
{
	spin_lock_irq(&log_lock);
	cursor->follows = false;
	if (ends_follower == cursor)
		ends_follower = NULL;
	spin_unlock_irq(&log_lock);
}

static bool cursor_wants(const struct noxs_cursor *cursor, const struct noxs_ioc_event *event)
{
	if (cursor->for_ends && !is_end(event->type, event->code))
		return false;
	return cursor->domid == NOXS_DOMID_ANY || cursor->domid == event->domid;
}

/* Find the next record of interest without taking it.  log_lock is held. */
static bool cursor_peek(struct noxs_cursor *cursor, struct noxs_ioc_event *event)
{
	if (!cursor->follows)
		return false;
	if (cursor->has_first) {
		*event = cursor->first;
		return true;
	}
	if (log_head - cursor->next > NOXS_LOG_SIZE) {
		*event = (struct noxs_ioc_event){
			.domid = NOXS_DOMID_ANY,
			.type = NOXS_EVENT_LOST,
			.time_ns = ktime_get_ns(),
		};
		return true;
	}
	for (; cursor->next != log_head; cursor->next++) {
		*event = log_records[cursor->next % NOXS_LOG_SIZE];
		if (cursor_wants(cursor, event))
			return true;
	}
	return false;
}

static void cursor_advance(struct noxs_cursor *cursor)
{
	if (cursor->has_first)
		cursor->has_first = false;
	else if (log_head - cursor->next > NOXS_LOG_SIZE)
		cursor->next = log_head - NOXS_LOG_SIZE;
	else
		cursor->next++;
}

int noxs_cursor_next(struct noxs_cursor *cursor, struct noxs_ioc_event *event)
{
	int ret = -ENOTCONN;

	spin_lock_irq(&log_lock);
	if (cursor->follows) {
		ret = cursor_peek(cursor, event);
		if (ret)
			cursor_advance(cursor);
	}
	spin_unlock_irq(&log_lock);
	return ret;
}

bool noxs_cursor_pending(struct noxs_cursor *cursor)
{
	struct noxs_ioc_event event;
	bool found;

	spin_lock_irq(&log_lock);
	found = cursor->is_ousted || cursor_peek(cursor, &event);
	spin_unlock_irq(&log_lock);
	return found;
}
