/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md, version 0.1.1), seed 0: tells a damaged
 * file from a sound one at a tenth of what a cryptographic hash costs.  It keeps no forger out.
 */
#ifndef CHAOS_XXHASH_H
#define CHAOS_XXHASH_H

#include <stddef.h>
#include <stdint.h>

struct xxhash {
	uint64_t lane[4];
	uint64_t total;
	uint8_t rest[32]; /* the last total % 32 bytes */
};

void xxhash_init(struct xxhash *h);
void xxhash_add(struct xxhash *h, const void *data, size_t len);
uint64_t xxhash_value(const struct xxhash *h);

uint64_t xxhash_of(const void *data, size_t len);

#endif /* CHAOS_XXHASH_H */
