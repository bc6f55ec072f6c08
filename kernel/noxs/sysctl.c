// SPDX-License-Identifier: GPL-2.0
/*
 * The sysctl back-end.  It has no rings: requests and answers go through the control slot alone.
 *
 *   guest:  CLOSED --READY--> OPEN --(its own doing)--> CLOSED
 *   ours:   OPEN from the start; FAILED after nonsense; GONE when removed
 *
 * At most one request is outstanding.  POWEROFF, REBOOT and CRASH replace whatever is: the guest
 * will not come back to answer it.
 */
#include <linux/ktime.h>
#include <linux/slab.h>
#include "devices.h"
#include "events.h"
#include "sysctl.h"

struct noxs_sysctl {
	struct noxs_device dev;
	/* All under dom->lock. */
	bool open; /* the guest's half is OPEN: it answers requests */
	bool crashing_told;
	u32 req_id;	    /* last number given out */
	u32 outstanding;    /* number of the unanswered request, 0 if none */
	u64 ready_ns;	    /* CLOCK_MONOTONIC of the first READY, 0 before */
	u64 guest_start_ns; /* the guest's own words */
	u64 guest_ready_ns;
};

static struct noxs_sysctl *to_sysctl(struct noxs_device *dev)
{
	return container_of(dev, struct noxs_sysctl, dev);
}

static int sysctl_check(const struct noxs_ioc_dev *req)
{
	if (req->id || req->flags || req->link[0] ||
	    memchr_inv(&req->config, 0, sizeof(req->config)))
		return -EINVAL;
	return 0;
}

static struct noxs_device *sysctl_create(struct noxs_domain *dom, const struct noxs_ioc_dev *req,
					 struct noxs_conflict *conflict)
{
	struct noxs_sysctl *sysctl = kzalloc(sizeof(*sysctl), GFP_KERNEL);

	if (!sysctl)
		return ERR_PTR(-ENOMEM);
	sysctl->dev.slot.back.state = NOXS_STATE_OPEN;
	dom->sysctl = &sysctl->dev;
	return &sysctl->dev;
}

static void sysctl_answered(struct noxs_sysctl *sysctl, const struct noxs_sysctl_front *said)
{
	/* An answer to a request that was replaced comes too late to matter. */
	if (!sysctl->outstanding || said->req_id != sysctl->outstanding)
		return;
	sysctl->outstanding = 0;
	noxs_event_push_detail(sysctl->dev.dom->domid, NOXS_EVENT_ANSWER, said->event, said->req_id,
			       said->event == NOXS_SYSCTL_EV_REFUSED ? said->code : 0);
}

static void sysctl_ready(struct noxs_sysctl *sysctl, const struct noxs_sysctl_front *front)
{
	if (sysctl->ready_ns)
		return;
	sysctl->ready_ns = ktime_get_ns();
	sysctl->guest_start_ns = front->start_ns;
	sysctl->guest_ready_ns = front->event_ns;
	noxs_event_push(sysctl->dev.dom->domid, NOXS_EVENT_READY, 0, 0);
}

static int sysctl_front_changed(struct noxs_device *dev, const struct noxs_ctrl_front *front)
{
	struct noxs_sysctl *sysctl = to_sysctl(dev);
	const struct noxs_sysctl_front *said = &front->u.sysctl;

	sysctl->open = front->state == NOXS_STATE_OPEN;
	switch (said->event) {
	case NOXS_SYSCTL_EV_NONE:
		break;
	case NOXS_SYSCTL_EV_READY:
		if (!sysctl->open)
			return -EPROTO;
		sysctl_ready(sysctl, said);
		break;
	case NOXS_SYSCTL_EV_REFUSED:
	case NOXS_SYSCTL_EV_DONE:
		sysctl_answered(sysctl, said);
		break;
	case NOXS_SYSCTL_EV_CRASHING:
		if (!sysctl->crashing_told)
			noxs_event_push(dev->dom->domid, NOXS_EVENT_ANSWER, NOXS_SYSCTL_EV_CRASHING,
					said->req_id);
		sysctl->crashing_told = true;
		break;
	case NOXS_SYSCTL_EV_EXIT:
		if (said->code > 255)
			return -EPROTO;
		WRITE_ONCE(dev->dom->exited, NOXS_DOM_EXITED | said->code << 24);
		break;
	default:
		return -EPROTO;
	}
	return 0;
}

static void sysctl_disconnect(struct noxs_device *dev)
{
	to_sysctl(dev)->open = false;
}

static void sysctl_destroy(struct noxs_device *dev)
{
	kfree(to_sysctl(dev));
}

const struct noxs_class noxs_sysctl_class = {
	.cls = NOXS_CLASS_SYSCTL,
	.check = sysctl_check,
	.create = sysctl_create,
	.front_changed = sysctl_front_changed,
	.disconnect = sysctl_disconnect,
	.destroy = sysctl_destroy,
};

/* What @request is about is a device, or nothing. */
static bool sysctl_arg_is_good(u32 request, u32 arg)
{
	u16 cls = arg >> 16;

	if (request == NOXS_SYSCTL_REQ_RELEASE)
		return cls == NOXS_CLASS_VIF || cls == NOXS_CLASS_VBD;
	return !arg;
}

/*
 * Whether it was asked to let go of what has gone since.  It need not answer that, and is not to be
 * deaf to all else for it.
 */
static bool sysctl_request_is_moot(struct noxs_sysctl *sysctl)
{
	struct noxs_device *dev;

	if (sysctl->dev.slot.back.u.sysctl.request != NOXS_SYSCTL_REQ_RELEASE)
		return false;
	dev = noxs_device_find(sysctl->dev.dom, sysctl->dev.slot.back.u.sysctl.cls,
			       sysctl->dev.slot.back.u.sysctl.id);
	return !dev || dev->leaving;
}

int noxs_sysctl_request(struct noxs_domain *dom, u32 request, u32 arg, u32 *req_id)
{
	bool final = request == NOXS_SYSCTL_REQ_POWEROFF || request == NOXS_SYSCTL_REQ_REBOOT ||
		     request == NOXS_SYSCTL_REQ_CRASH;
	struct noxs_sysctl *sysctl;

	if (request == NOXS_SYSCTL_REQ_NONE || request > NOXS_SYSCTL_REQ_MAX ||
	    !sysctl_arg_is_good(request, arg))
		return -EINVAL;
	if (!dom->sysctl)
		return -ENOENT;
	sysctl = to_sysctl(dom->sysctl);
	if (dom->quiesced_by)
		return -EBUSY;
	if (!sysctl->open)
		return -ENOTCONN;
	if (sysctl->outstanding && !final && !sysctl_request_is_moot(sysctl))
		return -EBUSY;
	if (!++sysctl->req_id) /* 0 means none */
		sysctl->req_id = 1;
	sysctl->outstanding = sysctl->req_id;
	sysctl->dev.slot.back.u.sysctl.request = request;
	sysctl->dev.slot.back.u.sysctl.req_id = sysctl->req_id;
	sysctl->dev.slot.back.u.sysctl.cls = arg >> 16;
	sysctl->dev.slot.back.u.sysctl.id = (u16)arg;
	noxs_slot_publish(&sysctl->dev.slot, final);
	noxs_domain_notify(dom);
	*req_id = sysctl->req_id;
	return 0;
}

void noxs_sysctl_query(struct noxs_domain *dom, struct noxs_ioc_query *query)
{
	struct noxs_sysctl *sysctl;

	if (!dom->sysctl)
		return;
	sysctl = to_sysctl(dom->sysctl);
	if (sysctl->ready_ns)
		query->flags |= NOXS_DOM_READY;
	query->flags |= dom->exited;
	query->ready_ns = sysctl->ready_ns;
	query->guest_start_ns = sysctl->guest_start_ns;
	query->guest_ready_ns = sysctl->guest_ready_ns;
}

bool noxs_sysctl_ready_event(struct noxs_domain *dom, struct noxs_ioc_event *event)
{
	struct noxs_sysctl *sysctl;

	if (!dom->sysctl)
		return false;
	sysctl = to_sysctl(dom->sysctl);
	if (!sysctl->ready_ns)
		return false;
	*event = (struct noxs_ioc_event){
		.domid = dom->domid,
		.type = NOXS_EVENT_READY,
		.time_ns = sysctl->ready_ns,
	};
	return true;
}
