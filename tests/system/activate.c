// SPDX-License-Identifier: GPL-2.0-only
/*
 * activate - start a daemon as systemd does: its socket is made first and passed as descriptor 3
 * (sd_listen_fds(3)), and what it tells its manager (sd_notify(3)) is printed, a line each.
 *
 * usage: activate SOCKET MODE NOTIFY_SOCKET PIDFILE PROGRAM [ARG]...
 *
 * NOTIFY_SOCKET may begin with @ (the abstract name space).  WATCHDOG_USEC is passed on if it is
 * set.  Leaves with the program's status.
 */
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LISTEN_FD 3

static void fail(const char *what)
{
	fprintf(stderr, "activate: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int bind_to(int type, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	size_t len = strlen(path);
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	if (len >= sizeof(addr.sun_path))
		fail(path);
	memcpy(addr.sun_path, path, len);
	if (*path == '@')
		addr.sun_path[0] = '\0';
	else
		(void)unlink(path); /* of an earlier run */
	len += offsetof(struct sockaddr_un, sun_path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, (socklen_t)len))
		fail(path);
	return fd;
}

static void become(int listener, const char *notify, char **argv)
{
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%d", (int)getpid());
	if (listener == LISTEN_FD || dup2(listener, LISTEN_FD) != LISTEN_FD ||
	    setenv("LISTEN_PID", pid, 1) || setenv("LISTEN_FDS", "1", 1) ||
	    setenv("NOTIFY_SOCKET", notify, 1) || setenv("WATCHDOG_PID", pid, 1))
		_exit(126);
	execvp(argv[0], argv);
	_exit(127);
}

static void tell(int notify)
{
	char text[256];
	ssize_t n;

	while ((n = recv(notify, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		puts(text);
		(void)fflush(stdout); /* it is watched */
	}
}

int main(int argc, char **argv)
{
	struct pollfd pfd = { .events = POLLIN };
	int listener, status;
	pid_t pid;
	FILE *f;

	if (argc < 6) {
		fprintf(stderr, "usage: activate SOCKET MODE NOTIFY PIDFILE PROGRAM [ARG]...\n");
		return 2;
	}
	(void)dup(STDERR_FILENO); /* number 3 is the daemon's */
	listener = bind_to(SOCK_SEQPACKET, argv[1]);
	if (chmod(argv[1], (mode_t)strtoul(argv[2], NULL, 8)) || listen(listener, 128))
		fail(argv[1]);
	pfd.fd = bind_to(SOCK_DGRAM, argv[3]);
	pid = fork();
	if (pid == 0)
		become(listener, argv[3], argv + 5);
	f = fopen(argv[4], "we");
	if (pid < 0 || !f || fprintf(f, "%d\n", (int)pid) < 0 || fclose(f))
		fail(argv[4]);
	while (!waitpid(pid, &status, WNOHANG)) {
		(void)poll(&pfd, 1, 100);
		tell(pfd.fd);
	}
	tell(pfd.fd);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
