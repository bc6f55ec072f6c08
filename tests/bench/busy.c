// SPDX-License-Identifier: GPL-2.0
/* What the machine did, by Xen's account of its idle vCPUs, which works on any Xen. */
#include "busy.h"
#include "clock.h"

#define MAX_CPUS 256

int busy_read(xc_interface *xch, uint64_t *now, uint64_t *busy_ns)
{
	static xc_cpuinfo_t cpus[MAX_CPUS];
	int i, n;

	if (xc_getcpuinfo(xch, MAX_CPUS, cpus, &n))
		return -1;
	*now = now_ns();
	*busy_ns = *now * (unsigned int)n;
	for (i = 0; i < n; i++)
		*busy_ns -= cpus[i].idletime;
	return 0;
}
