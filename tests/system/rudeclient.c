// SPDX-License-Identifier: GPL-2.0-only
/*
 * rudeclient - what no client of chaosd should do.
 *
 *   garbage N    N connections that each send a datagram of random length and content, half of
 *                them requests with one byte changed
 *   mute N       N connections that send nothing, held until the standard input ends
 *   huge N       N datagrams of a valid beginning and of more than the largest size there is
 *   flood N      N connections, one after the other, that are left open as they come
 *   twice        two requests without reading: the second before the first is answered
 *   deaf         requests without end, whose replies are never read
 *   leave FILE   ask to create a guest of that configuration, and go away at once
 *   as ID WHAT   the same, but as that user and group; "as ID ask" asks for the pools
 *
 * Leaves with 0 when all was sent; 3 when the daemon would have nothing of it ("ask", and "deaf" and
 * "twice", which are dropped).
 */
#include <errno.h>
#include <grp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATH "/run/chaosd.sock"

/* toolstack/lib/client/protocol.h, version 2; a test of its own keeps the sizes. */
struct request {
	uint32_t magic;
	uint16_t version, type;
	uint32_t size, pad0;
	uint32_t flags, number, cwd_len, path_len, text_len, pad1;
	char pool[32];
};

#define MAGIC	0x64736863U
#define CREATE	1
#define LIST	3
#define PREPARE 7
#define DROPPED 3

static int connect_daemon(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = PATH };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		perror("rudeclient: " PATH);
		exit(1);
	}
	return fd;
}

static void header(struct request *r, uint16_t type, size_t size)
{
	memset(r, 0, sizeof(*r));
	r->magic = MAGIC;
	r->version = 2;
	r->type = type;
	r->size = (uint32_t)size;
}

static void random_bytes(void *buf, size_t len)
{
	if (getrandom(buf, len, 0) != (ssize_t)len)
		abort();
}

static void garbage(unsigned int n)
{
	unsigned char buf[4096];
	struct request r;
	uint32_t rnd[2];
	size_t len;
	int fd;

	while (n--) {
		random_bytes(rnd, sizeof(rnd));
		len = rnd[0] % sizeof(buf) + 1;
		random_bytes(buf, len < 256 ? len : 256);
		if (n % 2) {
			header(&r, (uint16_t)(rnd[1] % 10), sizeof(r));
			memcpy(buf, &r, sizeof(r));
			buf[rnd[0] % sizeof(r)] ^= (unsigned char)(1 + (rnd[1] >> 8) % 255);
			len = sizeof(r);
		}
		fd = connect_daemon();
		/* It may have dropped us already. */
		(void)!send(fd, buf, len, MSG_NOSIGNAL);
		close(fd);
	}
}

static void mute(unsigned int n)
{
	char c;

	while (n--)
		(void)connect_daemon(); /* held until the process ends */
	puts("held");
	(void)fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
}

static void huge(unsigned int n)
{
	static unsigned char buf[160 << 10];
	struct request r;
	int fd;

	while (n--) {
		header(&r, CREATE, sizeof(buf));
		r.text_len = 0xffffffff;
		memcpy(buf, &r, sizeof(r));
		fd = connect_daemon();
		if (send(fd, buf, sizeof(buf) - n, MSG_NOSIGNAL) < 0)
			perror("rudeclient: huge");
		close(fd);
	}
}

static void flood(unsigned int n)
{
	while (n--)
		(void)connect_daemon(); /* held until the process ends */
}

static int ask(void)
{
	struct request r;
	int fd = connect_daemon();

	header(&r, LIST, sizeof(r));
	if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) < 0 && errno != EPIPE)
		return 1;
	return recv(fd, &r, sizeof(r), 0) > 0 ? 0 : DROPPED;
}

static int deaf(void)
{
	struct request r;
	int fd = connect_daemon();
	unsigned int i;

	for (i = 0; i < 100000; i++) {
		header(&r, LIST, sizeof(r));
		if (send(fd, &r, sizeof(r), MSG_NOSIGNAL) < 0)
			return errno == EPIPE || errno == ECONNRESET ? DROPPED : 1;
	}
	return 0;
}

static int twice(void)
{
	const struct timeval wait = { .tv_sec = 10 };
	struct request r;
	int fd = connect_daemon();
	char buf[65536];
	ssize_t n;
	int i;

	for (i = 0; i < 2; i++) {
		header(&r, PREPARE, sizeof(r));
		memcpy(r.pool, "rude", 5);
		(void)!send(fd, &r, sizeof(r), MSG_NOSIGNAL);
	}
	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		return 1;
	do {
		n = recv(fd, buf, sizeof(buf), 0);
	} while (n > 0);
	return n < 0 && errno == EAGAIN ? 1 : DROPPED;
}

static void leave(const char *path)
{
	char buf[8192], text[4096];
	struct request r;
	FILE *f = fopen(path, "re");
	size_t len = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
	size_t path_len = strlen(path) + 1;
	int fd = connect_daemon();

	text[len++] = '\0';
	header(&r, CREATE, sizeof(r) + 2 + path_len + len);
	r.cwd_len = 2;
	r.path_len = (uint32_t)path_len;
	r.text_len = (uint32_t)len;
	memcpy(buf, &r, sizeof(r));
	memcpy(buf + sizeof(r), "/", 2);
	memcpy(buf + sizeof(r) + 2, path, path_len);
	memcpy(buf + sizeof(r) + 2 + path_len, text, len);
	if (!f || send(fd, buf, r.size, MSG_NOSIGNAL) != (ssize_t)r.size) {
		perror("rudeclient");
		exit(1);
	}
	(void)fclose(f); /* was read only */
	close(fd);
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	unsigned int n = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 10) : 0;
	const struct rlimit files = { 4096, 4096 };

	(void)setrlimit(RLIMIT_NOFILE, &files); /* fails for who is not root, and wants few */
	if (!strcmp(what, "as") && argc > 3) {
		if (setgroups(0, NULL) || setgid(n) || setuid(n))
			return 1;
		return main(argc - 2, argv + 2);
	}
	if (!strcmp(what, "garbage"))
		garbage(n);
	else if (!strcmp(what, "mute"))
		mute(n);
	else if (!strcmp(what, "huge"))
		huge(n);
	else if (!strcmp(what, "flood"))
		flood(n);
	else if (!strcmp(what, "ask"))
		return ask();
	else if (!strcmp(what, "deaf"))
		return deaf();
	else if (!strcmp(what, "twice"))
		return twice();
	else if (!strcmp(what, "leave") && argc > 2)
		leave(argv[2]);
	else
		return 2;
	return 0;
}
