// SPDX-License-Identifier: LGPL-2.1-only
/* Files and sockets under names of others: see files.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/files.h"

#define MAX_TRIES 100

bool chaos_file_is_ours(int fd)
{
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) && !(st.st_mode & (S_IWGRP | S_IWOTH)) &&
	       chaos_uid_is_trusted(st.st_uid);
}

/* ---- files ---- */

/* 0 if the file has a name now that nobody else has: one that is to be made, or one that has none (fd). */
static int give_temporary(struct chaos_new_file *f,
			  int (*give)(struct chaos_new_file *f, const char *name))
{
	static unsigned int count;
	unsigned int i;

	for (i = 0; i < MAX_TRIES; i++) {
		if (asprintf(&f->temporary, "%.200s.%x.%x", f->place.base, (unsigned int)getpid(),
			     __atomic_fetch_add(&count, 1, __ATOMIC_RELAXED)) < 0)
			f->temporary = NULL;
		if (!f->temporary)
			return -1;
		if (!give(f, f->temporary))
			return 0;
		free(f->temporary);
		f->temporary = NULL;
		if (errno != EEXIST)
			return -1;
	}
	return -1;
}

/* What is called so already is neither followed nor opened: O_EXCL. */
static int make(struct chaos_new_file *f, const char *name)
{
	f->fd = openat(f->place.dir_fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		       0600);
	return f->fd < 0 ? -1 : 0;
}

/* The second way wants /proc, the first a capability that root has. */
static int name_it(struct chaos_new_file *f, const char *name)
{
	char own[32];

	if (!linkat(f->fd, "", f->place.dir_fd, name, AT_EMPTY_PATH))
		return 0;
	if (errno != ENOENT)
		return -1;
	(void)snprintf(own, sizeof(own), "/proc/self/fd/%d", f->fd);
	return linkat(AT_FDCWD, own, f->place.dir_fd, name, AT_SYMLINK_FOLLOW);
}

int chaos_new_file_open(struct chaos_new_file *f, const char *path, mode_t mode)
{
	f->temporary = NULL;
	f->fd = -1;
	f->is_named = false;
	if (chaos_place_open(&f->place, path))
		return -1;
	f->fd = openat(f->place.dir_fd, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600);
	if ((f->fd >= 0 || !give_temporary(f, make)) && !fchmod(f->fd, mode))
		return 0;
	chaos_new_file_close(f);
	return -1;
}

/* Without a detour if nothing has the name yet.  One that cannot be made to last is no name. */
static int name_first(struct chaos_new_file *f, bool is_durable)
{
	int e;

	if (f->temporary)
		return 0;
	if (name_it(f, f->place.base))
		return errno == EEXIST ? give_temporary(f, name_it) : -1;
	f->is_named = !is_durable || !chaos_place_sync(&f->place);
	if (f->is_named)
		return 0;
	e = errno;
	(void)unlinkat(f->place.dir_fd, f->place.base, 0); /* nothing better can be done */
	errno = e;
	return -1;
}

/*
 * The directory before the rename, too: one that cannot be written shows while the older file still has
 * the name.
 */
static int replace(struct chaos_new_file *f, bool is_durable)
{
	if (is_durable && chaos_place_sync(&f->place))
		return -1;
	if (renameat(f->place.dir_fd, f->temporary, f->place.dir_fd, f->place.base))
		return -1;
	f->is_named = true;
	free(f->temporary);
	f->temporary = NULL;
	return is_durable ? chaos_place_sync(&f->place) : 0;
}

int chaos_new_file_commit(struct chaos_new_file *f, bool is_durable)
{
	int rc;

	if ((is_durable && fsync(f->fd)) || name_first(f, is_durable))
		return -1;
	rc = close(f->fd);
	f->fd = -1;
	return rc || f->is_named ? rc : replace(f, is_durable);
}

void chaos_new_file_close(struct chaos_new_file *f)
{
	int e = errno;

	if (f->fd >= 0)
		close(f->fd);
	if (f->temporary)
		(void)unlinkat(f->place.dir_fd, f->temporary, 0); /* nothing better can be done */
	free(f->temporary);
	f->temporary = NULL;
	f->fd = -1;
	chaos_place_close(&f->place);
	errno = e;
}

/* ---- sockets ---- */

/* Through the descriptor: the directory is the one that was looked up. */
static int place_address(const struct chaos_place *place, struct sockaddr_un *address)
{
	int len;

	memset(address, 0, sizeof(*address));
	address->sun_family = AF_UNIX;
	len = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s",
		       place->dir_fd, place->base);
	if (len > 0 && (size_t)len < sizeof(address->sun_path))
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

/* Left by one that was killed: nobody listens there any more. */
static bool is_stale(const struct sockaddr_un *address, int type)
{
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_refused;

	if (fd < 0)
		return false;
	is_refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) &&
		     errno == ECONNREFUSED;
	close(fd);
	return is_refused;
}

/*
 * Connecting does not tell: a regular file refuses connections just like a dead socket.  Who may
 * write to the directory may exchange what is there after the look, for something that this could
 * remove as well himself.
 */
static int remove_stale(const struct chaos_place *place, const struct sockaddr_un *address,
			int type)
{
	struct stat st;

	if (fstatat(place->dir_fd, place->base, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : -1;
	errno = EEXIST;
	if (!S_ISSOCK(st.st_mode))
		return -1;
	errno = EPERM;
	if (!chaos_uid_is_trusted(st.st_uid))
		return -1;
	errno = EADDRINUSE;
	if (!is_stale(address, type))
		return -1;
	return unlinkat(place->dir_fd, place->base, 0);
}

static int bind_socket(struct chaos_listener *l, int type, mode_t mode)
{
	struct sockaddr_un address;
	mode_t old;
	int rc;

	if (place_address(&l->place, &address) || remove_stale(&l->place, &address, type))
		return -1;
	l->fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return -1;
	old = umask(~mode & 0777);
	rc = bind(l->fd, (const struct sockaddr *)&address, sizeof(address));
	(void)umask(old); /* cannot fail */
	if (rc)
		return -1;
	/* Held open its number is no other file's, even if its name becomes one's. */
	l->file_fd = openat(l->place.dir_fd, l->place.base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	return l->file_fd < 0 ? -1 : 0;
}

int chaos_listener_open(struct chaos_listener *l, const char *path, int type, mode_t mode)
{
	l->fd = -1;
	l->file_fd = -1;
	if (!chaos_place_open(&l->place, path) && !bind_socket(l, type, mode))
		return 0;
	chaos_listener_close(l);
	return -1;
}

int chaos_listener_chown(struct chaos_listener *l, gid_t group)
{
	return fchownat(l->place.dir_fd, l->place.base, (uid_t)-1, group, AT_SYMLINK_NOFOLLOW);
}

static bool has_its_name(const struct chaos_listener *l)
{
	struct stat own, now;

	return l->file_fd >= 0 && !fstat(l->file_fd, &own) &&
	       !fstatat(l->place.dir_fd, l->place.base, &now, AT_SYMLINK_NOFOLLOW) &&
	       own.st_dev == now.st_dev && own.st_ino == now.st_ino;
}

void chaos_listener_close(struct chaos_listener *l)
{
	int e = errno;

	if (l->fd >= 0)
		close(l->fd);
	if (has_its_name(l))
		(void)unlinkat(l->place.dir_fd, l->place.base, 0); /* nothing better can be done */
	if (l->file_fd >= 0)
		close(l->file_fd);
	l->fd = -1;
	l->file_fd = -1;
	chaos_place_close(&l->place);
	errno = e;
}
