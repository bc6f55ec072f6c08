// SPDX-License-Identifier: GPL-2.0
/*
 * What is asked of the guest, and its answers.  Power control is Linux's own: it watches
 * control/shutdown.
 */
#include "front.h"

static struct front_dev *sysctl_of(struct front *f)
{
	struct front_dev *d;

	for (d = f->devs; d < f->devs + NOXS_CTRL_SLOTS; d++)
		if (d->is_used && d->dev.cls == NOXS_CLASS_SYSCTL)
			return d;
	return NULL;
}

void sysctl_answer(struct front *f, u32 event, u32 code, u32 req_id)
{
	struct front_dev *d = sysctl_of(f);
	struct noxs_ctrl_front half = { .state = NOXS_STATE_OPEN };
	int err;

	if (!d)
		return;
	half.u.sysctl.event = event;
	half.u.sysctl.code = code;
	half.u.sysctl.req_id = req_id;
	half.u.sysctl.start_ns = f->start_ns;
	half.u.sysctl.event_ns = f->ops->time_ns();
	err = slot_publish(f, d, &half);
	f->has_more_to_say = err == -ETIMEDOUT;
	if (!err)
		return;
	f->to_say = half;
	if (f->has_more_to_say)
		pr_warn("the back-end has not taken in what was said before event %u\n", event);
}

static void say(struct front *f, u32 event, u32 req_id)
{
	sysctl_answer(f, event, 0, req_id);
}

void sysctl_retry(struct front *f)
{
	struct front_dev *d = f->has_more_to_say ? sysctl_of(f) : NULL;

	if (d && slot_is_taken_in(f, d))
		f->has_more_to_say = slot_publish(f, d, &f->to_say) == -ETIMEDOUT;
}

/* From here on we can be asked. */
void sysctl_start(struct front *f)
{
	say(f, NOXS_SYSCTL_EV_NONE, 0);
}

void front_ready(struct front *f)
{
	if (f->is_ready)
		return;
	f->is_ready = true;
	say(f, NOXS_SYSCTL_EV_READY, 0);
}

static void suspend(struct front *f, u32 req_id)
{
	store_write(&f->store, "control", "shutdown", "suspend");
	/* The watch thread suspends itself: it comes to this afterwards. */
	f->suspend_id = req_id;
	f->suspend_sync = front_sync(f);
}

static void repage(struct front *f, u32 req_id)
{
	int err = f->ops->read_page(f);

	if (!err)
		front_scan(f);
	say(f, err ? NOXS_SYSCTL_EV_REFUSED : NOXS_SYSCTL_EV_DONE, req_id);
}

void sysctl_event(struct front *f, const struct noxs_sysctl_back *request)
{
	switch (request->request) {
	case NOXS_SYSCTL_REQ_NONE:
		break;
	case NOXS_SYSCTL_REQ_POWEROFF:
		store_write(&f->store, "control", "shutdown", "poweroff");
		break;
	case NOXS_SYSCTL_REQ_REBOOT:
		store_write(&f->store, "control", "shutdown", "reboot");
		break;
	case NOXS_SYSCTL_REQ_SUSPEND:
		suspend(f, request->req_id);
		break;
	case NOXS_SYSCTL_REQ_CRASH:
		say(f, NOXS_SYSCTL_EV_CRASHING, 0);
		f->ops->crash();
		break;
	case NOXS_SYSCTL_REQ_REPAGE:
		repage(f, request->req_id);
		break;
	case NOXS_SYSCTL_REQ_RELEASE:
		front_release(f, request->cls, request->id, request->req_id);
		break;
	default:
		say(f, NOXS_SYSCTL_EV_REFUSED, request->req_id);
		break;
	}
}

void sysctl_resumed(struct front *f)
{
	u32 req_id = f->suspend_id;
	bool anew = f->is_new_here;

	WRITE_ONCE(f->was_away, false);
	f->is_new_here = false;
	f->suspend_id = 0;
	if (anew)
		f->release_id = 0;
	/* The request was made in another domain; here nobody knows yet how far we are. */
	if (anew)
		say(f, f->is_ready ? NOXS_SYSCTL_EV_READY : NOXS_SYSCTL_EV_NONE, 0);
	else if (req_id)
		say(f, NOXS_SYSCTL_EV_DONE, req_id);
}

/* Linux has come to its end with a request to suspend, and we have not been away: it could not. */
void sysctl_synced(struct front *f, u32 number)
{
	u32 req_id = f->suspend_id;

	/* If it has been away, it only has not said so yet. */
	if (!req_id || number != f->suspend_sync || READ_ONCE(f->was_away))
		return;
	f->suspend_id = 0;
	store_remove(&f->store, "control/shutdown");
	say(f, NOXS_SYSCTL_EV_REFUSED, req_id);
}
