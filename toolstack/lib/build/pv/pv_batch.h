/* SPDX-License-Identifier: LGPL-2.1-only */
/* Hypercalls that are collected and made through one call into the kernel. */
#ifndef CHAOS_PV_BATCH_H
#define CHAOS_PV_BATCH_H

#include <stddef.h>
#include <stdint.h>
#include <xencall.h>
#include <xenctrl.h>

#define PV_BATCH_MAX   64U /* with a port for each of 30 vifs */
/* Enough for a vCPU context (5 KiB), or the extents of 2 GiB, beside small arguments. */
#define PV_BATCH_PAGES 4U

struct pv_batch {
	xencall_handle *xcall;
	struct multicall_entry *calls; /* at the start of the buffer; arguments follow */
	size_t used;
	unsigned int nr;
};

/* The buffer is made once and reused: in a loop of creations, keep the batch. */
int pv_batch_init(struct pv_batch *b, xencall_handle *xcall);
void pv_batch_fini(struct pv_batch *b);
/* Forget all calls and arguments. */
void pv_batch_reset(struct pv_batch *b);
/* Bytes that pv_batch_alloc() can still give. */
size_t pv_batch_room(const struct pv_batch *b);
/* Zeroed memory for an argument; there must be room. */
void *pv_batch_alloc(struct pv_batch *b, size_t size);
/* Add a call; returns its number. */
unsigned int pv_batch_add(struct pv_batch *b, unsigned long op, unsigned long arg0,
			  unsigned long arg1, unsigned long arg2, unsigned long arg3);
struct xen_domctl *pv_batch_add_domctl(struct pv_batch *b, uint32_t cmd, uint32_t domid);
/* Make the calls.  They have all been tried then; their results are told by pv_batch_result(). */
int pv_batch_run(struct pv_batch *b);
long pv_batch_result(const struct pv_batch *b, unsigned int nr);
/* The first of the calls [0, nr) that failed, with errno = why; -1 if none did. */
int pv_batch_failed(const struct pv_batch *b, unsigned int nr);

#endif /* CHAOS_PV_BATCH_H */
