// SPDX-License-Identifier: GPL-2.0
/*
 * The noxs hypercall and the event-channel operations done by hand.  No policy.
 */
#include <linux/kernel.h>
#include <linux/string.h>
#include <xen/events.h>
#include <asm/xen/hypercall.h>
#include "hypercall.h"

/* Xen takes the arguments by guest virtual address; kernel addresses of any kind will do. */
static long noxs_op(unsigned int op, void *arg, void *buf, unsigned int count)
{
	return xen_single_call(__HYPERVISOR_noxs_op, op, (unsigned long)arg, (unsigned long)buf,
			       count, 0);
}

u32 noxs_hv_version(void)
{
	long version = noxs_op(NOXS_OP_version, NULL, NULL, 0);

	return version > 0 ? version : 0;
}

bool noxs_hv_usable(u32 version)
{
	return version >> 16 == NOXS_ABI_MAJOR;
}

int noxs_hv_dev_add(domid_t domid, struct noxs_dev *devs, unsigned int count, u64 *frame)
{
	struct noxs_dev_op arg = { .domid = domid };
	long ret = noxs_op(NOXS_OP_dev_add, &arg, devs, count);

	if (ret < 0)
		return ret;
	*frame = arg.frame;
	return 0;
}

int noxs_hv_dev_replace(domid_t domid, struct noxs_dev *dev)
{
	struct noxs_dev_op arg = { .domid = domid, .flags = NOXS_DEV_REPLACE };

	return noxs_op(NOXS_OP_dev_add, &arg, dev, 1);
}

int noxs_hv_dev_remove(domid_t domid, struct noxs_dev_id *ids, unsigned int count)
{
	struct noxs_dev_op arg = { .domid = domid };

	return noxs_op(NOXS_OP_dev_remove, &arg, ids, count);
}

int noxs_hv_set_info(struct noxs_set_info *info)
{
	long ret = noxs_op(NOXS_OP_set_info, info, NULL, 1);

	return ret < 0 ? ret : 0;
}

int noxs_hv_next_event(struct noxs_event *events, unsigned int count)
{
	return noxs_op(NOXS_OP_next_event, events, NULL, count);
}

int noxs_hv_dominfo(domid_t domid, struct noxs_dominfo *info)
{
	struct noxs_list arg = { .first = domid };
	long ret = noxs_op(NOXS_OP_list, &arg, info, 1);

	if (ret < 0)
		return ret;
	return ret == 1 && info->domid == domid ? 0 : -ESRCH;
}

/*
 * Close @port unless it has been closed already: which of the two a failed
 * bind_evtchn_to_irqhandler leaves behind depends on where it failed.
 */
static void evtchn_close_ours(evtchn_port_t port, domid_t domid, evtchn_port_t remote_port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };
	struct evtchn_close close = { .port = port };

	if (HYPERVISOR_event_channel_op(EVTCHNOP_status, &status))
		return;
	if (status.status == EVTCHNSTAT_interdomain && status.u.interdomain.dom == domid &&
	    status.u.interdomain.port == remote_port)
		(void)HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
}

int noxs_evtchn_bind(domid_t domid, evtchn_port_t remote_port, irq_handler_t handler,
		     const char *name, void *arg)
{
	struct evtchn_bind_interdomain bind = { .remote_dom = domid, .remote_port = remote_port };
	int irq;

	if (HYPERVISOR_event_channel_op(EVTCHNOP_bind_interdomain, &bind))
		return -EIO;
	irq = bind_evtchn_to_irqhandler_lateeoi(bind.local_port, handler, 0, name, arg);
	if (irq < 0)
		evtchn_close_ours(bind.local_port, domid, remote_port);
	return irq;
}

void noxs_evtchn_unbind(int irq, void *arg)
{
	unbind_from_irqhandler(irq, arg);
}
