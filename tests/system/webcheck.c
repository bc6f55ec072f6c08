// SPDX-License-Identifier: GPL-2.0
/*
 * webcheck - fetch a file over HTTP from a guest and compare every byte of it.
 *
 * usage: webcheck get ADDRESS PATH FILE COUNT        COUNT times over one connection
 *        webcheck again ADDRESS PATH FILE COUNT      COUNT connections one after the other, all of them
 *                                                    from the same port
 *        webcheck many ADDRESS PATH FILE COUNT       COUNT connections at once
 *        webcheck hold ADDRESS PATH FILE READY GO    a client that is slow: READY is made when a part
 *                                                    has come, the rest is read when GO is there
 *        webcheck half ADDRESS PATH FILE COUNT       COUNT connections, whose client says at once that it has
 *                                                    no more to say
 *        webcheck status ADDRESS PATH                prints the answer's first line
 *        webcheck say ADDRESS TEXT PIECES            sends a text, in which \\r, \\n, \\t and \\xNN are
 *                                                    bytes, in so many segments; prints the status of
 *                                                    each answer, and what becomes of the connection:
 *                                                    "closed", "reset" or, after some seconds, "open"
 *        webcheck stall ADDRESS PATH COUNT GO        COUNT connections that ask and do not read, until GO
 *                                                    is there
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER_MAX 2048
#define PART	   (64 * 1024)
#define WAIT_US	   50000
#define GO_TRIES   1200
#define WAIT_S	   60
#define AGAIN_S	   20 /* less than the peer's TIME-WAIT */
#define SAY_S	   4
#define GAP_US	   20000
#define ANSWER_MAX (2 * 1024 * 1024)

static const char *path;
static struct sockaddr_in peer = { .sin_family = AF_INET };
static char *file, *buf;
static size_t file_len;

static int fail(const char *what)
{
	fprintf(stderr, "webcheck: %s: %s\n", what, strerror(errno));
	return 1;
}

/* A socket that gives up after so long without an answer, or -1. */
static int opened(int wait_s)
{
	struct timeval wait = { .tv_sec = wait_s };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)) ? -1 : fd;
}

static int connected(bool is_slow)
{
	int fd = opened(WAIT_S), small = 4096;

	if (fd < 0 || (is_slow && setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small))) ||
	    connect(fd, (struct sockaddr *)&peer, sizeof(peer)))
		return -1;
	return fd;
}

/* From a port of its own, or from this one once it is free here. */
static int connected_from(const struct sockaddr_in *from)
{
	struct timeval wait = { .tv_sec = AGAIN_S };
	int fd = opened(AGAIN_S), on = 1, i;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait)) || /* connect() */
	    bind(fd, (const struct sockaddr *)from, sizeof(*from)))
		return -1;
	for (i = 0; connect(fd, (struct sockaddr *)&peer, sizeof(peer)); i++) {
		if (errno != EADDRNOTAVAIL || i == GO_TRIES)
			return -1;
		usleep(WAIT_US);
	}
	return fd;
}

static int ask(int fd, bool keep)
{
	char text[512];
	int len = snprintf(text, sizeof(text), "GET %s HTTP/1.1\r\nHost: guest\r\n%s\r\n", path,
			   keep ? "" : "Connection: close\r\n");

	return send(fd, text, (size_t)len, MSG_NOSIGNAL) == len ? 0 : -1;
}

/* The answer's headers, NUL-terminated; nothing behind them is taken. */
static int headers(int fd, char *text)
{
	size_t len;

	for (len = 0; len < HEADER_MAX - 1; len++) {
		if (read(fd, text + len, 1) != 1)
			return -1;
		text[len + 1] = '\0';
		if (len >= 3 && !strcmp(text + len - 3, "\r\n\r\n"))
			return 0;
	}
	errno = EMSGSIZE;
	return -1;
}

/* Part of the contents, compared. */
static int contents(int fd, size_t from, size_t to)
{
	ssize_t n;

	while (from < to) {
		n = read(fd, buf, to - from);
		if (n <= 0) {
			errno = n ? errno : ENODATA;
			return -1;
		}
		if (memcmp(buf, file + from, (size_t)n)) {
			errno = EILSEQ;
			return -1;
		}
		from += (size_t)n;
	}
	return 0;
}

static int begin(int fd, bool keep, bool is_half)
{
	char text[HEADER_MAX];
	const char *length;

	if (ask(fd, keep) || (is_half && shutdown(fd, SHUT_WR)) || headers(fd, text))
		return -1;
	length = strstr(text, "Content-Length: ");
	errno = EPROTO;
	if (strncmp(text, "HTTP/1.", 7) || !strstr(text, " 200 ") || !length)
		return -1;
	if (strtoul(length + 16, NULL, 10) != file_len)
		return -1;
	return strstr(text, keep ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n") ?
		       0 :
		       -1;
}

static int end(int fd)
{
	ssize_t n = read(fd, buf, 1);

	errno = n > 0 ? EPROTO : errno;
	return n || close(fd) ? -1 : 0;
}

static int get(unsigned long count)
{
	int fd = connected(false);

	if (fd < 0)
		return fail("connect");
	for (; count; count--)
		if (begin(fd, count > 1, false) || contents(fd, 0, file_len))
			return fail(path);
	return end(fd) ? fail("the end") : 0;
}

static int again(unsigned long count)
{
	struct sockaddr_in from = { .sin_family = AF_INET };
	socklen_t len = sizeof(from);
	int fd;

	for (; count; count--) {
		fd = connected_from(&from);
		if (fd < 0 || getsockname(fd, (struct sockaddr *)&from, &len))
			return fail("connect again");
		if (begin(fd, false, false) || contents(fd, 0, file_len) || end(fd))
			return fail(path);
	}
	return 0;
}

static int half(unsigned long count)
{
	int fd;

	for (; count; count--) {
		fd = connected(false);
		if (fd < 0 || begin(fd, false, true) || contents(fd, 0, file_len) || end(fd))
			return fail(path);
	}
	return 0;
}

static int many(unsigned long count)
{
	unsigned long i;
	int rc = 0, status;

	for (i = 0; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return fail("fork");
		if (!pid)
			_exit(get(1));
	}
	for (i = 0; i < count; i++)
		rc |= wait(&status) < 0 || status;
	return rc ? 1 : 0;
}

static int hold(const char *ready, const char *go)
{
	int fd = connected(true), i;

	if (fd < 0 || begin(fd, false, false) || contents(fd, 0, PART))
		return fail("the first part");
	if (close(open(ready, O_CREAT | O_WRONLY, 0600)))
		return fail(ready);
	for (i = 0; i < GO_TRIES && access(go, F_OK); i++)
		usleep(WAIT_US);
	return contents(fd, PART, file_len) || end(fd) ? fail("the rest") : 0;
}

static int status(void)
{
	char text[HEADER_MAX];
	int fd = connected(false);

	if (fd < 0 || ask(fd, false) || headers(fd, text))
		return fail("no answer");
	printf("%.*s\n", (int)strcspn(text, "\r"), text);
	return 0;
}

/* In place. */
static size_t unescape(char *text)
{
	char *to = text, *from;

	for (from = text; *from; from++, to++) {
		char digits[3] = "";

		*to = *from;
		if (*from != '\\')
			continue;
		from++;
		if (*from == 'x' && isxdigit((unsigned char)from[1]) &&
		    isxdigit((unsigned char)from[2])) {
			memcpy(digits, from + 1, 2);
			*to = (char)strtoul(digits, NULL, 16);
			from += 2;
		} else {
			*to = *from == 'r' ? '\r' : *from == 'n' ? '\n' : '\t';
		}
	}
	return (size_t)(to - text);
}

/* All that comes, until there is an end or nothing for a while; how it ended. */
static const char *listen_to(int fd, char *answer, size_t *len)
{
	ssize_t n;

	for (*len = 0; *len < ANSWER_MAX; *len += (size_t)n) {
		n = read(fd, answer + *len, ANSWER_MAX - *len);
		if (!n)
			return "closed";
		if (n < 0)
			return errno == EAGAIN ? "open" : "reset";
	}
	return "endless";
}

static int say(char *text, unsigned long pieces)
{
	size_t len = unescape(text), done, part = (len + pieces - 1) / pieces, n;
	char *answer = malloc(ANSWER_MAX + 1), *at;
	int fd = connected(false), on = 1;
	struct timeval wait = { .tv_sec = SAY_S };
	const char *how;

	if (fd < 0 || !answer || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait)))
		return fail("connect");
	for (done = 0; done < len; done += n) {
		n = len - done < part ? len - done : part;
		if (send(fd, text + done, n, MSG_NOSIGNAL) != (ssize_t)n)
			break; /* what has been answered is still there */
		usleep(pieces > 1 ? GAP_US : 0);
	}
	how = listen_to(fd, answer, &n);
	answer[n] = '\0';
	for (at = answer; (at = strstr(at, "HTTP/1.1 ")); at++)
		printf("%.3s ", at + 9);
	puts(how);
	return 0;
}

/* Some may be refused, and be cut off later. */
static int stall(unsigned long count, const char *go)
{
	unsigned long i, nr_asked = 0;

	for (i = 0; i < count; i++)
		nr_asked += !ask(connected(true), false);
	for (i = 0; i < GO_TRIES && access(go, F_OK); i++)
		usleep(WAIT_US);
	printf("%lu of %lu asked\n", nr_asked, count);
	return nr_asked > count / 2 ? 0 : 1;
}

static int load(const char *name)
{
	FILE *f = fopen(name, "r");
	long len;

	if (!f || fseek(f, 0, SEEK_END) || (len = ftell(f)) < 0)
		return -1;
	rewind(f);
	file_len = (size_t)len;
	file = malloc(file_len + 1);
	buf = malloc(file_len + 1);
	return file && buf && fread(file, 1, file_len, f) == file_len ? fclose(f) : -1;
}

int main(int argc, char **argv)
{
	bool is_status = argc == 4 && !strcmp(argv[1], "status");
	bool is_say = argc == 5 && !strcmp(argv[1], "say");

	if ((argc < 6 && !is_status && !is_say) ||
	    inet_pton(AF_INET, argv[2], &peer.sin_addr) != 1) {
		fprintf(stderr,
			"usage: webcheck get|again|half|many|hold|status|say|stall ADDRESS PATH ...\n");
		return 2;
	}
	peer.sin_port = htons(80);
	path = argv[3];
	if (is_status)
		return status();
	if (is_say)
		return say(argv[3], strtoul(argv[4], NULL, 10));
	if (!strcmp(argv[1], "stall"))
		return stall(strtoul(argv[4], NULL, 10), argv[5]);
	if (load(argv[4]))
		return fail(argv[4]);
	if (!strcmp(argv[1], "hold") && argc == 7)
		return file_len > PART ? hold(argv[5], argv[6]) : fail("too small a file");
	if (!strcmp(argv[1], "again"))
		return again(strtoul(argv[5], NULL, 10));
	if (!strcmp(argv[1], "half"))
		return half(strtoul(argv[5], NULL, 10));
	return !strcmp(argv[1], "many") ? many(strtoul(argv[5], NULL, 10)) :
					  get(strtoul(argv[5], NULL, 10));
}
