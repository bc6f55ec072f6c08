// SPDX-License-Identifier: GPL-2.0
/*
 * noxs: device discovery and control for Xen guests without XenStore.  Loading and unloading, and
 * which classes of devices there are.
 */
#include <linux/module.h>
#include <xen/xen.h>
#include "blk/class.h"
#include "bus.h"
#include "ctrl.h"
#include "grant.h"
#include "hypercall.h"
#include "lifecycle.h"
#include "sysctl.h"
#include "turn.h"
#include "version.h" /* made by the Makefile: NOXS_VERSION */
#include "net/class.h"

static bool noxs_usable; /* the hypervisor has noxs, so that everything is set up */

/* What needs a hypervisor with noxs. */
static int __init noxs_start(void)
{
	int err;

	err = noxs_grant_warm_up();
	if (err)
		return err;
	err = noxs_turns_init();
	if (err)
		return err;
	err = noxs_vif_init();
	if (err)
		goto fini_turns;
	err = noxs_vbd_init();
	if (err)
		goto fini_vif;
	err = noxs_bus_init();
	if (err)
		goto fini_vbd;
	noxs_bus_register(&noxs_sysctl_class);
	noxs_bus_register(&noxs_vif_class);
	noxs_bus_register(&noxs_vbd_class);
	err = noxs_lifecycle_init();
	if (err)
		goto fini_bus;
	return 0;

fini_bus:
	noxs_bus_fini();
fini_vbd:
	noxs_vbd_fini();
fini_vif:
	noxs_vif_fini();
fini_turns:
	noxs_turns_fini();
	return err;
}

static void noxs_stop(void)
{
	noxs_lifecycle_fini();
	noxs_bus_fini();
	noxs_vbd_fini();
	noxs_vif_fini();
	noxs_turns_fini();
}

static int __init noxs_init(void)
{
	u32 xen_abi;
	int err;

	if (!xen_initial_domain())
		return -ENODEV;
	xen_abi = noxs_hv_version();
	noxs_usable = noxs_hv_usable(xen_abi);
	if (noxs_usable) {
		err = noxs_start();
		if (err)
			return err;
	} else {
		pr_warn("no usable noxs in this Xen (ABI %#x, want %u.x): only its version can be asked for\n",
			xen_abi, NOXS_ABI_MAJOR);
	}
	err = noxs_ctrl_init(xen_abi);
	if (err && noxs_usable)
		noxs_stop();
	return err;
}

static void __exit noxs_exit(void)
{
	noxs_ctrl_fini();
	if (noxs_usable)
		noxs_stop();
}

module_init(noxs_init);
module_exit(noxs_exit);

MODULE_DESCRIPTION("Xen guests without XenStore: control device and back-ends");
MODULE_LICENSE("GPL");
MODULE_VERSION(NOXS_VERSION);
