/* SPDX-License-Identifier: MIT */
/* sysctl front-end. */
#include <stdio.h>
#include <minios/app.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/noxs.h>
#include <minios/panic.h>
#include <minios/start.h>
#include <minios/suspend.h>
#include <minios/sysctl.h>
#include <minios/time.h>

#define EXIT_WAIT_NS 1000000000ULL

static struct noxs_front front;
static bool is_open, is_ready, is_listening;

static void event_send(uint32_t event, uint32_t code, uint32_t req_id)
{
	struct noxs_sysctl_front half = {
		.event = event,
		.code = code,
		.req_id = req_id,
		.start_ns = start_time_ns(),
		.event_ns = time_ns(),
	};

	if (is_open)
		noxs_publish(&front, NOXS_STATE_OPEN, &half, sizeof(half));
}

void minios_ready(void)
{
	if (!is_ready)
		event_send(NOXS_SYSCTL_EV_READY, 0, 0);
	is_ready = true;
}

void sysctl_listen(void)
{
	is_listening = true;
	if (!is_ready)
		event_send(NOXS_SYSCTL_EV_NONE, 0, 0);
}

static void wait_taken(uint64_t deadline)
{
	while (is_open && !ctrl_slot_is_taken(&front.slot) && time_ns() < deadline) {
		evtchn_sleep(deadline);
		(void)evtchn_dispatch(); /* the control channel's handler sends what waits */
	}
}

void sysctl_exit(unsigned int status)
{
	uint64_t deadline = time_ns() + EXIT_WAIT_NS;

	noxs_poll();
	wait_taken(deadline); /* READY is not to be replaced by what comes now */
	event_send(NOXS_SYSCTL_EV_EXIT, status, 0);
	wait_taken(deadline);
}

static void crashing(unsigned int code)
{
	event_send(NOXS_SYSCTL_EV_CRASHING, code, 0);
}

static void sysctl_event(void *data, const struct noxs_ctrl_back *back)
{
	const struct noxs_sysctl_back *req = &back->u.sysctl;

	(void)data;
	if (back->state != NOXS_STATE_OPEN) {
		is_open = back->state != NOXS_STATE_GONE;
		return;
	}
	switch (req->request) {
	case NOXS_SYSCTL_REQ_NONE:
		break;
	case NOXS_SYSCTL_REQ_POWEROFF:
		domain_shutdown(SHUTDOWN_poweroff);
	case NOXS_SYSCTL_REQ_REBOOT:
		domain_shutdown(SHUTDOWN_reboot);
	case NOXS_SYSCTL_REQ_CRASH:
		panic("crash requested");
	case NOXS_SYSCTL_REQ_SUSPEND:
		/* A restored domain has said READY by now: its back-end may be a new one. */
		(void)suspend();
		event_send(NOXS_SYSCTL_EV_DONE, 0, req->req_id);
		break;
	case NOXS_SYSCTL_REQ_REPAGE:
		event_send(noxs_rescan() ? NOXS_SYSCTL_EV_REFUSED : NOXS_SYSCTL_EV_DONE, 0,
			   req->req_id);
		break;
	default:
		event_send(NOXS_SYSCTL_EV_REFUSED, 0, req->req_id);
		break;
	}
}

static void sysctl_resume(void *data, const struct noxs_dev *dev)
{
	(void)data;
	(void)dev;
	if (is_ready)
		event_send(NOXS_SYSCTL_EV_READY, 0, 0);
	else if (is_listening)
		event_send(NOXS_SYSCTL_EV_NONE, 0, 0);
}

void sysctl_init(void)
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_SYSCTL, NULL);
	int err;

	if (!dev)
		return;
	front.event = sysctl_event;
	front.resume = sysctl_resume;
	err = noxs_open(&front, dev);
	if (err) {
		printf("sysctl: cannot open: %d\n", err);
		return;
	}
	is_open = true;
	panic_hook = crashing;
}
