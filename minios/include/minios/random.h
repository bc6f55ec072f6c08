/* SPDX-License-Identifier: MIT */
/*
 * Unpredictable numbers for protocols: sequence numbers, ports, identifiers.  Not for keys: without
 * RDRAND the seed is as good as the generation id of the domain and the time stamp counter.
 */
#ifndef MINIOS_RANDOM_H
#define MINIOS_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Seed anew; done at first use, and after a resume. */
void random_seed(void);

uint32_t random_u32(void);

/* The same for the same data until the next seed. */
uint32_t random_hash(const void *data, size_t len);

#endif /* MINIOS_RANDOM_H */
