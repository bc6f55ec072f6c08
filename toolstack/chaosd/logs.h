/* SPDX-License-Identifier: GPL-2.0-only */
/* What the loop tells the thread that keeps guests' logs: see logs.c. */
#ifndef CHAOSD_LOGS_H
#define CHAOSD_LOGS_H

#include "chaosd.h"

struct chaos_console;
struct log_subject;

/* turns.c: how much of a guest's output is taken, and when */
struct turns {
	int64_t credit; /* bytes */
	uint64_t since_ns;
};
#define TURN_RATE  (64U << 10)	/* bytes per second that a guest may write for long */
#define TURN_BURST (256U << 10) /* and at once */
#define TURN_COST  256U /* what a turn costs at least: events without a byte are work, too */

void turns_init(struct turns *turns, uint64_t now_ns);
/* 0 if the guest may have a turn now, or else when. */
uint64_t turns_when(struct turns *turns, uint64_t now_ns);
void turns_charge(struct turns *turns, size_t bytes);

/* logthread.c: the loop's half.  What is handed over is the thread's from then on. */
int logthread_start(struct chaosd *d);
/* After the last word of all guests that it has; false when it does not end. */
bool logthread_stop(void);
/* -1 without memory: the console is detached. */
int logthread_add(uint32_t domid, struct chaos_console *console, const struct log_subject *subject);
void logthread_end(uint32_t domid);
/*
 * Consoles that were handed over and have not been let go of: while the disk does not answer also those of
 * guests that have ended.
 */
unsigned int logthread_held(void);
/* What has been written and lost so far, in bytes, and guests whose logs are kept now. */
struct log_figures {
	uint64_t written, lost, guests;
};
void logthread_figures(struct log_figures *figures);

#endif /* CHAOSD_LOGS_H */
