/* SPDX-License-Identifier: MIT */
/*
 * Raw hypercalls: numbers and registers only.  Typed wrappers are in minios/hypercall.h.
 */
#ifndef ARCH_HYPERCALL_H
#define ARCH_HYPERCALL_H

extern char hypercall_page[];

#define HYPERCALL_SLOT_SIZE 32

/* Unused arguments are not passed; Xen may clobber the registers of those that are. */
#define HYPERCALL_ASM(nr, ...)                                  \
	__asm__ volatile("call hypercall_page + %c[slot]"       \
			 : "=a"(ret), ##__VA_ARGS__             \
			 : [slot] "i"((nr)*HYPERCALL_SLOT_SIZE) \
			 : "memory", "rcx", "r11")

#define hypercall1(nr, x1)                   \
	({                                   \
		long ret, a1 = (long)(x1);   \
		HYPERCALL_ASM(nr, "+D"(a1)); \
		ret;                         \
	})

#define hypercall2(nr, x1, x2)                              \
	({                                                  \
		long ret, a1 = (long)(x1), a2 = (long)(x2); \
		HYPERCALL_ASM(nr, "+D"(a1), "+S"(a2));      \
		ret;                                        \
	})

#define hypercall3(nr, x1, x2, x3)                                           \
	({                                                                   \
		long ret, a1 = (long)(x1), a2 = (long)(x2), a3 = (long)(x3); \
		HYPERCALL_ASM(nr, "+D"(a1), "+S"(a2), "+d"(a3));             \
		ret;                                                         \
	})

#define hypercall4(nr, x1, x2, x3, x4)                                       \
	({                                                                   \
		long ret, a1 = (long)(x1), a2 = (long)(x2), a3 = (long)(x3); \
		register long a4 __asm__("r10") = (long)(x4);                \
		HYPERCALL_ASM(nr, "+D"(a1), "+S"(a2), "+d"(a3), "+r"(a4));   \
		ret;                                                         \
	})

#endif /* ARCH_HYPERCALL_H */
