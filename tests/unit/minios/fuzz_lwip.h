/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz_net: seen before lwipopts.h: whose memory lwIP takes. */
#ifndef FUZZ_LWIP_H
#define FUZZ_LWIP_H

#include <stddef.h>

void *fuzz_malloc(size_t size);
void *fuzz_calloc(size_t count, size_t size);
void fuzz_free(void *p);
#define mem_clib_malloc fuzz_malloc
#define mem_clib_calloc fuzz_calloc
#define mem_clib_free	fuzz_free

#endif /* FUZZ_LWIP_H */
