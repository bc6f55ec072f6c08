// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest with an address from DHCP that is saved and restored, or whose vif comes back with another
 * MTU: net.c and net_timers.c over lwIP, with the test as the wire, the DHCP server, and the clocks.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/net.h>
#include <minios/time.h>
#include <minios/util.h>
#include "lwip/netif.h"
#include "fake_net.h"
#include "unit.h"

#define LEASE_S	    120U
#define FRAME_MAX   1518U
#define DHCP_AT	    42U /* in a frame: behind Ethernet, IP and UDP */
#define OPTIONS_AT  (DHCP_AT + 240U)
#define DISCOVER    1
#define OFFER	    2
#define REQUEST	    3
#define ACK	    5
#define NAK	    6
#define OPT_ADDRESS 50
#define OPT_TYPE    53

static const uint8_t our_address[4] = { 10, 0, 0, 50 }, server[4] = { 10, 0, 0, 1 };

static uint64_t unix_s = 1800000000;
/* The last DHCP message that was sent, and how many. */
static uint8_t asked[FRAME_MAX];
static unsigned int nr_asked;

/* ---- stand-ins ---- */

uint64_t time_unix(void)
{
	return unix_s;
}

uint32_t random_u32(void)
{
	return (uint32_t)rand();
}

/* What net.c says on the console. */
static char said[256];

int net_printf(const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(said, sizeof(said), fmt, args);
	va_end(args);
	return len;
}

void panic(const char *fmt, ...)
{
	fail_msg("%s", fmt);
	abort();
}

bool fake_has_room(void)
{
	return true;
}

void fake_sent(const uint8_t *frame, size_t len)
{
	/* To the port of DHCP servers. */
	if (len < OPTIONS_AT || len > FRAME_MAX || frame[23] != 17 || frame[37] != 67)
		return;
	memcpy(asked, frame, len);
	memset(asked + len, 255, sizeof(asked) - len);
	nr_asked++;
}

/* ---- the server ---- */

/* An option of the last message, or NULL. */
static const uint8_t *option(uint8_t number)
{
	const uint8_t *o = asked + OPTIONS_AT;

	for (; *o != 255; o += o[0] ? 2 + o[1] : 1)
		if (*o == number)
			return o + 2;
	return NULL;
}

static int asked_type(void)
{
	const uint8_t *type = option(OPT_TYPE);

	return type ? *type : -1;
}

static uint16_t ip_sum(const uint8_t *ip)
{
	uint32_t sum = 0;
	unsigned int i;

	for (i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

static void answer(uint8_t type)
{
	const uint8_t options[] = { OPT_TYPE, 1, type, 54,	4, 10, 0,   0,	 1,   51, 4,
				    0,	      0, 0,    LEASE_S, 1, 4,  255, 255, 255, 0,  255 };
	uint8_t f[FRAME_MAX] = { 0 };
	const size_t len = OPTIONS_AT + sizeof(options);
	uint16_t sum;

	memset(f, 0xff, 6);
	f[12] = 8;
	f[14] = 0x45;
	f[16] = (uint8_t)((len - 14) >> 8);
	f[17] = (uint8_t)(len - 14);
	f[22] = 64;
	f[23] = 17;
	memcpy(f + 26, server, 4);
	memset(f + 30, 0xff, 4);
	sum = ip_sum(f + 14);
	f[24] = (uint8_t)(sum >> 8);
	f[25] = (uint8_t)sum;
	f[35] = 67;
	f[37] = 68;
	f[38] = (uint8_t)((len - 34) >> 8);
	f[39] = (uint8_t)(len - 34);
	memcpy(f + DHCP_AT, asked + DHCP_AT, 240);
	f[DHCP_AT] = 2;
	memcpy(f + DHCP_AT + 16, our_address, 4);
	memcpy(f + OPTIONS_AT, options, sizeof(options));
	fake_ops->receive(f, len, true, true, NETFRONT_CSUM_GOOD);
}

/* ---- the guest ---- */

static void pass(unsigned int seconds)
{
	for (; seconds; seconds--) {
		fake_now_ns += NSEC_PER_SEC;
		unix_s++;
		(void)fake_source->poll(NULL);
	}
}

/* Restored after so long in a file. */
static void restored(unsigned int seconds)
{
	fake_hook->suspend();
	unix_s += seconds;
	fake_now_ns = (uint64_t)rand() * 1000; /* another host's */
	nr_asked = 0;
	fake_hook->resume(true);
	fake_ops->link(true);
	(void)fake_source->poll(NULL);
}

static uint32_t address(void)
{
	return netif_ip4_addr(netif_default)->addr;
}

static uint32_t wanted(void)
{
	uint32_t a;

	memcpy(&a, our_address, sizeof(a));
	return a;
}

/* From DISCOVER to the address. */
static void serve(void)
{
	assert_int_equal(asked_type(), DISCOVER);
	answer(OFFER);
	assert_int_equal(asked_type(), REQUEST);
	answer(ACK);
	(void)fake_source->poll(NULL);
	assert_int_equal(address(), wanted());
}

static void ready(void)
{
}

/* Nobody answers for a while, which is said once. */
static void tells_of_no_answer(void **state)
{
	(void)state;
	assert_int_equal(net_start(ready), 0);
	fake_ops->link(true);
	pass(4);
	assert_string_equal(said, "");
	pass(4);
	assert_string_equal(said, "vif0: no answer from a DHCP server\n");
	said[0] = '\0';
	pass(60);
	assert_string_equal(said, "");
}

static void gets_an_address(void **state)
{
	(void)state;
	serve();
}

/* Within its lease: it keeps what it has, and asks whether that is right (INIT-REBOOT). */
static void asks_when_restored(void **state)
{
	(void)state;
	pass(30);
	restored(60);
	assert_int_equal(address(), wanted());
	assert_true(nr_asked > 0);
	assert_int_equal(asked_type(), REQUEST);
	assert_memory_equal(option(OPT_ADDRESS), our_address, 4);
	answer(ACK);
	(void)fake_source->poll(NULL);
	assert_int_equal(address(), wanted());
}

/* The server says that it is not. */
static void takes_a_no(void **state)
{
	(void)state;
	restored(10);
	answer(NAK);
	assert_int_equal(address(), 0);
	pass(15);
	serve();
}

/* The time in the file counts, and so does what came before; also if nobody answered meanwhile. */
static void drops_what_has_run_out(void **state)
{
	(void)state;
	pass(30);
	restored(20);
	assert_int_equal(asked_type(), REQUEST);
	restored(LEASE_S - 49);
	assert_int_equal(address(), 0);
	assert_int_equal(asked_type(), DISCOVER);
	serve();
	restored(LEASE_S - 2);
	assert_int_equal(address(), wanted());
	pass(3);
	assert_int_equal(address(), 0);
}

/* ---- another MTU ---- */

static bool makes_checksums(void)
{
	return netif_default->chksum_flags & NETIF_CHECKSUM_GEN_TCP;
}

static void relinked(uint16_t mtu)
{
	fake_ops->link(false);
	fake_is_open = false;
	fake_vif.config.vif.mtu = mtu;
	fake_watch->changed(NULL, NOXS_CLASS_VIF, 0, true);
	fake_is_open = true;
	fake_ops->link(true);
	assert_int_equal(netif_default->mtu, mtu);
}

/* What was made for the larger one goes in fragments, of which nobody else makes the checksum. */
static void makes_checksums_when_the_mtu_falls(void **state)
{
	(void)state;
	fake_can_csum = true;
	fake_can_sg = true;
	relinked(1500);
	assert_false(makes_checksums());
	relinked(9000);
	assert_false(makes_checksums());
	relinked(1500);
	assert_true(makes_checksums());
	relinked(9000);
	assert_false(makes_checksums());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tells_of_no_answer),
		cmocka_unit_test(gets_an_address),
		cmocka_unit_test(asks_when_restored),
		cmocka_unit_test(takes_a_no),
		cmocka_unit_test(drops_what_has_run_out),
		cmocka_unit_test(makes_checksums_when_the_mtu_falls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
