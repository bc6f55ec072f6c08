// SPDX-License-Identifier: LGPL-2.1-only
/* Waiting for a descriptor, with a bound, and not longer than the caller wants. */
#include <errno.h>
#include <poll.h>

#include "core/internal.h"

int chaos_fd_wait(int fd, short events, int cancel_fd, unsigned int timeout_ms)
{
	uint64_t now = chaos_now_ns(), end = now + (uint64_t)timeout_ms * 1000000U;
	struct pollfd pfd[] = {
		{ .fd = fd, .events = events },
		{ .fd = cancel_fd, .events = POLLIN },
	};
	int rc;

	for (;; now = chaos_now_ns()) {
		rc = poll(pfd, 2, now < end ? (int)((end - now + 999999U) / 1000000U) : 0);
		if (rc < 0 && errno != EINTR)
			return -1;
		if (rc > 0 && pfd[1].revents) {
			errno = ECANCELED;
			return -1;
		}
		if (rc > 0)
			return 0;
		if (!rc && now >= end) {
			errno = ETIMEDOUT;
			return -1;
		}
	}
}
