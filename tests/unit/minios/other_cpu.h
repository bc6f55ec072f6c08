/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Put before a source file by the Makefile: where it says that what it reads next is another processor's,
 * the test has that processor work.
 */
#ifndef OTHER_CPU_H
#define OTHER_CPU_H

#include <minios/util.h>

void other_cpu(void);

#undef smp_rmb
#define smp_rmb() other_cpu()

#endif /* OTHER_CPU_H */
