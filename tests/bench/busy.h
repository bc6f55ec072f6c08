/* SPDX-License-Identifier: GPL-2.0 */
/* What the machine did, as opposed to the time that passed. */
#ifndef BUSY_H
#define BUSY_H

#include <stdint.h>
#include <xenctrl.h>

/* Since boot, in ns: time passed on all CPUs that no idle vCPU ran; -1 with errno. */
int busy_read(xc_interface *xch, uint64_t *now, uint64_t *busy_ns);

#endif /* BUSY_H */
