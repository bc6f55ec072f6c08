/* SPDX-License-Identifier: GPL-2.0-only */
/* What every verb does for guests that will end without chaosd. */
#ifndef CHAOS_REAP_H
#define CHAOS_REAP_H

/* Start `chaos reap`, detached; if there is one already it leaves at once.  Nobody is told of errors. */
void reaper_start(void);

#endif /* CHAOS_REAP_H */
