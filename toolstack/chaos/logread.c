// SPDX-License-Identifier: GPL-2.0-only
/* Reads guests' logs: see logread.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "logread.h"

/* ---- parts ---- */

struct found {
	struct log_part part;
	struct chaos_log_header header;
};

/* A part that is a log, or something that has its name and is left alone: false. */
static bool part_open(int dir_fd, const char *name, struct found *found)
{
	char text[CHAOS_LOG_HEADER_LEN];
	struct stat st;
	int fd = openat(dir_fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0)
		return false;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) &&
	    pread(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text) &&
	    chaos_log_header_parse(text, sizeof(text), &found->header)) {
		found->part.fd = fd;
		found->part.ino = st.st_ino;
		return true;
	}
	close(fd);
	errno = ENOENT;
	return false;
}

static void close_parts(const struct found *found, unsigned int n)
{
	int e = errno;

	while (n)
		close(found[--n].part.fd);
	errno = e;
}

/*
 * The newest first: what is rotated meanwhile is found once more under its next name, and known by its
 * number.  -1 with errno.
 */
static int find_parts(int dir_fd, const char *guest, struct found *found)
{
	char name[NAME_MAX + 1];
	unsigned int part, n = 0;

	for (part = 0; part < CHAOS_LOG_MAX_PARTS; part++) {
		if (!chaos_log_name(guest, part, name)) {
			errno = EINVAL;
			return -1;
		}
		if (!part_open(dir_fd, name, &found[n])) {
			if (errno == EACCES) {
				close_parts(found, n);
				return -1;
			}
			continue;
		}
		if (n && found[n - 1].part.ino == found[n].part.ino)
			close(found[n].part.fd);
		else
			n++;
	}
	return (int)n;
}

static bool is_same_run(const struct chaos_log_header *a, const struct chaos_log_header *b)
{
	return !strcmp(a->since, b->since) && !memcmp(a->uuid, b->uuid, sizeof(a->uuid));
}

int log_run_open(struct log_run *run, int dir_fd, const char *guest, unsigned int previous)
{
	struct found *found = calloc(CHAOS_LOG_MAX_PARTS, sizeof(*found));
	int i, n, e;

	run->nr = 0;
	n = found ? find_parts(dir_fd, guest, found) : -1;
	for (i = 0; i < n; i++) {
		if (i && !is_same_run(&found[i].header, &found[i - 1].header))
			previous -= previous != UINT32_MAX; /* UINT32_MAX: it has been passed */
		if (previous) {
			close(found[i].part.fd);
			continue;
		}
		if (!run->nr)
			run->header = found[i].header;
		if (!is_same_run(&found[i].header, &run->header)) {
			previous = UINT32_MAX;
			close(found[i].part.fd);
			continue;
		}
		memmove(&run->parts[1], &run->parts[0], run->nr++ * sizeof(run->parts[0]));
		run->parts[0] = found[i].part;
	}
	e = errno;
	free(found);
	errno = e;
	return n < 0 ? -1 : run->nr > 0;
}

void log_run_close(struct log_run *run)
{
	while (run->nr)
		close(run->parts[--run->nr].fd);
}

bool log_run_is_written(const struct log_run *run)
{
	struct flock whole = { .l_type = F_RDLCK, .l_whence = SEEK_SET };

	return run->nr && !fcntl(run->parts[run->nr - 1].fd, F_OFD_GETLK, &whole) &&
	       whole.l_type != F_UNLCK;
}

int64_t log_run_count(const struct log_run *run)
{
	char buf[65536], last = '\n';
	int64_t lines = 0;
	unsigned int i;
	const char *p;
	off_t at;
	ssize_t n;

	for (i = 0; i < run->nr; i++) {
		at = CHAOS_LOG_HEADER_LEN;
		while ((n = pread(run->parts[i].fd, buf, sizeof(buf), at)) > 0) {
			for (p = buf; (p = memchr(p, '\n', (size_t)(buf + n - p))); p++)
				lines++;
			last = buf[n - 1];
			at += n;
		}
		if (n < 0)
			return -1;
	}
	return lines + (last != '\n');
}

/* ---- lines ---- */

/* Bytes at the end of a text that are the beginning of a character, whose rest may come. */
static size_t begun_char(const char *text, size_t len)
{
	size_t n, wanted;
	unsigned char c;

	for (n = 1; n <= len && n < 4; n++) {
		c = (unsigned char)text[len - n];
		if ((c & 0xc0) == 0x80)
			continue;
		wanted = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc0 ? 2 : 1;
		return wanted > n ? n : 0;
	}
	return 0;
}

/* Of what is in the buffer, tell what has not been told. */
static void tell(struct log_reader *r, bool is_whole)
{
	struct log_line line = { .is_whole = is_whole, .is_new = !r->is_begun };
	size_t begin = 0;

	if (chaos_log_stamp_check(r->buf, r->used)) {
		memcpy(line.stamp, r->buf, CHAOS_LOG_STAMP_LEN);
		begin = CHAOS_LOG_STAMP_LEN;
		if (begin < r->used && r->buf[begin] == ' ')
			begin++;
	} else if (!is_whole && r->used <= CHAOS_LOG_STAMP_LEN) {
		return; /* half a time */
	}
	if (begin < r->told)
		begin = r->told;
	line.text = r->buf + begin;
	line.len = r->used - begin;
	if (!is_whole)
		line.len -= begun_char(line.text, line.len);
	r->told = begin + line.len;
	if (!r->to_skip && (line.len || is_whole)) {
		r->tell(r->opaque, &line);
		r->is_begun = true;
	}
	if (!is_whole)
		return;
	r->to_skip -= r->to_skip > 0;
	r->is_begun = false;
	r->used = r->told = 0;
}

static void take(struct log_reader *r, const char *text, size_t len)
{
	const char *end;
	size_t n;

	while (len) {
		end = memchr(text, '\n', len);
		n = end ? (size_t)(end - text) : len;
		/* None of ours is longer: it is cut. */
		if (n > sizeof(r->buf) - r->used) {
			n = sizeof(r->buf) - r->used;
			end = NULL;
		}
		memcpy(r->buf + r->used, text, n);
		r->used += n;
		text += n;
		len -= n;
		if (end || r->used == sizeof(r->buf))
			tell(r, true);
		if (end) {
			text++;
			len--;
		}
	}
}

int log_read(struct log_reader *r)
{
	char buf[65536];
	ssize_t n;

	while (r->part < r->run->nr) {
		if (!r->at)
			r->at = CHAOS_LOG_HEADER_LEN;
		n = pread(r->run->parts[r->part].fd, buf, sizeof(buf), r->at);
		if (n < 0)
			return -1;
		if (n) {
			take(r, buf, (size_t)n);
			r->at += n;
			continue;
		}
		if (r->part + 1 == r->run->nr)
			break;
		/* Parts begin with a line; one whose end is missing ends here. */
		if (r->used)
			tell(r, true);
		r->part++;
		r->at = 0;
	}
	if (r->used)
		tell(r, false);
	return 0;
}

size_t log_clean(const char *text, size_t len, char *out)
{
	const char *end = text + len, *p, *q;
	char padded[8];
	size_t n = 0, left;
	long c;

	if (len && text[len - 1] == '\r')
		end--;
	for (p = text; p < end; p = q) {
		/* The library wants something behind a character that is cut. */
		left = (size_t)(end - p) < 4 ? (size_t)(end - p) : 4;
		memset(padded, 0, sizeof(padded));
		memcpy(padded, p, left);
		q = padded;
		c = chaos_utf8_next(&q);
		left = (size_t)(q - padded);
		q = p + left;
		if (c != '\t' && !chaos_utf8_is_seen(c)) {
			out[n++] = '?';
			continue;
		}
		memcpy(out + n, p, left);
		n += left;
	}
	return n;
}
