/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.x request (RFC 9112), taken in as it comes: what it asks for, or with what
 * status it is to be refused.  No I/O, no allocation.
 */
#ifndef MINIOS_HTTP_REQUEST_H
#define MINIOS_HTTP_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes of a head at most, its empty line included. */
#define HTTP_HEAD_MAX 4095U
/* Bytes of a path, decoded and with its NUL. */
#define HTTP_PATH_MAX 1024U

enum http_method {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_OTHER,   /* what HTTP knows, and does not go with files: 405 */
	HTTP_UNKNOWN, /* 501 */
};

/* All but the last part stands when is_done. */
struct http_request {
	bool is_done;	    /* the head is complete, or nothing more of it is wanted */
	int status;	    /* 0, or what the answer has to be: 400, 414, 431, 505 */
	bool is_persistent; /* another request may follow; never with a status */
	enum http_method method;
	uint64_t body_len;	  /* bytes that follow the head */
	char path[HTTP_PATH_MAX]; /* begins with '/' for GET and HEAD; %XX undone, no query */

	/* http_request.c's own */
	bool has_line, has_method, has_length, has_encoding, wants_close, wants_keep;
	unsigned int version;  /* 10 or 11 */
	unsigned int nr_hosts; /* Host headers */
	size_t total, len;     /* bytes of the head so far, and of this line */
	char line[HTTP_HEAD_MAX + 1];
};

void http_request_init(struct http_request *req);

/*
 * Take in len bytes.  Returns how many of them belong to the head: all, unless is_done has become true.
 */
size_t http_request_feed(struct http_request *req, const char *data, size_t len);

/* True when something of a request, other than empty lines before it, has come. */
bool http_request_has_begun(const struct http_request *req);

#endif /* MINIOS_HTTP_REQUEST_H */
