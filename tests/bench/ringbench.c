// SPDX-License-Identifier: GPL-2.0
/*
 * ringbench - have a guest (tests/guest/perf) move packets or blocks, or send it packets, and say
 * what the machine did for it:
 *
 *   ringbench DEVICE MAC OPERATION [COUNT [DEPTH]]
 *
 * DEVICE is where frames for the guest go in and its own come out, MAC the guest's address.  Prints
 * one CSV row: count,elapsed_ns,busy_ns,guest_ns.  busy_ns is of all CPUs, less what Xen's idle vCPUs
 * ran and less what the machine did in a stretch before with nobody asking, in proportion to its
 * length.  elapsed_ns has in it a pause for what a back-end does afterwards; guest_ns is what the guest
 * says it took, by its own clock, 0 of what is sent from here.
 *
 * hello waits until the guest answers; tx, tx-gso: from the guest; rx, rx-gso: sent here with
 * sendmmsg(), in batches that the guest's buffers hold, with a pause for it to take them; read-4k,
 * read-128k.  What sending costs is in rx: send and send-gso tell how much, when DEVICE is one that
 * drops everything.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <xenctrl.h>

#include "busy.h"
#include "clock.h"
#include "mark.h"
#include "proto.h"

#define ANSWER_TIMEOUT_S 60
#define HELLO_TRIES	 600
#define QUIET_MS	 1000 /* of which the background is known */
#define SETTLE_MS	 50   /* for what a back-end does afterwards */
#define PAUSE_US	 400  /* between batches sent */
#define MAX_BATCH	 32

struct bench {
	xc_interface *xch;
	int socket; /* of the frames of proto.h */
	int sender; /* of data packets, with an offload header before each */
	struct sockaddr_ll to;
	uint8_t mac[6];
};

struct load {
	uint32_t op, count, depth;
	bool sends, is_gso, has_no_guest;
	unsigned int batch;
};

static void pause_ns(long ns)
{
	struct timespec ts = { .tv_sec = ns / 1000000000L, .tv_nsec = ns % 1000000000L };

	while (nanosleep(&ts, &ts) && errno == EINTR)
		;
}

/* ---- commands ---- */

static int ask(const struct bench *b, const struct perf_frame *command, struct perf_frame *answer,
	       struct timeval timeout)
{
	struct perf_frame frame = *command;
	ssize_t n;

	memcpy(frame.dst, b->mac, sizeof(frame.dst));
	frame.src[0] = 0x02; /* nobody learns it: the guest answers to all */
	perf_put16(frame.ethertype, PERF_ETHERTYPE);
	frame.magic = PERF_MAGIC;
	frame.version = PERF_VERSION;
	if (setsockopt(b->socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    send(b->socket, &frame, sizeof(frame), 0) != (ssize_t)sizeof(frame))
		return -1;
	do {
		n = recv(b->socket, answer, sizeof(*answer), 0);
	} while (n >= 0 && (n != (ssize_t)sizeof(*answer) || answer->magic != PERF_MAGIC ||
			    answer->op != command->op));
	if (n < 0)
		return -1;
	if (answer->error) {
		errno = -answer->error;
		return -1;
	}
	return 0;
}

static int hello(const struct bench *b)
{
	const struct perf_frame command = { .op = PERF_HELLO };
	const struct timeval timeout = { .tv_usec = 100000 };
	struct perf_frame answer;
	int i;

	for (i = 0; i < HELLO_TRIES; i++) {
		if (!ask(b, &command, &answer, timeout))
			return 0;
		if (errno != EAGAIN)
			pause_ns(100000000); /* the device is not up yet */
	}
	return -1;
}

/* ---- sending ---- */

static int send_all(const struct bench *b, const struct load *load)
{
	static uint8_t packet[PERF_GSO_LEN];
	unsigned int len = load->is_gso ? PERF_GSO_LEN : PERF_FRAME_LEN;
	struct virtio_net_hdr offload = {
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.hdr_len = PERF_HEADER_LEN,
		.csum_start = 34,
		.csum_offset = load->is_gso ? 16 : 6,
	};
	struct iovec iov[2] = {
		{ .iov_base = &offload, .iov_len = sizeof(offload) },
		{ .iov_base = packet, .iov_len = len },
	};
	struct mmsghdr messages[MAX_BATCH];
	uint32_t left = load->count;
	unsigned int i;
	int n;

	if (load->is_gso) {
		offload.gso_type = VIRTIO_NET_HDR_GSO_TCPV4;
		offload.gso_size = PERF_GSO_SIZE;
	}
	memcpy(packet, b->mac, sizeof(b->mac));
	packet[6] = 0x02;
	perf_headers(packet, len, load->is_gso);
	memset(messages, 0, sizeof(messages));
	for (i = 0; i < MAX_BATCH; i++) {
		messages[i].msg_hdr.msg_iov = iov;
		messages[i].msg_hdr.msg_iovlen = 2;
		messages[i].msg_hdr.msg_name = (void *)&b->to;
		messages[i].msg_hdr.msg_namelen = sizeof(b->to);
	}
	for (; left; left -= (uint32_t)n) {
		n = sendmmsg(b->sender, messages, left < load->batch ? left : load->batch, 0);
		if (n < 0 && errno != ENOBUFS)
			return -1;
		if (n < 0)
			n = 0;
		pause_ns(PAUSE_US * 1000L);
	}
	return 0;
}

/* ---- measuring ---- */

/* *guest_ns: what the guest says it took, 0 of what is sent. */
static int run_load(const struct bench *b, const struct load *load, uint64_t *guest_ns)
{
	const struct perf_frame command = {
		.op = load->op,
		.count = load->count,
		.depth = load->depth,
	};
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct perf_frame answer;

	if (load->sends && send_all(b, load))
		return -1;
	*guest_ns = 0;
	if (!load->sends) {
		if (ask(b, &command, &answer, timeout))
			return -1;
		*guest_ns = answer.elapsed_ns;
	}
	pause_ns(SETTLE_MS * 1000000L);
	return 0;
}

/* All that was sent has come. */
static int check_received(const struct bench *b, const struct load *load)
{
	const struct perf_frame command = { .op = PERF_RX };
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct perf_frame answer;

	if (load->has_no_guest)
		return 0;
	if (ask(b, &command, &answer, timeout))
		return -1;
	if (load->sends && answer.count != load->count) {
		fprintf(stderr, "ringbench: %u of %u packets came\n", answer.count, load->count);
		errno = EIO;
		return -1;
	}
	return 0;
}

static int measure(const struct bench *b, const struct load *load)
{
	const struct load none = { .sends = load->sends, .has_no_guest = load->has_no_guest };
	uint64_t now[4], busy[4], guest_ns;
	double background;

	/* Nothing counted before, nothing cold. */
	if (check_received(b, &none) || busy_read(b->xch, &now[0], &busy[0]))
		return -1;
	pause_ns(QUIET_MS * 1000000L);
	if (busy_read(b->xch, &now[1], &busy[1]) || busy_read(b->xch, &now[2], &busy[2]))
		return -1;
	mark_begin_window();
	if (run_load(b, load, &guest_ns))
		return -1;
	mark_end_window();
	if (busy_read(b->xch, &now[3], &busy[3]) || check_received(b, load))
		return -1;
	background =
		(double)(busy[1] - busy[0]) / (double)(now[1] - now[0]) * (double)(now[3] - now[2]);
	printf("%" PRIu32 ",%" PRIu64 ",%.0f,%" PRIu64 "\n", load->count, now[3] - now[2],
	       (double)(busy[3] - busy[2]) - background, guest_ns);
	return 0;
}

/* ---- starting ---- */

static int open_sockets(struct bench *b, const char *device, const char *mac)
{
	const int on = 1;

	if (sscanf(mac, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &b->mac[0], &b->mac[1], &b->mac[2],
		   &b->mac[3], &b->mac[4], &b->mac[5]) != 6) {
		errno = EINVAL;
		return -1;
	}
	b->to = (struct sockaddr_ll){
		.sll_family = AF_PACKET,
		.sll_protocol = htons(PERF_ETHERTYPE),
		.sll_ifindex = (int)if_nametoindex(device),
		.sll_halen = 6,
	};
	memcpy(b->to.sll_addr, b->mac, sizeof(b->mac));
	b->socket = socket(AF_PACKET, SOCK_RAW, htons(PERF_ETHERTYPE));
	b->sender = socket(AF_PACKET, SOCK_RAW, 0); /* which receives nothing */
	if (!b->to.sll_ifindex || b->socket < 0 || b->sender < 0 ||
	    bind(b->socket, (const struct sockaddr *)&b->to, sizeof(b->to)) ||
	    setsockopt(b->sender, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)))
		return -1;
	b->to.sll_protocol = htons(0x0800);
	return 0;
}

static int parse_load(struct load *load, int argc, char **argv)
{
	static const struct {
		const char *name;
		struct load load;
	} loads[] = {
		{ "tx", { .op = PERF_TX } },
		{ "tx-gso", { .op = PERF_TX_GSO } },
		{ "rx", { .op = PERF_RX, .sends = true, .batch = MAX_BATCH } },
		/* Three have as many slots as there are buffers. */
		{ "rx-gso", { .op = PERF_RX, .sends = true, .is_gso = true, .batch = 3 } },
		{ "send", { .sends = true, .batch = MAX_BATCH, .has_no_guest = true } },
		{ "send-gso", { .sends = true, .is_gso = true, .batch = 3, .has_no_guest = true } },
		{ "read-4k", { .op = PERF_READ_4K } },
		{ "read-128k", { .op = PERF_READ_128K } },
	};
	size_t i;

	for (i = 0; i < sizeof(loads) / sizeof(loads[0]); i++) {
		if (strcmp(argv[3], loads[i].name))
			continue;
		*load = loads[i].load;
		load->count = argc > 4 ? (uint32_t)strtoul(argv[4], NULL, 10) : 1000;
		load->depth = argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 1;
		return load->count ? 0 : -1;
	}
	return -1;
}

int main(int argc, char **argv)
{
	struct bench b = { 0 };
	struct load load = { 0 };
	bool is_hello;

	is_hello = argc == 4 && !strcmp(argv[3], "hello");
	if (!is_hello && (argc < 4 || argc > 6 || parse_load(&load, argc, argv))) {
		fprintf(stderr, "usage: ringbench DEVICE MAC hello | tx | tx-gso | rx | rx-gso | "
				"send | send-gso | read-4k | read-128k [COUNT [DEPTH]]\n");
		return 2;
	}
	b.xch = xc_interface_open(NULL, NULL, 0);
	if (!b.xch || open_sockets(&b, argv[1], argv[2]) ||
	    (is_hello ? hello(&b) : measure(&b, &load))) {
		fprintf(stderr, "ringbench: %s %s: %s\n", argv[1], argv[3], strerror(errno));
		return 1;
	}
	xc_interface_close(b.xch);
	return 0;
}
