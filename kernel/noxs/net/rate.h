/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much a guest may send: a bucket that gets so many bytes each interval, and holds no more than
 * those.  Whoever has credit left may send a packet, and pays for it with what is still to come if
 * it is longer: no packet is too long to be sent ever, none of the rate is lost to one that did not
 * fit, and over time it is never more than the rate.
 *
 * Free of kernel calls, so that the unit tests compile it.
 */
#ifndef NOXS_NET_RATE_H
#define NOXS_NET_RATE_H

#ifdef __KERNEL__
#include <linux/math64.h>
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stdint.h>
typedef uint64_t u64;
typedef int64_t s64;
typedef uint32_t u32;
#define div64_u64(a, b) ((a) / (b))
#endif

/* The shortest frame of Ethernet, without its checksum: a shorter one counts as that much. */
#define RATE_MIN_LEN   60U

/* No bucket has more: what follows cannot overflow. */
#define RATE_BYTES_MAX 0x10000000000ULL

struct vif_rate {
	u64 bytes; /* each interval, 1 to RATE_BYTES_MAX */
	u64 interval_ns;
	u64 begun_ns; /* when the current interval began */
	s64 credit;   /* bytes; in debt if negative */
};

/* A full bucket. */
void vif_rate_init(struct vif_rate *rate, u64 bytes, u64 interval_ns, u64 now_ns);

/* Put in what is due; returns what is there. */
s64 vif_rate_refill(struct vif_rate *rate, u64 now_ns);

/* What a packet of @len bytes costs. */
static inline s64 vif_rate_cost(u32 len)
{
	return len > RATE_MIN_LEN ? len : RATE_MIN_LEN;
}

/* Of a bucket without credit: when it will have some. */
u64 vif_rate_next_ns(const struct vif_rate *rate);

#endif /* NOXS_NET_RATE_H */
