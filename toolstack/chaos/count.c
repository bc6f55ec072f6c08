// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts what this process asks of the kernel, for `create --timing`: ioctl() is defined here, so
 * that the Xen libraries, linked statically or not, come through it.
 */
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <xenctrl.h>
#include <xen/sys/privcmd.h>

#include "chaos_cmd.h"

struct chaos_calls chaos_calls;

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == IOCTL_PRIVCMD_HYPERCALL)
		chaos_calls.hypercalls++;
	else
		chaos_calls.ioctls++;
	return (int)syscall(SYS_ioctl, fd, request, arg);
}
