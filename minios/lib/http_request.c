/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP request.
 *
 * A line is looked at when it ends, and a byte that no request has is refused at once, so that who speaks
 * another protocol is told so without waiting for an end that never comes.  A line may end with LF alone,
 * and empty lines before the first are skipped (RFC 9112, 2.2).
 */
#include <string.h>
#include <minios/http_request.h>
#include <minios/util.h>

#define METHOD_MAX    24U
/* So many digits never overflow 64 bits. */
#define LENGTH_DIGITS 18U

/* A piece of a line. */
struct span {
	const char *start;
	size_t len;
};

static void fail(struct http_request *req, int status)
{
	req->status = status;
	req->is_persistent = false;
	req->is_done = true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 9110, 5.6.2. */
static bool is_token(char c)
{
	return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') ||
	       (c && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_control(char c)
{
	return (unsigned char)c < 0x20 || c == 0x7f;
}

/* Whether or not letters are capital; text is in small ones. */
static bool begins_with(struct span span, const char *text)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (i == span.len || lower(span.start[i]) != text[i])
			return false;
	return true;
}

static bool equals(struct span span, const char *text)
{
	return span.len == strlen(text) && begins_with(span, text);
}

/* What comes before c, which is taken off *rest with it; all there is without one. */
static struct span cut(struct span *rest, char c)
{
	struct span piece = *rest;
	size_t i;

	for (i = 0; i < rest->len && rest->start[i] != c; i++)
		;
	piece.len = i;
	i += i < rest->len;
	rest->start += i;
	rest->len -= i;
	return piece;
}

static struct span trimmed(struct span span)
{
	while (span.len && (*span.start == ' ' || *span.start == '\t')) {
		span.start++;
		span.len--;
	}
	while (span.len && (span.start[span.len - 1] == ' ' || span.start[span.len - 1] == '\t'))
		span.len--;
	return span;
}

/* ---- the request line ---- */

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A path with its %XX undone.  0 or a status. */
static int path_decode(char *path, struct span from)
{
	size_t len = 0, i;

	for (i = 0; i < from.len; i++, len++) {
		int high, low;

		if (len == HTTP_PATH_MAX - 1)
			return 414;
		path[len] = from.start[i];
		if (from.start[i] != '%')
			continue;
		if (from.len - i < 3)
			return 400;
		high = hex_digit(from.start[i + 1]);
		low = hex_digit(from.start[i + 2]);
		if (high < 0 || low < 0 || !(high | low))
			return 400;
		path[len] = (char)(high << 4 | low);
		i += 2;
	}
	path[len] = '\0';
	return 0;
}

/* "/path?query", or with "http://host" before it as a proxy's client says it. */
static int target_parse(struct http_request *req, struct span target)
{
	size_t i;

	if (begins_with(target, "http://") || begins_with(target, "https://")) {
		for (i = 8; i < target.len && target.start[i] != '/' && target.start[i] != '?'; i++)
			;
		target.start += size_min(i, target.len);
		target.len -= size_min(i, target.len);
		target = cut(&target, '?');
		if (!target.len)
			target = (struct span){ "/", 1 };
	} else {
		target = cut(&target, '?');
	}
	if (!target.len || *target.start != '/')
		return 400;
	return path_decode(req->path, target);
}

static enum http_method method_parse(struct span method)
{
	static const char *const others[] = { "OPTIONS", "POST",  "PUT",    "DELETE",
					      "PATCH",	 "TRACE", "CONNECT" };
	unsigned int i;

	if (method.len == 3 && !memcmp(method.start, "GET", 3))
		return HTTP_GET;
	if (method.len == 4 && !memcmp(method.start, "HEAD", 4))
		return HTTP_HEAD;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		if (method.len == strlen(others[i]) && !memcmp(method.start, others[i], method.len))
			return HTTP_OTHER;
	return HTTP_UNKNOWN;
}

/* 10 * major + minor, or 0. */
static unsigned int version_parse(struct span v)
{
	if (v.len != 8 || memcmp(v.start, "HTTP/", 5) || !is_digit(v.start[5]) ||
	    v.start[6] != '.' || !is_digit(v.start[7]))
		return 0;
	return (unsigned int)(v.start[5] - '0') * 10 + (unsigned int)(v.start[7] - '0');
}

static void request_line_parse(struct http_request *req)
{
	struct span rest = { req->line, req->len };
	struct span method = cut(&rest, ' '), target = cut(&rest, ' ');
	unsigned int version = version_parse(rest);
	int err;

	if (!method.len || !target.len || !version) {
		fail(req, 400);
		return;
	}
	if (version / 10 != 1) {
		fail(req, 505);
		return;
	}
	req->has_line = true;
	req->version = version == 10 ? 10 : 11;
	req->method = method_parse(method);
	if (req->method != HTTP_GET && req->method != HTTP_HEAD)
		return;
	err = target_parse(req, target);
	if (err)
		fail(req, err);
}

/* ---- headers ---- */

/* Twice the same is once; anything else could mean different things to different readers. */
static void length_parse(struct http_request *req, struct span value)
{
	uint64_t len = 0;
	size_t i;

	for (i = 0; i < value.len && i < LENGTH_DIGITS && is_digit(value.start[i]); i++)
		len = len * 10 + (uint64_t)(value.start[i] - '0');
	if (!value.len || i < value.len || (req->has_length && len != req->body_len))
		fail(req, 400);
	req->has_length = true;
	req->body_len = len;
}

static void connection_parse(struct http_request *req, struct span value)
{
	while (value.len) {
		struct span option = trimmed(cut(&value, ','));

		req->wants_close |= equals(option, "close");
		req->wants_keep |= equals(option, "keep-alive");
	}
}

static void header_parse(struct http_request *req)
{
	struct span value = { req->line, req->len }, name = cut(&value, ':');
	size_t i;

	for (i = 0; i < name.len && is_token(name.start[i]); i++)
		;
	/* Without a colon, with blanks before it, or the continuation of a line (RFC 9112, 5). */
	if (!i || i < name.len || name.len == req->len) {
		fail(req, 400);
		return;
	}
	value = trimmed(value);
	if (equals(name, "connection"))
		connection_parse(req, value);
	else if (equals(name, "content-length"))
		length_parse(req, value);
	else if (equals(name, "transfer-encoding"))
		req->has_encoding = true;
	else if (equals(name, "host"))
		req->nr_hosts++;
}

static void head_end(struct http_request *req)
{
	/* RFC 9112, 3.2. */
	if (req->nr_hosts > 1 || (req->version == 11 && !req->nr_hosts)) {
		fail(req, 400);
		return;
	}
	req->is_done = true;
	/* Where a body in chunks ends is not looked for: the connection ends before it. */
	req->is_persistent = !req->wants_close && !req->has_encoding &&
			     (req->version == 11 || req->wants_keep);
}

/* ---- bytes ---- */

static void line_end(struct http_request *req)
{
	if (req->len && req->line[req->len - 1] == '\r')
		req->len--;
	if (!req->has_line && req->len)
		request_line_parse(req);
	else if (req->has_line && req->len)
		header_parse(req);
	else if (req->has_line)
		head_end(req);
	req->len = 0;
}

/* True for a byte that may follow those of this line. */
static bool is_wanted(struct http_request *req, char c)
{
	if (req->len && req->line[req->len - 1] == '\r')
		return false; /* only LF does */
	if (c == '\r')
		return true;
	if (req->has_line)
		return !is_control(c) || c == '\t';
	if (req->has_method)
		return !is_control(c);
	req->has_method = c == ' ' && req->len;
	return req->has_method || (is_token(c) && req->len < METHOD_MAX);
}

static void byte_take(struct http_request *req, char c)
{
	if (++req->total > HTTP_HEAD_MAX)
		fail(req, req->has_line ? 431 : 414);
	else if (c == '\n')
		line_end(req);
	else if (!is_wanted(req, c))
		fail(req, 400);
	else
		req->line[req->len++] = c;
}

void http_request_init(struct http_request *req)
{
	memset(req, 0, offsetof(struct http_request, line));
}

size_t http_request_feed(struct http_request *req, const char *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && !req->is_done; i++)
		byte_take(req, data[i]);
	return i;
}

bool http_request_has_begun(const struct http_request *req)
{
	return req->has_line || req->len;
}
