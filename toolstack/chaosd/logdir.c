// SPDX-License-Identifier: GPL-2.0-only
/*
 * The directory of guests' logs: found or made, counted, and kept within its bound.  Everything in it is
 * reached by its descriptor and by names that are no paths; a symbolic link is never followed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/files.h"
#include "logdir.h"

#define BLOCK_BYTES \
	4096U /* what an empty file counts as, and steps of the rest: inodes are bounded too */
#define RETRY_NS 1000000000ULL

/* ---- what there is ---- */

static uint64_t on_disk(uint64_t size)
{
	return (size + BLOCK_BYTES - 1) / BLOCK_BYTES * BLOCK_BYTES;
}

void logdir_account(struct logdir *dir, struct log_owner *owner, unsigned int part, uint64_t size)
{
	size = on_disk(size);
	dir->used_bytes += size - owner->sizes[part];
	owner->sizes[part] = size;
}

static uint64_t owner_bytes(const struct log_owner *owner)
{
	uint64_t bytes = 0;
	unsigned int i;

	for (i = 0; i < CHAOS_LOG_MAX_PARTS; i++)
		bytes += owner->sizes[i];
	return bytes;
}

struct log_owner *logdir_owner(struct logdir *dir, const char *name)
{
	struct log_owner **more, *owner;
	size_t i;

	for (i = 0; i < dir->nr_owners; i++)
		if (!strcmp(dir->owners[i]->name, name))
			return dir->owners[i];
	if (dir->nr_owners == dir->room) {
		more = realloc(dir->owners, (dir->room * 2 + 16) * sizeof(*more));
		if (!more)
			return NULL;
		dir->owners = more;
		dir->room = dir->room * 2 + 16;
	}
	owner = calloc(1, sizeof(*owner));
	if (!owner)
		return NULL;
	(void)snprintf(owner->name, sizeof(owner->name), "%s", name);
	dir->owners[dir->nr_owners++] = owner;
	return owner;
}

static void owner_forget(struct logdir *dir, size_t i)
{
	free(dir->owners[i]);
	dir->owners[i] = dir->owners[--dir->nr_owners];
}

/*
 * For the group to read: the service manager makes the directory, and gives it, with what is in it, to
 * root's group whenever it starts us.
 */
static int give(const struct logdir *dir, int fd, const struct stat *st)
{
	if (!dir->has_group || st->st_gid == dir->group || st->st_uid != geteuid())
		return 0;
	return fchown(fd, (uid_t)-1, dir->group);
}

/*
 * A log, also one of which a crash of this host has left an empty file: 1.  0, there is none; -1 with
 * errno, EEXIST: something else has its name, and is left alone.
 */
static int find_log(const struct logdir *dir, const char *name, struct stat *st)
{
	char text[CHAOS_LOG_HEADER_LEN];
	struct chaos_log_header header;
	/* Nothing is waited for, should it be a pipe. */
	int fd = openat(dir->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	bool is_log;

	if (fd < 0) {
		if (errno == ENOENT)
			return 0;
		errno = errno == ELOOP || errno == ENXIO ? EEXIST : errno; /* a link, a socket */
		return -1;
	}
	is_log = !fstat(fd, st) && S_ISREG(st->st_mode) &&
		 (!st->st_size || (pread(fd, text, sizeof(text), 0) == (ssize_t)sizeof(text) &&
				   chaos_log_header_parse(text, sizeof(text), &header)));
	if (is_log && st->st_nlink == 1)
		(void)give(dir, fd, st); /* or it stays root's to read */
	close(fd);
	errno = EEXIST;
	return is_log ? 1 : -1;
}

static void count_file(struct logdir *dir, const char *name)
{
	char guest[CHAOS_NAME_LEN];
	struct log_owner *owner;
	unsigned int part;
	struct stat st;

	if (!chaos_log_name_parse(name, guest, &part) || find_log(dir, name, &st) <= 0)
		return;
	if (part > dir->nr_kept) {		  /* of a daemon that kept more */
		(void)unlinkat(dir->fd, name, 0); /* or stays, and is not counted */
		return;
	}
	owner = logdir_owner(dir, guest);
	if (!owner)
		return;
	logdir_account(dir, owner, part, (uint64_t)st.st_size);
	if (!part || (uint64_t)st.st_mtime > owner->changed_s)
		owner->changed_s = (uint64_t)st.st_mtime;
}

/* Anew: those that are being written stay. */
static int count_all(struct logdir *dir)
{
	int fd = openat(dir->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t i = 0;

	if (!stream) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	dir->used_bytes = 0;
	while (i < dir->nr_owners) {
		memset(dir->owners[i]->sizes, 0, sizeof(dir->owners[i]->sizes));
		if (dir->owners[i]->nr_users)
			i++;
		else
			owner_forget(dir, i);
	}
	while ((entry = readdir(stream)))
		count_file(dir, entry->d_name);
	closedir(stream);
	return 0;
}

/* ---- the directory ---- */

/* Whoever else can write there could put another file in a log's place. */
static int check(const struct logdir *dir, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return -1;
	if ((st.st_uid == 0 || st.st_uid == geteuid()) && !(st.st_mode & (S_IWGRP | S_IWOTH)))
		return give(dir, fd, &st);
	errno = EPERM;
	return -1;
}

static int make(const struct logdir *dir)
{
	struct chaos_place place;
	int fd = -1, rc, e;

	if (chaos_place_open(&place, dir->path))
		return -1;
	rc = mkdirat(place.dir_fd, place.base, 0700);
	if (!rc)
		fd = openat(place.dir_fd, place.base,
			    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (!rc &&
	    (fd < 0 || (dir->has_group && fchown(fd, (uid_t)-1, dir->group)) || fchmod(fd, 0750)))
		rc = -1;
	e = errno;
	if (fd >= 0)
		close(fd);
	chaos_place_close(&place);
	errno = e;
	return rc;
}

/* The directory itself, symbolic links on the way being root's or ours: files.h. */
static int find(const struct logdir *dir)
{
	struct chaos_place place;
	char *inside;
	int fd = -1, e;

	if (asprintf(&inside, "%s/x", dir->path) < 0)
		return -1;
	if (!chaos_place_open(&place, inside)) {
		fd = openat(place.dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		chaos_place_close(&place);
	}
	e = errno;
	free(inside);
	errno = e;
	return fd;
}

int logdir_open(struct logdir *dir, uint64_t now_ns)
{
	int e;

	if (dir->fd >= 0)
		return 0;
	if (dir->retry_ns > now_ns) {
		errno = dir->retry_errno;
		return -1;
	}
	dir->retry_ns = now_ns + RETRY_NS;
	dir->fd = find(dir);
	if (dir->fd < 0 && errno == ENOENT && !make(dir))
		dir->fd = find(dir);
	if (dir->fd >= 0 && !check(dir, dir->fd) && !count_all(dir)) {
		logdir_bound(dir);
		return 0;
	}
	e = errno;
	logdir_reopen(dir);
	errno = dir->retry_errno = e;
	return -1;
}

void logdir_reopen(struct logdir *dir)
{
	if (dir->fd >= 0)
		close(dir->fd);
	dir->fd = -1;
}

static void read_boot_id(struct logdir *dir)
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, dir->boot, CHAOS_LOG_BOOT_LEN);

	/* Then no log is taken for one of this boot. */
	if (n != (ssize_t)CHAOS_LOG_BOOT_LEN)
		memset(dir->boot, '-', CHAOS_LOG_BOOT_LEN);
	if (fd >= 0)
		close(fd);
}

void logdir_init(struct logdir *dir)
{
	dir->fd = -1;
	if (dir->nr_kept >= CHAOS_LOG_MAX_PARTS)
		dir->nr_kept = CHAOS_LOG_MAX_PARTS - 1;
	read_boot_id(dir);
}

void logdir_fini(struct logdir *dir)
{
	while (dir->nr_owners)
		owner_forget(dir, 0);
	free(dir->owners);
	dir->owners = NULL;
	dir->room = 0;
	logdir_reopen(dir);
}

/* ---- parts ---- */

/* It is not there any more: by us or by somebody else. */
static void part_delete(struct logdir *dir, struct log_owner *owner, unsigned int part)
{
	char name[NAME_MAX + 1];

	if (chaos_log_name(owner->name, part, name))
		(void)unlinkat(dir->fd, name, 0); /* one that stays is not counted any more */
	dir->used_bytes -= owner->sizes[part];
	owner->sizes[part] = 0;
}

/* Whether there is a newest part: 1, 0; -1 if there is a part, of any age, that is none. */
static int check_parts(const struct logdir *dir, const struct log_owner *owner)
{
	char name[NAME_MAX + 1];
	unsigned int part;
	int rc, newest = 0;
	struct stat st;

	for (part = 0; part <= dir->nr_kept; part++) {
		rc = chaos_log_name(owner->name, part, name) ? find_log(dir, name, &st) : 0;
		if (rc < 0)
			return -1;
		if (!part)
			newest = rc;
	}
	return newest;
}

int logdir_rotate(struct logdir *dir, struct log_owner *owner)
{
	char from[NAME_MAX + 1], to[NAME_MAX + 1];
	unsigned int part = dir->nr_kept;
	int rc = check_parts(dir, owner);

	/* Parts do not move for nothing, should this be tried again and again. */
	if (rc <= 0)
		return rc;
	if (!part) {
		part_delete(dir, owner, 0);
		return 0;
	}
	part_delete(dir, owner, part);
	for (; part; part--) {
		if (!chaos_log_name(owner->name, part - 1, from) ||
		    !chaos_log_name(owner->name, part, to))
			return -1;
		if (renameat(dir->fd, from, dir->fd, to) && errno != ENOENT)
			return -1;
		owner->sizes[part] = owner->sizes[part - 1];
		owner->sizes[part - 1] = 0;
	}
	return 0;
}

unsigned int logdir_find(const struct logdir *dir, const struct log_owner *owner, int fd)
{
	char name[NAME_MAX + 1];
	struct stat own, there;
	unsigned int part;

	if (dir->fd < 0 || fstat(fd, &own))
		return 0;
	for (part = 1; part <= dir->nr_kept; part++)
		if (chaos_log_name(owner->name, part, name) &&
		    !fstatat(dir->fd, name, &there, AT_SYMLINK_NOFOLLOW) &&
		    own.st_dev == there.st_dev && own.st_ino == there.st_ino)
			return part;
	return 0;
}

/* ---- the bound ---- */

static unsigned int oldest_part(const struct log_owner *owner)
{
	unsigned int part = CHAOS_LOG_MAX_PARTS - 1;

	while (part && !owner->sizes[part])
		part--;
	return part;
}

/*
 * Two rules.  Logs of guests that are gone have half of the room: if they take more, the one goes that has
 * not been written for longest.  Otherwise it is a guest's that is there, and the one that has most gives:
 * so what a guest has that takes no more than its share stays, whatever the others write.
 */
static struct log_owner *victim(const struct logdir *dir)
{
	struct log_owner *owner, *oldest = NULL, *largest = NULL;
	uint64_t bytes, gone = 0, most = 0;
	size_t i;

	for (i = 0; i < dir->nr_owners; i++) {
		owner = dir->owners[i];
		bytes = owner_bytes(owner);
		if (!bytes)
			continue;
		if (owner->nr_users && bytes > most) {
			most = bytes;
			largest = owner;
		}
		if (owner->nr_users)
			continue;
		gone += bytes;
		if (!oldest || owner->changed_s < oldest->changed_s)
			oldest = owner;
	}
	return oldest && (gone > dir->total_bytes / 2 || !largest) ? oldest : largest;
}

static void forget_empty(struct logdir *dir)
{
	size_t i = 0;

	while (i < dir->nr_owners) {
		if (dir->owners[i]->nr_users || owner_bytes(dir->owners[i]))
			i++;
		else
			owner_forget(dir, i);
	}
}

void logdir_leave(struct logdir *dir, struct log_owner *owner)
{
	if (!--owner->nr_users && !owner_bytes(owner))
		forget_empty(dir);
}

void logdir_bound(struct logdir *dir)
{
	bool has_deleted = false;
	struct log_owner *owner;
	unsigned int part;

	while (dir->used_bytes > dir->total_bytes && (owner = victim(dir))) {
		part = oldest_part(owner);
		if (!part && owner->active)
			logfile_drop(owner->active);
		part_delete(dir, owner, part);
		has_deleted = true;
	}
	if (has_deleted)
		forget_empty(dir);
}
