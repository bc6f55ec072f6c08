// SPDX-License-Identifier: GPL-2.0
/*
 * The other end of the ring by which the kernel's xenbus speaks to a XenStore.  A Linux whose start
 * info names no channel to one takes it for local (XS_LOCAL), makes a ring and an unbound channel
 * to itself, and waits until somebody speaks there.  That is the thread in here.
 */
#define pr_fmt(fmt) "noxs-front: " fmt
#include <linux/delay.h>
#include <linux/interrupt.h>
#include <linux/kthread.h>
#include <linux/module.h>
#include <linux/wait.h>
#include <xen/events.h>
#include <xen/xenbus.h>
#include <xen/interface/event_channel.h>
#include <asm/xen/hypercall.h>
#include "main.h"
#include "xs_local.h"

static DECLARE_WAIT_QUEUE_HEAD(ring_wq);
static bool is_kicked, is_given_up;
static int store_irq, control_irq;
static int stale_irqs[2]; /* of before a restore, 0 = none; main_lock */
static evtchn_port_t store_port, control_port;
static char body[XENSTORE_PAYLOAD_MAX + 1];

/* ---- events ---- */

void ring_kick(void)
{
	WRITE_ONCE(is_kicked, true);
	wake_up(&ring_wq);
}

static irqreturn_t control_interrupt(int irq, void *arg)
{
	ring_kick();
	return IRQ_HANDLED;
}

static irqreturn_t store_interrupt(int irq, void *arg)
{
	wake_up(&ring_wq);
	return IRQ_HANDLED;
}

void ring_notify_control(struct front *f)
{
	notify_remote_via_irq(control_irq);
}

bool ring_pause(struct front *f)
{
	(void)wait_event_timeout(ring_wq, READ_ONCE(is_given_up) || READ_ONCE(is_kicked),
				 msecs_to_jiffies(10));
	/* It stays to be served; but nobody waits for the same news twice. */
	if (READ_ONCE(is_kicked))
		usleep_range(500, 1000);
	return !READ_ONCE(is_given_up);
}

/* ---- the ring ---- */

static bool has_request(void)
{
	const struct xenstore_domain_interface *i = xen_store_interface;

	return READ_ONCE(i->req_prod) != READ_ONCE(i->req_cons);
}

static bool has_room(void)
{
	const struct xenstore_domain_interface *i = xen_store_interface;

	return READ_ONCE(i->rsp_prod) - READ_ONCE(i->rsp_cons) < XENSTORE_RING_SIZE;
}

/* The other end is our own kernel: what it has begun it will end. */
static bool read_bytes(void *data, u32 len)
{
	struct xenstore_domain_interface *i = xen_store_interface;

	while (len) {
		u32 cons = READ_ONCE(i->req_cons), n = READ_ONCE(i->req_prod) - cons;

		if (!n) {
			(void)wait_event_timeout(ring_wq, has_request() || READ_ONCE(is_given_up),
						 HZ / 10);
			if (READ_ONCE(is_given_up))
				return false;
			continue;
		}
		virt_rmb(); /* the index before the bytes */
		n = min3(n, len, (u32)XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(cons));
		memcpy(data, i->req + MASK_XENSTORE_IDX(cons), n);
		virt_mb(); /* the bytes are read before they may be written again */
		WRITE_ONCE(i->req_cons, cons + n);
		data += n;
		len -= n;
	}
	return true;
}

static bool write_bytes(const void *data, u32 len)
{
	struct xenstore_domain_interface *i = xen_store_interface;

	while (len) {
		u32 prod = i->rsp_prod, n = XENSTORE_RING_SIZE - (prod - READ_ONCE(i->rsp_cons));

		if (!n) {
			notify_remote_via_irq(store_irq);
			(void)wait_event_timeout(ring_wq, has_room() || READ_ONCE(is_given_up),
						 HZ / 10);
			if (READ_ONCE(is_given_up))
				return false;
			continue;
		}
		virt_mb(); /* the index before the bytes */
		n = min3(n, len, (u32)XENSTORE_RING_SIZE - MASK_XENSTORE_IDX(prod));
		memcpy(i->rsp + MASK_XENSTORE_IDX(prod), data, n);
		virt_wmb(); /* the bytes before the index */
		WRITE_ONCE(i->rsp_prod, prod + n);
		data += n;
		len -= n;
	}
	return true;
}

void ring_send(struct store *s, const struct xsd_sockmsg *head, const void *data)
{
	if (write_bytes(head, sizeof(*head)) && write_bytes(data, head->len))
		notify_remote_via_irq(store_irq);
}

static void serve_request(void)
{
	struct xsd_sockmsg head;

	if (!read_bytes(&head, sizeof(head)))
		return;
	if (head.len > XENSTORE_PAYLOAD_MAX) {
		/* The kernel checks what root writes: it is broken, and so is all that follows. */
		pr_err("a message of %u bytes: what is in the ring is dropped\n", head.len);
		WRITE_ONCE(xen_store_interface->req_cons, READ_ONCE(xen_store_interface->req_prod));
		return;
	}
	if (!read_bytes(body, head.len))
		return;
	notify_remote_via_irq(store_irq); /* there is room again */
	store_request(&main_front.store, &head, body);
}

static void wait_for_work(void)
{
	/*
	 * The kernel's xenbus waits for an event before it looks for devices, and does not notice
	 * one that comes before it waits.
	 */
	while (!READ_ONCE(main_front.store.nr_requests)) {
		notify_remote_via_irq(store_irq);
		if (wait_event_interruptible_timeout(ring_wq, has_request() || READ_ONCE(is_kicked),
						     HZ / 10))
			return;
	}
	(void)wait_event_interruptible(ring_wq, has_request() || READ_ONCE(is_kicked));
}

/*
 * The kernel resumes each interrupt that it has suspended, and warns of one that was freed in
 * between and is not quite gone.
 */
static void drop_stale(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stale_irqs); i++) {
		if (stale_irqs[i])
			unbind_from_irqhandler(stale_irqs[i], &ring_wq);
		stale_irqs[i] = 0;
	}
}

static int ring_thread(void *arg)
{
	ring_kick();
	for (;;) {
		wait_for_work();
		mutex_lock(&main_lock);
		while (has_request() && !READ_ONCE(is_given_up)) {
			serve_request();
			drop_stale(); /* xs_resume() asks when interrupts are resumed */
		}
		if (xchg(&is_kicked, false))
			front_events(&main_front);
		mutex_unlock(&main_lock);
	}
	return 0;
}

/* ---- channels ---- */

static int bind_control(void)
{
	control_irq = bind_evtchn_to_irqhandler(control_port, control_interrupt, 0, "noxs-control",
						&ring_wq);
	return min(control_irq, 0);
}

static int bind_store(void)
{
	struct evtchn_bind_interdomain bind = {
		.remote_dom = DOMID_SELF,
		.remote_port = xen_store_evtchn,
	};
	int err = HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind);

	if (err)
		return err;
	store_port = bind.local_port;
	store_irq =
		bind_evtchn_to_irqhandler(store_port, store_interrupt, 0, "noxs-store", &ring_wq);
	return min(store_irq, 0);
}

bool ring_is_lost(void)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = store_port };

	return HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) ||
	       status.status != EVTCHNSTAT_interdomain ||
	       status.u.interdomain.port != xen_store_evtchn;
}

void ring_give_up(void)
{
	WRITE_ONCE(is_given_up, true);
	wake_up(&ring_wq);
}

void ring_resume(void)
{
	struct evtchn_alloc_unbound alloc = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
	int err;

	/* The kernel has forgotten their ports: nothing of now will be closed with them. */
	drop_stale();
	stale_irqs[0] = store_irq;
	stale_irqs[1] = control_irq;
	err = HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc);
	if (!err) {
		/* xs_resume() binds it next, and drops what is in the ring. */
		xen_store_evtchn = alloc.port;
		err = bind_store();
	}
	if (!err)
		err = bind_control();
	/* The kernel would wait for an answer for ever: somebody should know. */
	if (err)
		panic("noxs-front: no event channels after a restore: error %d\n", err);
	WRITE_ONCE(is_given_up, false);
}

int ring_start(evtchn_port_t port)
{
	int err;

	if (xen_store_domain_type != XS_LOCAL) {
		pr_info("this domain has a XenStore, which knows its devices\n");
		return -ENODEV;
	}
	control_port = port;
	err = bind_store();
	if (err)
		return err;
	err = bind_control();
	if (err)
		unbind_from_irqhandler(store_irq, &ring_wq);
	return err;
}

int ring_run(void)
{
	struct task_struct *thread = kthread_run(ring_thread, NULL, "noxs-store");

	return PTR_ERR_OR_ZERO(thread);
}

void ring_stop(void)
{
	unbind_from_irqhandler(control_irq, &ring_wq);
	unbind_from_irqhandler(store_irq, &ring_wq);
}
