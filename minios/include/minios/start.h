/* SPDX-License-Identifier: MIT */
/* What the domain was started with. */
#ifndef MINIOS_START_H
#define MINIOS_START_H

#include <stdint.h>
#include <xen/xen.h>

/* Where Xen put it; after a resume it describes the new domain. */
struct start_info *start_info_get(void);

/* Xen system time at the first instruction of C. */
uint64_t start_time_ns(void);

#endif /* MINIOS_START_H */
