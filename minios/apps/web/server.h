/* SPDX-License-Identifier: MIT */
/* The HTTP server. */
#ifndef WEB_SERVER_H
#define WEB_SERVER_H

#include <stdbool.h>

/* Listen on port 80.  0 or -errno. */
int server_start(void);

/*
 * There is a disk to read, as at the start, or there is none: then files that are being sent end, and
 * whoever asks is told so.
 */
void server_disk(bool can_read);

#endif /* WEB_SERVER_H */
