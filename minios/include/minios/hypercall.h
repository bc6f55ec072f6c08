/* SPDX-License-Identifier: MIT */
/*
 * Typed hypercalls.  All return 0 or a positive result, or -errno (see xen/errno.h).
 */
#ifndef MINIOS_HYPERCALL_H
#define MINIOS_HYPERCALL_H

#include <stdint.h>
#include <xen/xen.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/sched.h>
#include <xen/version.h>
#include <noxs.h>
#include <arch/hypercall.h>

static inline long hypercall_set_trap_table(const struct trap_info *table)
{
	return hypercall1(__HYPERVISOR_set_trap_table, table);
}

static inline long hypercall_update_va_mapping(unsigned long va, uint64_t pte, unsigned long flags)
{
	return hypercall3(__HYPERVISOR_update_va_mapping, va, pte, flags);
}

static inline long hypercall_mmu_update(const struct mmu_update *req, unsigned int count)
{
	return hypercall4(__HYPERVISOR_mmu_update, req, count, 0, DOMID_SELF);
}

static inline long hypercall_sched_op(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_sched_op, cmd, arg);
}

static inline long hypercall_event_channel_op(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_event_channel_op, cmd, arg);
}

static inline long hypercall_grant_table_op(unsigned int cmd, void *arg, unsigned int count)
{
	return hypercall3(__HYPERVISOR_grant_table_op, cmd, arg, count);
}

static inline long hypercall_console_io(unsigned int cmd, unsigned int len, const char *buf)
{
	return hypercall3(__HYPERVISOR_console_io, cmd, len, buf);
}

static inline long hypercall_xen_version(unsigned int cmd, void *arg)
{
	return hypercall2(__HYPERVISOR_xen_version, cmd, arg);
}

/*
 * SCHEDOP_suspend: shutdown with a third argument that tells the toolstack where start_info is.
 * Returns 0 in the resumed domain, 1 when the suspend was cancelled.
 */
static inline long hypercall_suspend(unsigned long start_info_mfn)
{
	struct sched_shutdown arg = { .reason = SHUTDOWN_suspend };

	return hypercall3(__HYPERVISOR_sched_op, SCHEDOP_shutdown, &arg, start_info_mfn);
}

static inline long hypercall_noxs_op(unsigned int op, void *arg, void *buf, unsigned int count)
{
	return hypercall4(__HYPERVISOR_noxs_op, op, arg, buf, count);
}

#endif /* MINIOS_HYPERCALL_H */
