// SPDX-License-Identifier: GPL-2.0-only
/* The loop: waits for sources and for one timer, behind which all that depends on time is done. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "chaosd.h"

#define BATCH 32

int loop_init(struct chaosd *d)
{
	d->timer_ns = UINT64_MAX;
	d->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	return d->epoll_fd < 0 ? -1 : 0;
}

int loop_add(struct chaosd *d, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	return epoll_ctl(d->epoll_fd, EPOLL_CTL_ADD, source->fd, &e);
}

void loop_change(struct chaosd *d, struct source *source, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = source };

	(void)epoll_ctl(d->epoll_fd, EPOLL_CTL_MOD, source->fd, &e); /* it is there */
}

void loop_remove(struct chaosd *d, struct source *source)
{
	(void)epoll_ctl(d->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL); /* it is there */
}

void loop_wake_at(struct chaosd *d, uint64_t ns)
{
	if (ns < d->timer_ns)
		d->timer_ns = ns;
}

static int timeout_ms(const struct chaosd *d)
{
	uint64_t now;

	if (d->timer_ns == UINT64_MAX)
		return -1;
	now = now_ns();
	if (d->timer_ns <= now)
		return 0;
	return (int)((d->timer_ns - now + NS_PER_MS - 1) / NS_PER_MS);
}

/* Half of what is asked for, as sd_watchdog_enabled(3) says. */
static void watchdog_tick(struct chaosd *d, uint64_t now)
{
	static uint64_t told_ns;

	if (!d->watchdog_ns)
		return;
	if (now - told_ns >= d->watchdog_ns / 2) {
		system_notify("WATCHDOG=1");
		told_ns = now;
	}
	loop_wake_at(d, told_ns + d->watchdog_ns / 2);
}

static void tick(struct chaosd *d)
{
	uint64_t now;

	if (d->timer_ns == UINT64_MAX)
		return;
	now = now_ns();
	if (now < d->timer_ns)
		return;
	d->timer_ns = UINT64_MAX;
	watchdog_tick(d, now);
	workers_tick(d, now);
	restarts_tick(d, now);
	ends_tick(d, now);
	logs_tick(d, now);
	creations_tick(d, now);
	clients_tick(d, now);
	pools_tick(d, now);
	metrics_tick(d, now);
}

void loop_run(struct chaosd *d)
{
	struct epoll_event events[BATCH];
	struct source *source;
	int i, n;

	while (!d->is_stopping) {
		n = epoll_wait(d->epoll_fd, events, BATCH, timeout_ms(d));
		if (n < 0 && errno != EINTR) {
			log_line("epoll_wait: %s", strerror(errno));
			return;
		}
		for (i = 0; i < n; i++) {
			source = events[i].data.ptr;
			source->ready(d, source, events[i].events);
		}
		tick(d);
	}
}
