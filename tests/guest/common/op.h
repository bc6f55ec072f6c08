/* SPDX-License-Identifier: GPL-2.0-only */
/* The noxs hypercall as the tests make it, with nothing filled in for them. */
#ifndef OP_H
#define OP_H

#include <stddef.h>
#include <minios/hypercall.h>

/* Addresses no argument may have: not mapped, and Xen's own. */
#define BAD_POINTER ((void *)0x10)
#define XEN_POINTER ((void *)HYPERVISOR_VIRT_START)

static inline long op_version(void *arg, void *buf, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_version, arg, buf, count);
}

static inline long op_map(struct noxs_map *arg)
{
	return hypercall_noxs_op(NOXS_OP_map, arg, NULL, 0);
}

static inline long op_read(void *buf, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_read, NULL, buf, count);
}

static inline long op_dev_add(struct noxs_dev_op *arg, struct noxs_dev *devs, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_dev_add, arg, devs, count);
}

static inline long op_dev_remove(struct noxs_dev_op *arg, struct noxs_dev_id *ids,
				 unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_dev_remove, arg, ids, count);
}

static inline long op_set_info(struct noxs_set_info *items, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_set_info, items, NULL, count);
}

static inline long op_get(struct noxs_get *arg, struct noxs_dev_page *page)
{
	return hypercall_noxs_op(NOXS_OP_get, arg, page, 0);
}

static inline long op_list(struct noxs_list *arg, struct noxs_dominfo *infos, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_list, arg, infos, count);
}

static inline long op_next_event(struct noxs_event *events, unsigned int count)
{
	return hypercall_noxs_op(NOXS_OP_next_event, events, NULL, count);
}

#endif /* OP_H */
