/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads what chaosd keeps of a guest's console: the parts of one log, as one.  The files may be anybody's
 * work, and may be moved or grow meanwhile; their bytes are a guest's.
 */
#ifndef CHAOS_LOGREAD_H
#define CHAOS_LOGREAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "chaos.h"
#include "client/guestlog.h"

struct log_part {
	int fd;
	ino_t ino;
};

/* All parts of one guest, the oldest first. */
struct log_run {
	struct chaos_log_header header;
	unsigned int nr;
	struct log_part parts[CHAOS_LOG_MAX_PARTS];
};

/*
 * Those of the newest guest that was called so, or with `previous` of so many before it.  dir_fd is the
 * directory of logs.  1; 0, there is none; or -1 with errno: EINVAL, that is no name.
 */
int log_run_open(struct log_run *run, int dir_fd, const char *guest, unsigned int previous);
void log_run_close(struct log_run *run);
/* Somebody writes it, and more may come. */
bool log_run_is_written(const struct log_run *run);

/* One line of a file, as it comes. */
struct log_line {
	char stamp[CHAOS_LOG_STAMP_LEN + 1]; /* "" = it has none: somebody has been at the file */
	const char *text;		     /* what is new of it; any bytes, but no newline */
	size_t len;
	bool is_new;   /* the line begins with this */
	bool is_whole; /* and ends with it */
};

struct log_reader {
	struct log_run *run;
	unsigned int part;
	off_t at;	  /* the next byte to be read from that part */
	uint64_t to_skip; /* lines yet */
	void (*tell)(void *opaque, const struct log_line *line);
	void *opaque;

	/* The line that has not ended yet. */
	char buf[CHAOS_LOG_STAMP_LEN + 1 + CHAOS_LOG_LINE_MAX + 1];
	size_t used, told;
	bool is_begun; /* some of it was told */
};

/* The number of lines in all parts; -1 with errno. */
int64_t log_run_count(const struct log_run *run);
/* Tell of all there is now, whole lines and at last one that has no end yet.  -1 with errno. */
int log_read(struct log_reader *reader);

/* What a terminal may be shown: '?' for what it would obey, no CR at the end; returns the length. */
size_t log_clean(const char *text, size_t len, char *out);

#endif /* CHAOS_LOGREAD_H */
