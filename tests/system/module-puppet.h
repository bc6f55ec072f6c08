/* SPDX-License-Identifier: MIT */
/*
 * What Dom0 writes and reads in the puppet's memory.
 */
#ifndef MODULE_PUPPET_H
#define MODULE_PUPPET_H

#include <stdint.h>

/* Where the image lies, virtually; its frames are numbered from the base. */
#define PUPPET_BASE	   0xffffffff80000000
#define PUPPET_MAILBOX_PFN 0x101

struct puppet_mailbox {
	volatile uint32_t port;	 /* send one event there; cleared when taken */
	volatile uint32_t storm; /* send events there without end */
	volatile uint32_t sent;	 /* events sent so far */
};

#endif /* MODULE_PUPPET_H */
