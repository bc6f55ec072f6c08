// SPDX-License-Identifier: MIT
/*
 * Ports of a switch: joining one, which way frames go, and what a guest may not send.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/if_ether.h>
#include "module-port.h"

/* Two guests with an address, one without, and Dom0's end. */
static struct station a, b, open_port, uplink;

/* ---- joining ---- */

static void test_join(void)
{
	struct noxs_ioc_dev_state state;
	char netdev[40];
	struct request req;
	struct guest guest;

	if (guest_create(&guest))
		return verdict("switch-guest", false, "cannot be built");
	request_init(&req, &guest);
	request_port(&req);
	strcpy(req.dev[1].link, "nosuch");
	expect("switch-none", control(fd, NOXS_IOC_CREATE, &req.create), ENODEV);
	strcpy(req.dev[1].link, BRIDGE);
	expect("switch-is-bridge", control(fd, NOXS_IOC_CREATE, &req.create), ENODEV);
	request_port(&req);
	req.dev[1].flags |= NOXS_VIF_BRIDGE;
	expect("switch-and-bridge", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	req.dev[1].flags = NOXS_VIF_SWITCH;
	req.dev[1].link[0] = 0;
	expect("switch-unnamed", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	verdict("switch-none-left", !count_attached(), "something is attached");
	request_port(&req);
	expect("switch-join", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	vif_state(guest.domid, &state);
	verdict("switch-query", !strcmp(state.link, SWITCH) && !state.ifname[0], "%s on %s",
		state.ifname, state.link);
	snprintf(netdev, sizeof(netdev), "/sys/class/net/vif%u.%u", guest.domid, req.dev[1].id);
	verdict("switch-no-netdev", access(netdev, F_OK), "%s is there", netdev);
	verdict("switch-counts", switch_stat(STAT_ADDRESSED) == 1 && !switch_stat(STAT_OPEN),
		"%lu addressed", (unsigned long)switch_stat(STAT_ADDRESSED));
	close_guest(&guest);
	verdict("switch-left", !switch_stat(STAT_ADDRESSED), "still there");
}

static void test_deferred_port(void)
{
	struct station st = { .sock = -1 };
	struct settings set;
	struct request req;
	uint8_t frame[FRAME_LEN];

	if (guest_create(&st.guest))
		return verdict("switch-guest", false, "cannot be built");
	shell_request(&req, &st.guest);
	request_port(&req);
	expect("switch-deferred", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	verdict("switch-deferred-counts", switch_stat(STAT_DEFERRED) == 1, "not");
	settings_init(&set, &st.guest);
	expect("switch-configure", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("switch-configured-counts",
		!switch_stat(STAT_DEFERRED) && switch_stat(STAT_ADDRESSED) == 3, "not");
	guest_open_vif(&st.guest, 1, 0);
	guest_await_state(&st.guest, 1, NOXS_STATE_OPEN);
	memcpy(st.mac, set.dev[0].config.vif.mac, 6);
	st.ipv4 = set.dev[0].config.vif.ipv4;
	frame_ipv4(frame, a.mac, st.mac, st.ipv4, 0x51);
	station_send(&st, frame, sizeof(frame));
	verdict("switch-configured-passes", station_hears(&a, &b, 0x51), "lost");
	close_guest(&st.guest);
}

/* ---- one station ---- */

static void test_unicast(void)
{
	static const uint8_t nobody[6] = { 2, 0, 0, 0, 0, 9 };
	uint8_t frame[FRAME_LEN];

	frame_ipv4(frame, b.mac, a.mac, a.ipv4, 0x11);
	station_send(&a, frame, sizeof(frame));
	verdict("switch-to-port", station_hears(&b, &uplink, 0x11), "lost");
	verdict("switch-to-port-only",
		!station_hears(&uplink, &a, 0x11) && !station_hears(&open_port, &uplink, 0x11),
		"others hear it");
	frame_ipv4(frame, nobody, a.mac, a.ipv4, 0x12);
	station_send(&a, frame, sizeof(frame));
	verdict("switch-to-uplink", station_hears(&uplink, &a, 0x12), "lost");
	verdict("switch-to-uplink-only",
		!station_hears(&b, &a, 0x12) && !station_hears(&open_port, &a, 0x12),
		"others hear it");
	frame_ipv4(frame, b.mac, uplink.mac, uplink.ipv4, 0x13);
	station_send(&uplink, frame, sizeof(frame));
	verdict("switch-from-uplink", station_hears(&b, &a, 0x13), "lost");
	frame_ipv4(frame, nobody, uplink.mac, uplink.ipv4, 0x14);
	station_send(&uplink, frame, sizeof(frame));
	verdict("switch-unknown-dropped",
		!station_hears(&a, &uplink, 0x14) && !station_hears(&open_port, &uplink, 0x14),
		"somebody hears it");
	frame_ipv4(frame, a.mac, a.mac, a.ipv4, 0x15);
	station_send(&a, frame, sizeof(frame));
	verdict("switch-to-self", !station_hears(&a, &b, 0x15), "comes back");
}

/* ---- lies ---- */

static void refused(const char *name, struct station *from, const uint8_t *frame, size_t len)
{
	uint64_t before = station_refused(from);
	uint8_t mark = frame[FRAME_LEN - 1];
	bool heard;

	station_send(from, frame, len);
	heard = station_hears(&b, &uplink, mark) || station_hears(&uplink, &b, mark) ||
		station_hears(from == &a ? &open_port : &a, &uplink, mark);
	verdict(name, !heard && station_refused(from) == before + 1, "%s, %lu refused",
		heard ? "heard" : "not heard", (unsigned long)(station_refused(from) - before));
}

static void test_lies(void)
{
	uint8_t frame[FRAME_LEN];

	frame_ipv4(frame, uplink.mac, b.mac, a.ipv4, 0x21);
	refused("switch-spoof-mac", &a, frame, sizeof(frame));
	frame_ipv4(frame, uplink.mac, a.mac, b.ipv4, 0x22);
	refused("switch-spoof-ipv4", &a, frame, sizeof(frame));
	frame_ipv4(frame, BROADCAST, a.mac, 0, 0x23);
	refused("switch-spoof-no-ipv4", &a, frame, sizeof(frame));
	frame_arp(frame, 2, &a, uplink.ipv4, 0x24);
	memcpy(frame + 28, &b.ipv4, 4);
	refused("switch-spoof-arp-ipv4", &a, frame, sizeof(frame));
	frame_arp(frame, 1, &a, uplink.ipv4, 0x25);
	memcpy(frame + 22, b.mac, 6);
	refused("switch-spoof-arp-mac", &a, frame, sizeof(frame));
	frame_arp(frame, 1, &a, b.ipv4, 0x26);
	frame[18] = 5;
	refused("switch-arp-shape", &a, frame, sizeof(frame));
	frame_ipv4(frame, b.mac, a.mac, a.ipv4, 0x27);
	refused("switch-ipv4-short", &a, frame, 30);
	frame_ether(frame, b.mac, a.mac, 0x86dd, 0x28);
	refused("switch-other-protocol", &a, frame, sizeof(frame));
}

/* A guest that was given no address may speak more, but not for others. */
static void test_open_lies(void)
{
	uint8_t frame[FRAME_LEN];

	frame_ether(frame, b.mac, open_port.mac, 0x88b5, 0x31);
	station_send(&open_port, frame, sizeof(frame));
	verdict("switch-open-speaks", station_hears(&b, &uplink, 0x31), "lost");
	frame_ether(frame, b.mac, a.mac, 0x88b5, 0x32);
	refused("switch-open-mac", &open_port, frame, sizeof(frame));
	frame_ipv4(frame, b.mac, open_port.mac, a.ipv4, 0x33);
	refused("switch-open-ipv4", &open_port, frame, sizeof(frame));
	frame_arp(frame, 2, &open_port, b.ipv4, 0x34);
	memcpy(frame + 28, &a.ipv4, 4);
	refused("switch-open-arp", &open_port, frame, sizeof(frame));
	frame_ether(frame, b.mac, open_port.mac, ETH_P_8021Q, 0x35);
	refused("switch-open-vlan", &open_port, frame, sizeof(frame));
	frame_ether(frame, (const uint8_t *)"\x01\x80\xc2\0\0\0", open_port.mac, 0x26, 0x36);
	refused("switch-open-bpdu", &open_port, frame, sizeof(frame));
}

/* ---- many stations ---- */

/* Who hears a frame with @mark, and who does not. */
static void heard_by(const char *name, uint8_t mark, bool by_a, bool by_b, bool by_open,
		     bool by_uplink)
{
	bool ha = station_hears(&a, &b, mark), hb = station_hears(&b, &a, mark);
	bool ho = station_hears(&open_port, &a, mark), hu = station_hears(&uplink, &a, mark);

	verdict(name, ha == by_a && hb == by_b && ho == by_open && hu == by_uplink,
		"heard by%s%s%s%s", ha ? " a" : "", hb ? " b" : "", ho ? " open" : "",
		hu ? " uplink" : "");
}

static void test_arp(void)
{
	uint32_t nobody = htonl(0x0a7f0001);
	uint8_t frame[FRAME_LEN];

	frame_arp(frame, 1, &a, b.ipv4, 0x41);
	station_send(&a, frame, sizeof(frame));
	heard_by("switch-arp-request", 0x41, false, true, false, false);
	frame_arp(frame, 1, &a, nobody, 0x42);
	station_send(&a, frame, sizeof(frame));
	heard_by("switch-arp-unknown", 0x42, false, false, true, true);
	frame_arp(frame, 1, &a, a.ipv4, 0x43);
	station_send(&a, frame, sizeof(frame));
	heard_by("switch-arp-announcement", 0x43, false, false, true, true);
	frame_arp(frame, 1, &uplink, a.ipv4, 0x44);
	station_send(&uplink, frame, sizeof(frame));
	heard_by("switch-arp-from-uplink", 0x44, true, false, false, false);
	frame_arp(frame, 1, &uplink, nobody, 0x45);
	station_send(&uplink, frame, sizeof(frame));
	heard_by("switch-arp-unknown-from-uplink", 0x45, false, false, true, false);
	frame_arp(frame, 1, &uplink, uplink.ipv4, 0x46);
	station_send(&uplink, frame, sizeof(frame));
	heard_by("switch-arp-announced-by-uplink", 0x46, true, true, true, false);
}

static void test_groups(void)
{
	uint8_t frame[FRAME_LEN];

	frame_ipv4(frame, BROADCAST, a.mac, a.ipv4, 0x47);
	station_send(&a, frame, sizeof(frame));
	heard_by("switch-broadcast", 0x47, false, true, true, true);
	frame_ether(frame, BROADCAST, open_port.mac, 0x88b5, 0x48);
	station_send(&open_port, frame, sizeof(frame));
	heard_by("switch-broadcast-other", 0x48, false, false, false, true);
	frame_ipv4(frame, (const uint8_t *)"\x01\0\x5e\0\0\1", uplink.mac, uplink.ipv4, 0x49);
	station_send(&uplink, frame, sizeof(frame));
	heard_by("switch-multicast-from-uplink", 0x49, true, true, true, false);
	frame_ether(frame, BROADCAST, uplink.mac, 0x88b5, 0x4a);
	station_send(&uplink, frame, sizeof(frame));
	heard_by("switch-other-from-uplink", 0x4a, false, false, true, false);
}

static void test_down(void)
{
	uint8_t frame[FRAME_LEN];

	system("ip link set " SWITCH " down");
	frame_ipv4(frame, b.mac, a.mac, a.ipv4, 0x4b);
	station_send(&a, frame, sizeof(frame));
	system("ip link set " SWITCH " up");
	verdict("switch-down", !station_hears(&b, &open_port, 0x4b), "passes frames");
}

void test_switch(void)
{
	if (switch_add())
		return verdict("switch-add", false, "ip link add fails");
	test_join();
	uplink_open(&uplink);
	if (!station_open(&a, 0, true) || !station_open(&b, NOXS_VIF_F_SPLIT_EVTCHN, true) ||
	    !station_open(&open_port, 0, false))
		return;
	test_unicast();
	test_lies();
	test_open_lies();
	test_arp();
	test_groups();
	test_down();
	test_deferred_port();
	station_close(&a);
	station_close(&b);
	station_close(&open_port);
	station_close(&uplink);
	verdict("switch-del", !switch_del(), "ip link del fails");
}
