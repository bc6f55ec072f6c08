/* SPDX-License-Identifier: MIT */
/* What lwIP wants to know of compiler and system. */
#ifndef ARCH_CC_H
#define ARCH_CC_H

#include <stdio.h>
#include <stdlib.h>
#include <minios/panic.h>
#include <minios/random.h>

#define LWIP_NO_INTTYPES_H	1
#define LWIP_NO_LIMITS_H	1
#define LWIP_NO_UNISTD_H	1
#define LWIP_NO_CTYPE_H		1
#define X8_F			"02x"
#define U16_F			"u"
#define S16_F			"d"
#define X16_F			"x"
#define U32_F			"u"
#define S32_F			"d"
#define X32_F			"x"
#define SZT_F			"zu"
#define INT_MAX			__INT_MAX__

#define LWIP_RAND()		random_u32()
#define LWIP_PLATFORM_DIAG(x)	printf x
#define LWIP_PLATFORM_ASSERT(x) panic("lwIP: %s", x)

#endif /* ARCH_CC_H */
