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
#include <string.h>
#include <sys/stat.h>

#include "core/files.h"
#include "save/save.h"

/* ---- the file ---- */

struct save_file {
	const char *path;
	struct chaos_new_file file; /* 0600: all of the guest's secrets */
};

static int file_open(struct save_file *f, const char *path, struct chaos_error *err)
{
	struct stat st;

	f->path = path;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return save_write_error(path, "not a regular file", err);
	}
	if (chaos_new_file_open(&f->file, path, 0600))
		return save_write_error(path, "cannot be made", err);
	return 0;
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

	rc = save_copy(ctx, info, f->file.fd, f->path, &how, &out->bytes, err);
	if (!rc && chaos_new_file_commit(&f->file, true))
		rc = save_write_error(f->path,
				      f->file.is_named ?
					      "it is whole, but its directory cannot be synced" :
					      "writing",
				      err);
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
	struct save_file f;
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
	chaos_new_file_close(&f.file);
	return rc;
}
