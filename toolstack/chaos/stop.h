/* SPDX-License-Identifier: GPL-2.0-only */
/* Stops many guests at once: shutdown -a, reboot -a, auto stop. */
#ifndef CHAOS_STOP_H
#define CHAOS_STOP_H

#include "chaos_cmd.h"

struct stopping {
	struct chaos_dominfo info;
	const char *result; /* "saved", "requested", "stopped", "failed"; NULL: not dealt with yet */
	unsigned int reason;
};

/*
 * The guests of chaos that there are: no shells of chaosd, and nothing incomplete or dying.  *list is to
 * be freed with free(); the number of them, or a negative chaos_code.
 */
int stop_list(struct call *call, struct stopping **list);
/*
 * Ask all of them that have no result yet to stop, and let those go on first that are suspended.  With timeout_ms, which is for all together, wait, and
 * destroy those that have powered off.  Each that fails has a line on standard error, and counts in
 * call->failed.
 */
int stop_all(struct call *call, struct stopping *list, int nr, enum chaos_request request,
	     unsigned int timeout_ms);

#endif /* CHAOS_STOP_H */
