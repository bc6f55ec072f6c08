// SPDX-License-Identifier: GPL-2.0-only
/*
 * rudeclient - what no client of chaosd should do.
 *
 *   garbage N    N connections that each send a datagram of random length and content, half of
 *                them requests with one byte changed
 *   mute N       N connections that send nothing, held until the standard input ends
 *   twice        two requests without reading: the second before the first is answered
 *   leave FILE   ask to create a guest of that configuration, and go away at once
 *
 * Leaves with 0 when all was sent.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PATH "/run/chaosd.sock"

/* toolstack/lib/protocol.h, version 1; a test of its own keeps the sizes. */
struct request {
	uint32_t magic;
	uint16_t version, type;
	uint32_t size, pad0;
	uint32_t flags, number, cwd_len, path_len, text_len, pad1;
	char pool[32];
};

#define MAGIC	0x64736863U
#define CREATE	1
#define PREPARE 7

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
	r->version = 1;
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

static void twice(void)
{
	struct request r;
	int fd = connect_daemon();
	char buf[65536];
	int i;

	for (i = 0; i < 2; i++) {
		header(&r, PREPARE, sizeof(r));
		memcpy(r.pool, "rude", 5);
		(void)!send(fd, &r, sizeof(r), MSG_NOSIGNAL);
	}
	while (recv(fd, buf, sizeof(buf), 0) > 0)
		;
	close(fd);
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

	if (!strcmp(what, "garbage"))
		garbage(n);
	else if (!strcmp(what, "mute"))
		mute(n);
	else if (!strcmp(what, "twice"))
		twice();
	else if (!strcmp(what, "leave") && argc > 2)
		leave(argv[2]);
	else
		return 2;
	return 0;
}
