// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Saves a guest: have it suspend, hold its back-ends still, copy its memory and state to a file that
 * gets its name last, and destroy the guest, or let it go on.
 *
 * Killed at any point, this leaves the guest running, or suspended (state "suspended": 'chaos unpause'
 * lets it go on, 'chaos save' saves it), or a whole file and no guest,
 * or what is left of one ("incomplete").
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "save.h"

/* ---- the file ---- */

struct save_file {
	const char *path;
	char *temporary; /* beside it, NULL when there is none */
	int fd;
};

static int file_open(struct save_file *f, const char *path, struct chaos_error *err)
{
	struct stat st;

	f->path = path;
	f->fd = -1;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return save_write_error(path, "not a regular file", err);
	}
	if (asprintf(&f->temporary, "%s.XXXXXX", path) < 0) {
		f->temporary = NULL;
		return save_write_error(path, "cannot be made", err);
	}
	f->fd = mkostemp(f->temporary, O_CLOEXEC); /* 0600: all of the guest's secrets */
	if (f->fd < 0) {
		free(f->temporary);
		f->temporary = NULL;
		return save_write_error(path, "cannot be made", err);
	}
	return 0;
}

/* The name is as durable as its directory. */
static int sync_directory(const char *path)
{
	char *copy = strdup(path);
	int fd, rc = -1;

	if (!copy)
		return -1;
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	free(copy);
	if (fd >= 0) {
		rc = fsync(fd);
		close(fd);
	}
	return rc;
}

static int file_commit(struct save_file *f, struct chaos_error *err)
{
	int rc;

	if (fsync(f->fd))
		return save_write_error(f->path, "writing", err);
	rc = close(f->fd);
	f->fd = -1;
	if (rc || rename(f->temporary, f->path))
		return save_write_error(f->path, "writing", err);
	free(f->temporary);
	f->temporary = NULL;
	if (sync_directory(f->path)) {
		rc = save_write_error(f->path, "writing its directory", err);
		(void)unlink(f->path); /* the guest goes on: there must be no second one */
		return rc;
	}
	return 0;
}

static void file_close(struct save_file *f)
{
	if (f->fd >= 0)
		close(f->fd);
	if (f->temporary)
		(void)unlink(f->temporary); /* nothing better can be done */
	free(f->temporary);
}

/* ---- all of it ---- */

static int save_suspended(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
			  struct save_file *f, const struct chaos_save_opts *opts,
			  struct chaos_saved *out, struct chaos_error *err)
{
	const struct save_copy_opts how = {
		.is_portable = opts->is_portable,
		.cancel_fd = -1,
		.progress = opts->progress,
		.opaque = opts->opaque,
	};
	uint64_t last_ns = chaos_now_ns();
	int rc;

	rc = save_copy(ctx, info, f->fd, f->path, &how, &out->bytes, err);
	if (!rc)
		rc = file_commit(f, err);
	out->copy_ns = chaos_now_ns() - last_ns;
	last_ns += out->copy_ns;
	if (!rc && !opts->keeps && !opts->pauses) {
		rc = save_discard(ctx, info->domid, err);
	} else {
		/* The error to tell is the first one, unless the guest is stuck. */
		struct chaos_error second;
		int stuck;

		if (!rc && opts->pauses)
			rc = chaos_domain_pause(ctx, info->domid, err);
		stuck = chaos_resume(ctx, info->domid, &second);
		if (stuck && err)
			*err = second;
		rc = stuck ? stuck : rc;
	}
	out->end_ns = chaos_now_ns() - last_ns;
	return rc;
}

int chaos_domain_save(struct chaos_ctx *ctx, const struct chaos_dominfo *info, const char *path,
		      const struct chaos_save_opts *opts, struct chaos_saved *out,
		      struct chaos_error *err)
{
	struct save_file f = { .fd = -1 };
	uint64_t start_ns = chaos_now_ns();
	int rc;

	memset(out, 0, sizeof(*out));
	rc = save_check(info, err);
	/* What cannot be written need not bother the guest. */
	if (!rc)
		rc = save_config_check(ctx, info, err);
	if (!rc)
		rc = file_open(&f, path, err);
	if (rc)
		return rc;
	rc = chaos_suspend(ctx, info->domid,
			   opts->timeout_ms ? opts->timeout_ms : CHAOS_SUSPEND_TIMEOUT_MS, err);
	out->suspend_ns = chaos_now_ns() - start_ns;
	if (!rc)
		rc = save_suspended(ctx, info, &f, opts, out, err);
	file_close(&f);
	return rc;
}
