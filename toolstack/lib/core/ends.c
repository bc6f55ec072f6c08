// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What is to be done when a guest ends, on_poweroff, on_reboot and on_crash, as the module keeps it with
 * the domain (NOXS_END_*): so it needs no file and no daemon to be known.  reap.c does it.
 */
#include <stdint.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/sched.h>

#include "core/internal.h"

static uint32_t action_bits(enum chaos_action action, unsigned int shift)
{
	static const uint32_t bits[] = {
		[CHAOS_DESTROY] = NOXS_END_DESTROY,
		[CHAOS_RESTART] = NOXS_END_RESTART,
		[CHAOS_PRESERVE] = NOXS_END_KEEP,
	};

	return bits[action] << shift;
}

uint32_t chaos_ends_flags(enum chaos_action on_poweroff, enum chaos_action on_reboot,
			  enum chaos_action on_crash)
{
	return action_bits(on_poweroff, NOXS_END_POWEROFF_SHIFT) |
	       action_bits(on_reboot, NOXS_END_REBOOT_SHIFT) |
	       action_bits(on_crash, NOXS_END_CRASH_SHIFT);
}

static enum chaos_action action_of(uint32_t flags, unsigned int shift)
{
	switch (NOXS_END_OF(flags, shift)) {
	case NOXS_END_DESTROY:
		return CHAOS_DESTROY;
	case NOXS_END_RESTART:
		return CHAOS_RESTART;
	default:
		return CHAOS_PRESERVE;
	}
}

void chaos_ends_convert(uint32_t flags, struct chaos_ends *out)
{
	out->are_known = flags & NOXS_END_ALL;
	out->on_poweroff = action_of(flags, NOXS_END_POWEROFF_SHIFT);
	out->on_reboot = action_of(flags, NOXS_END_REBOOT_SHIFT);
	out->on_crash = action_of(flags, NOXS_END_CRASH_SHIFT);
}

enum chaos_action chaos_ends_action(const struct chaos_ends *ends, unsigned int reason)
{
	switch (reason) {
	case SHUTDOWN_poweroff:
		return ends->on_poweroff;
	case SHUTDOWN_reboot:
		return ends->on_reboot;
	case SHUTDOWN_crash:
	case SHUTDOWN_watchdog:
		return ends->on_crash;
	default:
		return CHAOS_PRESERVE; /* suspended: somebody saves it */
	}
}

const char *chaos_action_name(enum chaos_action action)
{
	static const char *const names[] = {
		[CHAOS_DESTROY] = "destroy",
		[CHAOS_RESTART] = "restart",
		[CHAOS_PRESERVE] = "preserve",
	};

	return (size_t)action < sizeof(names) / sizeof(names[0]) ? names[action] : "unknown";
}
