// SPDX-License-Identifier: MIT
/*
 * Guests at ports of a switch, played from Dom0.
 */
#include <arpa/inet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include "module-port.h"

#define FENCE	 0xfe
/* The rest of the data pages is for sending. */
#define RX_FIRST 8U
#define RX_COUNT (GUEST_DATA_PAGES - RX_FIRST)

int switch_add(void)
{
	return system("ip link add name " SWITCH " type noxs &&"
		      "echo 1 >/proc/sys/net/ipv6/conf/" SWITCH "/disable_ipv6 &&"
		      "ip link set " SWITCH " up");
}

int switch_del(void)
{
	return system("ip link del " SWITCH);
}

void request_port(struct request *req)
{
	req->dev[1].flags = (req->dev[1].flags & ~NOXS_VIF_BRIDGE) | NOXS_VIF_SWITCH;
	strcpy(req->dev[1].link, SWITCH);
}

int attach_port(const struct guest *guest, bool has_ipv4)
{
	struct request req;

	request_init(&req, guest);
	request_port(&req);
	if (!has_ipv4)
		req.dev[1].config.vif.ipv4 = req.dev[1].config.vif.prefix = 0;
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

/* ---- stations ---- */

static void post(struct station *st, unsigned int id)
{
	struct guest *guest = &st->guest;
	netif_rx_request_t *req = RING_GET_REQUEST(&guest->rx, guest->rx.req_prod_pvt);

	st->posted[guest->rx.req_prod_pvt++ % 256] = id;
	req->id = id;
	req->gref = guest_gref(PAGE_DATA + id);
}

bool station_open(struct station *st, uint32_t features, bool has_ipv4)
{
	struct noxs_ioc_dev_state state;
	unsigned int i;

	memset(st, 0, sizeof(*st));
	st->sock = -1;
	if (guest_create(&st->guest) || attach_port(&st->guest, has_ipv4)) {
		verdict("switch-guest", false, "cannot be had");
		return false;
	}
	guest_open_vif(&st->guest, 1, features);
	if (!guest_await_state(&st->guest, 1, NOXS_STATE_OPEN)) {
		verdict("switch-open", false, "state %u", st->guest.ctrl->slot[1].back.state);
		return false;
	}
	vif_state(st->guest.domid, &state);
	memcpy(st->mac, state.config.vif.mac, 6);
	st->ipv4 = state.config.vif.ipv4;
	for (i = 0; i < RX_COUNT; i++)
		post(st, RX_FIRST + i);
	RING_PUSH_REQUESTS(&st->guest.rx);
	guest_notify(&st->guest, st->guest.rx_port);
	return true;
}

void station_close(struct station *st)
{
	if (st->sock >= 0)
		close(st->sock);
	else
		close_guest(&st->guest);
}

void uplink_open(struct station *st)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq ifr = { .ifr_name = SWITCH };

	memset(st, 0, sizeof(*st));
	st->sock = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(ETH_P_ALL));
	addr.sll_ifindex = if_nametoindex(SWITCH);
	if (ioctl(st->sock, SIOCGIFHWADDR, &ifr) ||
	    bind(st->sock, (struct sockaddr *)&addr, sizeof(addr)))
		verdict("switch-uplink", false, "cannot be opened");
	memcpy(st->mac, ifr.ifr_hwaddr.sa_data, 6);
	st->ipv4 = htonl(0x0afffffe);
}

uint64_t station_refused(struct station *st)
{
	struct noxs_ioc_dev_state state = {};

	vif_state(st->guest.domid, &state);
	return state.tx_errors;
}

uint64_t switch_stat(unsigned int which)
{
	struct {
		struct ethtool_stats head;
		__u64 data[STATS];
	} stats = { .head = { .cmd = ETHTOOL_GSTATS, .n_stats = STATS } };
	struct ifreq ifr = { .ifr_name = SWITCH, .ifr_data = (void *)&stats };
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	if (ioctl(sock, SIOCETHTOOL, &ifr))
		verdict("switch-stats", false, "no statistics");
	close(sock);
	return stats.data[which];
}

/* ---- frames ---- */

void frame_ether(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint16_t type,
		 uint8_t mark)
{
	memset(frame, 0, FRAME_LEN);
	memcpy(frame, dst, 6);
	memcpy(frame + 6, src, 6);
	frame[12] = type >> 8;
	frame[13] = type;
	frame[FRAME_LEN - 1] = mark;
}

void frame_ipv4(uint8_t *frame, const uint8_t *dst, const uint8_t *src, uint32_t from, uint8_t mark)
{
	static const uint8_t head[] = { 0x45, 0, 0, FRAME_LEN - 14, 0, 0, 0, 0, 64, 253 };

	frame_ether(frame, dst, src, ETH_P_IP, mark);
	memcpy(frame + 14, head, sizeof(head));
	memcpy(frame + 26, &from, 4);
	memcpy(frame + 30, "\x0a\xff\xff\xff", 4);
}

void frame_arp(uint8_t *frame, uint16_t op, const struct station *from, uint32_t target,
	       uint8_t mark)
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4, 0 };

	frame_ether(frame, BROADCAST, from->mac, ETH_P_ARP, mark);
	memcpy(frame + 14, head, sizeof(head));
	frame[21] = op;
	memcpy(frame + 22, from->mac, 6);
	memcpy(frame + 28, &from->ipv4, 4);
	memcpy(frame + 38, &target, 4);
}

/* ---- sending and taking ---- */

void station_send(struct station *st, const void *frame, size_t len)
{
	if (st->sock >= 0) {
		if (send(st->sock, frame, len, 0) != (ssize_t)len)
			verdict("switch-uplink-send", false, "refused");
		return;
	}
	memcpy(st->guest.page[PAGE_DATA], frame, len);
	*next_tx(&st->guest) =
		(netif_tx_request_t){ .gref = guest_gref(PAGE_DATA), .size = (uint16_t)len };
	push_tx(&st->guest);
	if (reap_tx(&st->guest, 1, NETIF_RSP_OKAY) != 1)
		verdict("switch-send", false, "not answered");
}

static size_t uplink_take(struct station *st, uint8_t *frame)
{
	struct sockaddr_ll from;
	struct pollfd pfd = { .fd = st->sock, .events = POLLIN };
	socklen_t size = sizeof(from);
	ssize_t len;

	while (poll(&pfd, 1, 2000) == 1) {
		len = recvfrom(st->sock, frame, 65536, 0, (struct sockaddr *)&from, &size);
		if (len > 0 && from.sll_pkttype != PACKET_OUTGOING)
			return len;
	}
	return 0;
}

/* One slot of a packet, whose buffer is posted again. */
static size_t take_slot(struct station *st, uint8_t *to, unsigned int *flags)
{
	struct guest *guest = &st->guest;
	netif_rx_response_t rsp = *RING_GET_RESPONSE(&guest->rx, guest->rx.rsp_cons++);

	*flags = rsp.flags;
	if (rsp.status > 0)
		memcpy(to, guest->page[PAGE_DATA + rsp.id], rsp.status);
	post(st, rsp.id);
	return rsp.status > 0 ? rsp.status : 0;
}

size_t station_take(struct station *st, uint8_t *frame, unsigned int *gso_size)
{
	struct guest *guest = &st->guest;
	netif_extra_info_t *extra;
	unsigned int flags;
	size_t len;

	*gso_size = 0;
	if (st->sock >= 0)
		return uplink_take(st, frame);
	if (!await_rx(guest, 1))
		return 0;
	len = take_slot(st, frame, &flags);
	if (flags & NETRXF_extra_info) {
		extra = (void *)RING_GET_RESPONSE(&guest->rx, guest->rx.rsp_cons);
		*gso_size = extra->u.gso.size;
		post(st, st->posted[guest->rx.rsp_cons++ % 256]);
	}
	while (flags & NETRXF_more_data)
		len += take_slot(st, frame + len, &flags);
	RING_PUSH_REQUESTS(&guest->rx);
	guest_notify(guest, guest->rx_port);
	return len;
}

bool station_hears(struct station *st, struct station *fence, uint8_t mark)
{
	static uint8_t frame[65536];
	unsigned int gso_size;
	bool heard = false;
	size_t len;

	frame_ipv4(frame, st->mac, fence->mac, fence->ipv4, FENCE);
	station_send(fence, frame, FRAME_LEN);
	while ((len = station_take(st, frame, &gso_size))) {
		if (len != FRAME_LEN)
			continue;
		heard |= frame[len - 1] == mark;
		if (frame[len - 1] == FENCE && !memcmp(frame + 6, fence->mac, 6))
			return heard;
	}
	verdict("switch-fence", false, "mark %#x: the frame behind it did not come", mark);
	return heard;
}
