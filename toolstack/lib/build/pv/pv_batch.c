// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A multicall in a hypercall buffer.  Each way into the kernel and on to Xen costs a paravirtual
 * Dom0 more than most of the calls themselves.
 */
#include <assert.h>
#include <errno.h>
#include <string.h>

#include "build/pv/pv_batch.h"

#define BUFFER_SIZE (PV_BATCH_PAGES * XC_PAGE_SIZE)
#define FIRST_ARG   (PV_BATCH_MAX * sizeof(struct multicall_entry))

int pv_batch_init(struct pv_batch *b, xencall_handle *xcall)
{
	b->xcall = xcall;
	b->calls = xencall_alloc_buffer_pages(xcall, PV_BATCH_PAGES);
	if (!b->calls) {
		errno = ENOMEM;
		return -1;
	}
	pv_batch_reset(b);
	return 0;
}

void pv_batch_fini(struct pv_batch *b)
{
	if (b->calls)
		xencall_free_buffer_pages(b->xcall, b->calls, PV_BATCH_PAGES);
	b->calls = NULL;
}

void pv_batch_reset(struct pv_batch *b)
{
	b->used = FIRST_ARG;
	b->nr = 0;
}

size_t pv_batch_room(const struct pv_batch *b)
{
	return BUFFER_SIZE - b->used;
}

void *pv_batch_alloc(struct pv_batch *b, size_t size)
{
	void *p = (char *)b->calls + b->used;

	size = (size + 15) & ~(size_t)15;
	assert(size <= pv_batch_room(b));
	b->used += size;
	return memset(p, 0, size);
}

unsigned int pv_batch_add(struct pv_batch *b, unsigned long op, unsigned long arg0,
			  unsigned long arg1, unsigned long arg2, unsigned long arg3)
{
	struct multicall_entry *call = &b->calls[b->nr];

	assert(b->nr < PV_BATCH_MAX);
	call->op = op;
	call->result = 0;
	call->args[0] = arg0;
	call->args[1] = arg1;
	call->args[2] = arg2;
	call->args[3] = arg3;
	return b->nr++;
}

struct xen_domctl *pv_batch_add_domctl(struct pv_batch *b, uint32_t cmd, uint32_t domid)
{
	struct xen_domctl *op = pv_batch_alloc(b, sizeof(*op));

	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = (domid_t)domid;
	(void)pv_batch_add(b, __HYPERVISOR_domctl, (uintptr_t)op, 0, 0, 0);
	return op;
}

int pv_batch_run(struct pv_batch *b)
{
	return xencall2(b->xcall, __HYPERVISOR_multicall, (uintptr_t)b->calls, b->nr);
}

long pv_batch_result(const struct pv_batch *b, unsigned int nr)
{
	return (long)b->calls[nr].result;
}

int pv_batch_failed(const struct pv_batch *b, unsigned int nr)
{
	unsigned int i;

	for (i = 0; i < nr; i++) {
		if (pv_batch_result(b, i) < 0) {
			errno = (int)-pv_batch_result(b, i);
			return (int)i;
		}
	}
	return -1;
}
