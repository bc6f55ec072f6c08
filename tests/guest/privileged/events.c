// SPDX-License-Identifier: GPL-2.0-only
/* next_event and its VIRQ. */
#include <errno.h>
#include <minios/time.h>
#include <minios/util.h>
#include "check.h"
#include "domain.h"
#include "op.h"
#include "privileged.h"

static struct noxs_event events[NOXS_EVENTS_MAX];

static evtchn_port_t virq_bind(void)
{
	struct evtchn_bind_virq op = { .virq = VIRQ_NOXS, .vcpu = 0 };
	long err = hypercall_event_channel_op(EVTCHNOP_bind_virq, &op);

	check_value("bind-virq", err, 0);
	return err ? 0 : op.port;
}

static bool virq_take(evtchn_port_t port)
{
	xen_ulong_t *word = &time_shared_info()->evtchn_pending[port / 64];
	xen_ulong_t bit = 1UL << (port % 64);

	return __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST) & bit;
}

static const struct noxs_event *event_find(long count, domid_t domid)
{
	long i;

	for (i = 0; i < count; i++)
		if (events[i].domid == domid)
			return &events[i];
	return NULL;
}

static void test_refused(void)
{
	check_value("event-count-0", op_next_event(events, 0), -EINVAL);
	check_value("event-count-65", op_next_event(events, NOXS_EVENTS_MAX + 1), -EINVAL);
	check_value("event-with-buf", hypercall_noxs_op(NOXS_OP_next_event, events, events, 1),
		    -EINVAL);
}

/* The last of a domain goes in RCU's time: when this CPU has been idle. */
static void settle(void)
{
	struct sched_poll poll = { .timeout = time_ns() + 100 * NSEC_PER_MSEC };

	(void)hypercall_sched_op(SCHEDOP_poll, &poll); /* a sleep: nothing to go wrong */
}

/* What earlier groups have left. */
static void drain(void)
{
	do
		settle();
	while (op_next_event(events, NOXS_EVENTS_MAX) > 0);
	check_value("event-none-left", op_next_event(events, NOXS_EVENTS_MAX), 0);
}

static void test_death(evtchn_port_t port)
{
	struct noxs_dev dev = sample_vif(0, 0);
	struct noxs_dev_op op = { 0 };
	const struct noxs_event *event;
	long ret = domain_create(), n;
	uint64_t serial;
	domid_t dom = (domid_t)ret;

	if (ret < 0) {
		check_error("events: domain_create", ret);
		return;
	}
	op.domid = dom;
	check_value("event-add-device", op_dev_add(&op, &dev, 1), 0);
	(void)op_next_event(events, NOXS_EVENTS_MAX); /* creation may or may not be told */
	(void)virq_take(port);

	check_value("event-hold", domain_hold(dom), 0);
	(void)domain_destroy(dom); /* dying, as its page is held */
	check_true("event-dying-raises-virq", virq_take(port));
	n = op_next_event(events, NOXS_EVENTS_MAX);
	event = event_find(n, dom);
	check_true("event-dying", event && (event->flags & NOXS_DOMF_DYING) && event->serial);
	serial = event ? event->serial : 0;
	check_value("event-told-once", op_next_event(events, NOXS_EVENTS_MAX), 0);

	(void)virq_take(port);
	domain_release();
	settle();
	check_true("event-gone-raises-virq", virq_take(port));
	n = op_next_event(events, NOXS_EVENTS_MAX);
	event = event_find(n, dom);
	check_true("event-gone",
		   event && event->flags == NOXS_DOMF_GONE && event->serial == serial);
}

void test_events(void)
{
	evtchn_port_t port = virq_bind();

	test_refused();
	drain();
	test_death(port);
}
