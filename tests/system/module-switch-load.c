// SPDX-License-Identifier: MIT
/*
 * Ports of a switch under load: packets larger than the receiver takes, broadcasts without end,
 * many ports, and switches and guests that go while there is traffic.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/if_ether.h>
#include "module-port.h"

#define HEADERS_LEN  54U /* Ethernet, IPv4, TCP */
#define GSO_LEN	     8000U
#define GSO_SIZE     1400U
#define FEATURES_GSO (NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_GSO_TCPV4)

/* ---- segments ---- */

static uint8_t pattern(size_t at)
{
	return (uint8_t)(at * 7 + at / 251);
}

/* A TCP packet of GSO_LEN bytes in two fragments, its checksum left out. */
static void send_gso(struct station *from, const struct station *to)
{
	static const uint8_t tcp[] = { 0, 9, 0, 10, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 1, 0 };
	struct guest *guest = &from->guest;
	uint8_t *page = guest->page[PAGE_DATA];
	netif_extra_info_t *extra;
	size_t i;

	frame_ipv4(page, to->mac, from->mac, from->ipv4, 0);
	page[16] = (GSO_LEN - 14) >> 8;
	page[17] = (GSO_LEN - 14) & 0xff;
	page[23] = IPPROTO_TCP;
	memcpy(page + 30, &to->ipv4, 4);
	memcpy(page + 34, tcp, sizeof(tcp));
	memset(page + 50, 0, 4);
	for (i = HEADERS_LEN; i < GSO_LEN; i++)
		guest->page[PAGE_DATA + i / 4096][i % 4096] = pattern(i - HEADERS_LEN);
	*next_tx(guest) = (netif_tx_request_t){
		.gref = guest_gref(PAGE_DATA),
		.size = GSO_LEN,
		.flags = NETTXF_csum_blank | NETTXF_data_validated | NETTXF_extra_info |
			 NETTXF_more_data,
	};
	extra = (void *)next_tx(guest);
	memset(extra, 0, sizeof(*extra));
	extra->type = XEN_NETIF_EXTRA_TYPE_GSO;
	extra->u.gso.size = GSO_SIZE;
	extra->u.gso.type = XEN_NETIF_GSO_TYPE_TCPV4;
	*next_tx(guest) =
		(netif_tx_request_t){ .gref = guest_gref(PAGE_DATA + 1), .size = GSO_LEN - 4096 };
	push_tx(guest);
	reap_tx(guest, 3, NETIF_RSP_OKAY);
}

static uint32_t sum16(const uint8_t *at, size_t len, uint32_t sum)
{
	size_t i;

	for (i = 0; i < len; i++)
		sum += i & 1 ? at[i] : at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

/* Whether lengths, IPv4 and TCP checksums of a packet hold. */
static bool checksums_hold(const uint8_t *frame, size_t len)
{
	uint8_t pseudo[12] = { [9] = IPPROTO_TCP };

	memcpy(pseudo, frame + 26, 8);
	pseudo[10] = (len - 34) >> 8;
	pseudo[11] = (len - 34) & 0xff;
	return (size_t)(frame[16] << 8 | frame[17]) == len - 14 &&
	       sum16(frame + 14, 20, 0) == 0xffff &&
	       sum16(frame + 34, len - 34, sum16(pseudo, sizeof(pseudo), 0)) == 0xffff;
}

/* Count the bytes that arrive in order and undamaged, in packets of at most @most. */
static size_t take_stream(struct station *to, size_t most, bool checks)
{
	static uint8_t frame[65536];
	size_t done = 0, len, i;
	unsigned int gso_size;

	while (done < GSO_LEN - HEADERS_LEN && (len = station_take(to, frame, &gso_size))) {
		if (len <= HEADERS_LEN || len > most || frame[23] != IPPROTO_TCP ||
		    (checks && !checksums_hold(frame, len)) ||
		    (len > 1514 && gso_size != GSO_SIZE) ||
		    (size_t)(frame[40] << 8 | frame[41]) != done)
			return done;
		for (i = HEADERS_LEN; i < len; i++)
			if (frame[i] != pattern(done++))
				return 0;
	}
	return done;
}

static void test_gso(void)
{
	static const struct {
		const char *name;
		uint32_t features;
		size_t most;
	} takers[] = {
		{ "switch-gso-to-gso", FEATURES_GSO, GSO_LEN },
		{ "switch-gso-to-csum", NOXS_VIF_F_SG | NOXS_VIF_F_CSUM_IPV4, 1514 },
		{ "switch-gso-to-sg", NOXS_VIF_F_SG, 1514 },
		{ "switch-gso-to-none", 0, 1514 },
	};
	struct station from, to;
	unsigned int i;
	size_t done;

	if (!station_open(&from, FEATURES_GSO, true))
		return;
	for (i = 0; i < 4; i++) {
		if (!station_open(&to, takers[i].features, true))
			return;
		send_gso(&from, &to);
		done = take_stream(&to, takers[i].most,
				   !(takers[i].features & NOXS_VIF_F_CSUM_IPV4));
		verdict(takers[i].name, done == GSO_LEN - HEADERS_LEN, "%zu bytes", done);
		station_close(&to);
	}
	station_close(&from);
}

/* ---- many ports ---- */

#define PORTS_PER_GUEST (NOXS_CTRL_SLOTS - 1)

/* A domain with as many vifs on the switch as it can have, none of them open. */
static int attach_many(struct guest *guest, struct noxs_ioc_dev *devs, bool has_ipv4)
{
	struct request req;
	unsigned int i;

	request_init(&req, guest);
	request_port(&req);
	devs[0] = req.dev[0];
	for (i = 1; i <= PORTS_PER_GUEST; i++) {
		devs[i] = req.dev[1];
		devs[i].id = i;
		devs[i].config.vif.mac[3] = i;
		devs[i].config.vif.ipv4 = has_ipv4 ? htonl(0x0a000000 | i << 16 | guest->domid) : 0;
	}
	req.create.nr_devs = NOXS_CTRL_SLOTS;
	req.create.devs = (uintptr_t)devs;
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

/* Each port must have dropped, for want of a front-end, exactly what was sent to it. */
static void test_many_find(struct station *uplink, struct guest *guest,
			   const struct noxs_ioc_dev *devs)
{
	struct noxs_ioc_dev_state states[NOXS_CTRL_SLOTS];
	struct noxs_ioc_query query = { .domid = guest->domid,
					.nr_devs = NOXS_CTRL_SLOTS,
					.devs = (uintptr_t)states };
	unsigned int i, good = 0;
	uint8_t frame[FRAME_LEN];

	for (i = 1; i <= PORTS_PER_GUEST; i++) {
		frame_ipv4(frame, devs[i].config.vif.mac, uplink->mac, uplink->ipv4, 1);
		station_send(uplink, frame, sizeof(frame));
		frame_arp(frame, 1, uplink, devs[i].config.vif.ipv4, 2);
		station_send(uplink, frame, sizeof(frame));
	}
	control(fd, NOXS_IOC_QUERY, &query);
	for (i = 1; i <= PORTS_PER_GUEST; i++)
		good += states[i].rx_dropped == 2;
	verdict("switch-many-found", good == PORTS_PER_GUEST, "%u of %u ports", good,
		PORTS_PER_GUEST);
}

static void test_many(struct station *uplink)
{
	struct noxs_ioc_dev devs[3][NOXS_CTRL_SLOTS];
	struct guest guests[3];
	unsigned int i;

	for (i = 0; i < 3; i++) {
		if (guest_create(&guests[i]))
			return verdict("switch-guest", false, "cannot be built");
		expect("switch-many", attach_many(&guests[i], devs[i], true), 0);
	}
	verdict("switch-many-counts", switch_stat(STAT_ADDRESSED) == 3 * PORTS_PER_GUEST, "%lu",
		(unsigned long)switch_stat(STAT_ADDRESSED));
	test_many_find(uplink, &guests[1], devs[1]);
	detach(guests[0].domid);
	test_many_find(uplink, &guests[2], devs[2]);
	for (i = 0; i < 3; i++)
		guest_destroy(&guests[i]);
	for (i = 0; i < 3; i++)
		verdict("switch-many-go", await_gone(guests[i].domid), "domain %u lingers",
			guests[i].domid);
	verdict("switch-many-left", !switch_stat(STAT_ADDRESSED), "%lu",
		(unsigned long)switch_stat(STAT_ADDRESSED));
}

/* ---- broadcasts without end ---- */

/*
 * With 60 ports a guest's credit, 8192 copies, is good for 137 broadcasts, and for as many more in
 * each second: of 1400 sent in bursts of 100 some are denied, and the uplink has them all.
 */
static void test_flood(struct station *uplink)
{
	struct noxs_ioc_dev devs[2][NOXS_CTRL_SLOTS];
	uint64_t before = switch_stat(STAT_FLOODS_DENIED);
	struct guest crowd[2];
	struct station st;
	uint8_t frame[65536];
	unsigned int i, j, gso_size, heard = 0;

	if (guest_create(&crowd[0]) || guest_create(&crowd[1]) ||
	    attach_many(&crowd[0], devs[0], true) || attach_many(&crowd[1], devs[1], false) ||
	    !station_open(&st, 0, true))
		return verdict("switch-flood", false, "cannot be set up");
	frame_ipv4(st.guest.page[PAGE_DATA], BROADCAST, st.mac, st.ipv4, 0x61);
	for (i = 0; i < 14; i++) {
		for (j = 0; j < 100; j++)
			*next_tx(&st.guest) = (netif_tx_request_t){ .gref = guest_gref(PAGE_DATA),
								    .size = FRAME_LEN };
		push_tx(&st.guest);
		if (reap_tx(&st.guest, 100, NETIF_RSP_OKAY) != 100)
			verdict("switch-flood-answered", false, "not all");
		for (j = 0; j < 100 && station_take(uplink, frame, &gso_size); j++)
			heard += frame[FRAME_LEN - 1] == 0x61;
	}
	verdict("switch-flood-limited", switch_stat(STAT_FLOODS_DENIED) > before, "none denied");
	verdict("switch-flood-uplink", heard == 1400, "%u of 1400", heard);
	printf("switch-flood: %lu of 1400 broadcasts denied\n",
	       (unsigned long)(switch_stat(STAT_FLOODS_DENIED) - before));
	for (i = 0; i < 2; i++)
		close_guest(&crowd[i]);
	station_close(&st);
}

/* ---- going with traffic ---- */

static atomic_bool traffic_ends;

/* Dom0 talks to everybody and to one, as long as there is a switch to talk through. */
static void *talk(void *arg)
{
	struct station *to = arg, uplink;
	uint8_t frame[FRAME_LEN];

	uplink_open(&uplink);
	while (!traffic_ends) {
		frame_ipv4(frame, BROADCAST, uplink.mac, uplink.ipv4, 0x71);
		(void)!send(uplink.sock, frame, sizeof(frame), 0);
		memcpy(frame, to->mac, 6);
		(void)!send(uplink.sock, frame, sizeof(frame), 0);
	}
	close(uplink.sock);
	return NULL;
}

static void push_frames(struct station *from, const struct station *to, unsigned int count)
{
	frame_ipv4(from->guest.page[PAGE_DATA], to->mac, from->mac, from->ipv4, 0x72);
	while (count--)
		*next_tx(&from->guest) =
			(netif_tx_request_t){ .gref = guest_gref(PAGE_DATA), .size = FRAME_LEN };
	push_tx(&from->guest);
}

/* The switch is deleted while its guests and Dom0 talk through it. */
static void test_delete(int rounds)
{
	struct noxs_ioc_dev_state state;
	bool answered = true, unlinked = true, back = true;
	struct station a, b;
	pthread_t thread;
	int i;

	for (i = 0; i < rounds; i++) {
		if (!station_open(&a, 0, true) || !station_open(&b, 0, true))
			return;
		traffic_ends = false;
		pthread_create(&thread, NULL, talk, &a);
		push_frames(&a, &b, 200);
		switch_del();
		push_frames(&b, &a, 50);
		answered &= reap_tx(&b.guest, 50, NETIF_RSP_OKAY) == 50;
		answered &= reap_tx(&a.guest, 200, NETIF_RSP_OKAY) == 200;
		traffic_ends = true;
		pthread_join(thread, NULL);
		unlinked &= vif_state(a.guest.domid, &state) == NOXS_STATE_OPEN && !state.link[0];
		unlinked &= station_refused(&b) == 50;
		back &= !switch_add();
		station_close(&a);
		station_close(&b);
	}
	verdict("switch-deleted-answers", answered, "a request is not answered");
	verdict("switch-deleted-unlinks", unlinked, "link \"%s\"", state.link);
	verdict("switch-deleted-again", back, "cannot be made again");
}

/* Guests come and go while Dom0 talks to all. */
static void test_come_and_go(int rounds)
{
	struct station st, stays;
	pthread_t thread;
	int i, good = 0;

	if (!station_open(&stays, 0, true))
		return;
	traffic_ends = false;
	pthread_create(&thread, NULL, talk, &stays);
	for (i = 0; i < rounds; i++) {
		if (!station_open(&st, 0, i & 1))
			break;
		push_frames(&st, &stays, 100);
		if (i & 2)
			detach(st.guest.domid);
		guest_destroy(&st.guest);
		good += await_gone(st.guest.domid);
	}
	traffic_ends = true;
	pthread_join(thread, NULL);
	verdict("switch-come-and-go", good == rounds, "%d of %d", good, rounds);
	station_close(&stays);
	verdict("switch-come-and-go-left", !switch_stat(STAT_ADDRESSED) && !switch_stat(STAT_OPEN),
		"%lu ports", (unsigned long)switch_stat(STAT_ADDRESSED));
}

void test_switch_load(int rounds)
{
	struct station uplink;

	if (switch_add())
		return verdict("switch-add", false, "ip link add fails");
	uplink_open(&uplink);
	test_gso();
	test_many(&uplink);
	test_flood(&uplink);
	station_close(&uplink);
	test_delete(rounds);
	test_come_and_go(rounds * 2);
	verdict("switch-del", !switch_del(), "ip link del fails");
}
