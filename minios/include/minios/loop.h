/* SPDX-License-Identifier: MIT */
/* The run loop: everything happens in callbacks from it, one after the other. */
#ifndef MINIOS_LOOP_H
#define MINIOS_LOOP_H

#include <stdint.h>

/* No deadline. */
#define LOOP_NEVER UINT64_MAX

/*
 * A source is polled in every round and returns when it wants to be polled again at the latest, in
 * nanoseconds of Xen system time; 0 = at once.  Events on its ports wake the loop earlier.
 */
struct loop_source {
	uint64_t (*poll)(void *data);
	void *data;
	struct loop_source *next;
};

void loop_add(struct loop_source *source);

void loop_run(void) __attribute__((noreturn));

#endif /* MINIOS_LOOP_H */
