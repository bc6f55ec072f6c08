// SPDX-License-Identifier: GPL-2.0
/*
 * netcheck - talk to a guest from Dom0 and check every byte that comes back.
 *
 * usage: netcheck udp ADDRESS COUNT SIZE    echo on port 7: COUNT datagrams of SIZE bytes, one by
 *                                           one, each tried three times
 *        netcheck flood ADDRESS COUNT SIZE  the same without waiting: prints how many came back
 *        netcheck whole ADDRESS SIZE IFACE  one datagram of SIZE bytes, which must come back in one
 *                                           packet by IFACE
 *        netcheck segments ADDRESS MIN PATH a file over HTTP, which must come in TCP segments of at
 *                                           least MIN bytes
 *        netcheck any ADDRESS COUNT         COUNT datagrams to an address that may be a broadcast one:
 *                                           fails with 1 if nobody answers
 *        netcheck tcp ADDRESS COUNT         COUNT connections to port 13 at once; each is answered
 *                                           with one line
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/tcp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define TRIES		3
#define WAIT_MS		2000
#define MAX_SIZE	65507
#define MAX_CONNECTIONS 64

static struct sockaddr_in peer = { .sin_family = AF_INET };
static unsigned char sent[MAX_SIZE], got[MAX_SIZE + 1];

static int fail(const char *what)
{
	fprintf(stderr, "netcheck: %s: %s\n", what, strerror(errno));
	return 1;
}

static int connected(int type, uint16_t port)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	peer.sin_port = htons(port);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&peer, sizeof(peer)) &&
	    errno != EINPROGRESS) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool readable(int fd, int wait_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, wait_ms) > 0;
}

/* A datagram nobody mistakes for another: its number, then bytes that depend on it. */
static void fill(unsigned char *buf, size_t size, uint32_t number)
{
	size_t i;

	for (i = 0; i < size; i++)
		buf[i] = i < sizeof(number) ? (unsigned char)(number >> (8 * i)) :
					      (unsigned char)(number * 31 + i);
}

static bool echo_one(int fd, uint32_t number, size_t size)
{
	int try;

	fill(sent, size, number);
	for (try = 0; try < TRIES; try++) {
		if (send(fd, sent, size, 0) != (ssize_t)size)
			return false;
		while (readable(fd, WAIT_MS)) {
			ssize_t n = recv(fd, got, sizeof(got), 0);

			if (n == (ssize_t)size && !memcmp(got, sent, size))
				return true;
			if (n < 0)
				break;
		}
	}
	return false;
}

static int udp(uint32_t count, size_t size)
{
	int fd = connected(SOCK_DGRAM, 7);
	uint32_t i;

	if (fd < 0)
		return fail("udp");
	for (i = 0; i < count; i++) {
		if (!echo_one(fd, i, size)) {
			fprintf(stderr, "netcheck: datagram %u of %zu bytes did not come back\n", i,
				size);
			return 1;
		}
	}
	close(fd);
	return 0;
}

/* What comes by an interface, from its IPv4 header on. */
static int listener(const char *iface)
{
	struct sockaddr_ll at = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_IP),
		.sll_ifindex = (int)if_nametoindex(iface),
	};
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || !at.sll_ifindex || bind(fd, (struct sockaddr *)&at, sizeof(at)))
		return -1;
	return fd;
}

static int whole(size_t size, const char *iface)
{
	size_t wanted = size + sizeof(struct iphdr) + 8; /* UDP's header */
	int fd = connected(SOCK_DGRAM, 7), tap = listener(iface);
	const struct iphdr *ip = (const void *)got;
	bool is_whole = false;

	if (fd < 0 || tap < 0)
		return fail(iface);
	if (!echo_one(fd, 1, size)) {
		fprintf(stderr, "netcheck: a datagram of %zu bytes did not come back\n", size);
		return 1;
	}
	while (readable(tap, 0)) {
		ssize_t n = recv(tap, got, sizeof(got), 0);

		if (n < (ssize_t)sizeof(*ip) || ip->saddr != peer.sin_addr.s_addr ||
		    ip->protocol != IPPROTO_UDP)
			continue;
		is_whole |= n == (ssize_t)wanted && !(ip->frag_off & htons(IP_MF | IP_OFFMASK));
	}
	if (!is_whole)
		fprintf(stderr, "netcheck: it came back in pieces\n");
	return !is_whole;
}

static int segments(uint32_t min, const char *path)
{
	struct tcp_info info = { 0 };
	socklen_t len = sizeof(info);
	int fd = connected(SOCK_STREAM, 80);
	ssize_t n;

	n = snprintf((char *)sent, sizeof(sent), "GET %s HTTP/1.0\r\n\r\n", path);
	if (fd < 0 || send(fd, sent, (size_t)n, 0) != n)
		return fail("http");
	do {
		n = readable(fd, 5 * WAIT_MS) ? recv(fd, got, sizeof(got), 0) : -1;
	} while (n > 0);
	if (n || getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len))
		return fail("segments");
	close(fd);
	if (info.tcpi_rcv_mss >= min)
		return 0;
	fprintf(stderr, "netcheck: segments of %u bytes\n", info.tcpi_rcv_mss);
	return 1;
}

/* How many answers wait; -1 if one is not what was sent. */
static long drain(int fd, size_t size, int wait_ms)
{
	long n = 0;

	while (readable(fd, wait_ms)) {
		uint32_t number;

		if (recv(fd, got, sizeof(got), 0) != (ssize_t)size)
			return -1;
		number = got[0] | (uint32_t)got[1] << 8 | (uint32_t)got[2] << 16 |
			 (uint32_t)got[3] << 24;
		fill(sent, size, number);
		if (memcmp(sent, got, size))
			return -1;
		n++;
	}
	return n;
}

static int flood(uint32_t count, size_t size)
{
	int fd = connected(SOCK_DGRAM, 7);
	long back = 0, n;
	uint32_t i;

	if (fd < 0 || size < sizeof(i))
		return fail("flood");
	for (i = 0; i < count; i++) {
		fill(sent, size, i);
		/* A full queue on the way loses it, as UDP may. */
		if (send(fd, sent, size, 0) < 0 && errno != ENOBUFS && errno != ECONNREFUSED)
			return fail("send");
		n = drain(fd, size, 0);
		if (n < 0)
			return fail("a damaged datagram");
		back += n;
	}
	n = drain(fd, size, WAIT_MS);
	if (n < 0)
		return fail("a damaged datagram");
	printf("%ld\n", back + n);
	return 0;
}

static int tcp(uint32_t count)
{
	int fd[MAX_CONNECTIONS];
	uint32_t i;

	if (count > MAX_CONNECTIONS)
		return fail("too many");
	for (i = 0; i < count; i++) {
		fd[i] = connected(SOCK_STREAM, 13);
		if (fd[i] < 0)
			return fail("connect");
	}
	for (i = 0; i < count; i++) {
		size_t len = 0;
		ssize_t n = 1;

		while (n > 0 && len < sizeof(got) - 1 && readable(fd[i], 5 * WAIT_MS)) {
			n = recv(fd[i], got + len, sizeof(got) - 1 - len, 0);
			len += n > 0 ? (size_t)n : 0;
		}
		if (n != 0 || len < 2 || got[len - 1] != '\n')
			return fail("no line, or no end");
		close(fd[i]);
	}
	return 0;
}

static int any(uint32_t count)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), on = 1;

	peer.sin_port = htons(7);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on)))
		return fail("any") + 1;
	for (; count; count--)
		if (sendto(fd, "any", 3, 0, (struct sockaddr *)&peer, sizeof(peer)) != 3)
			return fail("any") + 1;
	return readable(fd, WAIT_MS) ? 0 : 1;
}

int main(int argc, char **argv)
{
	unsigned long count = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
	unsigned long size = argc > 4 ? strtoul(argv[4], NULL, 10) : 0;

	if (!count || size > MAX_SIZE || inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1) {
		fprintf(stderr,
			"usage: netcheck udp|flood|whole|segments|any|tcp ADDRESS COUNT [SIZE]\n");
		return 2;
	}
	if (argc == 5 && !strcmp(argv[1], "whole"))
		return whole(count, argv[4]);
	if (argc == 5 && !strcmp(argv[1], "segments"))
		return segments((uint32_t)count, argv[4]);
	if (!strcmp(argv[1], "udp"))
		return udp((uint32_t)count, size);
	if (!strcmp(argv[1], "flood"))
		return flood((uint32_t)count, size);
	if (!strcmp(argv[1], "any"))
		return any((uint32_t)count);
	return tcp((uint32_t)count);
}
