// SPDX-License-Identifier: LGPL-2.1-only
/* XXH64, from its specification.  Little-endian hosts only, as all of Xen's. */
#include <string.h>

#include "save/xxhash.h"

#define P1     0x9e3779b185ebca87ULL
#define P2     0xc2b2ae3d27d4eb4fULL
#define P3     0x165667b19e3779f9ULL
#define P4     0x85ebca77c2b2ae63ULL
#define P5     0x27d4eb2f165667c5ULL

#define STRIPE 32U

static uint64_t rotl(uint64_t v, unsigned int n)
{
	return v << n | v >> (64 - n);
}

static uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint64_t round1(uint64_t lane, uint64_t value)
{
	return rotl(lane + value * P2, 31) * P1;
}

void xxhash_init(struct xxhash *h)
{
	memset(h, 0, sizeof(*h));
	h->lane[0] = P1 + P2;
	h->lane[1] = P2;
	h->lane[3] = 0 - P1;
}

static const uint8_t *stripes(struct xxhash *h, const uint8_t *p, size_t count)
{
	uint64_t a = h->lane[0], b = h->lane[1], c = h->lane[2], d = h->lane[3];

#pragma GCC unroll 4
	for (; count; count--, p += STRIPE) {
		a = round1(a, load64(p));
		b = round1(b, load64(p + 8));
		c = round1(c, load64(p + 16));
		d = round1(d, load64(p + 24));
	}
	h->lane[0] = a;
	h->lane[1] = b;
	h->lane[2] = c;
	h->lane[3] = d;
	return p;
}

void xxhash_add(struct xxhash *h, const void *data, size_t len)
{
	size_t have = h->total % STRIPE, take;
	const uint8_t *p = data;

	h->total += len;
	if (have) {
		take = STRIPE - have < len ? STRIPE - have : len;
		memcpy(h->rest + have, p, take);
		if (have + take < STRIPE)
			return;
		(void)stripes(h, h->rest, 1);
		p += take;
		len -= take;
	}
	p = stripes(h, p, len / STRIPE);
	memcpy(h->rest, p, len % STRIPE);
}

static uint64_t merge(uint64_t v, uint64_t lane)
{
	return (v ^ round1(0, lane)) * P1 + P4;
}

static uint64_t finish(uint64_t v, const uint8_t *p, size_t len)
{
	uint32_t word;

	for (; len >= 8; len -= 8, p += 8)
		v = rotl(v ^ round1(0, load64(p)), 27) * P1 + P4;
	if (len >= 4) {
		memcpy(&word, p, sizeof(word));
		v = rotl(v ^ word * P1, 23) * P2 + P3;
		p += 4;
		len -= 4;
	}
	for (; len; len--, p++)
		v = rotl(v ^ *p * P5, 11) * P1;
	v = (v ^ v >> 33) * P2;
	v = (v ^ v >> 29) * P3;
	return v ^ v >> 32;
}

uint64_t xxhash_value(const struct xxhash *h)
{
	const uint64_t *l = h->lane;
	uint64_t v = P5;

	if (h->total >= STRIPE) {
		v = rotl(l[0], 1) + rotl(l[1], 7) + rotl(l[2], 12) + rotl(l[3], 18);
		v = merge(merge(merge(merge(v, l[0]), l[1]), l[2]), l[3]);
	}
	return finish(v + h->total, h->rest, h->total % STRIPE);
}

uint64_t xxhash_of(const void *data, size_t len)
{
	struct xxhash h;

	xxhash_init(&h);
	xxhash_add(&h, data, len);
	return xxhash_value(&h);
}
