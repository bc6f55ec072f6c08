// SPDX-License-Identifier: MIT
/*
 * A well-behaved front-end: connecting in both ways, packets in both directions.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

static void test_vif_transmit(struct guest *guest, int sock)
{
	struct noxs_ioc_dev_state state;
	size_t len;

	send_chain(guest, 1, FRAME_LEN, 0x11);
	len = sniff_frame(sock, 0x11);
	verdict("vif-transmit", len == FRAME_LEN && reap_tx(guest, 1, NETIF_RSP_OKAY) == 1,
		"%zu bytes", len);
	send_chain(guest, 3, 400, 0x12);
	len = sniff_frame(sock, 0x12);
	verdict("vif-transmit-small-chain", len == 1200 && reap_tx(guest, 3, NETIF_RSP_OKAY) == 3,
		"%zu bytes", len);
	send_chain(guest, 18, 3000, 0x13);
	len = sniff_frame(sock, 0x13);
	verdict("vif-transmit-long-chain", len == 54000 && reap_tx(guest, 18, NETIF_RSP_OKAY) == 18,
		"%zu bytes", len);
	vif_state(guest->domid, &state);
	verdict("vif-statistics", state.tx_packets == 3 && state.tx_bytes == 60 + 1200 + 54000,
		"%llu packets %llu bytes", (unsigned long long)state.tx_packets,
		(unsigned long long)state.tx_bytes);
}

static void test_vif_receive(struct guest *guest, int sock)
{
	unsigned char frame[1514];
	netif_rx_response_t *rsp;
	int i;

	/* Whatever the bridge has sent meanwhile goes first. */
	fill_frame(frame, sizeof(frame), 0x21);
	post_rx(guest, 16);
	if (send(sock, frame, sizeof(frame), 0) < 0)
		return verdict("vif-receive", false, "send: %s", strerror(errno));
	for (i = 0; i < 16 && await_rx(guest, 1); i++) {
		rsp = RING_GET_RESPONSE(&guest->rx, guest->rx.rsp_cons++);
		if (rsp->status == sizeof(frame) && !rsp->offset &&
		    !memcmp(guest->page[PAGE_DATA + rsp->id], frame, sizeof(frame)))
			return verdict("vif-receive", true, "not said");
	}
	verdict("vif-receive", false, "not among %d packets", i);
}

static void test_vif(void)
{
	struct noxs_ioc_dev_state state;
	struct guest guest;
	int sock;

	if (!open_guest(&guest, NOXS_VIF_F_SG))
		return;
	vif_state(guest.domid, &state);
	verdict("vif-query",
		state.state == NOXS_STATE_OPEN && state.features == NOXS_VIF_F_SG &&
			!strcmp(state.link, BRIDGE) && !strncmp(state.ifname, "vif", 3),
		"%s", state.link);
	sock = sniff(guest.domid);
	test_vif_transmit(&guest, sock);
	test_vif_receive(&guest, sock);
	guest_close_vif(&guest, 1);
	verdict("vif-close", guest_await_state(&guest, 1, NOXS_STATE_CLOSED), "no");
	guest_open_vif(&guest, 1, NOXS_VIF_F_SG | NOXS_VIF_F_SPLIT_EVTCHN);
	verdict("vif-reopen-split", guest_await_state(&guest, 1, NOXS_STATE_OPEN), "no");
	send_chain(&guest, 1, FRAME_LEN, 0x14);
	verdict("vif-transmit-split", sniff_frame(sock, 0x14) == FRAME_LEN, "lost");
	test_vif_receive(&guest, sock);
	close(sock);
	close_guest(&guest);
}

/* Rings made by the builder, connected before the guest has run. */
static void test_preconnect(void)
{
	struct noxs_ioc_dev_state state;
	struct request req;
	struct guest guest;
	int sock, err;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	guest_prepare_vif(&guest, 1, NOXS_VIF_F_SG | NOXS_VIF_F_SPLIT_EVTCHN);
	request_init(&req, &guest);
	preconnect_vif(&req, &guest);
	req.dev[1].ring_gref[1] = 501;
	expect("preconnect-bad-grant", control(fd, NOXS_IOC_CREATE, &req.create), EIO);
	req.dev[1].ring_gref[1] = guest_gref(PAGE_RX);
	req.dev[1].flags &= ~NOXS_DEV_PRECONNECT;
	expect("preconnect-not-asked", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	req.dev[1].flags |= NOXS_DEV_PRECONNECT;
	guest.ctrl->slot[1].front.ack = guest.ctrl->slot[1].back.seq;
	err = control(fd, NOXS_IOC_CREATE, &req.create);
	vif_state(guest.domid, &state);
	verdict("preconnect",
		!err && state.state == NOXS_STATE_OPEN &&
			guest.ctrl->slot[1].back.state == NOXS_STATE_OPEN,
		"errno %d, state %u", err, state.state);
	sock = sniff(guest.domid);
	send_chain(&guest, 2, 100, 0x16);
	verdict("preconnect-transmit", sniff_frame(sock, 0x16) == 200, "lost");
	test_vif_receive(&guest, sock);
	close(sock);
	close_guest(&guest);
}

/* Whether a frame with @mark is among what the guest has been given. */
static bool guest_has_frame(const struct guest *guest, uint8_t mark)
{
	unsigned int i;

	for (i = 0; i < 16; i++)
		if (guest->page[PAGE_DATA + i][12] == 0x88 &&
		    guest->page[PAGE_DATA + i][14] == mark)
			return true;
	return false;
}

bool await_frame(const struct guest *guest, uint8_t mark)
{
	int i;

	for (i = 0; i < 200 && !guest_has_frame(guest, mark); i++)
		usleep(10000);
	return guest_has_frame(guest, mark);
}

/* A guest with a vif of that MTU, and the state that the vif comes to. */
static uint32_t open_mtu(struct guest *guest, uint16_t mtu, uint32_t features)
{
	struct request req;

	if (guest_create(guest))
		return ~0U;
	request_init(&req, guest);
	req.dev[1].config.vif.mtu = mtu;
	if (control(fd, NOXS_IOC_CREATE, &req.create))
		return ~0U;
	guest_open_vif(guest, 1, features);
	return guest_await_state(guest, 1, NOXS_STATE_OPEN) ? NOXS_STATE_OPEN :
							      vif_state(guest->domid, NULL);
}

static bool bridge_mtu_is(long mtu)
{
	return count_of("cat /sys/class/net/" BRIDGE "/mtu") == mtu;
}

/* What a guest has chosen for itself is not the bridge's affair; what it cannot take is dropped. */
static void test_mtu(void)
{
	unsigned char frame[1514];
	struct guest guest;
	uint32_t state;
	int sock;

	state = open_mtu(&guest, 576, 0);
	verdict("mtu-small", state == NOXS_STATE_OPEN && bridge_mtu_is(1500),
		"state %u, or it changes the bridge's", state);
	verdict("mtu-small-page", vif_entry(guest.domid)->config.vif.mtu == 576, "%u",
		vif_entry(guest.domid)->config.vif.mtu);
	sock = sniff(guest.domid);
	fill_frame(frame, sizeof(frame), 0x41);
	post_rx(&guest, 16);
	verdict("mtu-small-larger", send(sock, frame, sizeof(frame), 0) == sizeof(frame), "%s",
		strerror(errno));
	fill_frame(frame, 590, 0x42);
	verdict("mtu-small-fits", send(sock, frame, 590, 0) == 590 && await_frame(&guest, 0x42),
		"does not come");
	verdict("mtu-small-dropped", !guest_has_frame(&guest, 0x41), "comes");
	close(sock);
	close_guest(&guest);

	state = open_mtu(&guest, 9000, 0);
	verdict("mtu-large-no-chains",
		state == NOXS_STATE_FAILED && guest.ctrl->slot[1].back.error == EMSGSIZE,
		"state %u error %u", state, guest.ctrl->slot[1].back.error);
	close_guest(&guest);
	state = open_mtu(&guest, 9000, NOXS_VIF_F_SG);
	verdict("mtu-large", state == NOXS_STATE_OPEN && bridge_mtu_is(1500),
		"state %u, or it changes the bridge's", state);
	close_guest(&guest);
}

static int on_link(const char *fmt, uint32_t domid)
{
	char command[128];

	snprintf(command, sizeof(command), fmt, domid);
	return system(command);
}

/* What is told is where the vif is, not where it was put. */
static void test_moved(void)
{
	struct noxs_ioc_dev_state state;
	struct guest guest;

	if (!open_guest(&guest, 0))
		return;
	vif_state(guest.domid, &state);
	verdict("moved-not", !strcmp(state.link, BRIDGE) && !state.error, "%s, error %u",
		state.link, state.error);
	verdict("moved-setup",
		!on_link("ip link add noxsother type bridge && "
			 "ip link set vif%u.0 master noxsother",
			 guest.domid),
		"cannot be moved");
	vif_state(guest.domid, &state);
	verdict("moved", !strcmp(state.link, "noxsother") && !state.error, "%s, error %u",
		state.link, state.error);
	verdict("moved-delete", !system("ip link del noxsother"), "cannot be deleted");
	vif_state(guest.domid, &state);
	verdict("moved-nowhere", !strcmp(state.link, BRIDGE) && state.error == ENODEV,
		"%s, error %u", state.link, state.error);
	close_guest(&guest);
}

void test_vifs(void)
{
	test_mtu();
	test_moved();
	test_vif();
	test_preconnect();
}
