/* SPDX-License-Identifier: MIT */
/* Processor instructions without a C name. */
#ifndef ARCH_CPU_H
#define ARCH_CPU_H

#include <stdbool.h>
#include <stdint.h>

#define CPUID_1_ECX_RDRAND (1U << 30)
/* Intel SDM volume 1, 7.3.17.1: ten tries tell a busy generator from a broken one. */
#define RDRAND_TRIES	   10

static inline bool cpu_has_rdrand(void)
{
	uint32_t eax = 1, ebx, ecx = 0, edx;

	/* Xen's forced-emulation prefix: a PV guest sees the CPU as Xen wants it to. */
	__asm__("ud2\n\t.ascii \"xen\"\n\tcpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
	return ecx & CPUID_1_ECX_RDRAND;
}

/* 64 bits from the processor's generator; false if it has none or it fails. */
static inline bool cpu_random(uint64_t *val)
{
	unsigned int tries;
	bool ok = false;

	*val = 0;
	if (!cpu_has_rdrand())
		return false;
	for (tries = 0; !ok && tries < RDRAND_TRIES; tries++)
		__asm__ volatile("rdrand %0" : "=r"(*val), "=@ccc"(ok));
	return ok;
}

#endif /* ARCH_CPU_H */
