/* SPDX-License-Identifier: MIT */
/* Small helpers without any dependency; host tests use them too. */
#ifndef MINIOS_UTIL_H
#define MINIOS_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a)	 (sizeof(a) / sizeof((a)[0]))

/* A function that seldom runs: to be small rather than fast. */
#define COLD		 __attribute__((cold))

#define READ_ONCE(x)	 (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

/* Ordering against another CPU through shared memory; x86 only needs the compiler held back. */
#define barrier()	 __asm__ volatile("" ::: "memory")
#define smp_rmb()	 barrier()
#define smp_wmb()	 barrier()
#define smp_mb()	 __atomic_thread_fence(__ATOMIC_SEQ_CST)

/* What public/io/ring.h asks for. */
#define xen_rmb()	 smp_rmb()
#define xen_wmb()	 smp_wmb()
#define xen_mb()	 smp_mb()

#define NSEC_PER_SEC	 1000000000ULL
#define NSEC_PER_MSEC	 1000000ULL

static inline size_t size_min(size_t a, size_t b)
{
	return a < b ? a : b;
}

#endif /* MINIOS_UTIL_H */
