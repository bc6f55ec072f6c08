// SPDX-License-Identifier: GPL-2.0-only
/* Making and unmaking domains with domctl, which only tools see. */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/domctl.h>
#include <xen/memory.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include "domain.h"

#define MAX_KIB	  4096
#define ANY_DOMID 0

static uint8_t held_window[PAGE_SIZE] MM_WINDOW;
static uint8_t frame_window[PAGE_SIZE] MM_WINDOW;

static long domctl(struct xen_domctl *op, uint32_t cmd, domid_t domid)
{
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = domid;
	return hypercall1(__HYPERVISOR_domctl, op);
}

long domain_create_as(domid_t domid)
{
	struct xen_domctl op = { 0 };
	long err;

	op.u.createdomain.max_vcpus = 1;
	op.u.createdomain.max_evtchn_port = 31;
	op.u.createdomain.max_grant_frames = 1;
	op.u.createdomain.max_maptrack_frames = 1;
	op.u.createdomain.grant_opts = XEN_DOMCTL_GRANT_version(1);
	err = domctl(&op, XEN_DOMCTL_createdomain, domid);
	if (err)
		return err;
	domid = op.domain;
	memset(&op, 0, sizeof(op));
	op.u.max_mem.max_memkb = MAX_KIB;
	err = domctl(&op, XEN_DOMCTL_max_mem, domid);
	return err ? err : domid;
}

long domain_create(void)
{
	return domain_create_as(ANY_DOMID);
}

long domain_destroy(domid_t domid)
{
	struct xen_domctl op = { 0 };

	return domctl(&op, XEN_DOMCTL_destroydomain, domid);
}

static long foreign_map(void *window, domid_t domid, unsigned long mfn)
{
	return hypercall4(__HYPERVISOR_update_va_mapping_otherdomain, window,
			  ((uint64_t)mfn << PAGE_SHIFT) | PTE_RO, UVMF_INVLPG, domid);
}

long domain_hold(domid_t domid)
{
	xen_pfn_t frame = 0;
	struct xen_memory_reservation res = { .nr_extents = 1, .domid = domid };
	long ret;

	set_xen_guest_handle(res.extent_start, &frame);
	ret = hypercall2(__HYPERVISOR_memory_op, XENMEM_populate_physmap, &res);
	if (ret != 1)
		return ret < 0 ? ret : -1;
	return foreign_map(held_window, domid, frame);
}

void domain_release(void)
{
	(void)mm_window_unmap(held_window); /* nothing can be done about it */
}

const void *domain_frame_map(domid_t domid, unsigned long mfn)
{
	return foreign_map(frame_window, domid, mfn) ? NULL : frame_window;
}
