/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What store and translation need of a kernel, so that the unit tests compile them on the host.
 */
#ifndef NOXS_FRONT_PORT_H
#define NOXS_FRONT_PORT_H

#ifdef __KERNEL__

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>
#include <xen/interface/io/xenbus.h>
#include <xen/interface/io/xs_wire.h>

/* A disk may be waited for: nothing here may wait for a disk. */
static inline void *front_alloc(size_t size)
{
	return kzalloc(size, GFP_NOIO | __GFP_NOWARN);
}

static inline void front_free(void *p)
{
	kfree(p);
}

#else

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/io/xenbus.h>
#include <xen/io/xs_wire.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;

#define READ_ONCE(x)	   (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#define virt_mb()	   __atomic_thread_fence(__ATOMIC_SEQ_CST) /* as in Linux */
#define virt_rmb()	   front_read_barrier()
#define virt_wmb()	   __atomic_thread_fence(__ATOMIC_RELEASE) /* the same */
#define __printf(fmt, arg) __attribute__((format(printf, fmt, arg)))
#define ARRAY_SIZE(a)	   (sizeof(a) / sizeof((a)[0]))
#define min_t(type, a, b)  ((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define pr_err(...)	   ((void)fprintf(stderr, __VA_ARGS__))
#define pr_warn(...)	   pr_err(__VA_ARGS__)
#define pr_info(...)	   pr_err(__VA_ARGS__)

void *front_alloc(size_t size); /* the test's: it can fail */
void front_read_barrier(void);	/* the test's: another may write meanwhile */

static inline void front_free(void *p)
{
	free(p);
}

static inline int kstrtouint(const char *s, unsigned int base, unsigned int *res)
{
	char *end;
	unsigned long v = strtoul(s, &end, (int)base);

	if (end == s || *end || v > UINT32_MAX)
		return -EINVAL;
	*res = (unsigned int)v;
	return 0;
}

#endif /* __KERNEL__ */

#endif /* NOXS_FRONT_PORT_H */
