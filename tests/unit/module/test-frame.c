// SPDX-License-Identifier: GPL-2.0
/*
 * What a switch reads of a frame, and what it lets a guest send (kernel/noxs/net/frame.c).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "net/frame.h"

#define OWN   0x00163e000001ULL
#define OTHER 0x00163e000002ULL

static const uint8_t own_ipv4[4] = { 10, 0, 0, 1 }, other_ipv4[4] = { 10, 0, 0, 2 };

static uint8_t bytes[64];

static uint32_t ipv4(const uint8_t address[4])
{
	uint32_t value;

	memcpy(&value, address, 4);
	return value;
}

static void put_mac(uint8_t *at, uint64_t mac)
{
	int i;

	for (i = 0; i < 6; i++)
		at[i] = (uint8_t)(mac >> (40 - 8 * i));
}

static void put_ether(uint64_t dst, uint64_t src, uint16_t type)
{
	memset(bytes, 0, sizeof(bytes));
	put_mac(bytes, dst);
	put_mac(bytes + 6, src);
	bytes[12] = (uint8_t)(type >> 8);
	bytes[13] = (uint8_t)type;
}

static void put_ipv4(uint64_t src, const uint8_t from[4])
{
	put_ether(OTHER, src, 0x0800);
	bytes[14] = 0x45;
	memcpy(bytes + 26, from, 4);
}

static void put_arp(uint16_t op, uint64_t sender, const uint8_t from[4], const uint8_t to[4])
{
	static const uint8_t head[] = { 0, 1, 8, 0, 6, 4 };

	put_ether(0xffffffffffffULL, OWN, 0x0806);
	memcpy(bytes + 14, head, sizeof(head));
	bytes[21] = (uint8_t)op;
	put_mac(bytes + 22, sender);
	memcpy(bytes + 28, from, 4);
	memcpy(bytes + 38, to, 4);
}

/* From memory of exactly that size, so that ASan sees a step beyond. */
static int parse(unsigned int len, struct frame *frame)
{
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	assert_non_null(copy);
	memcpy(copy, bytes, len);
	memset(frame, 0xa5, sizeof(*frame));
	ret = frame_parse(copy, len, frame);
	free(copy);
	return ret;
}

static bool honest(const uint8_t address[4])
{
	struct frame frame;

	assert_int_equal(parse(sizeof(bytes), &frame), 0);
	return frame_is_honest(&frame, OWN, address ? ipv4(address) : 0);
}

static void test_ethernet(void **state)
{
	struct frame frame;

	(void)state;
	put_ether(OTHER, OWN, 0x86dd);
	assert_int_equal(parse(14, &frame), 0);
	assert_true(frame.dst == OTHER && frame.src == OWN);
	assert_int_equal(frame.type, 0x86dd);
	assert_int_equal(frame.kind, FRAME_OTHER);
	assert_false(frame_is_group(&frame));
	put_ether(0x333300000001ULL, OWN, 0x86dd);
	assert_int_equal(parse(14, &frame), 0);
	assert_true(frame_is_group(&frame));
}

static void test_short(void **state)
{
	struct frame frame;
	unsigned int len;

	(void)state;
	put_ether(OTHER, OWN, 0x86dd);
	for (len = 0; len < 14; len++)
		assert_int_equal(parse(len, &frame), -EPROTO);
	put_ipv4(OWN, own_ipv4);
	for (len = 0; len < 34; len++)
		assert_int_equal(parse(len, &frame), -EPROTO);
	assert_int_equal(parse(34, &frame), 0);
	put_arp(1, OWN, own_ipv4, other_ipv4);
	for (len = 0; len < 42; len++)
		assert_int_equal(parse(len, &frame), -EPROTO);
	assert_int_equal(parse(42, &frame), 0);
}

static void test_not_what_it_says(void **state)
{
	struct frame frame;
	unsigned int i;

	(void)state;
	put_ipv4(OWN, own_ipv4);
	bytes[14] = 0x65;
	assert_int_equal(parse(sizeof(bytes), &frame), -EPROTO);
	for (i = 0; i < 6; i++) {
		put_arp(1, OWN, own_ipv4, other_ipv4);
		bytes[14 + i] ^= 1;
		assert_int_equal(parse(sizeof(bytes), &frame), -EPROTO);
	}
	put_arp(0, OWN, own_ipv4, other_ipv4);
	assert_int_equal(parse(sizeof(bytes), &frame), -EPROTO);
	put_arp(3, OWN, own_ipv4, other_ipv4);
	assert_int_equal(parse(sizeof(bytes), &frame), -EPROTO);
}

static void test_arp(void **state)
{
	struct frame frame;

	(void)state;
	put_arp(1, OWN, own_ipv4, other_ipv4);
	assert_int_equal(parse(sizeof(bytes), &frame), 0);
	assert_int_equal(frame.kind, FRAME_ARP_REQUEST);
	assert_true(frame.arp_sender == OWN);
	assert_int_equal(frame.ipv4_src, ipv4(own_ipv4));
	assert_int_equal(frame.ipv4_dst, ipv4(other_ipv4));
	assert_false(frame_is_announcement(&frame));
	put_arp(1, OWN, own_ipv4, own_ipv4);
	assert_int_equal(parse(sizeof(bytes), &frame), 0);
	assert_true(frame_is_announcement(&frame));
	put_arp(2, OWN, own_ipv4, other_ipv4);
	assert_int_equal(parse(sizeof(bytes), &frame), 0);
	assert_true(frame_is_announcement(&frame));
}

static void test_honest(void **state)
{
	(void)state;
	put_ipv4(OWN, own_ipv4);
	assert_true(honest(own_ipv4));
	assert_true(honest(NULL));
	put_arp(1, OWN, own_ipv4, other_ipv4);
	assert_true(honest(own_ipv4));
	put_ether(OTHER, OWN, 0x86dd);
	assert_true(honest(NULL));
	put_ether(0x0180c2000010ULL, OWN, 0x86dd); /* just beyond the reserved ones */
	assert_true(honest(NULL));
}

static void test_liars(void **state)
{
	(void)state;
	put_ipv4(OTHER, own_ipv4);
	assert_false(honest(own_ipv4));
	assert_false(honest(NULL));
	put_ipv4(OWN, other_ipv4);
	assert_false(honest(own_ipv4));
	put_arp(1, OTHER, own_ipv4, other_ipv4);
	assert_false(honest(own_ipv4));
	assert_false(honest(NULL));
	put_arp(2, OWN, other_ipv4, own_ipv4);
	assert_false(honest(own_ipv4));
}

static void test_other_protocols(void **state)
{
	static const uint16_t vlans[] = { 0x8100, 0x88a8, 0x9100 };
	unsigned int i;

	(void)state;
	put_ether(OTHER, OWN, 0x86dd);
	assert_false(honest(own_ipv4));
	for (i = 0; i < 3; i++) {
		put_ether(OTHER, OWN, vlans[i]);
		assert_false(honest(NULL));
	}
	for (i = 0; i < 16; i++) {
		put_ether(0x0180c2000000ULL + i, OWN, 0x0026);
		assert_false(honest(NULL));
	}
}

/* Nothing that is said to be honest has another's addresses in it, whatever the bytes. */
static void test_garbage(void **state)
{
	struct frame frame;
	unsigned int i, j, len, found = 0;

	(void)state;
	srand(1);
	for (i = 0; i < 200000; i++) {
		for (j = 0; j < sizeof(bytes); j++)
			bytes[j] = (uint8_t)rand();
		put_mac(bytes + 6, OWN);
		if (i & 1)
			memcpy(bytes + 12, i & 2 ? "\x08\x00" : "\x08\x06", 2);
		if (i & 4)
			memcpy(bytes + 14, i & 2 ? "\x45\0\0\0\0\0" : "\0\1\x08\0\6\4", 6);
		if (i & 8)
			memcpy(bytes + (i & 16 ? 26 : 28), own_ipv4, 4);
		if (i & 32)
			put_mac(bytes + 22, OWN);
		len = (unsigned int)rand() % (sizeof(bytes) + 1);
		if (parse(len, &frame) || !frame_is_honest(&frame, OWN, ipv4(own_ipv4)))
			continue;
		found++;
		assert_true(frame.kind != FRAME_OTHER);
		assert_memory_equal(bytes + (frame.kind == FRAME_IPV4 ? 26 : 28), own_ipv4, 4);
	}
	assert_true(found > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ethernet),	 cmocka_unit_test(test_short),
		cmocka_unit_test(test_not_what_it_says), cmocka_unit_test(test_arp),
		cmocka_unit_test(test_honest),		 cmocka_unit_test(test_liars),
		cmocka_unit_test(test_other_protocols),	 cmocka_unit_test(test_garbage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
