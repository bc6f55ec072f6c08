// SPDX-License-Identifier: MIT
/*
 * The smallest PV guest there can be: it sends events to the ports that Dom0 writes into its
 * mailbox.  With it a test in Dom0 can play any front-end, however ill-behaved.
 */
#include <stdint.h>
#include <xen/xen.h>
#include <xen/elfnote.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include "module-puppet.h"

#define STRING_(x) #x
#define STRING(x)  STRING_(x)
#define NOTE(type, data) \
	".balign 4; .long 4, 3f - 2f, " STRING(type) "; .asciz \"Xen\"; 2: " data "; 3: .balign 4;"

asm(".section .note.puppet, \"a\", @note;" NOTE(XEN_ELFNOTE_GUEST_OS, ".asciz \"puppet\"")
	    NOTE(XEN_ELFNOTE_XEN_VERSION, ".asciz \"xen-3.0\"")
		    NOTE(XEN_ELFNOTE_LOADER, ".asciz \"generic\"")
			    NOTE(XEN_ELFNOTE_VIRT_BASE, ".quad " STRING(PUPPET_BASE))
				    NOTE(XEN_ELFNOTE_PADDR_OFFSET, ".quad " STRING(PUPPET_BASE))
					    NOTE(XEN_ELFNOTE_ENTRY, ".quad _start") ".text");

/* At frame PUPPET_MAILBOX_PFN; the linker is told so. */
static struct puppet_mailbox mailbox __attribute__((section(".mailbox"))) = { .sent = 0 };
static unsigned char stack[2048] __attribute__((used, aligned(16), section(".mailbox"))) = { 1 };

static long hypercall2(long nr, long a, const void *b)
{
	long ret = nr;

	asm volatile("syscall" : "+a"(ret), "+D"(a), "+S"(b) : : "rcx", "r11", "memory");
	return ret;
}

__attribute__((used)) static void run(void)
{
	struct evtchn_send send;

	for (;;) {
		send.port = mailbox.storm;
		if (!send.port)
			send.port = __atomic_exchange_n(&mailbox.port, 0, __ATOMIC_SEQ_CST);
		if (send.port) {
			hypercall2(__HYPERVISOR_event_channel_op, EVTCHNOP_send, &send);
			__atomic_fetch_add(&mailbox.sent, 1, __ATOMIC_SEQ_CST);
		} else {
			hypercall2(__HYPERVISOR_sched_op, SCHEDOP_yield, 0);
		}
	}
}

asm(".globl _start; _start: lea stack + 2048(%rip), %rsp; call run");
