/* SPDX-License-Identifier: MIT */
#ifndef MINIOS_SUSPEND_H
#define MINIOS_SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Suspend the domain; returns when it runs again.  True if it was restored (perhaps elsewhere),
 * false if the suspend was cancelled.
 */
bool suspend(void);

/* The last bytes of the start info page of a guest that has suspended. */
struct lightvm_suspend_record {
	uint64_t magic;
	uint64_t flags; /* LIGHTVM_SUSPEND_*; the upper half: how many runs stand before the record */
};
#define LIGHTVM_SUSPEND_MAGIC		 0x53506e655356544cUL
#define LIGHTVM_SUSPEND_UNMAPPED_IS_FREE 1UL /* what no page table maps holds nothing of value */
#define LIGHTVM_SUSPEND_RUNS		 2UL /* nor do the pages of these runs, mapped or not */
#define LIGHTVM_SUSPEND_P2M		 4UL /* before the runs: the frames of the p2m list, 8 bytes each */
#define LIGHTVM_SUSPEND_RUNS_SHIFT	 32
#define LIGHTVM_SUSPEND_MAX_RUNS	 32U
#define LIGHTVM_SUSPEND_MAX_P2M		 64U

struct lightvm_suspend_run {
	uint32_t first; /* pfn */
	uint32_t count;
};

/*
 * From a suspend() of a hook: a restored guest does not need what is in these pages, whatever is there
 * then will do.  A guest that goes on in place still has it.  When there are too many runs the pages are
 * saved.
 */
void suspend_discard(unsigned long first_pfn, unsigned long count);

/*
 * What a module does around a suspend.  resume() finds shared_info and the device page of the domain
 * as it is now; devices are reconnected after it.
 */
struct suspend_hook {
	void (*suspend)(void); /* may be NULL */
	void (*resume)(bool restored);
	struct suspend_hook *next;
};

void suspend_hook_add(struct suspend_hook *hook);

#endif /* MINIOS_SUSPEND_H */
