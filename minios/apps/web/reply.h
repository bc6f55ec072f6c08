/* SPDX-License-Identifier: MIT */
/* What is answered to a request. */
#ifndef WEB_REPLY_H
#define WEB_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <minios/http_request.h>
#include "files.h"

#define REPLY_HEAD_MAX 640U

struct reply {
	bool is_persistent; /* as its head says: another request may follow */
	struct file file;   /* sent after the head; of size 0 if there is nothing more to be sent */
	size_t head_len;
	char head[REPLY_HEAD_MAX]; /* with a page of our own behind it, if no file is */
};

/*
 * The answer to a request; may_persist is false if the connection is to end after it.  can_read is false
 * if there is no disk now.
 */
void reply_make(struct reply *reply, const struct http_request *req, bool may_persist,
		bool can_read);

#endif /* WEB_REPLY_H */
