/* SPDX-License-Identifier: MIT */
/* What xl asks a guest for through control/shutdown (Xen's docs/misc/xenstore-paths.pandoc). */
#include <errno.h>
#include <string.h>
#include <minios/hypercall.h>
#include <minios/panic.h>
#include <minios/suspend.h>
#include <minios/xenbus.h>
#include <minios/xenstore.h>

#define PATH "control/shutdown"

static void control_changed(void)
{
	char request[16] = "";

	if (xenstore_read(PATH, request, sizeof(request)) || !request[0])
		return;
	/* An empty value is the acknowledgement, without which xl gives up. */
	if (xenstore_write(PATH, ""))
		return;
	if (!strcmp(request, "suspend"))
		(void)suspend();
	else if (!strcmp(request, "poweroff"))
		domain_shutdown(SHUTDOWN_poweroff);
	else if (!strcmp(request, "reboot"))
		domain_shutdown(SHUTDOWN_reboot);
}

int xenbus_control_start(void)
{
	int err = xenstore_init();

	if (err)
		return err == -ENODEV ? 0 : err;
	return xenstore_watch(PATH, control_changed);
}
