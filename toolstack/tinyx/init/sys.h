/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * System calls of x86-64 as init uses them, without a C library: what they return is -errno or a value.
 * Numbers and structures are of Linux's user API.
 */
#ifndef TINYX_INIT_SYS_H
#define TINYX_INIT_SYS_H

#include <asm/unistd.h>
#include <stddef.h>
#include <stdint.h>

static inline long sys6(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS5(n, a, b, c, d, e) \
	sys6(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)
#define SYS4(n, a, b, c, d) SYS5(n, a, b, c, d, 0)
#define SYS3(n, a, b, c)    SYS5(n, a, b, c, 0, 0)
#define SYS2(n, a, b)	    SYS5(n, a, b, 0, 0, 0)
#define SYS1(n, a)	    SYS5(n, a, 0, 0, 0, 0)
#define SYS0(n)		    SYS5(n, 0, 0, 0, 0, 0)

#endif /* TINYX_INIT_SYS_H */
