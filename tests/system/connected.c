// SPDX-License-Identifier: GPL-2.0
/*
 * connected - compare the vif of a paused guest that has not run, connected by its builder, with
 * that of a guest of the same kernel that has connected by itself.  Proves that the builder has made
 * what the guest would have: the same words in the front half, grants and a port of the same kind;
 * and rings nobody has used.  Both guests have one vif, in slot 1 of their control page.
 *
 * usage: connected DOMID-BUILT DOMID-SELF
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "noxs.h"

#define PAGE	   4096UL
#define MAX_GRANTS (PAGE / sizeof(grant_entry_v1_t))
#define GREF_CTRL  2U /* docs/architecture.md */
#define SLOT	   1U

struct guest {
	uint32_t domid;
	grant_entry_v1_t grants[MAX_GRANTS];
	struct noxs_ctrl_page ctrl;
	const struct noxs_ctrl_slot *slot;
};

static xc_interface *xch;
static int failures;

__attribute__((format(printf, 3, 4))) static void verdict(const char *name, bool ok,
							  const char *fmt, ...)
{
	va_list args;

	printf("%s: connected: %s", ok ? "PASS" : "FAIL", name);
	failures += !ok;
	if (!ok) {
		printf(": ");
		va_start(args, fmt);
		vprintf(fmt, args);
		va_end(args);
	}
	printf("\n");
}

static void die(const char *what)
{
	printf("ERROR: connected: %s failed\n", what);
	exit(1);
}

static void copy_frame(const struct guest *g, xen_pfn_t frame, void *to)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
	void *p = xenforeignmemory_map(fmem, g->domid, PROT_READ, 1, &frame, NULL);

	if (!p)
		die("mapping a frame");
	memcpy(to, p, PAGE);
	xenforeignmemory_unmap(fmem, p, 1);
}

static void read_guest(struct guest *g, const char *domid)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
	xenforeignmemory_resource_handle *res;
	void *p = NULL;

	g->domid = (uint32_t)strtoul(domid, NULL, 10);
	res = xenforeignmemory_map_resource(fmem, (domid_t)g->domid, XENMEM_resource_grant_table,
					    XENMEM_resource_grant_table_id_shared, 0, 1, &p,
					    PROT_READ | PROT_WRITE, 0);
	if (!res)
		die("mapping a grant table");
	memcpy(g->grants, p, sizeof(g->grants));
	xenforeignmemory_unmap_resource(fmem, res);
	copy_frame(g, g->grants[GREF_CTRL].frame, &g->ctrl);
	g->slot = &g->ctrl.slot[SLOT];
}

static void check_halves(const struct guest *a, const struct guest *b)
{
	const struct noxs_ctrl_front *fa = &a->slot->front, *fb = &b->slot->front;
	const struct noxs_ctrl_back *ba = &a->slot->back, *bb = &b->slot->back;

	verdict("both front halves are open",
		fa->state == NOXS_STATE_OPEN && fb->state == NOXS_STATE_OPEN, "%u and %u",
		fa->state, fb->state);
	verdict("both back halves are open",
		ba->state == NOXS_STATE_OPEN && bb->state == NOXS_STATE_OPEN, "%u and %u",
		ba->state, bb->state);
	verdict("the same features are chosen",
		fa->u.vif.features == fb->u.vif.features && fa->u.vif.features, "%#x and %#x",
		fa->u.vif.features, fb->u.vif.features);
	verdict("the same are offered", ba->u.vif.features == bb->u.vif.features, "%#x and %#x",
		ba->u.vif.features, bb->u.vif.features);
	verdict("one port each",
		fa->u.vif.tx_port == fa->u.vif.rx_port && fb->u.vif.tx_port == fb->u.vif.rx_port,
		"not so");
	verdict("nothing else in the front half",
		!memcmp(fa->u.raw + sizeof(fa->u.vif) - sizeof(fa->u.vif.pad0),
			fb->u.raw + sizeof(fb->u.vif) - sizeof(fb->u.vif.pad0),
			sizeof(fa->u.vif.pad0)),
		"padding differs");
	verdict("nothing published by the builder", !fa->seq && !fa->ack, "%u, %u", fa->seq,
		fa->ack);
}

static void check_grant(const struct guest *a, const struct guest *b, const char *name,
			uint32_t ref_a, uint32_t ref_b)
{
	const grant_entry_v1_t *ga = &a->grants[ref_a % MAX_GRANTS];
	const grant_entry_v1_t *gb = &b->grants[ref_b % MAX_GRANTS];

	verdict(name,
		ref_a < MAX_GRANTS && ref_b < MAX_GRANTS && ga->flags == gb->flags &&
			ga->domid == gb->domid && ga->frame && gb->frame,
		"flags %#x and %#x, domain %u and %u", ga->flags, gb->flags, ga->domid, gb->domid);
}

static void check_port(const struct guest *g, const char *name)
{
	xc_evtchn_status_t status = { .dom = (domid_t)g->domid,
				      .port = g->slot->front.u.vif.tx_port };

	if (xc_evtchn_status(xch, &status))
		die("asking for a port");
	verdict(name, status.status == EVTCHNSTAT_interdomain && !status.u.interdomain.dom,
		"status %u", status.status);
}

/* req_prod, req_event, rsp_prod, rsp_event; the back-end has looked, and asked for an event. */
static void check_ring(const struct guest *g, const char *name, uint32_t ref)
{
	uint32_t words[PAGE / 4];
	size_t i;

	copy_frame(g, g->grants[ref % MAX_GRANTS].frame, words);
	for (i = 4; i < PAGE / 4 && !words[i]; i++)
		;
	verdict(name, i == PAGE / 4 && !words[0] && words[1] <= 1 && !words[2] && !words[3],
		"%u %u %u %u, word %zu", words[0], words[1], words[2], words[3], i);
}

int main(int argc, char **argv)
{
	static struct guest a, b;
	const struct noxs_vif_front *fa, *fb;

	xch = xc_interface_open(NULL, NULL, 0);
	if (argc != 3 || !xch)
		die("usage: connected DOMID-BUILT DOMID-SELF, in Dom0, which");
	read_guest(&a, argv[1]);
	read_guest(&b, argv[2]);
	fa = &a.slot->front.u.vif;
	fb = &b.slot->front.u.vif;
	check_halves(&a, &b);
	check_grant(&a, &b, "transmit ring's grant", fa->tx_gref, fb->tx_gref);
	check_grant(&a, &b, "receive ring's grant", fa->rx_gref, fb->rx_gref);
	check_port(&a, "the back-end is bound to the builder's port");
	check_port(&b, "and to the guest's");
	check_ring(&a, "transmit ring is unused", fa->tx_gref);
	check_ring(&a, "receive ring is unused", fa->rx_gref);
	return failures != 0;
}
