// SPDX-License-Identifier: GPL-2.0
/*
 * A guest that cannot be saved.  "deaf": says that it is ready, and answers nothing any more.
 * "mapped": suspends with its device page mapped where mm_windows_unmap() does not look.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <minios/app.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/time.h>

static int map_device_page(void)
{
	struct noxs_map map = { 0 };
	void *page = page_alloc();
	int err;

	if (!page)
		return -ENOMEM;
	err = hypercall_noxs_op(NOXS_OP_map, &map, NULL, 0);
	return err ? err : mm_window_map(page, map.frame, PTE_RO);
}

int app_main(const char *cmdline)
{
	int err = 0;

	if (!strcmp(cmdline, "mapped"))
		err = map_device_page();
	if (err)
		return err;
	minios_ready();
	if (!strcmp(cmdline, "deaf")) {
		printf("stubborn: not listening\n");
		for (;;)
			evtchn_sleep(time_ns() +
				     1000000000); /* whatever comes, it is not looked at */
	}
	return 0;
}
