/* SPDX-License-Identifier: MIT */
/*
 * Suspend and resume of a PV guest.
 *
 * The save copies our memory, page tables included, and translates the frame numbers in them.  Frames
 * that are not ours (shared_info, device page, grant table) have no translation, so their mappings
 * must be gone before; the frame numbers in start_info are turned into pseudo-physical ones by hand.
 */
#include <stdio.h>
#include <string.h>
#include <minios/console.h>
#include <minios/evtchn.h>
#include <minios/hypercall.h>
#include <minios/mm.h>
#include <minios/noxs.h>
#include <minios/panic.h>
#include <minios/start.h>
#include <minios/suspend.h>
#include <minios/time.h>

static struct suspend_hook *hooks;

void suspend_hook_add(struct suspend_hook *hook)
{
	hook->next = hooks;
	hooks = hook;
}

static struct lightvm_suspend_run runs[LIGHTVM_SUSPEND_MAX_RUNS];
static unsigned int nr_runs;

/* Buffers allocated one after the other are one run. */
void suspend_discard(unsigned long first_pfn, unsigned long count)
{
	struct lightvm_suspend_run *last = nr_runs ? &runs[nr_runs - 1] : NULL;

	if (last && last->first + last->count == first_pfn) {
		last->count += (uint32_t)count;
	} else if (nr_runs < LIGHTVM_SUSPEND_MAX_RUNS) {
		runs[nr_runs].first = (uint32_t)first_pfn;
		runs[nr_runs++].count = (uint32_t)count;
	}
}

static uint64_t frame_to_pfn(uint64_t mfn)
{
	return mfn ? mm_mfn_to_pfn(mfn) : 0;
}

/*
 * For who saves us, beside the frame numbers in start_info (docs/architecture.md): memory that is not
 * mapped has never been used, because the allocator maps it first.  Of what is mapped, the runs.  And
 * where the p2m list is, which page tables tell as well, but one mapping after the other.
 */
static void record_set(struct start_info *si, bool is_valid)
{
	struct lightvm_suspend_record *record = (void *)((char *)si + PAGE_SIZE - sizeof(*record));
	char *begin = (char *)record - nr_runs * sizeof(*runs);
	uint64_t frames[LIGHTVM_SUSPEND_MAX_P2M];
	unsigned int count = mm_p2m_frames(frames, LIGHTVM_SUSPEND_MAX_P2M);

	memcpy(begin, runs, nr_runs * sizeof(*runs));
	memcpy(begin - count * sizeof(*frames), frames, count * sizeof(*frames));
	record->flags = LIGHTVM_SUSPEND_UNMAPPED_IS_FREE | LIGHTVM_SUSPEND_RUNS |
			(count ? LIGHTVM_SUSPEND_P2M : 0) |
			(uint64_t)nr_runs << LIGHTVM_SUSPEND_RUNS_SHIFT;
	record->magic = is_valid ? LIGHTVM_SUSPEND_MAGIC : 0;
}

bool suspend(void)
{
	struct start_info *si = start_info_get();
	uint64_t store_mfn = si->store_mfn, console_mfn = si->console.domU.mfn;
	uint64_t shared_info = si->shared_info;
	struct suspend_hook *hook;
	bool restored;
	long ret;

	nr_runs = 0;
	for (hook = hooks; hook; hook = hook->next)
		if (hook->suspend)
			hook->suspend();
	page_discard_unused();
	si->store_mfn = frame_to_pfn(store_mfn);
	si->console.domU.mfn = frame_to_pfn(console_mfn);
	mm_windows_unmap();
	record_set(si, true);

	ret = hypercall_suspend(mm_virt_to_mfn(si));
	restored = ret == 0;
	record_set(si, false);

	if (!restored) {
		si->store_mfn = store_mfn;
		si->console.domU.mfn = console_mfn;
		si->shared_info = shared_info;
	}
	if (restored)
		evtchn_reset(); /* before the first hook takes a port */
	time_init(si->shared_info);
	mm_describe_p2m();
	console_init(si);
	if (ret < 0)
		printf("suspend: refused: %ld\n", ret);
	noxs_reread();
	for (hook = hooks; hook; hook = hook->next)
		hook->resume(restored);
	if (restored)
		noxs_reconnect();
	return restored;
}
