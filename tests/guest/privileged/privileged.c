// SPDX-License-Identifier: GPL-2.0-only
/*
 * Proves what Xen's first domain gets from every sub-operation of the noxs hypercall.  Runs straight
 * as that domain, so that nothing else is between the test and the hypervisor.
 */
#include <stdio.h>
#include <minios/app.h>
#include <minios/hypercall.h>
#include <minios/panic.h>
#include "check.h"
#include "op.h"
#include "privileged.h"

/* Ours: we are the first domain. */
static uint64_t own_serial(void)
{
	struct noxs_list list = { 0 };
	struct noxs_dominfo info;

	return op_list(&list, &info, 1) == 1 ? info.serial : 0;
}

struct noxs_dev sample_vif(unsigned int id, unsigned int slot)
{
	struct noxs_dev dev = {
		.cls = NOXS_CLASS_VIF,
		.id = (uint16_t)id,
		.ctrl_slot = (uint16_t)slot,
		.ctrl_port = 3,
		.ctrl_gfn = 0x123,
		.backend_serial = own_serial(),
		.config.vif = {
			.mac = { 0x00, 0x16, 0x3e, 0, (uint8_t)(id >> 8), (uint8_t)id },
			.mtu = 1500,
			.ipv4 = 0x0200000a, /* 10.0.0.2 */
			.gateway = 0x0100000a,
			.prefix = 24,
		},
	};

	return dev;
}

int app_main(const char *cmdline)
{
	(void)cmdline;
	test_version_map();
	test_dev();
	test_set_info();
	test_query();
	test_events();
	(void)check_finish(); /* the lines above say the same */
	/* Powering off halts Xen and leaves QEMU running; a reboot ends both. */
	domain_shutdown(SHUTDOWN_reboot);
}
