// SPDX-License-Identifier: MIT
/*
 * Hostile front-ends: each is closed or bears the cost itself, and its neighbours go on.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

/* The vif must fail with EPROTO, and a well-behaved neighbour must not notice. */
static void expect_closed(const char *name, struct guest *guest)
{
	struct noxs_ioc_event event;

	verdict(name,
		await_event(fd, NOXS_EVENT_DEV_FAILED, &event) && event.code == EPROTO &&
			vif_state(guest->domid, NULL) == NOXS_STATE_FAILED &&
			guest->ctrl->slot[1].back.state == NOXS_STATE_FAILED,
		"state %u", vif_state(guest->domid, NULL));
	close_guest(guest);
}

static bool open_hostile(struct guest *guest, uint32_t features)
{
	if (!open_guest(guest, features))
		return false;
	subscribe(fd, guest->domid);
	return true;
}

static void test_hostile_rings(void)
{
	unsigned char frame[FRAME_LEN];
	struct guest guest;
	int sock;

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	guest.tx.req_prod_pvt += 257;
	push_tx(&guest);
	expect_closed("hostile-tx-index", &guest);

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	send_chain(&guest, 21, 100, 0x31);
	expect_closed("hostile-chain-too-long", &guest);

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	*next_tx(&guest) = (netif_tx_request_t){ .size = 100, .flags = NETTXF_more_data };
	push_tx(&guest);
	expect_closed("hostile-chain-unfinished", &guest);

	if (!open_hostile(&guest, 0))
		return;
	send_chain(&guest, 2, 100, 0x32);
	expect_closed("hostile-chain-not-chosen", &guest);

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	*next_tx(&guest) = (netif_tx_request_t){ .size = 100, .flags = NETTXF_more_data };
	*next_tx(&guest) = (netif_tx_request_t){ .size = 200 };
	push_tx(&guest);
	expect_closed("hostile-sizes-contradict", &guest);

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	guest.rx.req_prod_pvt += 300;
	RING_PUSH_REQUESTS(&guest.rx);
	/* The ring is looked at when there is something for it. */
	sock = sniff(guest.domid);
	fill_frame(frame, sizeof(frame), 0x37);
	verdict("hostile-rx-index-send", send(sock, frame, sizeof(frame), 0) > 0, "%s",
		strerror(errno));
	close(sock);
	expect_closed("hostile-rx-index", &guest);
}

static void test_hostile_packets(void)
{
	static const netif_tx_request_t bad[] = {
		{ .gref = 500, .size = 100, .id = 1 }, /* no such grant */
		{ .gref = 17, .size = 13, .id = 2 },   /* no Ethernet header */
		{ .gref = 17, .size = 0, .id = 3 },
		{ .gref = 17, .offset = 4000, .size = 100, .id = 4 }, /* over a page */
		{ .gref = 17, .offset = 0xffff, .size = 0xffff, .id = 5 },
	};
	const unsigned int count = sizeof(bad) / sizeof(bad[0]);
	struct guest guest;
	unsigned int i;
	int sock;

	if (!open_hostile(&guest, NOXS_VIF_F_SG))
		return;
	sock = sniff(guest.domid);
	for (i = 0; i < count; i++)
		*next_tx(&guest) = bad[i];
	push_tx(&guest);
	i = reap_tx(&guest, count, NETIF_RSP_ERROR);
	verdict("hostile-packets-refused", i == count, "%u of %u", i, count);
	/* As some old front-ends have them: only the packet is lost. */
	send_chain(&guest, 19, 100, 0x38);
	send_chain(&guest, 20, 100, 0x38);
	i = reap_tx(&guest, 39, NETIF_RSP_ERROR);
	verdict("hostile-packets-long", i == 39, "%u slots of 39", i);
	send_chain(&guest, 1, FRAME_LEN, 0x33);
	verdict("hostile-packets-go-on", sniff_frame(sock, 0x33) == FRAME_LEN, "device is dead");
	close(sock);
	close_guest(&guest);
}

static void test_hostile_parameters(void)
{
	static const char *const names[] = { "hostile-features",    "hostile-feature-pairs",
					     "hostile-ring-grant",  "hostile-port",
					     "hostile-many-queues", "hostile-ring-order",
					     "hostile-queues-page" };
	volatile struct noxs_ctrl_front *front;
	struct guest guest;
	unsigned int i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (guest_create(&guest) || attach(&guest))
			return verdict("guest", false, "cannot be had");
		front = &guest.ctrl->slot[1].front;
		guest_open_vif(&guest, 1, i == 0 ? 0x80000000 : i == 1 ? NOXS_VIF_F_GSO_TCPV4 : 0);
		if (i >= 2) {
			guest_await_state(&guest, 1, NOXS_STATE_OPEN);
			guest_close_vif(&guest, 1);
			guest_await_state(&guest, 1, NOXS_STATE_CLOSED);
			if (i == 2)
				front->u.vif.rx_gref = 501;
			else if (i == 3)
				front->u.vif.tx_port = front->u.vif.rx_port = 777;
			else if (i == 4)
				front->u.vif.nr_queues = 2;
			else if (i == 5)
				front->u.vif.ring_order = 1;
			else
				front->u.vif.queues_gref = front->u.vif.tx_gref;
			front->state = NOXS_STATE_OPEN;
			guest_publish(&guest, 1);
		}
		verdict(names[i],
			guest_await_state(&guest, 1, NOXS_STATE_FAILED) &&
				guest.ctrl->slot[1].back.error == (i == 2 || i == 3 ? EIO : EPROTO),
			"state %u error %u", guest.ctrl->slot[1].back.state,
			guest.ctrl->slot[1].back.error);
		close_guest(&guest);
	}
}

/* A storm is throttled: Dom0 takes far fewer interrupts than the guest sends events. */
static void test_hostile_storm(void)
{
	static const char interrupts[] =
		"awk '/noxs-ctrl/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }"
		" END { print n + 0 }' /proc/interrupts";
	unsigned int sent, flips, taken;
	struct guest guest, other;
	int sock;

	if (!open_hostile(&guest, NOXS_VIF_F_SG) || !open_guest(&other, 0))
		return;
	taken = count_of(interrupts);
	sent = guest_storm(&guest, guest.ctrl_port);
	for (flips = 0; flips < 100000; flips++) {
		guest.ctrl->slot[1].front.state = flips & 1;
		guest.ctrl->slot[1].front.seq++;
	}
	sock = sniff(other.domid);
	send_chain(&other, 1, FRAME_LEN, 0x34);
	verdict("hostile-storm-neighbour", sniff_frame(sock, 0x34) == FRAME_LEN, "lost");
	sent = guest_storm(&guest, 0) - sent;
	taken = count_of(interrupts) - taken;
	verdict("hostile-storm", sent > 1000 && taken < sent / 10, "%u events, %u interrupts", sent,
		taken);
	close(sock);
	close_guest(&other);
	close_guest(&guest);
}

/* A guest that never reads: what it holds is bounded, and it can be destroyed. */
static void test_hostile_undrained(void)
{
	struct noxs_ioc_dev_state state;
	unsigned char frame[1514];
	struct guest guest;
	int sock, i;

	if (!open_hostile(&guest, 0))
		return;
	sock = sniff(guest.domid);
	fill_frame(frame, sizeof(frame), 0x35);
	for (i = 0; i < 2000; i++)
		if (send(sock, frame, sizeof(frame), 0) < 0 && errno != ENOBUFS && errno != EAGAIN)
			break;
	vif_state(guest.domid, &state);
	verdict("hostile-undrained", i == 2000 && state.rx_dropped >= 1400 && !state.rx_packets,
		"%d sent, %llu dropped", i, (unsigned long long)state.rx_dropped);
	sleep(11); /* RX_STALL_MS of rx.c, and a bit */
	vif_state(guest.domid, &state);
	verdict("hostile-undrained-purged", state.rx_dropped >= 2000, "%llu dropped",
		(unsigned long long)state.rx_dropped);
	/* From then on until it posts a buffer it holds no more than its share. */
	for (i = 0; i < 100; i++)
		(void)send(sock, frame, sizeof(frame), 0);
	vif_state(guest.domid, &state);
	verdict("hostile-undrained-again", state.rx_dropped >= 2090 && state.rx_dropped < 2100,
		"%llu dropped", (unsigned long long)state.rx_dropped);
	post_rx(&guest, 16);
	verdict("hostile-undrained-drains", await_rx(&guest, 1), "nothing comes");
	close(sock);
	close_guest(&guest);
}

/* The domain is destroyed under its open vif, with requests in flight. */
static void test_hostile_death(void)
{
	struct guest guest;
	unsigned int i;

	for (i = 0; i < 10; i++) {
		if (!open_hostile(&guest, NOXS_VIF_F_SG))
			return;
		send_chain(&guest, 18, 1000, 0x36);
		guest_destroy(&guest);
		if (!await_gone(guest.domid))
			break;
	}
	verdict("hostile-death", i == 10 && !count_attached(), "domain %u lingers", guest.domid);
}

void test_hostile(void)
{
	test_hostile_rings();
	test_hostile_packets();
	test_hostile_parameters();
	test_hostile_storm();
	test_hostile_undrained();
	test_hostile_death();
}
