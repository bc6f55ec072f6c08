/* SPDX-License-Identifier: GPL-2.0-only */
/* What logdir.c and logfile.c share. */
#ifndef CHAOSD_LOGDIR_H
#define CHAOSD_LOGDIR_H

#include "logfile.h"

struct logfile {
	struct logdir *dir;
	struct log_owner *owner;
	struct log_subject subject;
	struct chaos_log_header header;
	int fd; /* -1: to be opened */
	uint64_t size;
	size_t line_len;     /* of the line that has no end yet */
	bool in_line;	     /* there is such a one */
	bool is_told;	     /* what keeps only this one from being written */
	bool is_begun;	     /* the header is this guest's, and not to be looked for */
	uint64_t lost_bytes; /* of it, since the last that was written */
	int lost_errno;
	uint64_t looked_ns; /* whether the file is still in the directory */
	uint64_t retry_ns;
};

/* Open it, or make it: 0, or -1 with errno.  Tried at most once in a second. */
int logdir_open(struct logdir *dir, uint64_t now_ns);
/* It has gone, or been replaced. */
void logdir_reopen(struct logdir *dir);
struct log_owner *logdir_owner(struct logdir *dir, const char *name);
/* One user less of it; it is gone if it has no file either. */
void logdir_leave(struct logdir *dir, struct log_owner *owner);
/* Which of a name's older parts the open file is, 0 = none: it has been deleted, or moved. */
unsigned int logdir_find(const struct logdir *dir, const struct log_owner *owner, int fd);
void logdir_account(struct logdir *dir, struct log_owner *owner, unsigned int part, uint64_t size);
/*
 * Make the newest part of a name the first older one, and so on; the last one goes.  -1 with errno,
 * EEXIST: a file that is no log has the name of a part.
 */
int logdir_rotate(struct logdir *dir, struct log_owner *owner);
/* Delete files until all together take no more than they may; `now` is the one being written. */
void logdir_bound(struct logdir *dir);

/* logfile.c: give up what an open file has: its older content is gone. */
void logfile_drop(struct logfile *file);

#endif /* CHAOSD_LOGDIR_H */
