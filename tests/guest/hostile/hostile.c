// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile guest: connecting, or being connected, and carrying out one attack.  Says READY first, so that the toolstack
 * has it as a running guest when it turns bad, and goes on living after it: what the back-end does
 * about it is for the test in Dom0 to see.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <minios/app.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/lightvm_note.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include "hostile.h"

#define MODE_MAX 32
#define FEATURES NOXS_VIF_F_SG

/* It also takes rings that were connected before it ran, to do the same to those. */
LIGHTVM_NOTE(note, LIGHTVM_NOTE_VIF_FEATURES, FEATURES);

static const struct attack *attack;
static struct victim victim;
static bool is_on;

static void back_changed(void *data, const struct noxs_ctrl_back *back)
{
	(void)data;
	printf("hostile: back-end state %u error %u\n", back->state, back->error);
	if (back->state == NOXS_STATE_OPEN)
		is_on = attack->step;
}

static void ring_event(void *data)
{
	(void)data;
}

static uint64_t attack_poll(void *data)
{
	(void)data;
	if (!is_on)
		return LOOP_NEVER;
	is_on = attack->step(&victim);
	if (is_on)
		return 0;
	printf("hostile: %s done\n", attack->name);
	return LOOP_NEVER;
}

static struct loop_source source = { .poll = attack_poll };

static int packet_prepare(struct victim *v, domid_t backend)
{
	int ref;

	v->page = page_alloc();
	if (!v->page)
		return -ENOMEM;
	memset(v->page, 0xff, PAGE_SIZE);
	ref = gnttab_grant(backend, v->page, true);
	v->gref = (uint16_t)ref;
	return ref < 0 ? ref : 0;
}

static int adopt(struct victim *v, const struct noxs_dev *dev)
{
	int err;

	v->half = v->front.slot.page->slot[v->front.slot.index].front.u.vif;
	v->ring.tx_port = v->ring.rx_port = dev->data_port[0];
	v->ring.tx_gref = v->half.tx_gref;
	v->ring.rx_gref = v->half.rx_gref;
	err = gnttab_init();
	if (!err)
		err = evtchn_handle(dev->data_port[0], ring_event, NULL);
	if (!err)
		err = netring_adopt(&v->ring, dev->backend_domid, mm_frame_map(dev->ring_gfn),
				    mm_frame_map(dev->ring_gfn + 1));
	return err ? err : packet_prepare(v, dev->backend_domid);
}

static int connect(struct victim *v, const struct noxs_dev *dev)
{
	evtchn_port_t port;
	int err;

	err = gnttab_init();
	if (!err)
		err = netring_create(&v->ring, dev->backend_domid);
	if (!err)
		err = packet_prepare(v, dev->backend_domid);
	if (!err)
		err = evtchn_alloc(dev->backend_domid, &port);
	if (!err)
		err = evtchn_handle(port, ring_event, NULL);
	if (err)
		return err;
	v->ring.tx_port = v->ring.rx_port = port;
	v->half = (struct noxs_vif_front){
		.tx_gref = v->ring.tx_gref,
		.rx_gref = v->ring.rx_gref,
		.tx_port = port,
		.rx_port = port,
		.features = FEATURES,
	};
	if (attack->before)
		attack->before(v);
	noxs_publish(&v->front, NOXS_STATE_OPEN, &v->half, sizeof(v->half));
	return 0;
}

int app_main(const char *cmdline)
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_VIF, NULL);
	char mode[MODE_MAX];
	int err;

	if (!minios_option(cmdline, "mode", mode, sizeof(mode)))
		return -EINVAL;
	for (attack = attacks; attack->name && strcmp(attack->name, mode); attack++)
		;
	if (!attack->name || !dev)
		return -ENOENT;
	victim.front.event = back_changed;
	err = noxs_open(&victim.front, dev);
	if (err)
		return err;
	minios_ready();
	loop_add(&source);
	return dev->flags & NOXS_DEV_PRECONNECTED ? adopt(&victim, dev) : connect(&victim, dev);
}
