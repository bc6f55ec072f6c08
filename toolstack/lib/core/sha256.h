/* SPDX-License-Identifier: LGPL-2.1-only */
/* SHA-256 (FIPS 180-4) of what lies in memory. */
#ifndef CHAOS_CORE_SHA256_H
#define CHAOS_CORE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define CHAOS_SHA256_LEN 32U

void chaos_sha256(const void *data, size_t len, uint8_t digest[CHAOS_SHA256_LEN]);

#endif /* CHAOS_CORE_SHA256_H */
