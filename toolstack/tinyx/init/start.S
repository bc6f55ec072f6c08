/* SPDX-License-Identifier: GPL-2.0-only */
/* From where the kernel begins to tinyx_init(), with the stack as the kernel made it. */
	.globl _start
_start:
	xor	%ebp, %ebp
	mov	%rsp, %rdi
	and	$-16, %rsp
	call	tinyx_init
	mov	%eax, %edi
	mov	$231, %eax		/* exit_group */
	syscall
	hlt
	.section .note.GNU-stack, "", @progbits
