// SPDX-License-Identifier: GPL-2.0-only
/*
 * tcphold - hold a TCP connection to daytime while something happens to its guest.  Daytime has sent its
 * line and closed its end; ours is open until a file appears.  Then our end is closed, too: a guest that
 * remembers the connection acknowledges that, and one that does not resets it.
 *
 * usage: tcphold ADDRESS READY-FILE GO-FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT	 13
#define WAIT_US	 50000
#define GO_TRIES 600

static int fail(const char *what)
{
	fprintf(stderr, "tcphold: %s: %s\n", what, strerror(errno));
	return 1;
}

static int tcp_state(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) ? -1 : info.tcpi_state;
}

static int wait_for(const char *path)
{
	int i;

	for (i = 0; i < GO_TRIES && access(path, F_OK); i++)
		usleep(WAIT_US);
	return access(path, F_OK);
}

/* 0 if the other end has acknowledged that we are done. */
static int finish(int fd)
{
	socklen_t len = sizeof(errno);
	int i, err = 0;

	if (shutdown(fd, SHUT_WR))
		return fail("shutdown");
	for (i = 0; i < 200 && tcp_state(fd) == TCP_LAST_ACK; i++)
		usleep(WAIT_US);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len))
		return fail("getsockopt");
	errno = err ? err : ETIMEDOUT;
	if (err || tcp_state(fd) != TCP_CLOSE)
		return fail("the connection did not survive");
	return 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	char line[128];
	ssize_t n;

	if (argc != 4 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1)
		return fail("usage: tcphold ADDRESS READY-FILE GO-FILE");
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return fail("connect");
	while ((n = read(fd, line, sizeof(line))) > 0)
		;
	if (n < 0 || tcp_state(fd) != TCP_CLOSE_WAIT)
		return fail("reading the time");
	if (close(open(argv[2], O_CREAT | O_WRONLY, 0600)) || wait_for(argv[3]))
		return fail("waiting");
	return finish(fd);
}
