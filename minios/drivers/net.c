/* SPDX-License-Identifier: MIT */
/* Between lwIP and the network front-end. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <minios/loop.h>
#include <minios/net.h>
#include <minios/net_guard.h>
#include <minios/net_timers.h>
#include <minios/netfront.h>
#include <minios/noxs.h>
#include <minios/random.h>
#include <minios/suspend.h>
#include <minios/sysctl.h>
#include <minios/time.h>
#include <minios/util.h>
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/inet_chksum.h"
#include "lwip/init.h"
#include "lwip/netif.h"
#include "lwip/pbuf.h"
#include "lwip/prot/dhcp.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/prot/udp.h"
#include "lwip/sys.h"
#include "netif/ethernet.h"

#define MTU_MIN		  68U /* RFC 791 */
#define SEARCHES	  2U /* for a DHCP server, in vain: six seconds (dhcp_discover() of lwIP) */

/* lwIP makes these itself, whatever the other end of the wire may do. */
#define CSUM_ALWAYS	  (NETIF_CHECKSUM_ENABLE_ALL)
#define CSUM_TX_OFFLOADED (NETIF_CHECKSUM_GEN_TCP | NETIF_CHECKSUM_GEN_UDP)
#define CSUM_RX_VOUCHED	  (NETIF_CHECKSUM_CHECK_TCP | NETIF_CHECKSUM_CHECK_UDP)

static struct netif interface;
static struct noxs_vif_config config; /* of the vif opened last, and its number: */
static unsigned int vif_id;
/* There may be packets that were made for this MTU. */
static uint16_t mtu_largest;
static void (*ready_callback)(void);
static uint8_t dhcp_state;    /* when we last looked */
static uint64_t lease_end_ns; /* of the address */
static uint64_t suspended_ns, suspended_unix_s;
static struct pbuf *rx_frame; /* pieces received so far */
static bool rx_broken;

uint32_t sys_now(void)
{
	return (uint32_t)(time_ns() / NSEC_PER_MSEC);
}

/* ---- sending ---- */

/*
 * Put the sum over the pseudo header where the checksum goes, for a TCP or UDP packet lwIP has left
 * without.  True if it is one.
 */
static bool csum_prepare(uint8_t *frame, size_t len)
{
	struct ip_hdr *ip = (struct ip_hdr *)(frame + SIZEOF_ETH_HDR);
	struct pbuf empty = { 0 };
	ip4_addr_t src, dst;
	size_t header, field;
	uint16_t sum;

	if (len < SIZEOF_ETH_HDR + IP_HLEN ||
	    ((struct eth_hdr *)frame)->type != PP_HTONS(ETHTYPE_IP) ||
	    (IPH_OFFSET(ip) & PP_HTONS(IP_OFFMASK | IP_MF)))
		return false;
	if (IPH_PROTO(ip) == IP_PROTO_TCP)
		field = offsetof(struct tcp_hdr, chksum);
	else if (IPH_PROTO(ip) == IP_PROTO_UDP)
		field = offsetof(struct udp_hdr, chksum);
	else
		return false;
	header = SIZEOF_ETH_HDR + IPH_HL_BYTES(ip);
	if (header + field + sizeof(sum) > len)
		return false;
	ip4_addr_copy(src, ip->src);
	ip4_addr_copy(dst, ip->dest);
	sum = (uint16_t)~inet_chksum_pseudo(&empty, IPH_PROTO(ip),
					    (uint16_t)(lwip_ntohs(IPH_LEN(ip)) - IPH_HL_BYTES(ip)),
					    &src, &dst);
	memcpy(frame + header + field, &sum, sizeof(sum));
	return true;
}

/* A question somebody waits for the answer to, other than an announcement of our own address. */
static bool is_arp_query(const uint8_t *frame, size_t len)
{
	const struct etharp_hdr *arp = (const void *)(frame + SIZEOF_ETH_HDR);

	return len >= SIZEOF_ETH_HDR + SIZEOF_ETHARP_HDR &&
	       ((const struct eth_hdr *)frame)->type == PP_HTONS(ETHTYPE_ARP) &&
	       arp->opcode == PP_HTONS(ARP_REQUEST) &&
	       memcmp(&arp->sipaddr, &arp->dipaddr, sizeof(arp->sipaddr));
}

/* The frame's first piece, in which all headers are that we look at; NULL if there is no room. */
static uint8_t *frame_copy(struct pbuf *p)
{
	uint8_t *first = NULL, *piece;
	uint16_t done = 0;

	do {
		piece = netfront_tx_piece(done / NETFRONT_TX_PIECE);
		if (!piece)
			return NULL;
		first = first ?: piece;
		done += pbuf_copy_partial(p, piece, NETFRONT_TX_PIECE, done);
	} while (done < p->tot_len);
	return first;
}

/* lwIP cuts packets to the interface's MTU, which is none larger than the back-end takes. */
static err_t frame_send(struct netif *netif, struct pbuf *p)
{
	uint8_t *frame;
	bool blank;

	if (p->tot_len > netif->mtu + NETFRONT_HEADER_MAX)
		return ERR_BUF;
	frame = frame_copy(p);
	if (!frame)
		return ERR_BUF;
	blank = netfront_can_csum() && csum_prepare(frame, p->tot_len);
	if (is_arp_query(frame, p->tot_len))
		net_timers_arp_sent();
	netfront_tx_commit(p->tot_len, blank);
	return ERR_OK;
}

/* ---- receiving ---- */

static void frame_receive(const void *data, size_t len, bool last, bool ok, enum netfront_csum csum)
{
	struct pbuf *p = NULL, *frame;

	if (!rx_broken && len) {
		p = pbuf_alloc(PBUF_RAW, (uint16_t)len, PBUF_RAM);
		if (!p)
			net_limit_no_memory();
		rx_broken = !p || (rx_frame && rx_frame->tot_len + len > UINT16_MAX);
	}
	if (p && !rx_broken) {
		memcpy(p->payload, data, len);
		if (rx_frame)
			pbuf_cat(rx_frame, p);
		else
			rx_frame = p;
	} else if (p) {
		pbuf_free(p);
	}
	if (!last)
		return;
	frame = rx_frame;
	rx_frame = NULL;
	if (frame && ok && !rx_broken)
		frame = net_guard_frame(frame);
	if (frame && ok && !rx_broken) {
		/* Input is synchronous, so the choice holds for this frame alone. */
		if (csum == NETFRONT_CSUM_GOOD)
			interface.chksum_flags &= (uint16_t)~CSUM_RX_VOUCHED;
		if (interface.input(frame, &interface) != ERR_OK)
			pbuf_free(frame);
		net_guard_input_done();
		interface.chksum_flags |= CSUM_RX_VOUCHED;
	} else if (frame) {
		pbuf_free(frame);
	}
	rx_broken = false;
}

/* A lease is asked for anew once the link is back; the name is another one from lwIP 2.2 on. */
static void lease_again(struct netif *netif)
{
#if LWIP_VERSION_MAJOR == 2 && LWIP_VERSION_MINOR < 2
	dhcp_network_changed(netif);
#else
	dhcp_network_changed_link_up(netif);
#endif
}

/* Without an MTU that can be one, Ethernet's. */
static uint16_t mtu_usable(void)
{
	unsigned int max = netfront_can_sg() ? NETFRONT_MTU_MAX : NETFRONT_MTU_MAX_NO_SG;
	unsigned int mtu = config.mtu < MTU_MIN ? NETFRONT_MTU_MAX_NO_SG : config.mtu;

	return (uint16_t)(mtu > max ? max : mtu);
}

/*
 * What a connection has made for a larger MTU goes in fragments, and nobody fills in the checksum of
 * those.
 */
static bool may_leave_csum(void)
{
	return netfront_can_csum() && interface.mtu >= mtu_largest;
}

static void link_changed(bool up)
{
	bool is_back = up && netif_is_link_up(&interface);
	uint16_t flags = CSUM_ALWAYS;

	if (!up && rx_frame) {
		pbuf_free(rx_frame); /* the rest of it does not come any more */
		rx_frame = NULL;
	}
	rx_broken = false;
	if (up) {
		interface.mtu = mtu_usable();
		mtu_largest = LWIP_MAX(mtu_largest, interface.mtu);
	}
	if (up && may_leave_csum())
		flags &= (uint16_t)~CSUM_TX_OFFLOADED;
	NETIF_SET_CHECKSUM_CTRL(&interface, flags);
	if (is_back) { /* restored: perhaps behind another switch, and another server */
		etharp_cleanup_netif(&interface); /* the old segment's neighbours */
		etharp_gratuitous(&interface);
		lease_again(&interface);
	} else if (up) {
		netif_set_link_up(&interface); /* announces our address, or asks for one */
	} else {
		netif_set_link_down(&interface);
	}
}

static const struct netfront_ops ops = { .receive = frame_receive, .link = link_changed };

/* ---- the interface ---- */

static err_t interface_init(struct netif *netif)
{
	memcpy(netif->name, "vi", sizeof(netif->name));
	netif->hwaddr_len = ETH_HWADDR_LEN;
	netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET;
	netif->output = etharp_output;
	netif->linkoutput = frame_send;
	return ERR_OK;
}

static void address_changed(struct netif *netif)
{
	void (*callback)(void) = ready_callback;

	if (!callback || !netif_is_up(netif) || ip4_addr_isany(netif_ip4_addr(netif)))
		return;
	ready_callback = NULL;
	callback();
}

/*
 * A lease begins, or begins anew, when lwIP comes to be bound.  lwIP counts its minutes, but none while
 * the guest is saved, and lets an address stay when its lease runs out while a server is asked whether it
 * is right.
 */
static void lease_check(void)
{
	const struct dhcp *dhcp = netif_dhcp_data(&interface);
	uint64_t now = time_ns();

	if (!dhcp)
		return;
	if (dhcp->state == DHCP_STATE_BOUND && dhcp_state != DHCP_STATE_BOUND)
		lease_end_ns = now + dhcp->offered_t0_lease * NSEC_PER_SEC;
	dhcp_state = dhcp->state;
	if (ip4_addr_isany(netif_ip4_addr(&interface)) || now < lease_end_ns)
		return;
	printf("vif%u: the lease of its address has run out\n", vif_id);
	dhcp_release_and_stop(&interface);
	netif_set_addr(&interface, NULL, NULL, NULL);
	if (dhcp_start(&interface) != ERR_OK)
		printf("vif%u: no memory for DHCP\n", vif_id);
}

/* Whoever waits for a guest without an address is told why; once until there is an answer. */
static void search_check(void)
{
	static bool is_told;
	const struct dhcp *dhcp = netif_dhcp_data(&interface);
	bool is_in_vain = dhcp && dhcp->state == DHCP_STATE_SELECTING && dhcp->tries > SEARCHES;

	if (is_in_vain && !is_told)
		printf("vif%u: no answer from a DHCP server\n", vif_id);
	is_told = is_in_vain || (is_told && dhcp && dhcp->state != DHCP_STATE_BOUND);
}

static uint64_t net_poll(void *data)
{
	bool more;

	(void)data;
	net_timers_run(&interface);
	more = netfront_poll();
	lease_check();
	search_check();
	netfront_flush();
	return more ? 0 : net_timers_next();
}

static struct loop_source source = { .poll = net_poll };

static void address_configure(void)
{
	ip4_addr_t address = { config.ipv4 }, gateway = { config.gateway }, mask = { 0 };

	if (config.prefix)
		mask.addr = lwip_htonl(UINT32_MAX << (32 - config.prefix));
	netif_set_addr(&interface, &address, &mask, &gateway);
}

static int config_read(const struct noxs_dev *dev)
{
	config = dev->config.vif;
	return config.prefix > 32 ? -EINVAL : 0;
}

/* A restored guest may have been given other addresses; connections live as long as ours stays. */
static void config_renew(void)
{
	const struct noxs_dev *dev = noxs_find(NOXS_CLASS_VIF, vif_id);

	if (!dev || config_read(dev))
		return;
	memcpy(interface.hwaddr, config.mac, ETH_HWADDR_LEN);
	if (config.ipv4)
		address_configure();
}

static void net_suspend(void)
{
	suspended_ns = time_ns();
	suspended_unix_s = time_unix();
	netfront_discard();
}

/* Xen's time is another one after a restore; only the wall clock tells how long we were away. */
static void lease_resume(void)
{
	uint64_t now_s = time_unix();
	uint64_t away_s = now_s > suspended_unix_s ? now_s - suspended_unix_s : 0;
	uint64_t left_s =
		lease_end_ns > suspended_ns ? (lease_end_ns - suspended_ns) / NSEC_PER_SEC : 0;

	lease_end_ns = time_ns() + (left_s > away_s ? left_s - away_s : 0) * NSEC_PER_SEC;
	lease_check();
}

static void net_resume(bool restored)
{
	net_timers_reset();
	if (!restored)
		return;
	random_seed();
	lease_resume();
	config_renew();
}

static struct suspend_hook hook = { .suspend = net_suspend, .resume = net_resume };

/* ---- the vif ---- */

static int vif_open(const struct noxs_dev *dev)
{
	int err;

	err = config_read(dev);
	if (err)
		return err;
	vif_id = dev->id;
	memcpy(interface.hwaddr, config.mac, ETH_HWADDR_LEN);
	interface.mtu = mtu_usable(); /* once more when there is a link */
	if (config.ipv4) {
		if (netif_dhcp_data(&interface)) { /* another vif's */
			dhcp_release_and_stop(&interface);
			dhcp_cleanup(&interface);
		}
		address_configure();
	} else if (!netif_dhcp_data(&interface)) {
		netif_set_addr(&interface, NULL, NULL, NULL);
	}
	netif_set_up(&interface);
	err = netfront_open(dev, &ops);
	if (err)
		return err;
	if (!config.ipv4 && !netif_dhcp_data(&interface) && dhcp_start(&interface) != ERR_OK)
		return -ENOMEM;
	return 0;
}

static COLD void devices_changed(void *data, unsigned int cls, unsigned int id, bool is_there)
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_VIF, NULL);
	int err;

	(void)data;
	(void)id;
	(void)is_there;
	if (cls != NOXS_CLASS_VIF || !dev || netfront_is_open())
		return;
	err = vif_open(dev);
	if (err)
		printf("vif%u: cannot be used: %d\n", dev->id, err);
}

static struct noxs_watch watch = { .changed = devices_changed };

int net_start(void (*ready)(void))
{
	const struct noxs_dev *dev = noxs_next(NOXS_CLASS_VIF, NULL);
	int err = -ENODEV;

	lwip_init();
	if (!netif_add_noaddr(&interface, NULL, interface_init, ethernet_input))
		return -ENOMEM;
	ready_callback = ready;
	netif_set_status_callback(&interface, address_changed);
	netif_set_default(&interface);
	if (dev)
		err = vif_open(dev);
	else
		sysctl_listen();
	if (err && dev)
		return err;
	loop_add(&source);
	suspend_hook_add(&hook);
	noxs_watch_add(&watch);
	return err;
}
