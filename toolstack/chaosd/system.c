// SPDX-License-Identifier: GPL-2.0-only
/* What surrounds the daemon: the service manager's two protocols, the log, the clock. */
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "chaosd.h"

#define LISTEN_FDS_START 3 /* sd_listen_fds(3) */
/* Lines about what clients do: at most so many in such a time. */
#define LIMIT_LINES	 10
#define LIMIT_PERIOD_NS	 (10 * NS_PER_S)

static bool uses_syslog;

int system_listen_fd(void)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");

	if (!pid || !fds || strtol(pid, NULL, 10) != getpid() || strtol(fds, NULL, 10) != 1)
		return -1;
	return LISTEN_FDS_START;
}

/* sd_notify(3): best effort, as there. */
void system_notify(const char *state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const char *path = getenv("NOTIFY_SOCKET");
	size_t len = path ? strlen(path) : 0;
	int fd;

	if (len < 2 || len >= sizeof(addr.sun_path) || !strchr("/@", *path))
		return;
	memcpy(addr.sun_path, path, len);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (struct sockaddr *)&addr,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
	close(fd);
}

/* sd_watchdog_enabled(3) */
uint64_t system_watchdog_ns(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");

	if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
		return 0;
	return strtoull(usec, NULL, 10) * 1000;
}

void log_to_syslog(void)
{
	uses_syslog = true;
	openlog("chaosd", LOG_PID, LOG_DAEMON);
}

void log_line(const char *fmt, ...)
{
	char text[600];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args); /* cut is fine */
	chaos_text_clean(text);
	va_end(args);
	if (uses_syslog)
		syslog(LOG_NOTICE, "%s", text);
	else
		fprintf(stderr, "chaosd: %s\n", text);
}

bool log_allows(uint64_t now)
{
	static uint64_t since_ns, count;

	if (!since_ns || now - since_ns >= LIMIT_PERIOD_NS) {
		if (count > LIMIT_LINES)
			log_line("%llu more lines about clients were left out",
				 (unsigned long long)count - LIMIT_LINES);
		since_ns = now;
		count = 0;
	}
	return ++count <= LIMIT_LINES;
}

uint64_t now_ns(void)
{
	return chaos_now_ns();
}
