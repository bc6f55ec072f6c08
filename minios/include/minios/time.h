/* SPDX-License-Identifier: MIT */
/* Xen system time, and the wall clock derived from it. */
#ifndef MINIOS_TIME_H
#define MINIOS_TIME_H

#include <stdint.h>
#include <xen/xen.h>

/*
 * Map shared_info, at machine address maddr, if it is not; again after a resume.  Panics if it
 * cannot.
 */
void time_init(uint64_t shared_info_maddr);

/* The page itself, for event channels and the p2m description. */
struct shared_info *time_shared_info(void);

/* A time stamp, and nanoseconds of Xen system time, now or at an earlier stamp. */
uint64_t time_stamp(void);
uint64_t time_stamp_to_ns(uint64_t stamp);
uint64_t time_ns(void);

/* Seconds since 1970-01-01 00:00 UTC. */
uint64_t time_unix(void);

#endif /* MINIOS_TIME_H */
