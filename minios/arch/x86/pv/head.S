/* SPDX-License-Identifier: MIT */
/*
 * Entry point, Xen ELF notes, hypercall page and trap stubs of an x86_64 PV guest.
 *
 * Event upcalls are never enabled (see xen/loop.c), so there is no event callback here.
 */
#include <xen/elfnote.h>
#include <minios/lightvm_note.h>

#define PAGE_SIZE	4096
#define STACK_SIZE	(4 * PAGE_SIZE)

.macro ELFNOTE type, desc:vararg
	ELFNOTE_OF "Xen", \type, \desc
.endm

.macro ELFNOTE_OF owner, type, desc:vararg
	.pushsection .note.Xen, "a", @note
	.balign 4
	.long 2f - 1f, 4f - 3f, \type
1:	.asciz "\owner"
2:	.balign 4
3:	\desc
4:	.balign 4
	.popsection
.endm

	ELFNOTE XEN_ELFNOTE_GUEST_OS, .asciz "minios"
	ELFNOTE XEN_ELFNOTE_GUEST_VERSION, .asciz "1"
	ELFNOTE XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0"
	ELFNOTE XEN_ELFNOTE_LOADER, .asciz "generic"
	ELFNOTE XEN_ELFNOTE_VIRT_BASE, .quad MINIOS_VIRT_BASE
	ELFNOTE XEN_ELFNOTE_PADDR_OFFSET, .quad MINIOS_VIRT_BASE
	ELFNOTE XEN_ELFNOTE_ENTRY, .quad _start
	ELFNOTE XEN_ELFNOTE_HYPERCALL_PAGE, .quad hypercall_page
	ELFNOTE XEN_ELFNOTE_FEATURES, .asciz "!writable_page_tables|pae_pgdir_above_4gb"
	ELFNOTE XEN_ELFNOTE_PAE_MODE, .asciz "yes"
	ELFNOTE XEN_ELFNOTE_SUSPEND_CANCEL, .long 1

	/*
	 * For LightVM's own builder: KiB of free memory in the first page tables, the rest being mapped
	 * when it is needed (mm.c).  An application says how much (app.mk).
	 */
	ELFNOTE_OF "LightVM", LIGHTVM_NOTE_MAPPED_KIB, .long mapped_kib

	.section .text.head, "ax", @progbits
	/* Xen enters with rsi = start_info and rsp at the end of the boot stack. */
	.globl _start
_start:
	cld
	mov	%rsi, %rdi
	mov	%rsp, %rsi
	lea	stack_end(%rip), %rsp
	xor	%ebp, %ebp
	call	minios_start
	ud2

	/* Filled in by whoever builds the domain; takes no room in the file. */
	.section .hypercall, "ax", @nobits
	.balign PAGE_SIZE
	.globl hypercall_page
hypercall_page:
	.skip	PAGE_SIZE

	.section .stack, "aw", @nobits
	.balign PAGE_SIZE
	.globl stack_start
stack_start:
	.skip	STACK_SIZE
stack_end:

/*
 * Traps.  Xen pushes, from the top of the stack: rcx, r11, [error code,] rip, cs, rflags, rsp, ss.
 * The stubs turn that into a struct trap_regs.  A ring 3 iretq suffices to go back, since neither the
 * privilege level nor the event mask changes.
 */
	.section .text.traps, "ax", @progbits
.macro TRAP vector, has_error=0
trap_\vector:
	pop	%rcx
	pop	%r11
	.if !\has_error
	push	$0
	.endif
	push	$\vector
	jmp	trap_common
	.pushsection .rodata.trap_stubs, "a", @progbits
	.quad	\vector, trap_\vector
	.popsection
.endm

	.section .rodata.trap_stubs, "a", @progbits
	.balign 8
	.globl trap_stubs
trap_stubs:
	.section .text.traps, "ax", @progbits
	TRAP 0
	TRAP 1
	TRAP 3
	TRAP 4
	TRAP 5
	TRAP 6
	TRAP 7
	TRAP 10, 1
	TRAP 11, 1
	TRAP 12, 1
	TRAP 13, 1
	TRAP 14, 1
	TRAP 16
	TRAP 17, 1
	TRAP 19
	.section .rodata.trap_stubs, "a", @progbits
	.quad	0, 0

	.section .text.traps, "ax", @progbits
trap_common:
	push	%rax
	push	%rbx
	push	%rcx
	push	%rdx
	push	%rsi
	push	%rdi
	push	%rbp
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	cld
	mov	%rsp, %rdi
	mov	%rsp, %rbp
	and	$-16, %rsp
	call	trap_handle
	mov	%rbp, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rbp
	pop	%rdi
	pop	%rsi
	pop	%rdx
	pop	%rcx
	pop	%rbx
	pop	%rax
	add	$16, %rsp
	orb	$3, 8(%rsp)		/* Xen shows the kernel's selector as one of ring 0 */
	iretq

	.section .note.GNU-stack, "", @progbits
