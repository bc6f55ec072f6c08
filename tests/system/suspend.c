// SPDX-License-Identifier: GPL-2.0
/*
 * suspend - ask a guest to suspend through its sysctl device, see that it does and that a save could
 * translate every entry of its page tables, and resume it: the guest has to go on and to answer
 * DONE.  What a save does, without the save.
 *
 * usage: suspend [--anew] DOMID
 *
 * The suspend is cancelled, or with --anew looks to the guest as if it had been restored, so that it
 * connects its devices anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenguest.h>
#include <xenforeignmemory.h>

#include "noxs_ioctl.h"

#define WAIT_MS 10000

static int fail(const char *what)
{
	fprintf(stderr, "suspend: %s: %s\n", what, strerror(errno));
	return 1;
}

/* The next event of that type, others are skipped. */
static int wait_for(int fd, uint16_t type, struct noxs_ioc_event *event)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;) {
		if (poll(&p, 1, WAIT_MS) != 1) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (read(fd, event, sizeof(*event)) != sizeof(*event))
			return -1;
		if (event->type == type)
			return 0;
	}
}

/* ---- page tables ---- */

#define FRAME_MASK  0x000ffffffffff000UL
#define PTE_PRESENT 1UL

struct tables {
	xc_interface *xch;
	uint32_t domid;
	xen_pfn_t *m2p;
	unsigned long m2p_max, max_pfn;
	unsigned long nr_good, nr_bad;
};

/* What is not the guest's has no number in the M2P that could be one of its. */
static void look_at_leaf(struct tables *t, uint64_t va, uint64_t entry)
{
	uint64_t mfn = (entry & FRAME_MASK) >> 12;

	if (mfn < t->m2p_max && t->m2p[mfn] < t->max_pfn) {
		t->nr_good++;
		return;
	}
	fprintf(stderr, "suspend: %#lx still maps frame %#lx\n", va, mfn);
	t->nr_bad++;
}

static void walk(struct tables *t, xen_pfn_t frame, int level, uint64_t va)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(t->xch);
	uint64_t *table = xenforeignmemory_map(fmem, t->domid, PROT_READ, 1, &frame, NULL), i;

	if (!table) {
		t->nr_bad++;
		return;
	}
	for (i = 0; i < 512; i++) {
		uint64_t at = va | i << (3 + 9 * level);

		/* The root's entries in between are Xen's. */
		if (!(table[i] & PTE_PRESENT) || (level == 4 && i >= 256 && i < 272))
			continue;
		if (level == 1)
			look_at_leaf(t, at, table[i]);
		else
			walk(t, (table[i] & FRAME_MASK) >> 12, level - 1, at);
	}
	xenforeignmemory_unmap(fmem, table, 1);
}

/* True if every page the guest has mapped is its own. */
static int maps_its_own_only(xc_interface *xch, uint32_t domid)
{
	struct tables t = { .xch = xch, .domid = domid };
	vcpu_guest_context_any_t ctx;
	xc_domaininfo_t info;

	if (xc_maximum_ram_page(xch, &t.m2p_max) ||
	    xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid ||
	    xc_vcpu_getcontext(xch, domid, 0, &ctx))
		return 0;
	t.max_pfn = info.tot_pages;
	t.m2p = xc_map_m2p(xch, t.m2p_max, PROT_READ, NULL);
	if (!t.m2p)
		return 0;
	walk(&t, ctx.x64.ctrlreg[3] >> 12, 4, 0);
	return t.nr_good && !t.nr_bad;
}

int main(int argc, char **argv)
{
	bool anew = argc == 3 && !strcmp(argv[1], "--anew");
	struct noxs_ioc_subscribe subscribe = { 0 };
	struct noxs_ioc_request request = { .request = NOXS_SYSCTL_REQ_SUSPEND };
	int fd = open(NOXS_DEVICE, O_RDWR | O_CLOEXEC);
	xc_interface *xch = xc_interface_open(NULL, NULL, 0);
	struct noxs_ioc_event event;

	if (argc != 2 + anew || fd < 0 || !xch)
		return fail("usage: suspend [--anew] DOMID, in Dom0");
	subscribe.domid = (uint16_t)strtoul(argv[argc - 1], NULL, 10);
	request.domid = subscribe.domid;
	if (ioctl(fd, NOXS_IOC_SUBSCRIBE, &subscribe))
		return fail("subscribe");
	if (ioctl(fd, NOXS_IOC_REQUEST, &request))
		return fail("request");
	if (wait_for(fd, NOXS_EVENT_SHUTDOWN, &event))
		return fail("waiting for the suspend");
	if (event.code != SHUTDOWN_suspend) {
		fprintf(stderr, "suspend: shutdown with reason %u\n", event.code);
		return 1;
	}
	if (!maps_its_own_only(xch, request.domid))
		return fail("a page table cannot be saved");
	if (xc_domain_resume(xch, request.domid, !anew))
		return fail("resume");
	if (wait_for(fd, NOXS_EVENT_ANSWER, &event))
		return fail("waiting for the answer");
	if (event.code != NOXS_SYSCTL_EV_DONE || event.arg != request.req_id) {
		fprintf(stderr, "suspend: answer %u to request %u\n", event.code, event.arg);
		return 1;
	}
	return 0;
}
