/* SPDX-License-Identifier: MIT */
/* Console output: the standard ring of a guest, or the emergency console of the first domain. */
#ifndef MINIOS_CONSOLE_H
#define MINIOS_CONSOLE_H

#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

/* From start_info; again after a resume.  Without a console, output is dropped. */
void console_init(const struct start_info *si);

/* Never waits: what does not fit into the ring is lost. */
void console_write(const char *buf, size_t len);
/* Bytes that fit now; an LF takes two.  For who would rather wait. */
size_t console_room(void);

/*
 * The domain ends: where nobody has read what was written, and there is no room, the newest of it gives
 * way to what comes now.
 */
void console_last_words(void);

#endif /* MINIOS_CONSOLE_H */
