// SPDX-License-Identifier: GPL-2.0-only
/* SYNs that meet a connection in TIME-WAIT; lwIP is its headers, and the list of those connections. */
#include <string.h>
#include <minios/net_guard.h>
#include <minios/random.h>
#include <minios/time.h>
#include "lwip/pbuf.h"
#include "lwip/prot/ip4.h"
#include "lwip/prot/tcp.h"
#include "lwip/priv/tcp_priv.h"
#include "unit.h"

#define HERE	   PP_HTONL(0x0a0d0002)
#define THERE	   PP_HTONL(0x0a0d0001)
#define PORT_HERE  80
#define PORT_THERE 40000
#define RECEIVED   1000U
#define SENT	   5000U
#define MANY	   300
#define CLOCK_ISN  77U /* what the clock and the hash below make */
#define TIME_NS	   (CLOCK_ISN * 4000)

/* ---- stand-ins ---- */

struct tcp_pcb *tcp_tw_pcbs;
static struct tcp_pcb *aborted;
static unsigned int nr_aborted;

void tcp_abort(struct tcp_pcb *pcb)
{
	struct tcp_pcb **list = &tcp_tw_pcbs;

	while (*list != pcb)
		list = &(*list)->next;
	*list = pcb->next;
	aborted = pcb;
	nr_aborted++;
}

/* fuzz_net tries that one. */
bool net_guard_packet(const struct pbuf *p)
{
	(void)p;
	return true;
}

uint8_t pbuf_free(struct pbuf *p)
{
	(void)p;
	return 1;
}

uint64_t time_ns(void)
{
	return TIME_NS;
}

uint32_t random_hash(const void *data, size_t len)
{
	(void)data;
	(void)len;
	return 0;
}

/* ---- packets and connections ---- */

static struct tcp_pcb pcbs[MANY];

static struct {
	struct ip_hdr ip;
	struct tcp_hdr tcp;
} __attribute__((aligned(4))) packet;

static struct pbuf buf;

static void packet_make(uint16_t src_port, uint32_t seqno, uint8_t flags)
{
	memset(&packet, 0, sizeof(packet));
	IPH_VHL_SET(&packet.ip, 4, IP_HLEN / 4);
	IPH_PROTO_SET(&packet.ip, IP_PROTO_TCP);
	packet.ip.src.addr = THERE;
	packet.ip.dest.addr = HERE;
	packet.tcp.src = lwip_htons(src_port);
	packet.tcp.dest = PP_HTONS(PORT_HERE);
	packet.tcp.seqno = lwip_htonl(seqno);
	TCPH_HDRLEN_FLAGS_SET(&packet.tcp, TCP_HLEN / 4, flags);
	buf.payload = &packet;
	buf.len = buf.tot_len = sizeof(packet);
}

/* In TIME-WAIT, the first one the oldest; from PORT_THERE upwards. */
static void connections_make(unsigned int count)
{
	unsigned int i;

	tcp_tw_pcbs = NULL;
	nr_aborted = 0;
	memset(pcbs, 0, sizeof(pcbs));
	for (i = 0; i < count; i++) {
		pcbs[i].local_ip.addr = HERE;
		pcbs[i].remote_ip.addr = THERE;
		pcbs[i].local_port = PORT_HERE;
		pcbs[i].remote_port = (uint16_t)(PORT_THERE + i);
		pcbs[i].rcv_nxt = RECEIVED;
		pcbs[i].snd_nxt = SENT;
		pcbs[i].next = tcp_tw_pcbs;
		tcp_tw_pcbs = &pcbs[i];
	}
}

static int setup(void **state)
{
	(void)state;
	connections_make(3);
	return 0;
}

/* The sequence number a connection opened now would begin with. */
static uint32_t isn(void)
{
	const ip_addr_t here = { HERE }, there = { THERE };

	return net_tcp_isn(&here, PORT_HERE, &there, PORT_THERE);
}

static void untouched(void)
{
	assert_int_equal(net_ip4_input(&buf), 0);
	assert_int_equal(nr_aborted, 0);
	assert_int_equal(isn(), CLOCK_ISN);
}

static void opens_anew(void **state)
{
	(void)state;
	packet_make(PORT_THERE + 1, RECEIVED + 1, TCP_SYN);
	assert_int_equal(net_ip4_input(&buf), 0);
	assert_int_equal(nr_aborted, 1);
	assert_ptr_equal(aborted, &pcbs[1]);
	/* Above all that the old one has sent, until the next packet. */
	assert_int_equal(isn(), SENT + 65537);
	packet_make(PORT_THERE + 7, RECEIVED + 1, TCP_SYN);
	assert_int_equal(net_ip4_input(&buf), 0);
	assert_int_equal(isn(), CLOCK_ISN);
	assert_int_equal(nr_aborted, 1);
}

static void keeps_a_higher_clock(void **state)
{
	(void)state;
	pcbs[0].snd_nxt = CLOCK_ISN - 70000;
	packet_make(PORT_THERE, RECEIVED + 1, TCP_SYN);
	assert_int_equal(net_ip4_input(&buf), 0);
	assert_int_equal(nr_aborted, 1);
	assert_int_equal(isn(), CLOCK_ISN);
}

/* An old duplicate is answered by lwIP, as RFC 793 has it. */
static void keeps_old_duplicates_out(void **state)
{
	(void)state;
	packet_make(PORT_THERE, RECEIVED, TCP_SYN);
	untouched();
	packet_make(PORT_THERE, RECEIVED - 1, TCP_SYN);
	untouched();
	packet_make(PORT_THERE, RECEIVED + 0x80000001, TCP_SYN);
	untouched();
}

static void sequence_numbers_wrap(void **state)
{
	(void)state;
	pcbs[0].rcv_nxt = UINT32_MAX - 5;
	packet_make(PORT_THERE, 5, TCP_SYN);
	assert_int_equal(net_ip4_input(&buf), 0);
	assert_ptr_equal(aborted, &pcbs[0]);
}

static void looks_at_syns_alone(void **state)
{
	static const uint8_t flags[] = { TCP_ACK, TCP_SYN | TCP_ACK, TCP_SYN | TCP_RST,
					 TCP_SYN | TCP_FIN, 0 };
	unsigned int i;

	(void)state;
	for (i = 0; i < sizeof(flags); i++) {
		packet_make(PORT_THERE, RECEIVED + 1, flags[i]);
		untouched();
	}
	packet_make(PORT_THERE, RECEIVED + 1, TCP_SYN);
	IPH_PROTO_SET(&packet.ip, IP_PROTO_UDP);
	untouched();
	packet_make(PORT_THERE, RECEIVED + 1, TCP_SYN);
	IPH_OFFSET_SET(&packet.ip, PP_HTONS(IP_MF));
	untouched();
	packet_make(PORT_THERE, RECEIVED + 1, TCP_SYN);
	packet.ip.src.addr++;
	untouched();
}

/* Whatever the lengths say, nothing is read beyond the packet: the address sanitizer looks on. */
static void short_packets(void **state)
{
	unsigned int len, words;

	(void)state;
	for (len = 0; len < sizeof(packet); len++) {
		for (words = 0; words < 16; words++) {
			char *copy = test_malloc(len);

			packet_make(PORT_THERE, RECEIVED + 1, TCP_SYN);
			IPH_VHL_SET(&packet.ip, 4, words);
			memcpy(copy, &packet, len);
			buf.payload = copy;
			buf.len = (uint16_t)len;
			untouched();
			test_free(copy);
		}
	}
}

static void forgets_the_oldest(void **state)
{
	unsigned int i;

	(void)state;
	connections_make(MANY);
	for (i = 0; i < MANY; i++) {
		packet_make(1, RECEIVED + 1, TCP_SYN);
		assert_int_equal(net_ip4_input(&buf), 0);
	}
	assert_int_equal(nr_aborted, MANY - 256);
	assert_ptr_equal(aborted, &pcbs[MANY - 256 - 1]);
	assert_int_equal(isn(), CLOCK_ISN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(opens_anew, setup),
		cmocka_unit_test_setup(keeps_a_higher_clock, setup),
		cmocka_unit_test_setup(keeps_old_duplicates_out, setup),
		cmocka_unit_test_setup(sequence_numbers_wrap, setup),
		cmocka_unit_test_setup(looks_at_syns_alone, setup),
		cmocka_unit_test_setup(short_packets, setup),
		cmocka_unit_test_setup(forgets_the_oldest, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
