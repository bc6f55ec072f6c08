// SPDX-License-Identifier: LGPL-2.1-only
/* What else is known of a domain, or asked of it: how long it has been there, and its memory. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "device/internal.h"

/* ---- for how long ---- */

static int64_t now_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts); /* cannot fail: these clocks exist */
	return ts.tv_sec * 1000000000LL + ts.tv_nsec;
}

int64_t chaos_domain_uptime(struct chaos_ctx *ctx, const struct chaos_dominfo *info)
{
	struct noxs_ioc_query arg = { .domid = (uint16_t)info->domid };

	if (!info->domid)
		return now_ns(CLOCK_BOOTTIME); /* ours */
	if (!info->is_ours || chaos_module_query(ctx, &arg, NULL) != 1)
		return -1;
	return now_ns(CLOCK_MONOTONIC) - (int64_t)arg.attached_ns;
}

/* ---- memory ---- */

#define DOM0_TARGET  "/sys/devices/system/xen_memory/xen_memory0/target_kb"
#define DOM0_MIN_KIB (128U << 10) /* libxl's LIBXL_MIN_DOM0_MEM */

static int set_dom0(const struct chaos_dominfo *info, uint64_t kib, struct chaos_error *err)
{
	char text[24];
	int fd, n, e;

	if (kib < DOM0_MIN_KIB)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "Domain-0 cannot do with less than %u MiB",
				       DOM0_MIN_KIB >> 10);
	if (info->max_memory_kib && kib > info->max_memory_kib)
		return chaos_error_set(err, CHAOS_RESOURCES, EINVAL,
				       "Xen allows Domain-0 no more than %llu MiB (dom0_mem=)",
				       (unsigned long long)info->max_memory_kib >> 10);
	n = snprintf(text, sizeof(text), "%llu", (unsigned long long)kib);
	fd = open(DOM0_TARGET, O_WRONLY | O_CLOEXEC);
	if (fd >= 0 && write(fd, text, (size_t)n) == n) {
		close(fd);
		return 0;
	}
	e = errno;
	if (fd >= 0)
		close(fd);
	return chaos_error_set(err, e == EACCES ? CHAOS_PERMISSION : CHAOS_ENVIRONMENT, e,
			       DOM0_TARGET ": %s: this kernel has no balloon, or you are not root",
			       strerror(e));
}

int chaos_domain_set_memory(const struct chaos_dominfo *info, uint64_t kib, struct chaos_error *err)
{
	if (!info->domid)
		return set_dom0(info, kib, err);
	if (!info->is_ours)
		return chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"domain %u was not made by chaos: use its own toolstack (xl mem-set %u)",
			info->domid, info->domid);
	if (kib == info->memory_kib)
		return 0;
	return chaos_error_set(
		err, CHAOS_GUEST, EOPNOTSUPP,
		"guest \"%s\" has no balloon: it keeps its %llu KiB while it runs; create it again with another 'memory'",
		info->name, (unsigned long long)info->memory_kib);
}
