/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Marks around what scripts/profile is to look at: NOPL with a displacement nobody else uses
 * (0f 1f 80 disp32), which does nothing on any x86-64.
 */
#ifndef MARK_H
#define MARK_H

#define MARK_BEGIN	    0x31
#define MARK_END	    0x32
#define MARK_BYTES(number)  0x0f, 0x1f, 0x80, number, 'M', 'V', 'L'

#define MARK_TEXT(number)   ".byte 0x0f, 0x1f, 0x80, " #number ", 'M', 'V', 'L'"
#define MARK_STRING(number) MARK_TEXT(number)

static inline void mark_begin_window(void)
{
	__asm__ volatile(MARK_STRING(MARK_BEGIN)::: "memory");
}

static inline void mark_end_window(void)
{
	__asm__ volatile(MARK_STRING(MARK_END)::: "memory");
}

#endif /* MARK_H */
