/* SPDX-License-Identifier: MIT */
/*
 * A guest played from Dom0: a real PV domain whose memory this program writes and whose events it
 * sends through a puppet (module-puppet.c).
 */
#ifndef MODULE_GUEST_H
#define MODULE_GUEST_H

#include <stdbool.h>
#include <stdint.h>
#include <xenctrl.h>
#include <xen/io/ring.h>
#include <xen/io/netif.h>
#include <noxs.h>
#include "../../kernel/noxs/uapi/noxs_ioctl.h"

#define GUEST_DATA_PAGES 40U

/* Grant references of the pages, in the order of guest.page[]. */
enum guest_page {
	PAGE_CTRL,
	PAGE_TX,
	PAGE_RX,
	PAGE_DATA, /* the first of GUEST_DATA_PAGES */
	GUEST_PAGES = PAGE_DATA + GUEST_DATA_PAGES,
};

struct guest {
	uint32_t domid;
	uint32_t ctrl_port, tx_port, rx_port; /* the guest's */
	unsigned char *page[GUEST_PAGES];     /* mapped here */
	xen_pfn_t mfn[GUEST_PAGES];
	volatile struct noxs_ctrl_page *ctrl;
	volatile uint32_t *mailbox;
	netif_tx_front_ring_t tx;
	netif_rx_front_ring_t rx;
	uint64_t ctrl_gfn;
};

/* Make the domain, paused, with its grants and control port; 0 or -1 with a message. */
int guest_create(struct guest *guest);
void guest_destroy(struct guest *guest);

/* The grant reference of a page. */
uint32_t guest_gref(enum guest_page page);

/*
 * Grant one of the pages under more references, count from gref on (up to 511); flags as in the grant
 * table, 0: take them back, in use or not.  Whether that could be done.
 */
bool guest_grant(const struct guest *guest, uint32_t gref, uint32_t count, enum guest_page page,
		 uint16_t flags);

/* How many of these references Dom0 has mapped now, with at least these GTF_reading, GTF_writing. */
unsigned int guest_grants_in_use(const struct guest *guest, uint32_t gref, uint32_t count,
				 uint16_t flags);

/* Allocate an unbound port of the guest for Dom0. */
uint32_t guest_alloc_port(struct guest *guest);

/* Have the guest send an event; waits until it has. */
void guest_notify(struct guest *guest, uint32_t port);

/* Have the guest send events to @port without end; 0 stops it.  Returns how many it has sent. */
uint32_t guest_storm(struct guest *guest, uint32_t port);

/* Publish @slot's front half as written, and notify. */
void guest_publish(struct guest *guest, unsigned int slot);

/* Wait until the back half of @slot is in @state, acknowledging everything; false after 5 s. */
bool guest_await_state(struct guest *guest, unsigned int slot, uint32_t state);

/* Fresh rings, described in @slot's front half, which is not published yet. */
void guest_prepare_vif(struct guest *guest, unsigned int slot, uint32_t features);

/* Fresh rings, published as OPEN with @features in @slot. */
void guest_open_vif(struct guest *guest, unsigned int slot, uint32_t features);

void guest_close_vif(struct guest *guest, unsigned int slot);

/* Is the domain gone from Xen altogether? */
bool guest_is_gone(uint32_t domid);

extern xc_interface *xch;

#endif /* MODULE_GUEST_H */
