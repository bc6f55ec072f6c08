/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * daytime, to the letter, in a guest of xl's that does what control/shutdown asks for: what xl save is
 * measured with.
 */
#include <minios/app.h>
#include <minios/xenbus.h>

int daytime_main(const char *cmdline);

#define app_main daytime_main
#include "../../../minios/apps/daytime/daytime.c"
#undef app_main

int app_main(const char *cmdline)
{
	int err = xenbus_control_start();

	return err ? err : daytime_main(cmdline);
}
