/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Dom0's side (tests/bench/ringbench.c) and the guest say to each other, in Ethernet frames on
 * the guest's vif: a command, and its answer when it has been carried out.
 */
#ifndef PERF_PROTO_H
#define PERF_PROTO_H

#include <stdint.h>

#define PERF_ETHERTYPE 0x88b5 /* IEEE 802, local experimental */
#define PERF_MAGIC     0x46524550U
#define PERF_VERSION   1U

enum perf_op {
	PERF_HELLO,	/* nothing */
	PERF_TX,	/* transmit count frames of 1,500 bytes */
	PERF_TX_GSO,	/* transmit count GSO packets */
	PERF_RX,	/* how many data packets have come since last asked */
	PERF_READ_4K,	/* count reads of 4 KiB at random, depth at a time */
	PERF_READ_128K, /* count reads of 128 KiB in sequence, depth at a time */
};

struct perf_frame {
	uint8_t dst[6], src[6];
	uint8_t ethertype[2];
	uint8_t pad[2];
	uint32_t magic;
	uint32_t version;
	uint32_t op;
	uint32_t count; /* of the answer: of PERF_RX, what it asks for */
	uint32_t depth;
	int32_t error;	     /* of the answer: 0 or -errno */
	uint64_t elapsed_ns; /* of the answer: by the guest's clock */
	uint8_t fill[12];    /* to the 60 bytes of a frame */
};

/* A data packet: what it has before its payload, and how much there is. */
#define PERF_HEADER_LEN 54U /* Ethernet, IPv4, TCP; the shorter UDP header counts as payload */
#define PERF_FRAME_LEN	1514U
#define PERF_GSO_SIZE	1460U
#define PERF_GSO_LEN	(PERF_HEADER_LEN + 44 * PERF_GSO_SIZE)

/* Of a data packet, from the guest or for it: to nobody that is there, so that Dom0's stack drops it. */
static inline void perf_put16(uint8_t *at, unsigned int value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/*
 * Headers of an IPv4 packet of len bytes with the sum over the pseudo header as checksum, as an
 * offloading sender leaves it.  dst and src are the caller's.
 */
static inline void perf_headers(uint8_t *frame, unsigned int len, int is_tcp)
{
	static const uint8_t ip[20] = { 0x45, 0, 0,  0,	 0, 0, 0x40, 0,	 64, 0,
					0,    0, 10, 99, 0, 2, 10,   99, 0,  9 };
	unsigned int payload = len - 34, i;
	uint8_t *l4 = frame + 34;
	uint32_t sum;

	frame[12] = 0x08;
	frame[13] = 0x00;
	for (i = 0; i < sizeof(ip); i++)
		frame[14 + i] = ip[i];
	perf_put16(frame + 16, len - 14);
	frame[23] = is_tcp ? 6 : 17;
	for (sum = 0, i = 14; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	perf_put16(frame + 24, ~(sum + (sum >> 16)) & 0xffff);
	for (i = 0; i < 20; i++)
		l4[i] = 0;
	perf_put16(l4, 5001);
	perf_put16(l4 + 2, 5001);
	sum = (is_tcp ? 6 : 17) + payload;
	for (i = 26; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	if (is_tcp) {
		l4[12] = 0x50; /* five words of header */
		l4[13] = 0x10; /* ACK */
		perf_put16(l4 + 16, sum);
	} else {
		perf_put16(l4 + 4, payload);
		perf_put16(l4 + 6, sum);
	}
}

#endif /* PERF_PROTO_H */
