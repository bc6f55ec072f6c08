/* SPDX-License-Identifier: MIT */
/* SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash that is cheap on short inputs. */
#ifndef MINIOS_SIPHASH_H
#define MINIOS_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *data, size_t len);

#endif /* MINIOS_SIPHASH_H */
