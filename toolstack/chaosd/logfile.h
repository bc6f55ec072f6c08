/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files of guests' logs: a directory with a bound for all of them, and in it one file that grows for each
 * guest, and older parts of it.  Knows nothing of consoles.  What fails is told once, and a guest is never
 * held up: what cannot be written is counted, and said in its log when there is room again.
 *
 * One thread uses it.
 */
#ifndef CHAOSD_LOGFILE_H
#define CHAOSD_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/guestlog.h"

#define LOG_MAX_CHUNK 2048U /* bytes at once: a console's ring */

struct logfile;

/* What the files of one name take. */
struct log_owner {
	char name[CHAOS_NAME_LEN];
	uint64_t changed_s;		     /* last change of its newest file, CLOCK_REALTIME */
	uint64_t sizes[CHAOS_LOG_MAX_PARTS]; /* bytes on disk, by part */
	unsigned int nr_users;		     /* open logs of that name: it stays with them */
	struct logfile *active;		     /* the newest of them, which has part 0 */
};

struct logdir {
	const char *path;
	uint64_t part_bytes;  /* a part that has more is followed by another */
	unsigned int nr_kept; /* older parts of each name */
	uint64_t total_bytes; /* of all names; see logdir_bound() in logfile.c */
	bool has_group;
	gid_t group;
	void (*tell)(const char *text); /* a line for the daemon's log */

	/* Its own: */
	int fd; /* -1: not open yet */
	struct log_owner **owners;
	size_t nr_owners, room;
	uint64_t used_bytes;
	bool is_failing, is_told;
	uint64_t told_ns;    /* when a failure was told last, 0 = never */
	uint64_t retry_ns;   /* when the directory is tried again */
	int retry_errno;     /* why it was not opened */
	uint64_t lost_bytes; /* since it fails */
	uint64_t written_total, lost_total;
	char boot[CHAOS_LOG_BOOT_LEN + 1];
	char buf[(CHAOS_LOG_STAMP_LEN + 2) * (LOG_MAX_CHUNK + 8)];
};

/* Of whom a log is. */
struct log_subject {
	char name[CHAOS_NAME_LEN];
	uint8_t uuid[CHAOS_UUID_LEN];
	uint64_t serial;
	bool is_restart; /* the guest with this UUID that was logged before, made anew */
};

void logdir_init(struct logdir *dir);
void logdir_fini(struct logdir *dir); /* when no file of it is open */

/*
 * The log of a guest; NULL without memory.  Goes on with the one that is there if it is of the same domain,
 * or of its predecessor when it is a restart; an older one of that name becomes a part that is kept.
 */
struct logfile *logfile_open(struct logdir *dir, const struct log_subject *subject,
			     uint64_t real_ns, uint64_t now_ns);
/*
 * Write what a guest has said, at most LOG_MAX_CHUNK bytes of it.  real_ns is CLOCK_REALTIME, now_ns
 * CLOCK_MONOTONIC.  The number of bytes that this has taken in the file, or would have.
 */
size_t logfile_append(struct logfile *file, const char *text, size_t len, uint64_t real_ns,
		      uint64_t now_ns);
void logfile_close(struct logfile *file);

#endif /* CHAOSD_LOGFILE_H */
