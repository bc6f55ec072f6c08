// SPDX-License-Identifier: GPL-2.0-only
/*
 * cutproxy - stand between the two ends of a migration, on sockets of this machine, and cut the first
 * connection at one point; all later ones (questions of what has become of it) pass, or with "once"
 * there are none.
 *
 * usage: cutproxy LISTEN TARGET DIRECTION:WHERE [once]
 *
 * DIRECTION: up, from source to target, or down.  WHERE: a number of bytes, or before=TYPE or
 * after=TYPE, a message of enum migrate_type (toolstack/lib/migrate/migrate_proto.h), or hello.
 * Leaves when the process that made it ends it, with 3 if the first connection ended without a cut.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "migrate/migrate_proto.h"

#define UP	 0
#define DOWN	 1
#define TYPE_RAW MIGRATE_NR_TYPES /* the saved guest, which is not in messages */
#define HELLO	 0		  /* a message without a head */

/* One direction: how far it is, and in what. */
struct way {
	uint64_t passed;
	uint32_t type; /* of the message at hand */
	uint64_t left; /* of its body */
	char head[sizeof(struct migrate_head)];
	size_t head_len; /* of the next head, which waits here until it is whole */
};

static struct {
	int way;
	bool by_type, is_after;
	uint64_t bytes;
	uint32_t type;
} cut;
static struct way ways[2];

static int fail(const char *what)
{
	fprintf(stderr, "cutproxy: %s: %s\n", what, strerror(errno));
	exit(2);
}

static int unix_socket(const char *path, struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	strncpy(address->sun_path, path, sizeof(address->sun_path) - 1);
	return fd < 0 ? fail("socket") : fd;
}

static bool write_all(int fd, const char *p, size_t len)
{
	ssize_t n;

	for (; len; p += n, len -= (size_t)n) {
		n = send(fd, p, len, MSG_NOSIGNAL);
		if (n <= 0)
			return false;
	}
	return true;
}

/* The connection is to be cut in front of what has just begun, or behind what has just ended. */
static bool is_here(int dir, bool is_after)
{
	return cut.by_type && cut.way == dir && cut.is_after == is_after &&
	       cut.type == ways[dir].type;
}

/* A whole head: goes to out, unless the connection is cut before it. */
static size_t begin(int dir, char *out)
{
	struct way *w = &ways[dir];
	struct migrate_head head;

	memcpy(&head, w->head, sizeof(head));
	w->head_len = 0;
	w->type = head.type;
	w->left = head.len;
	if (is_here(dir, false))
		return 0;
	memcpy(out, w->head, sizeof(w->head));
	return sizeof(w->head);
}

/* What of these bytes is to be forwarded; *is_cut: and no more. */
static size_t filter(int dir, const char *in, size_t len, char *out, bool *is_cut)
{
	struct way *w = &ways[dir];
	size_t i, n = 0;

	for (i = 0; i < len && !*is_cut; i++) {
		/* The saved guest has come to its end when the target says so. */
		if (w->type == TYPE_RAW && ways[DOWN].type == MIGRATE_LOADED)
			w->type = MIGRATE_STREAM;
		if (w->type == TYPE_RAW) {
			out[n++] = in[i];
			continue;
		}
		if (w->left) {
			out[n++] = in[i];
			w->left--;
		} else {
			w->head[w->head_len++] = in[i];
			if (w->head_len < sizeof(w->head))
				continue;
			n += begin(dir, out + n);
			*is_cut = is_here(dir, false);
		}
		if (!w->left && !*is_cut) {
			*is_cut = is_here(dir, true);
			if (w->type == MIGRATE_STREAM)
				w->type = TYPE_RAW;
		}
	}
	return n;
}

static size_t count(int dir, const char *in, size_t len, char *out, bool *is_cut)
{
	struct way *w = &ways[dir];

	if (cut.way == dir && w->passed + len >= cut.bytes) {
		len = cut.bytes - w->passed;
		*is_cut = true;
	}
	w->passed += len;
	memcpy(out, in, len);
	return len;
}

/* Forward what there is; false when it is over. */
static bool forward(int dir, int from, int to, bool is_first, bool *is_cut)
{
	char in[4096], out[sizeof(in) + sizeof(struct migrate_head)];
	ssize_t n = read(from, in, sizeof(in));
	size_t len;

	if (n <= 0)
		return false;
	if (!is_first)
		return write_all(to, in, (size_t)n);
	len = cut.by_type ? filter(dir, in, (size_t)n, out, is_cut) :
			    count(dir, in, (size_t)n, out, is_cut);
	return write_all(to, out, len) && !*is_cut;
}

static bool serve(int source, const char *target_path, bool is_first)
{
	struct pollfd pfd[2] = { { source, POLLIN, 0 }, { -1, POLLIN, 0 } };
	struct sockaddr_un address;
	bool was_cut = false, goes_on = true;

	pfd[1].fd = unix_socket(target_path, &address);
	if (connect(pfd[1].fd, (const struct sockaddr *)&address, sizeof(address)))
		fail(target_path);
	while (goes_on && poll(pfd, 2, -1) > 0) {
		if (pfd[0].revents)
			goes_on = forward(UP, source, pfd[1].fd, is_first, &was_cut);
		if (goes_on && pfd[1].revents)
			goes_on = forward(DOWN, pfd[1].fd, source, is_first, &was_cut);
	}
	close(source);
	close(pfd[1].fd);
	return was_cut;
}

static void parse(const char *text)
{
	const char *where = strchr(text, ':');

	if (!where)
		fail("DIRECTION:WHERE");
	cut.way = strncmp(text, "up", 2) ? DOWN : UP;
	where++;
	cut.by_type = *where == 'a' || *where == 'b';
	cut.is_after = *where == 'a';
	if (!cut.by_type) {
		cut.bytes = strtoull(where, NULL, 10);
		return;
	}
	where = strchr(where, '=');
	cut.type = where && strcmp(where + 1, "hello") ? (uint32_t)atoi(where + 1) : HELLO;
}

int main(int argc, char **argv)
{
	struct sockaddr_un address;
	bool is_first = true, was_cut = true;
	int listener, fd;

	if (argc < 4) {
		fprintf(stderr, "usage: cutproxy LISTEN TARGET DIRECTION:WHERE [once]\n");
		return 2;
	}
	parse(argv[3]);
	ways[UP].left = ways[DOWN].left = sizeof(struct migrate_hello);
	(void)unlink(argv[1]);
	listener = unix_socket(argv[1], &address);
	if (bind(listener, (const struct sockaddr *)&address, sizeof(address)) ||
	    listen(listener, 8))
		fail(argv[1]);
	while ((fd = accept(listener, NULL, NULL)) >= 0) {
		if (is_first && argc > 4) {
			close(listener);
			(void)unlink(argv[1]);
		}
		was_cut = serve(fd, argv[2], is_first);
		if (is_first && !was_cut)
			return 3;
		is_first = false;
		if (argc > 4)
			return 0;
	}
	return 0;
}
