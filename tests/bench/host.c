// SPDX-License-Identifier: GPL-2.0
/*
 * host - what the machine as a whole has and does, asked of Xen, so that it works on any Xen.
 *
 *   host memory         xen_free_kib,dom0_available_kib  (Xen's free pages, those still to be
 *                       scrubbed included; MemAvailable)
 *   host busy SECONDS   elapsed_ns,busy_ns,dom0_ns,guests_ns over that time: all CPUs less what
 *                       Xen's idle vCPUs ran, and what the domains ran by Xen's accounts
 *
 * Each prints one CSV row.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xenctrl.h>

#include "busy.h"

#define PAGE_KIB (XC_PAGE_SIZE / 1024)
#define BATCH	 256

static int read_domains(xc_interface *xch, uint64_t *dom0_ns, uint64_t *guests_ns)
{
	static xc_domaininfo_t domains[BATCH];
	uint32_t first = 0;
	int i, n;

	*dom0_ns = 0;
	*guests_ns = 0;
	do {
		n = xc_domain_getinfolist(xch, first, BATCH, domains);
		if (n < 0)
			return -1;
		for (i = 0; i < n; i++) {
			*(domains[i].domain ? guests_ns : dom0_ns) += domains[i].cpu_time;
			first = domains[i].domain + 1U;
		}
	} while (n == BATCH);
	return 0;
}

static int busy(xc_interface *xch, const char *seconds)
{
	struct timespec ts = { .tv_sec = atol(seconds) };
	uint64_t now[2], busy_ns[2], dom0_ns[2], guests_ns[2];

	if (ts.tv_sec < 1 || ts.tv_sec > 3600) {
		errno = EINVAL;
		return -1;
	}
	/* Asking for many domains costs something: outside, not inside. */
	if (read_domains(xch, &dom0_ns[0], &guests_ns[0]) || busy_read(xch, &now[0], &busy_ns[0]))
		return -1;
	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
	if (busy_read(xch, &now[1], &busy_ns[1]) || read_domains(xch, &dom0_ns[1], &guests_ns[1]))
		return -1;
	printf("%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 "\n", now[1] - now[0],
	       busy_ns[1] - busy_ns[0], dom0_ns[1] - dom0_ns[0], guests_ns[1] - guests_ns[0]);
	return 0;
}

static int memory(xc_interface *xch)
{
	unsigned long long available_kib;
	xc_physinfo_t phys = { 0 };
	char line[128];
	int found = 0;
	FILE *f;

	f = fopen("/proc/meminfo", "re");
	if (!f)
		return -1;
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "MemAvailable: %llu kB", &available_kib) == 1;
	(void)fclose(f); /* was only read */
	if (!found || xc_physinfo(xch, &phys))
		return -1;
	printf("%" PRIu64 ",%llu\n", (uint64_t)phys.free_pages * PAGE_KIB, available_kib);
	return 0;
}

int main(int argc, char **argv)
{
	xc_interface *xch;
	int rc = 0;

	if (!(argc == 2 && !strcmp(argv[1], "memory")) &&
	    !(argc == 3 && !strcmp(argv[1], "busy"))) {
		fprintf(stderr, "usage: host memory | host busy SECONDS\n");
		return 2;
	}
	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch || (argc == 2 ? memory(xch) : busy(xch, argv[2]))) {
		perror("host");
		rc = 1;
	}
	if (xch)
		xc_interface_close(xch);
	return rc;
}
