// SPDX-License-Identifier: GPL-2.0-only
/* Heads of HTTP requests, good and bad, in every number of pieces. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/http_request.h>
#include "unit.h"

#define HOST	    "Host: x\r\n"
#define FUZZ_ROUNDS 200000
#define FUZZ_MAX    300

static struct http_request req;

/* What a head is to be read as. */
struct want {
	const char *head;
	int status;
	enum http_method method;
	const char *path; /* NULL: of no interest */
	bool is_persistent;
	unsigned int body_len;
};

static const struct want wants[] = {
	/* Good ones. */
	{ "GET / HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/", true, 0 },
	{ "HEAD /a/b.txt HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_HEAD, "/a/b.txt", true, 0 },
	{ "GET /a?b=/c HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/a", true, 0 },
	{ "GET /%41%2f%20b HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/A/ b", true, 0 },
	{ "GET http://h:80/p?q HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/p", true, 0 },
	{ "GET HTTP://h HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/", true, 0 },
	{ "GET https://h?q HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_GET, "/", true, 0 },
	{ "GET / HTTP/1.0\r\n\r\n", 0, HTTP_GET, "/", false, 0 },
	{ "GET / HTTP/1.0\n\n", 0, HTTP_GET, "/", false, 0 },
	{ "\r\n\n\r\nGET / HTTP/1.0\r\n\r\n", 0, HTTP_GET, "/", false, 0 },
	{ "GET / HTTP/1.9\r\n" HOST "\r\n", 0, HTTP_GET, "/", true, 0 },
	/* What becomes of the connection. */
	{ "GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n", 0, HTTP_GET, "/", false, 0 },
	{ "GET / HTTP/1.1\r\nhost:x\r\nCONNECTION:\tte , Close\r\n\r\n", 0, HTTP_GET, "/", false,
	  0 },
	{ "GET / HTTP/1.0\r\nconnection: Keep-Alive\r\n\r\n", 0, HTTP_GET, "/", true, 0 },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", 0, HTTP_GET, "/",
	  false, 0 },
	{ "GET / HTTP/1.0\r\nX-Connection: keep-alive\r\n\r\n", 0, HTTP_GET, "/", false, 0 },
	{ "GET / HTTP/1.0\r\nConnection: keep-alive2\r\n\r\n", 0, HTTP_GET, "/", false, 0 },
	/* Bodies. */
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n", 0, HTTP_GET, "/", true, 12 },
	{ "POST /x HTTP/1.1\r\n" HOST "content-length:3 \r\n\r\n", 0, HTTP_OTHER, NULL, true, 3 },
	{ "PUT /x HTTP/1.1\r\n" HOST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n", 0,
	  HTTP_OTHER, NULL, true, 3 },
	{ "POST / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n", 0, HTTP_OTHER, NULL,
	  false, 0 },
	{ "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_OTHER, NULL, true, 0 },
	{ "BREW / HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_UNKNOWN, NULL, true, 0 },
	{ "get / HTTP/1.1\r\n" HOST "\r\n", 0, HTTP_UNKNOWN, NULL, true, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "X:\r\nY: a\tb\xc3\xa4\r\n\r\n", 0, HTTP_GET, "/", true, 0 },
	/* Bad ones. */
	{ "GET /\r\n", 400, 0, NULL, false, 0 },
	{ "GET  / HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1 \r\n", 400, 0, NULL, false, 0 },
	{ "GET / http/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/11\r\n", 400, 0, NULL, false, 0 },
	{ "GET\t", 400, 0, NULL, false, 0 },
	{ " ", 400, 0, NULL, false, 0 },
	{ "\x16", 400, 0, NULL, false, 0 }, /* TLS */
	{ "GET /\x01", 400, 0, NULL, false, 0 },
	{ "GET /a\rb", 400, 0, NULL, false, 0 },
	{ "\r\r", 400, 0, NULL, false, 0 },
	{ "ABCDEFGHIJKLMNOPQRSTUVWXY", 400, 0, NULL, false, 0 },
	{ "PRI * HTTP/2.0\r\n", 505, 0, NULL, false, 0 },
	{ "GET / HTTP/0.9\r\n", 505, 0, NULL, false, 0 },
	{ "GET * HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET x HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET ?/ HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET /%00 HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET /%zz HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET /%4 HTTP/1.1\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n\r\n", 400, 0, NULL, false, 0 }, /* no Host */
	{ "GET / HTTP/1.1\r\n" HOST HOST "\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST " folded\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nHost : x\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n: x\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\nnothing\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "X: \x01", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: -1\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n", 400, 0, NULL, false, 0 },
	{ "GET / HTTP/1.1\r\n" HOST "Content-Length: 1234567890123456789\r\n", 400, 0, NULL, false,
	  0 },
	{ "POST / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 2\r\n", 400, 0, NULL,
	  false, 0 },
};

/* Feed len bytes in pieces of size bytes, from memory that ends where each of them ends. */
static size_t feed(const char *data, size_t len, size_t size)
{
	size_t taken = 0, n, got;
	char *piece;

	while (taken < len && !req.is_done) {
		n = len - taken < size ? len - taken : size;
		piece = malloc(n);
		assert_non_null(piece);
		memcpy(piece, data + taken, n);
		got = http_request_feed(&req, piece, n);
		free(piece);
		assert_true(got == n || (got < n && req.is_done));
		taken += got;
	}
	return taken;
}

static void compare(const struct want *want, size_t taken)
{
	assert_true(req.is_done);
	assert_int_equal(taken, strlen(want->head));
	assert_int_equal(req.status, want->status);
	assert_int_equal(req.is_persistent, want->is_persistent);
	if (want->status)
		return;
	assert_int_equal(req.method, want->method);
	assert_int_equal(req.body_len, want->body_len);
	if (want->path)
		assert_string_equal(req.path, want->path);
}

static void test_pieces(void **state)
{
	const struct want *want;
	size_t len, size, first;

	(void)state;
	for (want = wants; want < wants + sizeof(wants) / sizeof(wants[0]); want++) {
		len = strlen(want->head);
		for (size = 1; size <= len; size++) {
			http_request_init(&req);
			compare(want, feed(want->head, len, size));
		}
		for (first = 1; first < len; first++) {
			http_request_init(&req);
			assert_int_equal(feed(want->head, first, first), first);
			assert_false(req.is_done);
			compare(want, first + feed(want->head + first, len - first, len));
		}
	}
}

static void test_pipelined(void **state)
{
	static const char two[] = "GET /1 HTTP/1.1\r\n" HOST "\r\nGET /2 HTTP/1.1\r\n" HOST "\r\n";
	const size_t len = (sizeof(two) - 1) / 2;

	(void)state;
	http_request_init(&req);
	assert_int_equal(http_request_feed(&req, two, sizeof(two) - 1), len);
	assert_string_equal(req.path, "/1");
	assert_int_equal(http_request_feed(&req, two + len, len), 0);
	http_request_init(&req);
	assert_int_equal(http_request_feed(&req, two + len, len), len);
	assert_string_equal(req.path, "/2");
}

static void test_begun(void **state)
{
	(void)state;
	http_request_init(&req);
	assert_false(http_request_has_begun(&req));
	(void)feed("\r\n\r\n", 4, 4);
	assert_false(http_request_has_begun(&req));
	(void)feed("G", 1, 1);
	assert_true(http_request_has_begun(&req));
	(void)feed("ET / HTTP/1.1\r\n", 15, 15);
	assert_true(http_request_has_begun(&req));
}

/* "GET /" and so many bytes of the path, then a header of so many more. */
static void sized(size_t path, size_t header)
{
	char *text = malloc(path + header + 100);
	int len;

	assert_non_null(text);
	len = snprintf(text, path + header + 100,
		       "GET /%0*d?%s HTTP/1.1\r\n" HOST "X: %0*d\r\n\r\n", (int)path, 0, "q",
		       (int)header, 0);
	http_request_init(&req);
	(void)feed(text, (size_t)len, 1460);
	free(text);
	assert_true(req.is_done);
}

static void test_sizes(void **state)
{
	char text[4000];

	(void)state;
	sized(HTTP_PATH_MAX - 2, 1);
	assert_int_equal(req.status, 0);
	assert_int_equal(strlen(req.path), HTTP_PATH_MAX - 1);
	sized(HTTP_PATH_MAX - 1, 1);
	assert_int_equal(req.status, 414);
	sized(5000, 1);
	assert_int_equal(req.status, 414);
	/* 35 bytes are neither. */
	sized(1, HTTP_HEAD_MAX - 35);
	assert_int_equal(req.status, 0);
	assert_int_equal(req.total, HTTP_HEAD_MAX);
	sized(1, HTTP_HEAD_MAX - 34);
	assert_int_equal(req.status, 431);
	/* The query is no part of the path. */
	http_request_init(&req);
	(void)snprintf(text, sizeof(text), "GET /?%03000d HTTP/1.0\r\n\r\n", 0);
	(void)feed(text, strlen(text), 100);
	assert_true(req.is_done && !req.status);
	assert_string_equal(req.path, "/");
}

/* Nothing but what is allowed comes out, and a head ends within its limit. */
static void fuzz_one(char *text, size_t len)
{
	size_t whole, pieces;
	int status;

	http_request_init(&req);
	whole = feed(text, len, len);
	status = req.status;
	assert_true(status == 0 || status == 400 || status == 414 || status == 431 ||
		    status == 505);
	assert_true(!status || (req.is_done && !req.is_persistent));
	if (req.is_done && !status && (req.method == HTTP_GET || req.method == HTTP_HEAD)) {
		assert_true(req.path[0] == '/');
		assert_true(strlen(req.path) < HTTP_PATH_MAX);
	}
	http_request_init(&req);
	pieces = feed(text, len, 1 + (size_t)rand() % 7);
	assert_int_equal(pieces, whole);
	assert_int_equal(req.status, status);
}

static void test_fuzz(void **state)
{
	static const char alphabet[] = "\r\n :/%?,.0aGET\t\x01\x80";
	char text[FUZZ_MAX];
	int round, n;

	(void)state;
	srand(1);
	for (round = 0; round < FUZZ_ROUNDS; round++) {
		const struct want *want =
			&wants[(size_t)rand() % (sizeof(wants) / sizeof(wants[0]))];
		size_t len = strlen(want->head), i;

		memcpy(text, want->head, len);
		for (n = rand() % 4; n >= 0; n--) {
			i = (size_t)rand() % len;
			text[i] = rand() % 4 ? alphabet[(size_t)rand() % (sizeof(alphabet) - 1)] :
					       (char)rand();
		}
		fuzz_one(text, len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pieces), cmocka_unit_test(test_pipelined),
		cmocka_unit_test(test_begun),  cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_fuzz),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
