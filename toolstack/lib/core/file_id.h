/* SPDX-License-Identifier: LGPL-2.1-only */
/* Which file it was, in which state: whether it has to be looked at once more. */
#ifndef CHAOS_CORE_FILE_ID_H
#define CHAOS_CORE_FILE_ID_H

#include <stdbool.h>
#include <sys/stat.h>

struct chaos_file_id {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	struct timespec ctime; /* size and mtime can be those of the older one: rsync, touch -r */
};

/* What lies between the members of *id stays as it is. */
static inline void chaos_file_id_take(struct chaos_file_id *id, const struct stat *st)
{
	id->dev = st->st_dev;
	id->ino = st->st_ino;
	id->size = st->st_size;
	id->mtime = st->st_mtim;
	id->ctime = st->st_ctim;
}

static inline bool chaos_file_id_is(const struct chaos_file_id *id, const struct stat *st)
{
	return id->dev == st->st_dev && id->ino == st->st_ino && id->size == st->st_size &&
	       id->mtime.tv_sec == st->st_mtim.tv_sec && id->mtime.tv_nsec == st->st_mtim.tv_nsec &&
	       id->ctime.tv_sec == st->st_ctim.tv_sec && id->ctime.tv_nsec == st->st_ctim.tv_nsec;
}

#endif /* CHAOS_CORE_FILE_ID_H */
