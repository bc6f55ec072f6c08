/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Files and sockets that a program of root's makes under a name somebody gave it.  Others may own
 * the directory: they get at nothing but what has that name in that directory.
 *
 * A directory is looked up once, and used by its descriptor from then on.  On the way to it a
 * symbolic link counts if it is root's or ours; nobody else can lead us to another place.
 */
#ifndef CHAOS_FILES_H
#define CHAOS_FILES_H

#include <stdbool.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/un.h>

/* root, or the caller */
bool chaos_uid_is_trusted(uid_t uid);
/* Of an open file: it is a regular one, and nobody but root or the caller can have written it. */
bool chaos_file_is_ours(int fd);

/* The directory of a name, and the last part of the name in it. */
struct chaos_place {
	int dir_fd; /* O_PATH, -1 = none */
	char *base;
};

/* 0, or -1 with errno; EPERM: a symbolic link on the way is somebody else's. */
int chaos_place_open(struct chaos_place *place, const char *path);
void chaos_place_close(struct chaos_place *place);
/*
 * Names are as durable as their directory.  That it cannot be synced is no error, then the file system makes
 * them so with the files, or never.
 */
int chaos_place_sync(const struct chaos_place *place);

/*
 * The directory, with that mode, and those above it (0755), as far as there are none.  0, or -1 with errno,
 * EPERM as above.
 */
int chaos_directory_make(const char *path, mode_t mode);
/* Call a file, or what else that is, `name` in its directory, also after a power cut.  0, or -1 with errno. */
int chaos_file_rename(const char *path, const char *name);
int chaos_file_remove(const char *path);

/*
 * A file that gets its name when it is whole.  Until then it has none, and is gone with the process that
 * writes it; where the file system has no such files (O_TMPFILE), it has one of its own beside it.
 */
struct chaos_new_file {
	struct chaos_place place;
	char *temporary; /* the name it has for the time being, NULL = none */
	int fd;		 /* to write to */
	bool is_named;	 /* it has the name */
};

/* mode is what it has, whatever the umask says.  0, or -1 with errno, and nothing is left. */
int chaos_new_file_open(struct chaos_new_file *f, const char *path, mode_t mode);
/*
 * Give it the name; what had that name before is gone then.  With is_durable all of it is on the disk,
 * as far as its file system can do that.  0, or -1 with errno: if it is_named then, nobody knows whether it
 * still has the name after a power cut.
 */
int chaos_new_file_commit(struct chaos_new_file *f, bool is_durable);
/* After an error, or at the end: without a commit nothing is left. */
void chaos_new_file_close(struct chaos_new_file *f);

/* A socket that listens at a name. */
struct chaos_listener {
	struct chaos_place place;
	int fd;
	int file_fd; /* of the socket's file, O_PATH: only that is removed again */
};

/*
 * Bind it to the name, with that mode.  A socket of root's or ours that is there, and at which nobody
 * listens, is replaced.  0, or -1 with errno: EEXIST something else is there, EPERM the socket there
 * is somebody else's, EADDRINUSE somebody listens there.
 */
int chaos_listener_open(struct chaos_listener *l, const char *path, int type, mode_t mode);
int chaos_listener_chown(struct chaos_listener *l, gid_t group);
/* Its file goes, unless another has its name. */
void chaos_listener_close(struct chaos_listener *l);

#endif /* CHAOS_FILES_H */
