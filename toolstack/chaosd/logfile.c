// SPDX-License-Identifier: GPL-2.0-only
/* One guest's log: lines with their times, in a file that is followed by another when it is large. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logdir.h"

#define LOOK_NS	 1000000000ULL	/* between two looks whether somebody has taken the file away */
#define QUIET_NS 60000000000ULL /* between two lines about a directory that fails now and then */

/* ---- when it fails ---- */

static void tell(struct logdir *dir, const char *text)
{
	if (dir->tell)
		dir->tell(text);
}

/* All guests' logs fail together, as a rule: one line, until they are written again. */
static void dir_failed(struct logdir *dir, int e, size_t len, uint64_t now_ns)
{
	char text[400];

	dir->lost_bytes += len;
	dir->lost_total += len;
	if (!dir->is_failing)
		dir->is_told = false;
	dir->is_failing = true;
	if (dir->is_told || (dir->told_ns && now_ns - dir->told_ns < QUIET_NS))
		return;
	dir->is_told = true;
	dir->told_ns = now_ns;
	(void)snprintf(
		text, sizeof(text),
		"guests' logs cannot be written in %s: %s; guests go on, and what they say is lost until that is put right",
		dir->path, strerror(e));
	tell(dir, text);
}

static void dir_works(struct logdir *dir)
{
	char text[400];

	if (!dir->is_failing)
		return;
	dir->is_failing = false;
	(void)snprintf(text, sizeof(text),
		       "guests' logs are written again in %s: %llu bytes were lost", dir->path,
		       (unsigned long long)dir->lost_bytes);
	if (dir->is_told)
		tell(dir, text);
	dir->lost_bytes = 0;
}

/* Of this guest only. */
static void file_failed(struct logfile *f, const char *why, size_t len)
{
	char text[400];

	f->dir->lost_total += len;
	if (f->is_told)
		return;
	f->is_told = true;
	(void)snprintf(text, sizeof(text), "what \"%s\" says is lost: %s", f->subject.name, why);
	tell(f->dir, text);
}

/* ---- the file ---- */

static int lock(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_OFD_SETLK, &whole);
}

static int write_at(int fd, const char *buf, size_t len, uint64_t at)
{
	ssize_t n;

	while (len) {
		n = pwrite(fd, buf, len, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		buf += n;
		len -= (size_t)n;
		at += (uint64_t)n;
	}
	return 0;
}

static void file_take(struct logfile *f, int fd, uint64_t size)
{
	f->fd = fd;
	f->size = size;
	logdir_account(f->dir, f->owner, 0, size);
	(void)lock(fd); /* readers would think that no more comes */
}

static int file_create(struct logfile *f)
{
	char name[NAME_MAX + 1], header[CHAOS_LOG_HEADER_LEN + 1];
	int fd, e;

	if (!chaos_log_name(f->subject.name, 0, name)) {
		errno = EINVAL;
		return -1;
	}
	fd = openat(f->dir->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	chaos_log_header_format(&f->header, header);
	if ((f->dir->has_group && fchown(fd, (uid_t)-1, f->dir->group)) || fchmod(fd, 0640) ||
	    write_at(fd, header, CHAOS_LOG_HEADER_LEN, 0)) {
		e = errno;
		(void)unlinkat(f->dir->fd, name, 0); /* what stays is taken for another's */
		close(fd);
		errno = e;
		return -1;
	}
	f->in_line = false;
	f->line_len = 0;
	f->is_begun = true;
	file_take(f, fd, CHAOS_LOG_HEADER_LEN);
	return 0;
}

/* Whether an open file is a log of the same domain, or of the one that it succeeds. */
static bool is_continued(const struct logfile *f, const struct chaos_log_header *old)
{
	const struct log_subject *s = &f->subject;

	if (memcmp(old->uuid, s->uuid, sizeof(s->uuid)) || strcmp(old->boot, f->dir->boot) ||
	    f->dir->boot[0] == '-')
		return false;
	return old->serial == s->serial || s->is_restart;
}

/* Go on with what is there: 1, or 0 if it is another's. */
static int file_continue(struct logfile *f)
{
	char name[NAME_MAX + 1], text[CHAOS_LOG_HEADER_LEN + 1], last;
	struct chaos_log_header old;
	struct stat st;
	int fd;

	if (!chaos_log_name(f->subject.name, 0, name))
		return 0;
	/* Nothing is waited for, should it be a pipe. */
	fd = openat(f->dir->fd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_nlink != 1 ||
	    (st.st_uid != 0 && st.st_uid != geteuid()) ||
	    pread(fd, text, CHAOS_LOG_HEADER_LEN, 0) != (ssize_t)CHAOS_LOG_HEADER_LEN ||
	    !chaos_log_header_parse(text, CHAOS_LOG_HEADER_LEN, &old) || !is_continued(f, &old) ||
	    pread(fd, &last, 1, st.st_size - 1) != 1) {
		close(fd);
		return 0;
	}
	memcpy(f->header.since, old.since, sizeof(old.since));
	chaos_log_header_format(&f->header, text);
	if (old.serial != f->header.serial)
		(void)write_at(fd, text, CHAOS_LOG_HEADER_LEN,
			       0); /* else it is rotated next time */
	f->in_line = last != '\n';
	f->line_len = 0;
	f->is_begun = true;
	file_take(f, fd, (uint64_t)st.st_size);
	return 1;
}

void logfile_drop(struct logfile *f)
{
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

/* Somebody has deleted or renamed it; or the directory. */
static void look(struct logfile *f, uint64_t now_ns)
{
	char name[NAME_MAX + 1];
	struct stat own, there;

	if (f->fd < 0 || now_ns - f->looked_ns < LOOK_NS)
		return;
	f->looked_ns = now_ns;
	if (chaos_log_name(f->subject.name, 0, name) && !fstat(f->fd, &own) && own.st_nlink &&
	    !fstatat(f->dir->fd, name, &there, AT_SYMLINK_NOFOLLOW) && own.st_dev == there.st_dev &&
	    own.st_ino == there.st_ino)
		return;
	logfile_drop(f);
	logdir_account(f->dir, f->owner, 0, 0);
}

static int file_ready(struct logfile *f, uint64_t now_ns)
{
	if (f->fd >= 0)
		return 0;
	if (f->retry_ns > now_ns) {
		errno = f->lost_errno;
		return -1;
	}
	if (logdir_open(f->dir, now_ns))
		goto fail;
	/* What has that name is another's, or the part before this one. */
	if (!f->is_begun && file_continue(f))
		return 0;
	if (!logdir_rotate(f->dir, f->owner) && !file_create(f))
		return 0;
	if (errno == ENOENT)
		logdir_reopen(f->dir);
fail:
	f->retry_ns = now_ns + LOOK_NS;
	f->lost_errno = errno;
	return -1;
}

/* ---- lines ---- */

/* Where the text goes, and how the line stands that has no end yet. */
struct lines {
	char *buf;
	size_t used;
	bool in_line;
	size_t line_len;
	char stamp[CHAOS_LOG_STAMP_LEN + 2]; /* with the blank */
};

static void put(struct lines *l, const char *text, size_t len)
{
	memcpy(l->buf + l->used, text, len);
	l->used += len;
}

static void put_char(struct lines *l, char c)
{
	if (!l->in_line) {
		put(l, l->stamp, CHAOS_LOG_STAMP_LEN + 1);
		l->in_line = true;
		l->line_len = 0;
	}
	l->buf[l->used++] = c;
	if (c == '\n')
		l->in_line = false;
	else if (++l->line_len == CHAOS_LOG_LINE_MAX)
		put_char(l, '\n');
}

/* A guest can write the same: it is for people. */
static void put_loss(struct lines *l, const struct logfile *f)
{
	char text[200];
	const char *p;

	if (!f->lost_bytes)
		return;
	if (l->in_line)
		put_char(l, '\n');
	(void)snprintf(text, sizeof(text), "[chaosd: %llu bytes were lost here: %s]\n",
		       (unsigned long long)f->lost_bytes, strerror(f->lost_errno));
	for (p = text; *p; p++)
		put_char(l, *p);
}

/* room for put_loss() behind what LOG_MAX_CHUNK newlines would take */
_Static_assert(sizeof(((struct logdir *)NULL)->buf) >=
		       (CHAOS_LOG_STAMP_LEN + 2) * LOG_MAX_CHUNK + 2 * CHAOS_LOG_STAMP_LEN + 160,
	       "buf");

static void lost(struct logfile *f, size_t len, uint64_t now_ns)
{
	f->lost_errno = errno;
	f->lost_bytes += len;
	if (f->lost_errno == EEXIST)
		file_failed(f, "a file that is no log has the name of its log: move it away", len);
	else
		dir_failed(f->dir, f->lost_errno, len, now_ns);
}

/*
 * Its guest has been given another name, or is about to end, and the next one of the old name writes
 * part 0: this one goes on in its own file, whichever part that is now, until it is full or deleted.
 */
static bool is_followed(struct logfile *f, unsigned int *part)
{
	if (f->owner->active == f)
		return false;
	*part = f->fd < 0 || f->size >= f->dir->part_bytes ? 0 :
							     logdir_find(f->dir, f->owner, f->fd);
	if (!*part)
		logfile_drop(f);
	return true;
}

size_t logfile_append(struct logfile *f, const char *text, size_t len, uint64_t real_ns,
		      uint64_t now_ns)
{
	struct logdir *dir = f->dir;
	struct lines l = { .buf = dir->buf };
	unsigned int part = 0;
	size_t i;

	if (is_followed(f, &part)) {
		if (f->fd < 0) {
			file_failed(f, "another guest has its name now", len);
			return len;
		}
	} else {
		look(f, now_ns);
		/* The next part begins with a line, at worst CHAOS_LOG_LINE_MAX bytes late. */
		if (f->fd >= 0 && !f->in_line && f->size >= dir->part_bytes)
			logfile_drop(f);
	}
	if (file_ready(f, now_ns)) {
		lost(f, len, now_ns);
		return len;
	}
	l.in_line = f->in_line;
	l.line_len = f->line_len;
	chaos_log_stamp(real_ns, l.stamp);
	l.stamp[CHAOS_LOG_STAMP_LEN] = ' ';
	put_loss(&l, f);
	for (i = 0; i < len; i++)
		put_char(&l, text[i]);
	if (write_at(f->fd, l.buf, l.used, f->size)) {
		lost(f, len, now_ns);
		/* What has come out nevertheless; if it stays, what comes next is written over it. */
		if (ftruncate(f->fd, (off_t)f->size))
			logfile_drop(f);
		return l.used;
	}
	f->size += l.used;
	f->in_line = l.in_line;
	f->line_len = l.line_len;
	f->lost_bytes = 0;
	f->is_told = false;
	f->owner->changed_s = real_ns / 1000000000U;
	dir->written_total += l.used;
	dir_works(dir);
	logdir_account(dir, f->owner, part, f->size);
	logdir_bound(dir);
	return l.used;
}

/* ---- */

struct logfile *logfile_open(struct logdir *dir, const struct log_subject *subject,
			     uint64_t real_ns, uint64_t now_ns)
{
	struct logfile *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->dir = dir;
	f->fd = -1;
	f->subject = *subject;
	f->owner = logdir_owner(dir, subject->name);
	if (!f->owner) {
		free(f);
		return NULL;
	}
	f->owner->nr_users++;
	f->owner->active = f;
	memcpy(f->header.uuid, subject->uuid, sizeof(f->header.uuid));
	memcpy(f->header.boot, dir->boot, sizeof(f->header.boot));
	f->header.serial = subject->serial;
	chaos_log_stamp(real_ns, f->header.since);
	/* At once: from now on the newest log of that name is this one's. */
	if (file_ready(f, now_ns))
		lost(f, 0, now_ns);
	logdir_bound(dir); /* it has a file also if it never says a word */
	return f;
}

void logfile_close(struct logfile *f)
{
	if (f->owner->active == f)
		f->owner->active = NULL;
	logfile_drop(f);
	logdir_leave(f->dir, f->owner);
	free(f);
}
