/* SPDX-License-Identifier: MIT */
/* The shared_info page of a PV guest, which is mapped here. */
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/time.h>

static struct shared_info shared MM_WINDOW;
LIGHTVM_NOTE(note, LIGHTVM_NOTE_SHARED_INFO, &shared);

void time_init(uint64_t shared_info_maddr)
{
	int err;

	if (mm_window_is_mapped(&shared))
		return; /* by the domain builder */
	err = mm_window_map(&shared, shared_info_maddr >> PAGE_SHIFT, PTE_RW);
	if (err)
		panic("cannot map shared_info: %d", err);
}

struct shared_info *time_shared_info(void)
{
	return &shared;
}
