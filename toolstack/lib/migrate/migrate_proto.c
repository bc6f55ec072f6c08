// SPDX-License-Identifier: LGPL-2.1-only
/* Messages of a migration: see migrate_proto.h.  Form only; who says what when, its users know. */
#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "migrate/migrate_proto.h"

static const size_t lengths[MIGRATE_NR_TYPES] = {
	[MIGRATE_PREPARE] = sizeof(struct migrate_prepare),
	[MIGRATE_READY] = sizeof(struct migrate_ready),
	[MIGRATE_ENDED] = sizeof(struct migrate_ended),
	[MIGRATE_ERROR] = sizeof(struct migrate_error),
	[MIGRATE_QUERY] = sizeof(struct migrate_query),
	[MIGRATE_ANSWER] = sizeof(struct migrate_answer),
};

/* ---- bytes ---- */

static int link_error(const struct migrate_link *l, struct chaos_error *err)
{
	int e = errno;

	switch (e) {
	case ECANCELED:
		return chaos_error_set(err, CHAOS_FAILED, e, "interrupted");
	case ETIMEDOUT:
		return chaos_error_set(err, CHAOS_TIMEOUT, e, "the %s does not answer", l->peer);
	case EPIPE:
	case ECONNRESET:
		return chaos_error_set(err, CHAOS_FAILED, ECONNRESET,
				       "the connection to the %s has ended", l->peer);
	default:
		return chaos_error_set(err, CHAOS_FAILED, e, "the connection to the %s: %s",
				       l->peer, strerror(e));
	}
}

/* -1 with errno; all within end_ns. */
static int get_bytes(struct migrate_link *l, void *to, size_t len, uint64_t end_ns)
{
	char *p = to;
	uint64_t now;
	ssize_t n;

	while (len) {
		now = chaos_now_ns();
		if (chaos_fd_wait(l->in, POLLIN, l->cancel_fd,
				  now < end_ns ? (unsigned int)((end_ns - now) / 1000000U) : 0))
			return -1;
		n = read(l->in, p, len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (!n)
			errno = ECONNRESET;
		if (n <= 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int put_bytes(struct migrate_link *l, const void *from, size_t len)
{
	const char *p = from;
	ssize_t n;

	while (len) {
		if (chaos_fd_wait(l->out, POLLOUT, l->cancel_fd, MIGRATE_STEP_MS))
			return -1;
		n = write(l->out, p, len);
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static uint64_t deadline(unsigned int timeout_ms)
{
	return chaos_now_ns() + (uint64_t)timeout_ms * 1000000U;
}

/* ---- hello ---- */

/*
 * Something else than a hello has come, `got` bytes so far: a greeting of the other side's shell, an
 * error... To show it, there is some time for more of it.
 */
static int not_hello(struct migrate_link *l, const char *bytes, size_t got, struct chaos_error *err)
{
	char text[sizeof(struct migrate_hello) + 1];
	uint64_t end = deadline(MIGRATE_LAST_WORDS_MS);
	size_t i;

	memcpy(text, bytes, got);
	while (got < sizeof(text) - 1 && !get_bytes(l, text + got, 1, end))
		got++;
	for (i = 0; i < got; i++)
		if (!isprint((unsigned char)text[i]))
			text[i] = '.';
	text[got] = '\0';
	return chaos_error_set(
		err, CHAOS_ENVIRONMENT, EPROTO,
		"the %s is no migration of chaos's: it begins with \"%s\"; is chaos installed there, and its shell silent?",
		l->peer, text);
}

static int check_hello(struct migrate_link *l, const struct migrate_hello *h,
		       struct chaos_error *err)
{
	if (h->version > MIGRATE_VERSION)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, EPROTO,
			"the %s speaks version %u, this chaos up to %u: install a newer one here",
			l->peer, h->version, MIGRATE_VERSION);
	if (h->version == 1)
		return chaos_error_set(
			err, CHAOS_ENVIRONMENT, EPROTO,
			"the %s speaks noxs ABI 1, this chaos ABI %u: install the same version there",
			l->peer, NOXS_ABI_MAJOR);
	if (h->version != MIGRATE_VERSION || h->len != sizeof(*h) || h->pad0)
		return chaos_error_set(err, CHAOS_ENVIRONMENT, EPROTO,
				       "the %s's greeting is damaged", l->peer);
	if (h->arch != MIGRATE_ARCH_X86_64)
		return chaos_error_set(err, CHAOS_ENVIRONMENT, EPROTO,
				       "the %s has another architecture (%u)", l->peer, h->arch);
	return 0;
}

int migrate_hello(struct migrate_link *l, struct chaos_error *err)
{
	struct migrate_hello h = {
		.magic = MIGRATE_MAGIC,
		.version = MIGRATE_VERSION,
		.arch = MIGRATE_ARCH_X86_64,
		.len = sizeof(h),
	};
	uint64_t end = deadline(MIGRATE_HELLO_MS);
	char *p = (char *)&h;
	size_t got;

	if (put_bytes(l, &h, sizeof(h)))
		return link_error(l, err);
	/* Byte by byte: what is something else may end, or stop, before a hello would. */
	memset(&h, 0, sizeof(h));
	for (got = 0; got < sizeof(h); got++) {
		if (get_bytes(l, p + got, 1, end))
			return link_error(l, err);
		if (got < sizeof(h.magic) && p[got] != MIGRATE_MAGIC[got])
			return not_hello(l, p, got + 1, err);
	}
	return check_hello(l, &h, err);
}

/* ---- messages ---- */

int migrate_send(struct migrate_link *l, enum migrate_type type, const void *body, size_t len,
		 struct chaos_error *err)
{
	struct {
		struct migrate_head head;
		char body[sizeof(union migrate_body)];
	} m = { { type, (uint32_t)len }, { 0 } };

	/* In one piece, if it fits. */
	if (len <= sizeof(m.body)) {
		if (len)
			memcpy(m.body, body, len);
		return put_bytes(l, &m, sizeof(m.head) + len) ? link_error(l, err) : 0;
	}
	if (put_bytes(l, &m.head, sizeof(m.head)) || put_bytes(l, body, len))
		return link_error(l, err);
	return 0;
}

static int garbage(struct migrate_link *l, const struct migrate_head *head, struct chaos_error *err)
{
	return chaos_error_set(err, CHAOS_FAILED, EPROTO,
			       "the %s says what is not understood (message %u of %u bytes)",
			       l->peer, head->type, head->len);
}

/* One line, whatever it is. */
static void make_line(char *text, size_t size)
{
	text[size - 1] = '\0';
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

static int take_error(struct migrate_link *l, struct migrate_error *e, struct chaos_error *err)
{
	make_line(e->text, sizeof(e->text));
	if (!e->code || e->code > CHAOS_CODE_MAX)
		e->code = CHAOS_FAILED;
	return chaos_error_set(err, e->code, (int)(e->os_errno & 0xffff), "the %s: %s", l->peer,
			       e->text);
}

static int check_body(struct migrate_link *l, const struct migrate_head *head,
		      union migrate_body *body, struct chaos_error *err)
{
	switch (head->type) {
	case MIGRATE_PREPARE:
		if (body->prepare.suspend_ms > MIGRATE_MAX_SUSPEND_MS || body->prepare.pad0)
			return garbage(l, head, err);
		return 0;
	case MIGRATE_ENDED:
		make_line(body->ended.text, sizeof(body->ended.text));
		if (body->ended.code > CHAOS_CODE_MAX || body->ended.pad0)
			return garbage(l, head, err);
		return 0;
	case MIGRATE_ANSWER:
		if (body->answer.verdict >= MIGRATE_NR_VERDICTS || body->answer.pad0)
			return garbage(l, head, err);
		return 0;
	case MIGRATE_ERROR:
		return take_error(l, &body->error, err);
	default:
		return 0;
	}
}

int migrate_get(struct migrate_link *l, uint32_t wanted, unsigned int timeout_ms,
		enum migrate_type *type, union migrate_body *body, struct chaos_error *err)
{
	uint64_t end = deadline(timeout_ms);
	struct migrate_head head;

	if (get_bytes(l, &head, sizeof(head), end))
		return link_error(l, err);
	wanted |= 1U << MIGRATE_ERROR;
	if (!head.type || head.type >= MIGRATE_NR_TYPES || !(wanted & 1U << head.type) ||
	    head.len != lengths[head.type])
		return garbage(l, &head, err);
	if (get_bytes(l, body, head.len, end))
		return link_error(l, err);
	if (type)
		*type = head.type;
	return check_body(l, &head, body, err);
}

int migrate_get_text(struct migrate_link *l, enum migrate_type type, char **out, size_t *len,
		     struct chaos_error *err)
{
	uint64_t end = deadline(MIGRATE_STEP_MS);
	struct migrate_head head;
	char *text;

	if (get_bytes(l, &head, sizeof(head), end))
		return link_error(l, err);
	if (head.type != (uint32_t)type || head.len > MIGRATE_MAX_TEXT)
		return garbage(l, &head, err);
	text = malloc(head.len + 1);
	if (!text)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (get_bytes(l, text, head.len, end)) {
		free(text);
		return link_error(l, err);
	}
	text[head.len] = '\0';
	*out = text;
	*len = head.len;
	return 0;
}
