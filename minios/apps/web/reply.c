/* SPDX-License-Identifier: MIT */
/*
 * Answers: which file, or what status.  A status comes with the file /NUMBER.html if there is one, else
 * with a page made here, so that nobody is left without an answer.
 */
#include <stdio.h>
#include <string.h>
#include <minios/date.h>
#include <minios/time.h>
#include <minios/util.h>
#include "reply.h"

static const struct {
	int status;
	const char *reason;
	const char *headers; /* more of them, or "" */
} statuses[] = {
	{ 200, "OK", "" },
	{ 404, "Not Found", "" },
	{ 405, "Method Not Allowed", "Allow: GET, HEAD\r\n" },
	{ 408, "Request Timeout", "" },
	{ 414, "URI Too Long", "" },
	{ 431, "Request Header Fields Too Large", "" },
	{ 501, "Not Implemented", "" },
	{ 503, "Service Unavailable", "Retry-After: 5\r\n" },
	{ 505, "HTTP Version Not Supported", "" },
	{ 400, "Bad Request", "" }, /* and whatever else */
};

static const struct {
	const char *suffix, *type;
} types[] = {
	{ "html", "text/html" },      { "htm", "text/html" },
	{ "css", "text/css" },	      { "js", "text/javascript" },
	{ "mjs", "text/javascript" }, { "txt", "text/plain" },
	{ "md", "text/markdown" },    { "csv", "text/csv" },
	{ "xml", "text/xml" },	      { "json", "application/json" },
	{ "pdf", "application/pdf" }, { "wasm", "application/wasm" },
	{ "zip", "application/zip" }, { "gz", "application/gzip" },
	{ "png", "image/png" },	      { "gif", "image/gif" },
	{ "jpg", "image/jpeg" },      { "jpeg", "image/jpeg" },
	{ "webp", "image/webp" },     { "svg", "image/svg+xml" },
	{ "ico", "image/x-icon" },    { "woff", "font/woff" },
	{ "woff2", "font/woff2" },    { "mp3", "audio/mpeg" },
	{ "mp4", "video/mp4" },	      { "webm", "video/webm" },
};

/* By what is behind the last dot of the name. */
static const char *type_find(const char *path)
{
	const char *suffix = NULL;
	unsigned int i;

	for (; *path; path++)
		suffix = *path == '.' ? path + 1 : *path == '/' ? NULL : suffix;
	for (i = 0; suffix && i < ARRAY_SIZE(types); i++)
		if (!strcmp(suffix, types[i].suffix))
			return types[i].type;
	return "application/octet-stream";
}

static unsigned int status_find(int status)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses) - 1; i++)
		if (statuses[i].status == status)
			break;
	return i;
}

/* The file of a path, with its type; of a directory, its index. */
static bool path_find(struct file *file, const char *path, const char **type)
{
	char index[HTTP_PATH_MAX + sizeof("index.html")];
	size_t len = strlen(path);

	if (path[len - 1] == '/') {
		(void)snprintf(index, sizeof(index), "%sindex.html", path);
		path = index;
	}
	*type = type_find(path);
	return files_find(path, file);
}

static int status_choose(struct file *file, const struct http_request *req, bool can_read,
			 const char **type)
{
	if (req->status)
		return req->status;
	if (req->method == HTTP_OTHER)
		return 405;
	if (req->method == HTTP_UNKNOWN)
		return 501;
	if (!can_read)
		return 503;
	/* No path of ours has "." or ".." in it, so that one which has is not found. */
	return path_find(file, req->path, type) ? 200 : 404;
}

static size_t head_put(struct reply *reply, unsigned int i, const char *type, size_t size)
{
	char date[DATE_LINE_MAX];

	(void)date_format_http(date, time_unix());
	return (size_t)snprintf(reply->head, sizeof(reply->head),
				"HTTP/1.1 %d %s\r\n"
				"Server: LightVM\r\n"
				"Date: %s\r\n"
				"Content-Type: %s\r\n"
				"Content-Length: %zu\r\n"
				"Connection: %s\r\n"
				"%s\r\n",
				statuses[i].status, statuses[i].reason, date, type, size,
				reply->is_persistent ? "keep-alive" : "close", statuses[i].headers);
}

/* A page of our own. */
static size_t page_make(char *page, size_t size, unsigned int i)
{
	return (size_t)snprintf(page, size,
				"<!DOCTYPE html>\n<html><head><title>%d %s</title></head>"
				"<body><h1>%d %s</h1></body></html>\n",
				statuses[i].status, statuses[i].reason, statuses[i].status,
				statuses[i].reason);
}

void reply_make(struct reply *reply, const struct http_request *req, bool may_persist,
		bool can_read)
{
	const char *type = "text/html";
	char text[256] = "";
	bool has_file;
	unsigned int i;
	int status;

	reply->is_persistent = may_persist && req->is_persistent;
	status = status_choose(&reply->file, req, can_read, &type);
	i = status_find(status);
	has_file = status == 200;
	if (!has_file && can_read) {
		(void)snprintf(text, sizeof(text), "/%d.html", statuses[i].status);
		has_file = path_find(&reply->file, text, &type);
	}
	if (has_file) {
		reply->head_len = head_put(reply, i, type, reply->file.size);
	} else {
		size_t len = page_make(text, sizeof(text), i);

		reply->file = (struct file){ 0 };
		reply->head_len = head_put(reply, i, "text/html", len);
		if (req->method != HTTP_HEAD)
			memcpy(reply->head + reply->head_len, text, len);
		reply->head_len += req->method != HTTP_HEAD ? len : 0;
	}
	if (req->method == HTTP_HEAD)
		reply->file.size = 0;
}
