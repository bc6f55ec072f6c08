/* SPDX-License-Identifier: MIT */
/*
 * Exceptions: one that hits a known instruction continues at its fix-up, any other one is dumped to
 * the console and ends the domain.
 */
#include <stdio.h>
#include <minios/console.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/time.h>
#include <minios/trap.h>
#include <minios/util.h>

#define STACK_WORDS_SHOWN 8

struct fixup {
	uint64_t fault, resume;
};
extern const struct fixup _fixups[], _fixups_end[];
extern char _end[];

static bool fixup_apply(struct trap_regs *regs)
{
	const struct fixup *f;

	for (f = _fixups; f < _fixups_end; f++) {
		if (f->fault == regs->rip) {
			regs->rip = f->resume;
			return true;
		}
	}
	return false;
}

static void regs_print(const struct trap_regs *r)
{
	const uint64_t *sp = (const uint64_t *)r->rsp;
	unsigned int i;

	console_last_words();
	printf("rip %016lx rsp %016lx rflags %08lx error %lx", r->rip, r->rsp, r->rflags, r->error);
	if (r->vector == TRAP_PAGE_FAULT)
		printf(" cr2 %016lx", time_shared_info()->vcpu_info[0].arch.cr2);
	printf("\nrax %016lx rbx %016lx rcx %016lx rdx %016lx\n", r->rax, r->rbx, r->rcx, r->rdx);
	printf("rsi %016lx rdi %016lx rbp %016lx r8  %016lx\n", r->rsi, r->rdi, r->rbp, r->r8);
	printf("r9  %016lx r10 %016lx r11 %016lx r12 %016lx\n", r->r9, r->r10, r->r11, r->r12);
	printf("r13 %016lx r14 %016lx r15 %016lx\nstack", r->r13, r->r14, r->r15);
	for (i = 0; i < STACK_WORDS_SHOWN; i++)
		if (sp + i >= (uint64_t *)MINIOS_VIRT_BASE && sp + i < (uint64_t *)_end)
			printf(" %016lx", sp[i]);
	printf("\n");
}

/* Called by the stubs in pv/head.S. */
void trap_handle(struct trap_regs *regs);
void trap_handle(struct trap_regs *regs)
{
	if (fixup_apply(regs))
		return;
	regs_print(regs);
	panic("trap %lu at %#lx", regs->vector, regs->rip);
}

/* clang-format off */
#define FIXUP(from, to)					\
	".pushsection .fixup_table, \"a\"\n"		\
	".quad " from ", " to "\n"			\
	".popsection\n"
/* clang-format on */

bool trap_try_write(volatile uint32_t *addr, uint32_t val)
{
	bool ok = false;

	__asm__ volatile("1: movl %[val], %[mem]\n"
			 "   movb $1, %[ok]\n"
			 "2:\n" FIXUP("1b", "2b")
			 : [ok] "+q"(ok), [mem] "=m"(*addr)
			 : [val] "r"(val));
	return ok;
}

bool trap_try_read(const volatile uint32_t *addr, uint32_t *val)
{
	bool ok = false;
	uint32_t tmp = 0;

	__asm__ volatile("1: movl %[mem], %[val]\n"
			 "   movb $1, %[ok]\n"
			 "2:\n" FIXUP("1b", "2b")
			 : [ok] "+q"(ok), [val] "+r"(tmp)
			 : [mem] "m"(*addr));
	*val = tmp;
	return ok;
}
