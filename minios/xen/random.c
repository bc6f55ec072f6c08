/* SPDX-License-Identifier: MIT */
/* Random numbers: SipHash of a counter, keyed from everything that differs between two domains. */
#include <stdbool.h>
#include <string.h>
#include <minios/noxs.h>
#include <minios/random.h>
#include <minios/siphash.h>
#include <minios/time.h>
#include <arch/cpu.h>

static uint64_t key[2], counter;
static bool is_seeded;

void random_seed(void)
{
	const struct noxs_dev_header *hdr = noxs_header();
	struct {
		uint64_t old_key[2], stamp, ns, hardware[2];
		uint8_t gen_id[NOXS_UUID_LEN], uuid[NOXS_UUID_LEN];
		uint16_t domid;
	} seed;
	uint64_t new_key[2];

	memset(&seed, 0, sizeof(seed));
	memcpy(seed.old_key, key, sizeof(key));
	seed.stamp = time_stamp();
	seed.ns = time_ns();
	(void)cpu_random(&seed.hardware[0]); /* zero where there is no such instruction */
	(void)cpu_random(&seed.hardware[1]);
	memcpy(seed.gen_id, hdr->gen_id, sizeof(seed.gen_id));
	memcpy(seed.uuid, hdr->uuid, sizeof(seed.uuid));
	seed.domid = hdr->domid;

	new_key[0] = siphash(seed.hardware, &seed, sizeof(seed));
	seed.stamp = ~seed.stamp;
	new_key[1] = siphash(seed.hardware, &seed, sizeof(seed));
	memcpy(key, new_key, sizeof(key));
	is_seeded = true;
}

static uint64_t next(void)
{
	if (!is_seeded)
		random_seed();
	counter++;
	return siphash(key, &counter, sizeof(counter));
}

uint32_t random_u32(void)
{
	return (uint32_t)next();
}

uint32_t random_hash(const void *data, size_t len)
{
	if (!is_seeded)
		random_seed();
	/* Apart from the counter's inputs, which are eight bytes long. */
	return (uint32_t)(siphash(key, data, len) >> 32);
}
