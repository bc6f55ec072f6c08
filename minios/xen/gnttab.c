/* SPDX-License-Identifier: MIT */
/*
 * Grant table.
 *
 * References from 0 up belong to whoever built the domain (console, control page, rings of connected
 * devices); ours are taken from the top down.
 */
#include <errno.h>
#include <minios/gnttab.h>
#include <minios/hypercall.h>
#include <minios/lightvm_note.h>
#include <minios/mm.h>
#include <minios/suspend.h>

#define NR_REFS (PAGE_SIZE / sizeof(struct grant_entry_v1))

static struct grant_entry_v1 table[NR_REFS] MM_WINDOW;
LIGHTVM_NOTE(note, LIGHTVM_NOTE_GRANT_TABLE, table);
static bool is_mapped;
/* Revoked references, and the lowest one never given out. */
static uint16_t free_refs[NR_REFS];
static unsigned int nr_free, next_ref = NR_REFS;

static int table_map(void)
{
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 1 };
	xen_pfn_t frame;
	int err;

	if (mm_window_is_mapped(table))
		return 0; /* by the domain builder */
	set_xen_guest_handle(op.frame_list, &frame);
	err = hypercall_grant_table_op(GNTTABOP_setup_table, &op, 1);
	if (err || op.status != GNTST_okay)
		return err ? err : -EIO;
	return mm_window_map(table, frame, PTE_RW);
}

static void table_resume(bool restored)
{
	is_mapped = !table_map();
	if (!restored)
		return;
	/* A new table: only what the builder has seeded is in it. */
	nr_free = 0;
	next_ref = NR_REFS;
}

static struct suspend_hook hook = { .resume = table_resume };

int gnttab_init(void)
{
	int err;

	if (is_mapped)
		return 0;
	err = table_map();
	if (err)
		return err;
	is_mapped = true;
	suspend_hook_add(&hook);
	return 0;
}

static int ref_get(void)
{
	if (nr_free)
		return free_refs[--nr_free];
	while (next_ref) {
		next_ref--;
		if (!READ_ONCE(table[next_ref].flags))
			return (int)next_ref;
	}
	return -ENOSPC;
}

int gnttab_grant(domid_t domid, const void *page, bool readonly)
{
	int ref = is_mapped ? ref_get() : -ENOSPC;

	if (ref < 0)
		return ref;
	table[ref].domid = domid;
	table[ref].frame = (uint32_t)mm_virt_to_mfn(page);
	smp_wmb(); /* Xen acts on the entry as soon as its flags say that it is valid */
	WRITE_ONCE(table[ref].flags, GTF_permit_access | (readonly ? GTF_readonly : 0));
	return ref;
}

bool gnttab_revoke(grant_ref_t ref)
{
	uint16_t flags;

	if (ref >= NR_REFS)
		return false;
	flags = READ_ONCE(table[ref].flags);
	do {
		if (flags & (GTF_reading | GTF_writing))
			return false;
	} while (!__atomic_compare_exchange_n(&table[ref].flags, &flags, 0, false, __ATOMIC_SEQ_CST,
					      __ATOMIC_SEQ_CST));
	free_refs[nr_free++] = (uint16_t)ref;
	return true;
}
