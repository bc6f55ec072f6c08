/* SPDX-License-Identifier: MIT */
/* From the first instruction of C to the run loop. */
#include <stdio.h>
#include <minios/app.h>
#include <minios/console.h>
#include <minios/lightvm_note.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/panic.h>
#include <minios/start.h>
#include <minios/sysctl.h>
#include <minios/time.h>
#include <minios/trap.h>

LIGHTVM_NOTE(abi_note, LIGHTVM_NOTE_ABI, NOXS_ABI_VERSION);

static struct start_info *start_info;
static uint64_t start_stamp;

struct start_info *start_info_get(void)
{
	return start_info;
}

uint64_t start_time_ns(void)
{
	return time_stamp_to_ns(start_stamp);
}

void minios_start(struct start_info *si, unsigned long boot_sp);
void minios_start(struct start_info *si, unsigned long boot_sp)
{
	int err;

	start_stamp = time_stamp();
	start_info = si;
	mm_init(si, boot_sp);
	console_init(si);
	trap_init();
	mm_protect_image();
	time_init(si->shared_info);
	mm_describe_p2m();
	if (noxs_init())
		sysctl_init();

	err = app_main((const char *)si->cmd_line);
	if (err)
		panic("the application failed: %d", err);
	noxs_poll();
	loop_run();
}
