/* SPDX-License-Identifier: MIT */
/* Event channels of the two-level ABI, polled. */
#include <errno.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/panic.h>
#include <minios/time.h>
#include <minios/util.h>

#define MAX_HANDLERS  32
#define BITS_PER_WORD (8 * sizeof(xen_ulong_t))

struct binding {
	evtchn_handler *handler;
	void *data;
};

/* ports[] is apart from bindings[] because SCHEDOP_poll takes it as it is. */
static evtchn_port_t ports[MAX_HANDLERS];
static struct binding bindings[MAX_HANDLERS];
static unsigned int nr_ports;

static int port_find(evtchn_port_t port)
{
	unsigned int i;

	for (i = 0; i < nr_ports; i++)
		if (ports[i] == port)
			return (int)i;
	return -ENOENT;
}

static bool pending_test_and_clear(evtchn_port_t port)
{
	xen_ulong_t *word = &time_shared_info()->evtchn_pending[port / BITS_PER_WORD];
	xen_ulong_t bit = 1UL << (port % BITS_PER_WORD);

	if (!(READ_ONCE(*word) & bit))
		return false;
	/* A full barrier: what the other side wrote before it notified is seen after this. */
	__atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
	return true;
}

int evtchn_handle(evtchn_port_t port, evtchn_handler *handler, void *data)
{
	if (!port || port >= EVTCHN_2L_NR_CHANNELS)
		return -EINVAL;
	if (port_find(port) >= 0)
		return -EEXIST;
	if (nr_ports == MAX_HANDLERS)
		return -ENOSPC;
	ports[nr_ports] = port;
	bindings[nr_ports] = (struct binding){ handler, data };
	nr_ports++;
	return 0;
}

void evtchn_unhandle(evtchn_port_t port)
{
	int i = port_find(port);

	if (i < 0)
		return;
	nr_ports--;
	ports[i] = ports[nr_ports];
	bindings[i] = bindings[nr_ports];
}

void evtchn_reset(void)
{
	nr_ports = 0;
}

int evtchn_alloc(domid_t remote, evtchn_port_t *port)
{
	struct evtchn_alloc_unbound op = { .dom = DOMID_SELF, .remote_dom = remote };
	int err = hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &op);

	if (!err)
		*port = op.port;
	return err;
}

void evtchn_close(evtchn_port_t port)
{
	struct evtchn_close op = { .port = port };

	evtchn_unhandle(port);
	(void)hypercall_event_channel_op(EVTCHNOP_close, &op); /* gone either way */
}

void evtchn_notify(evtchn_port_t port)
{
	struct evtchn_send op = { .port = port };

	/* Fails only if the other side has gone, which the control page says in its own way. */
	(void)hypercall_event_channel_op(EVTCHNOP_send, &op);
}

bool evtchn_dispatch(void)
{
	bool any = false;
	unsigned int i;

	/* A handler may add or take away ports: a skipped one is still pending at the next call. */
	for (i = 0; i < nr_ports; i++) {
		if (!pending_test_and_clear(ports[i]))
			continue;
		any = true;
		bindings[i].handler(bindings[i].data);
	}
	return any;
}

void evtchn_sleep(uint64_t deadline_ns)
{
	struct sched_poll poll = { .nr_ports = nr_ports, .timeout = deadline_ns };
	long err;

	set_xen_guest_handle(poll.ports, ports);
	err = hypercall_sched_op(SCHEDOP_poll, &poll);
	if (err)
		panic("cannot sleep: %ld", err);
}
