/* SPDX-License-Identifier: MIT */
/* The smallest application: says that it is ready and sleeps for ever. */
#include <stdio.h>
#include <minios/app.h>

int app_main(const char *cmdline)
{
	(void)cmdline;
	printf("noop: ready\n");
	minios_ready();
	return 0;
}
