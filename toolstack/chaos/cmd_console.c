// SPDX-License-Identifier: GPL-2.0-only
/* chaos console */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "chaos_cmd.h"

#define ESCAPE 0x1d /* Ctrl-], as in xl and telnet */

enum {
	OPT_DUMP = OPT_OWN
};

static const struct option options[] = {
	COMMON_OPTIONS,
	{ "dump", no_argument, NULL, OPT_DUMP },
	{ 0 },
};

static int write_all(const char *buf, size_t len)
{
	ssize_t n;

	while (len) {
		n = write(STDOUT_FILENO, buf, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		buf += n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * What the guest has written since: at most a ring full (XENCONS_RING, public/io/console.h), or one
 * that never stops would keep us.  The number of bytes, or -1.
 */
static int drain(struct chaos_console *con)
{
	char buf[2048];
	size_t n = chaos_console_read(con, buf, sizeof(buf));

	return write_all(buf, n) ? -1 : (int)n;
}

static int dump(struct call *call, struct chaos_console *con)
{
	return drain(con) < 0 ? call_failed(call, "standard output") : 0;
}

/* Keys typed that the guest has not had room for yet. */
struct typed {
	char buf[256];
	size_t len;
	bool is_closed;
	bool is_tty;
};

/* True when the escape character was typed, or standard input failed. */
static bool take_input(struct typed *in)
{
	size_t room = sizeof(in->buf) - in->len;
	char buf[sizeof(in->buf)], *escape;
	ssize_t n = read(STDIN_FILENO, buf, in->is_tty ? sizeof(buf) : room);

	if (n < 0)
		return errno != EINTR && errno != EAGAIN;
	if (n == 0) {
		in->is_closed = true;
		return false;
	}
	escape = memchr(buf, ESCAPE, (size_t)n);
	if (escape)
		n = escape - buf;
	/* Of a terminal whose guest does not listen only the escape character counts. */
	if ((size_t)n > room)
		n = (ssize_t)room;
	memcpy(in->buf + in->len, buf, (size_t)n);
	in->len += (size_t)n;
	return escape != NULL;
}

static void feed(struct chaos_console *con, struct typed *in)
{
	size_t n = chaos_console_write(con, in->buf, in->len);

	memmove(in->buf, in->buf + n, in->len - n);
	in->len -= n;
}

static int converse(struct call *call, struct chaos_console *con, int watch, bool is_tty)
{
	struct typed in = { .is_tty = is_tty };
	struct pollfd fds[3] = {
		{ .fd = chaos_console_fd(con), .events = POLLIN },
		{ .fd = watch, .events = POLLIN },
		{ .events = POLLIN },
	};
	bool is_full, ends = false;
	int n, rc;

	while (!ends) {
		n = drain(con);
		if (n < 0)
			return call_failed(call, "standard output");
		feed(con, &in);
		is_full = !is_tty && in.len == sizeof(in.buf);
		fds[2].fd = in.is_closed || is_full ? -1 : STDIN_FILENO;
		if (poll(fds, 3, n ? 0 : -1) < 0 && errno != EINTR)
			return call_failed(call, "poll");
		if (fds[0].revents) {
			rc = chaos_console_ack(con, &call->err);
			if (rc)
				return rc;
		}
		if (fds[1].revents && chaos_watch_ended(watch))
			ends = true;
		if (fds[2].revents && take_input(&in))
			ends = true;
	}
	feed(con, &in);
	/* A guest's last words. */
	return dump(call, con);
}

static int with_raw_terminal(struct call *call, struct chaos_console *con, int watch)
{
	struct termios saved, raw;
	bool is_tty = !tcgetattr(STDIN_FILENO, &saved);
	int rc;

	if (is_tty) {
		raw = saved;
		cfmakeraw(&raw);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &raw); /* then it is cooked */
	}
	rc = converse(call, con, watch, is_tty);
	if (is_tty)
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &saved);
	return rc;
}

int console_of(struct call *call, const struct chaos_dominfo *info, bool unpauses,
	       bool *is_attached)
{
	struct chaos_console *con = NULL;
	struct chaos_dominfo now = *info;
	int rc, watch;

	watch = chaos_watch_open(call->ctx, info->domid, &call->err);
	if (watch < 0)
		return watch;
	/* It may have ended before it was watched. */
	if (!chaos_domain_look(call->ctx, info->domid, &now) || now.serial != info->serial)
		now = *info;
	rc = chaos_console_attach(call->ctx, info->domid, &con, &call->err);
	if (!rc && is_attached)
		*is_attached = true;
	if (!rc && unpauses)
		rc = chaos_domain_unpause(call->ctx, info->domid, &call->err);
	if (!rc && now.is_shutdown)
		rc = dump(call, con);
	else if (!rc)
		rc = with_raw_terminal(call, con, watch);
	chaos_console_detach(con);
	close(watch);
	return rc;
}

static int dump_of(struct call *call, const struct chaos_dominfo *info)
{
	struct chaos_console *con = NULL;
	int rc = chaos_console_attach(call->ctx, info->domid, &con, &call->err);

	if (!rc)
		rc = dump(call, con);
	chaos_console_detach(con);
	return rc;
}

static int console(struct call *call, const char *who, bool dumps)
{
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (!rc && !info.is_ours)
		rc = call_usage(
			call, "domain %u was not made by chaos: use its own toolstack (xl console)",
			info.domid);
	if (rc)
		return rc;
	return dumps ? dump_of(call, &info) : console_of(call, &info, false, NULL);
}

int cmd_console(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int opt, rc, status = -1;
	bool dumps = false;

	while ((opt = call_option(&call, argc, argv, "", options, &status)) != -1)
		dumps |= opt == OPT_DUMP;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = console(&call, argv[optind], dumps);
	return call_end(&call, rc);
}
