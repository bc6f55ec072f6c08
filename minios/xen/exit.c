/* SPDX-License-Identifier: MIT */
/* An application that comes to an end by itself. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <xen/xen.h>
#include <xen/sched.h>
#include <minios/panic.h>
#include <minios/sysctl.h>

void exit(int status)
{
	static bool is_ending;

	/* A handler that runs while we wait may end the application, too. */
	if (!is_ending) {
		is_ending = true;
		sysctl_exit((unsigned int)status & 0xff);
	}
	domain_shutdown(SHUTDOWN_poweroff);
}
