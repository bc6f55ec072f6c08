// SPDX-License-Identifier: GPL-2.0-only
/* fuzz_net: what is below and beside lwIP and our glue: frames, time, memory. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/app.h>
#include <minios/panic.h>
#include <minios/random.h>
#include <minios/time.h>
#include "fake_net.h"
#include "fuzz_net.h"

const uint8_t guest_mac[6] = { 0x00, 0x16, 0x3e, 1, 2, 3 };
const uint8_t peer_mac[6] = { 0x02, 0, 0, 0, 0, 1 };

unsigned int world_no_memory, world_no_room;
unsigned long world_blocks;

static uint64_t random_state;

/* ---- random numbers ---- */

void world_seed(uint64_t seed)
{
	random_state = seed;
}

/* SplitMix64, https://prng.di.unimi.it/splitmix64.c in its constants. */
uint32_t world_random(void)
{
	uint64_t z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ (z >> 31)) >> 32);
}

uint32_t below(uint32_t limit)
{
	return limit ? (uint32_t)(((uint64_t)world_random() * limit) >> 32) : 0;
}

bool one_in(uint32_t times)
{
	return times && !below(times);
}

uint32_t random_u32(void)
{
	return world_random();
}

/* ---- memory ---- */

void *fuzz_malloc(size_t size)
{
	void *p = one_in(world_no_memory) ? NULL : malloc(size);

	world_blocks += !!p;
	return p;
}

void *fuzz_calloc(size_t count, size_t size)
{
	void *p = fuzz_malloc(count * size);

	return p ? memset(p, 0, count * size) : NULL;
}

void fuzz_free(void *p)
{
	world_blocks -= !!p;
	free(p);
}

/* ---- what lwIP must not come to ---- */

void panic(const char *fmt, ...)
{
	va_list args;

	fprintf(stderr, "fuzz_net: panic: ");
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fprintf(stderr, "\n");
	abort();
}

/* ---- the front-end ---- */

bool fake_has_room(void)
{
	return !one_in(world_no_room);
}

void fake_sent(const uint8_t *frame, size_t len)
{
	peer_saw(frame, len);
}

/* As the back-end gives it: a copy of exactly that size, so that the sanitizer sees its end. */
void world_receive(const void *frame, size_t len)
{
	const uint8_t *from = frame;
	size_t done = 0, piece;

	(void)fake_source->poll(NULL);
	do {
		piece = one_in(8) ? below((uint32_t)(len - done)) + 1 : len - done;
		if (piece > len - done)
			piece = len - done;
		done += piece;
		fake_ops->receive(from + done - piece, piece, done == len, true,
				  NETFRONT_CSUM_NONE);
	} while (done < len);
}

/* ---- start, time ---- */

void minios_ready(void)
{
}

uint64_t time_unix(void)
{
	return fake_now_ns / 1000000000;
}

void world_sleep(uint64_t ms)
{
	fake_now_ns += ms * 1000000;
	(void)fake_source->poll(NULL);
}

void world_start(bool has_address)
{
	fake_now_ns = 1000000000;
	memcpy(fake_vif.config.vif.mac, guest_mac, sizeof(guest_mac));
	/* No DHCP with less than 576. */
	fake_vif.config.vif.mtu =
		(uint16_t)(one_in(4) ? 1500 - below(has_address ? 1433 : 925) : 1500);
	fake_can_sg = one_in(2);
	if (one_in(4))
		fake_vif.config.vif.mtu = (uint16_t)(9000 - below(one_in(2) ? 1 : 7500));
	if (has_address) {
		fake_vif.config.vif.ipv4 = GUEST_IP;
		fake_vif.config.vif.gateway = PEER_IP;
		fake_vif.config.vif.prefix = 24;
	}
	if (app_main(""))
		abort();
	apps_start();
	fake_ops->link(true);
}
