/* SPDX-License-Identifier: MIT */
/* Prints its command line and ends, with the status that "exit=N" asks for. */
#include <stdio.h>
#include <stdlib.h>
#include <minios/app.h>

int app_main(const char *cmdline)
{
	char status[8] = "0";

	(void)minios_option(cmdline, "exit", status, sizeof(status));
	minios_ready();
	printf("Hello from a virtual machine.%s%s\n", *cmdline ? " " : "", cmdline);
	exit(atoi(status));
}
