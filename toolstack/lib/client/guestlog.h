/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Logs of guests' consoles, as chaosd writes and 'chaos logs' reads them.
 *
 * A guest's log is NAME.log, and older parts NAME.log.1, .2 ...  Each file begins with a header of fixed
 * length; behind it are lines: a time, a blank, what the guest wrote, a newline.  A guest's line that is
 * longer than CHAOS_LOG_LINE_MAX is several of the file's.  Bytes are the guest's own: whoever shows
 * them to a terminal cleans them.
 *
 * Parts with the same `since` and UUID are one guest's.  Who writes a file holds a lock on it (F_OFD_SETLK),
 * so that a reader knows whether more may come.
 */
#ifndef CHAOS_GUESTLOG_H
#define CHAOS_GUESTLOG_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/core.h"

#define CHAOS_LOG_DIR	     "/var/log/chaosd"
#define CHAOS_LOG_MAX_PARTS  100U /* NAME.log and up to NAME.log.99 */
#define CHAOS_LOG_LINE_MAX   16384U
#define CHAOS_LOG_STAMP_LEN  27U /* 2026-11-27T16:45:23.123456Z */
#define CHAOS_LOG_BOOT_LEN   36U
#define CHAOS_LOG_HEADER_LEN 133U /* the newline included */

struct chaos_log_header {
	char since[CHAOS_LOG_STAMP_LEN + 1]; /* when the guest's log was begun */
	uint8_t uuid[CHAOS_UUID_LEN];
	uint64_t serial;		   /* of the domain: Xen's, of this boot only */
	char boot[CHAOS_LOG_BOOT_LEN + 1]; /* /proc/sys/kernel/random/boot_id */
};

/* The file name of a guest's log, or of an older part of it; false for what is no name of a guest's. */
bool chaos_log_name(const char *guest, unsigned int part, char file[NAME_MAX + 1]);
/* The other way round; false for a file that is no log. */
bool chaos_log_name_parse(const char *file, char guest[CHAOS_NAME_LEN], unsigned int *part);

/* real_ns is CLOCK_REALTIME; UTC, NUL-terminated. */
void chaos_log_stamp(uint64_t real_ns, char out[CHAOS_LOG_STAMP_LEN + 1]);
/* Do these `len` bytes begin with a time? */
bool chaos_log_stamp_check(const char *text, size_t len);

/* NUL-terminated. */
void chaos_log_header_format(const struct chaos_log_header *header,
			     char out[CHAOS_LOG_HEADER_LEN + 1]);
/* What a file begins with: false if it is no header.  Nothing behind `len` is looked at. */
bool chaos_log_header_parse(const char *text, size_t len, struct chaos_log_header *header);

#endif /* CHAOS_GUESTLOG_H */
