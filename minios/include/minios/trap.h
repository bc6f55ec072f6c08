/* SPDX-License-Identifier: MIT */
/* Processor exceptions. */
#ifndef MINIOS_TRAP_H
#define MINIOS_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#define TRAP_PAGE_FAULT 14

/* As arch/x86/pv/head.S lays it out on the stack. */
struct trap_regs {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

void trap_init(void);

/* Store to or load from an address that may fault; false if it did. */
bool trap_try_write(volatile uint32_t *addr, uint32_t val);
bool trap_try_read(const volatile uint32_t *addr, uint32_t *val);

#endif /* MINIOS_TRAP_H */
