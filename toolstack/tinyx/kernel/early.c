// SPDX-License-Identifier: GPL-2.0
/*
 * Two waits of a booting Linux that a guest of noxs need not have.  It is built into kernels of tinyx, beside
 * noxs-front, and changes no file of Linux.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/init.h>
#include <linux/ktime.h>
#include <linux/slab.h>
#include <xen/xen.h>
#include <xen/xenbus.h>
#include <asm/x86_init.h>

#define LONGEST_MS 100 /* then boot_wait_for_devices() goes on, which polls at HZ/10 */

/*
 * Xen says how fast the TSC is.  Linux asks the PIT for the processor's frequency even so, and reads 100,000
 * times from a port that nobody is at: each read is a trap into Xen.  The parameter, which tinyx gives, only has
 * this called before tsc_early_init().
 */
static int __init take_xens_frequency(char *unused)
{
	if (xen_pv_domain())
		x86_platform.calibrate_cpu = x86_platform.calibrate_tsc;
	return 0;
}
early_param("tinyx.tsc", take_xens_frequency);

static bool __init is_connected(const char *type)
{
	bool connected = true;
	char path[64];
	unsigned int i, n;
	char **ids = xenbus_directory(XBT_NIL, "device", type, &n);

	if (IS_ERR(ids))
		return true; /* none of them */
	for (i = 0; i < n && connected; i++) {
		snprintf(path, sizeof(path), "device/%s/%s", type, ids[i]);
		connected = xenbus_read_unsigned(path, "state", 0) >= XenbusStateConnected;
	}
	kfree(ids);
	return connected;
}

/* Behind the drivers and noxs-front, and before xenbus's own wait, which then finds all connected. */
static int __init wait_for_devices(void)
{
	ktime_t end = ktime_add_ms(ktime_get(), LONGEST_MS);

	if (!xen_pv_domain() || xen_initial_domain())
		return 0;
	while (!(is_connected("vif") && is_connected("vbd")) && ktime_before(ktime_get(), end))
		usleep_range(300, 600);
	return 0;
}
device_initcall_sync(wait_for_devices);
