// SPDX-License-Identifier: MIT
/*
 * A guest played from Dom0: building the domain, its grants and rings, and pulling the strings.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/mman.h>
#include "module-guest.h"
#include "module-puppet.h"
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xen/grant_table.h>

#define GUEST_MEM_KIB	 4096U
#define GUEST_NR_PAGES	 (GUEST_MEM_KIB / 4)
/* Far from the image, the page tables and whatever else the builder makes. */
#define GUEST_FIRST_PFN	 900U
/* Behind those of console and store. */
#define GUEST_FIRST_GREF 16U

xc_interface *xch;
static xenforeignmemory_handle *fmem;

uint32_t guest_gref(enum guest_page page)
{
	return GUEST_FIRST_GREF + page;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&ts, NULL);
}

static void *map_pages(struct guest *guest, const xen_pfn_t *mfns, unsigned int count)
{
	int errs[GUEST_PAGES];

	return xenforeignmemory_map(fmem, guest->domid, PROT_READ | PROT_WRITE, count, mfns, errs);
}

/* The first page of the guest's grant table. */
static xenforeignmemory_resource_handle *map_grants(const struct guest *guest,
						    volatile grant_entry_v1_t **entries)
{
	return xenforeignmemory_map_resource(fmem, guest->domid, XENMEM_resource_grant_table, 0, 0,
					     1, (void **)entries, PROT_READ | PROT_WRITE, 0);
}

static void set_entry(volatile grant_entry_v1_t *entry, xen_pfn_t mfn, uint16_t flags)
{
	entry->domid = 0;
	entry->frame = mfn;
	__sync_synchronize();
	entry->flags = flags;
}

/* Grant every page to Dom0, writing the guest's grant table. */
static int seed_grants(struct guest *guest)
{
	xenforeignmemory_resource_handle *res;
	volatile grant_entry_v1_t *entries = NULL;
	unsigned int i;

	res = map_grants(guest, &entries);
	if (!res)
		return -1;
	for (i = 0; i < GUEST_PAGES; i++)
		set_entry(&entries[guest_gref(i)], guest->mfn[i], GTF_permit_access);
	return xenforeignmemory_unmap_resource(fmem, res);
}

bool guest_grant(const struct guest *guest, uint32_t gref, uint32_t count, enum guest_page page,
		 uint16_t flags)
{
	xenforeignmemory_resource_handle *res;
	volatile grant_entry_v1_t *entries = NULL;

	res = map_grants(guest, &entries);
	if (!res)
		return false;
	for (; count; count--, gref++)
		set_entry(&entries[gref], guest->mfn[page], flags);
	return !xenforeignmemory_unmap_resource(fmem, res);
}

unsigned int guest_grants_in_use(const struct guest *guest, uint32_t gref, uint32_t count,
				 uint16_t flags)
{
	xenforeignmemory_resource_handle *res;
	volatile grant_entry_v1_t *entries = NULL;
	unsigned int n = 0;

	res = map_grants(guest, &entries);
	if (!res)
		return ~0U;
	for (; count; count--, gref++)
		n += (entries[gref].flags & flags) == flags;
	(void)xenforeignmemory_unmap_resource(fmem, res);
	return n;
}

/* Map what the test writes. */
static int map_guest(struct guest *guest, struct xc_dom_image *dom)
{
	xen_pfn_t mailbox;
	unsigned char *base;
	unsigned int i;

	for (i = 0; i < GUEST_PAGES; i++)
		guest->mfn[i] = xc_dom_p2m(dom, GUEST_FIRST_PFN + i);
	mailbox = xc_dom_p2m(dom, PUPPET_MAILBOX_PFN);
	base = map_pages(guest, guest->mfn, GUEST_PAGES);
	guest->mailbox = map_pages(guest, &mailbox, 1);
	if (!base || !guest->mailbox)
		return -1;
	for (i = 0; i < GUEST_PAGES; i++)
		guest->page[i] = base + i * 4096UL;
	guest->ctrl = (void *)guest->page[PAGE_CTRL];
	guest->ctrl_gfn = GUEST_FIRST_PFN;
	memset(guest->page[PAGE_CTRL], 0, 4096);
	return seed_grants(guest);
}

uint32_t guest_alloc_port(struct guest *guest)
{
	return xc_evtchn_alloc_unbound(xch, guest->domid, 0);
}

static int build(struct guest *guest)
{
	struct xc_dom_image *dom = xc_dom_allocate(xch, "", NULL);
	int err = -1;

	if (!dom)
		return -1;
	dom->console_domid = 0;
	dom->xenstore_domid = 0;
	dom->console_evtchn = guest_alloc_port(guest);
	dom->xenstore_evtchn = guest_alloc_port(guest);
	if (!xc_dom_kernel_file(dom, "module-puppet") &&
	    !xc_dom_boot_xen_init(dom, xch, guest->domid) && !xc_dom_parse_image(dom) &&
	    !xc_dom_mem_init(dom, GUEST_MEM_KIB / 1024) && !xc_dom_boot_mem_init(dom) &&
	    !xc_dom_build_image(dom) && !xc_dom_boot_image(dom) && !xc_dom_gnttab_init(dom))
		err = map_guest(guest, dom);
	xc_dom_release(dom);
	return err;
}

int guest_create(struct guest *guest)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = 4,
		.max_maptrack_frames = 0,
		.grant_opts = XEN_DOMCTL_GRANT_version(1),
	};

	if (!xch) {
		xch = xc_interface_open(NULL, NULL, 0);
		fmem = xenforeignmemory_open(NULL, 0);
	}
	memset(guest, 0, sizeof(*guest));
	guest->domid = 0;
	config.arch.emulation_flags = 0;
	config.arch.misc_flags = 0;
	if (xc_domain_create(xch, &guest->domid, &config) ||
	    xc_domain_max_vcpus(xch, guest->domid, 1) ||
	    xc_domain_setmaxmem(xch, guest->domid, GUEST_MEM_KIB + 1024) || build(guest)) {
		perror("cannot build the guest");
		return -1;
	}
	guest->ctrl_port = guest_alloc_port(guest);
	return 0;
}

void guest_destroy(struct guest *guest)
{
	if (guest->page[0])
		xenforeignmemory_unmap(fmem, guest->page[0], GUEST_PAGES);
	if (guest->mailbox)
		xenforeignmemory_unmap(fmem, (void *)guest->mailbox, 1);
	guest->page[0] = NULL;
	guest->mailbox = NULL;
	(void)xc_domain_destroy(xch, guest->domid);
}

bool guest_is_gone(uint32_t domid)
{
	xc_domaininfo_t info;

	return xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid;
}

void guest_notify(struct guest *guest, uint32_t port)
{
	struct puppet_mailbox *box = (void *)guest->mailbox;
	uint32_t before = box->sent;
	int i;

	box->port = port;
	xc_domain_unpause(xch, guest->domid);
	for (i = 0; i < 5000 && box->sent == before; i++)
		sleep_ms(1);
	xc_domain_pause(xch, guest->domid);
}

uint32_t guest_storm(struct guest *guest, uint32_t port)
{
	struct puppet_mailbox *box = (void *)guest->mailbox;

	box->storm = port;
	if (port)
		xc_domain_unpause(xch, guest->domid);
	else
		xc_domain_pause(xch, guest->domid);
	return box->sent;
}

void guest_publish(struct guest *guest, unsigned int slot)
{
	__sync_synchronize();
	guest->ctrl->slot[slot].front.seq++;
	guest_notify(guest, guest->ctrl_port);
}

bool guest_await_state(struct guest *guest, unsigned int slot, uint32_t state)
{
	volatile struct noxs_ctrl_slot *s = &guest->ctrl->slot[slot];
	int i;

	for (i = 0; i < 500; i++) {
		if (s->front.ack != s->back.seq) {
			s->front.ack = s->back.seq;
			guest_notify(guest, guest->ctrl_port);
		}
		if (s->back.state == state && s->back.ack == s->front.seq)
			return true;
		sleep_ms(10);
	}
	return false;
}

void guest_prepare_vif(struct guest *guest, unsigned int slot, uint32_t features)
{
	volatile struct noxs_ctrl_front *front = &guest->ctrl->slot[slot].front;

	SHARED_RING_INIT((netif_tx_sring_t *)guest->page[PAGE_TX]);
	FRONT_RING_INIT(&guest->tx, (netif_tx_sring_t *)guest->page[PAGE_TX], 4096);
	SHARED_RING_INIT((netif_rx_sring_t *)guest->page[PAGE_RX]);
	FRONT_RING_INIT(&guest->rx, (netif_rx_sring_t *)guest->page[PAGE_RX], 4096);
	guest->tx_port = guest_alloc_port(guest);
	guest->rx_port = features & NOXS_VIF_F_SPLIT_EVTCHN ? guest_alloc_port(guest) :
							      guest->tx_port;
	front->u.vif.tx_gref = guest_gref(PAGE_TX);
	front->u.vif.rx_gref = guest_gref(PAGE_RX);
	front->u.vif.tx_port = guest->tx_port;
	front->u.vif.rx_port = guest->rx_port;
	front->u.vif.features = features;
	front->state = NOXS_STATE_OPEN;
	front->ack = guest->ctrl->slot[slot].back.seq;
}

void guest_open_vif(struct guest *guest, unsigned int slot, uint32_t features)
{
	guest_prepare_vif(guest, slot, features);
	guest_publish(guest, slot);
}

void guest_close_vif(struct guest *guest, unsigned int slot)
{
	guest->ctrl->slot[slot].front.state = NOXS_STATE_CLOSED;
	guest_publish(guest, slot);
}
