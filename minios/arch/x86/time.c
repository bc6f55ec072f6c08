/* SPDX-License-Identifier: MIT */
/*
 * Time from the shared_info page.  Xen's protocol is in public/xen.h at struct vcpu_time_info: an odd or
 * changing version means that Xen is writing.
 */
#include <minios/time.h>
#include <minios/util.h>

uint64_t time_stamp(void)
{
	uint32_t lo, hi;

	__asm__ volatile("rdtsc" : "=a"(lo), "=d"(hi));
	return ((uint64_t)hi << 32) | lo;
}

uint64_t time_stamp_to_ns(uint64_t stamp)
{
	const struct vcpu_time_info *t = &time_shared_info()->vcpu_info[0].time;
	uint64_t delta, base;
	uint32_t version, mul;
	int8_t shift;

	do {
		version = READ_ONCE(t->version);
		smp_rmb();
		delta = stamp - t->tsc_timestamp;
		/* A stamp from before the last update counts as that update. */
		if ((int64_t)delta < 0)
			delta = 0;
		base = t->system_time;
		mul = t->tsc_to_system_mul;
		shift = t->tsc_shift;
		smp_rmb();
	} while ((version & 1) || version != READ_ONCE(t->version));

	delta = shift < 0 ? delta >> -shift : delta << shift;
	return base + (uint64_t)(((unsigned __int128)delta * mul) >> 32);
}

uint64_t time_ns(void)
{
	return time_stamp_to_ns(time_stamp());
}

uint64_t time_unix(void)
{
	const struct shared_info *shared = time_shared_info();
	uint64_t sec, nsec;
	uint32_t version;

	do {
		version = READ_ONCE(shared->wc_version);
		smp_rmb();
		sec = ((uint64_t)shared->wc_sec_hi << 32) | shared->wc_sec;
		nsec = shared->wc_nsec;
		smp_rmb();
	} while ((version & 1) || version != READ_ONCE(shared->wc_version));

	return sec + (nsec + time_ns()) / NSEC_PER_SEC;
}
