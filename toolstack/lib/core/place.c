// SPDX-License-Identifier: LGPL-2.1-only
/* Directories that others can get at, and what becomes of the names in them: see files.h. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/files.h"

#define MAX_LINKS 40 /* as Linux: path_resolution(7) */

bool chaos_uid_is_trusted(uid_t uid)
{
	return uid == 0 || uid == geteuid();
}

static int walk(int dir, const char *path, unsigned int *nr_links);

/* Where the link leads that `link` is, from `dir` on. */
static int follow(int dir, int link, const struct stat *st, unsigned int *nr_links)
{
	char target[PATH_MAX];
	ssize_t len;

	if (!chaos_uid_is_trusted(st->st_uid)) {
		errno = EPERM;
		return -1;
	}
	if (++*nr_links > MAX_LINKS) {
		errno = ELOOP;
		return -1;
	}
	len = readlinkat(link, "", target, sizeof(target) - 1);
	if (len < 0)
		return -1;
	target[len] = '\0';
	return walk(dir, target, nr_links);
}

static int enter(int dir, const char *name, unsigned int *nr_links)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), next, e;
	struct stat st;

	if (fd < 0 || fstat(fd, &st))
		goto fail;
	if (S_ISDIR(st.st_mode))
		return fd;
	errno = ENOTDIR;
	if (!S_ISLNK(st.st_mode))
		goto fail;
	next = follow(dir, fd, &st, nr_links);
	e = errno;
	close(fd);
	errno = e;
	return next;
fail:
	e = errno;
	if (fd >= 0)
		close(fd);
	errno = e;
	return -1;
}

/* The directory `path` is, from `dir` on; a descriptor of its own. */
static int walk(int dir, const char *path, unsigned int *nr_links)
{
	char name[NAME_MAX + 1];
	int fd, next, e;
	size_t len;

	fd = *path == '/' ? open("/", O_PATH | O_DIRECTORY | O_CLOEXEC) :
			    openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	while (fd >= 0) {
		path += strspn(path, "/");
		len = strcspn(path, "/");
		if (!len)
			return fd;
		next = -1;
		errno = ENAMETOOLONG;
		if (len < sizeof(name)) {
			memcpy(name, path, len);
			name[len] = '\0';
			next = enter(fd, name, nr_links);
		}
		e = errno;
		close(fd);
		errno = e;
		fd = next;
		path += len;
	}
	return -1;
}

int chaos_place_open(struct chaos_place *place, const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	unsigned int nr_links = 0;
	char *directory;

	place->dir_fd = -1;
	place->base = NULL;
	if (!*base || !strcmp(base, ".") || !strcmp(base, "..")) {
		errno = EISDIR;
		return -1;
	}
	directory = strndup(path, (size_t)(base - path));
	place->base = strdup(base);
	if (directory && place->base)
		place->dir_fd = walk(AT_FDCWD, directory, &nr_links);
	free(directory);
	if (place->dir_fd >= 0)
		return 0;
	chaos_place_close(place);
	return -1;
}

void chaos_place_close(struct chaos_place *place)
{
	int e = errno;

	if (place->dir_fd >= 0)
		close(place->dir_fd);
	free(place->base);
	place->dir_fd = -1;
	place->base = NULL;
	errno = e;
}

/* Some file systems cannot sync one (EINVAL), or let nobody open it. */
int chaos_place_sync(const struct chaos_place *place)
{
	int fd = openat(place->dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, e;

	if (fd < 0)
		return errno == EACCES ? 0 : -1;
	rc = fsync(fd);
	e = errno;
	close(fd);
	errno = e;
	return rc && e != EINVAL && e != ENOTSUP && e != EROFS ? -1 : 0;
}

int chaos_directory_make(const char *path, mode_t mode)
{
	size_t len, end = strlen(path);
	unsigned int nr_links = 0;
	struct chaos_place place;
	char *part;
	int fd, rc = 0;

	while (end && path[end - 1] == '/')
		end--;
	for (len = strspn(path, "/"); len < end && !rc; len += strspn(path + len, "/")) {
		len += strcspn(path + len, "/");
		part = strndup(path, len);
		rc = part ? chaos_place_open(&place, part) : -1;
		if (!rc) {
			rc = mkdirat(place.dir_fd, place.base, len < end ? 0755 : mode);
			if (rc && errno == EEXIST)
				rc = 0;
			chaos_place_close(&place);
		} else if (part && errno == EISDIR) {
			rc = 0; /* "." or ".." */
		}
		free(part);
	}
	fd = rc ? -1 : walk(AT_FDCWD, path, &nr_links);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int chaos_file_rename(const char *path, const char *name)
{
	struct chaos_place place;
	int rc;

	if (chaos_place_open(&place, path))
		return -1;
	rc = renameat(place.dir_fd, place.base, place.dir_fd, name);
	if (!rc)
		rc = chaos_place_sync(&place);
	chaos_place_close(&place);
	return rc;
}

int chaos_file_remove(const char *path)
{
	struct chaos_place place;
	int rc;

	if (chaos_place_open(&place, path))
		return -1;
	rc = unlinkat(place.dir_fd, place.base, 0);
	chaos_place_close(&place);
	return rc;
}
