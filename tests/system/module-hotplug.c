// SPDX-License-Identifier: MIT
/*
 * Vifs that come to a guest and leave it, beside one that stays; see module-disk-hotplug.c for slots
 * and errors.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

#define PLUGGED_ID   7U
#define PLUGGED_SLOT 2U

/* A vif on the bridge with addresses of its own. */
static struct noxs_ioc_dev vif_request(const struct guest *guest)
{
	struct noxs_ioc_dev dev;
	struct request req;

	request_init(&req, guest);
	dev = req.dev[1];
	dev.id = PLUGGED_ID;
	dev.config.vif.mac[2]++;
	dev.config.vif.ipv4 ^= 0x8000; /* 10.128.0.0 */
	return dev;
}

int plug_vif(const struct guest *guest)
{
	struct noxs_ioc_dev dev = vif_request(guest);

	return add_device(guest->domid, &dev);
}

int unplug_vif(const struct guest *guest)
{
	return remove_device(guest->domid, NOXS_CLASS_VIF, PLUGGED_ID);
}

static bool netdev_is_there(uint32_t domid)
{
	char name[IF_NAMESIZE];

	snprintf(name, sizeof(name), "vif%u.%u", domid, PLUGGED_ID);
	return if_nametoindex(name) != 0;
}

/* Net devices go in the background. */
static bool netdev_goes(uint32_t domid)
{
	int i;

	for (i = 0; i < 500 && netdev_is_there(domid); i++)
		usleep(10000);
	return i < 500;
}

/* An address that is taken is an error, and all of the call. */
static void test_conflicts(struct guest *guest)
{
	struct noxs_ioc_dev dev[2] = { vif_request(guest), vif_request(guest) };
	struct noxs_ioc_add add = {
		.domid = (uint16_t)guest->domid,
		.nr_devs = 2,
		.devs = (uintptr_t)dev,
	};

	dev[1].id++;
	dev[1].config.vif.mac[2]++;
	expect("plug-address-taken", control(fd, NOXS_IOC_ADD, &add), EADDRINUSE);
	verdict("plug-address-taken-by",
		add.err_dev == 1 && add.conflict_domid == guest->domid &&
			add.conflict_what == NOXS_CONFLICT_IPV4 && netdev_goes(guest->domid),
		"device %u domain %u what %u", add.err_dev, add.conflict_domid, add.conflict_what);
	strcpy(dev[0].link, "nosuchbridge");
	expect("plug-no-bridge", add_device(guest->domid, dev), ENODEV);
}

static void test_plug(struct guest *guest)
{
	volatile struct noxs_ctrl_slot *slot = &guest->ctrl->slot[PLUGGED_SLOT];
	struct noxs_ioc_dev dev = vif_request(guest);
	const struct noxs_dev *entry;
	int sock = sniff(guest->domid);

	expect("plug-vif", add_device(guest->domid, &dev), 0);
	entry = device_entry(guest->domid, NOXS_CLASS_VIF, PLUGGED_ID);
	verdict("plug-vif-entry",
		entry && entry->ctrl_slot == PLUGGED_SLOT &&
			!memcmp(&entry->config, &dev.config, sizeof(dev.config)) &&
			netdev_is_there(guest->domid),
		"no");
	expect("plug-vif-twice", add_device(guest->domid, &dev), EEXIST);
	/* The guest's rings move to it: it has one pair. */
	guest_close_vif(guest, 1);
	guest_await_state(guest, 1, NOXS_STATE_CLOSED);
	guest_open_vif(guest, PLUGGED_SLOT, NOXS_VIF_F_SG);
	verdict("plug-vif-open", guest_await_state(guest, PLUGGED_SLOT, NOXS_STATE_OPEN),
		"state %u", slot->back.state);
	send_chain(guest, 1, FRAME_LEN, 0x51);
	verdict("plug-vif-sends", reap_tx(guest, 1, NETIF_RSP_OKAY) == 1, "no");
	expect("unplug-vif", unplug_vif(guest), 0);
	verdict("unplug-vif-gone",
		slot->back.state == NOXS_STATE_GONE &&
			!device_entry(guest->domid, NOXS_CLASS_VIF, PLUGGED_ID) &&
			netdev_goes(guest->domid),
		"state %u", slot->back.state);
	/* Its addresses are free, and the other vif has noticed nothing. */
	expect("plug-vif-again", add_device(guest->domid, &dev), 0);
	expect("unplug-vif-unopened", unplug_vif(guest), 0);
	guest_open_vif(guest, 1, NOXS_VIF_F_SG);
	guest_await_state(guest, 1, NOXS_STATE_OPEN);
	send_chain(guest, 1, FRAME_LEN, 0x52);
	verdict("unplug-vif-leaves-others",
		sniff_frame(sock, 0x52) == FRAME_LEN && reap_tx(guest, 1, NETIF_RSP_OKAY) == 1,
		"it is silent");
	close(sock);
}

/* The vif that was there, and the domain's other slots, from a guest that ignores all of it. */
static void test_deaf(struct guest *guest)
{
	unsigned int i;
	int err = 0;

	/* Two slots are gone and unacknowledged by now; each round takes another. */
	guest->ctrl->slot[PLUGGED_SLOT].front.ack = 0x7fffffff;
	for (i = 0; i < NOXS_CTRL_SLOTS && !err; i++) {
		err = plug_vif(guest);
		if (!err)
			err = unplug_vif(guest);
	}
	verdict("plug-deaf-guest", err == ENOSPC && i > 20, "%s in round %u", strerror(err), i);
	send_chain(guest, 1, FRAME_LEN, 0x53);
	verdict("plug-deaf-guest-goes-on", reap_tx(guest, 1, NETIF_RSP_OKAY) == 1, "it is silent");
}

void test_hotplug(void)
{
	struct guest guest;

	if (!open_guest(&guest, NOXS_VIF_F_SG))
		return;
	test_conflicts(&guest);
	test_plug(&guest);
	test_deaf(&guest);
	close_guest(&guest);
}
