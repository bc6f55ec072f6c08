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
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "save.h"

#define DESTROY_TIMEOUT_MS 5000U

/* ---- the file ---- */

struct save_file {
	const char *path;
	char *temporary; /* beside it, NULL when there is none */
	int fd;
};

static int file_error(const char *path, const char *what, struct chaos_error *err)
{
	int e = errno;

	return chaos_error_set(err, e == ENOSPC || e == EDQUOT ? CHAOS_RESOURCES : CHAOS_FAILED, e,
			       "%s: %s: %s", path, what, strerror(e));
}

static int file_open(struct save_file *f, const char *path, struct chaos_error *err)
{
	struct stat st;

	f->path = path;
	f->fd = -1;
	if (!stat(path, &st) && !S_ISREG(st.st_mode)) {
		errno = EEXIST;
		return file_error(path, "not a regular file", err);
	}
	if (asprintf(&f->temporary, "%s.XXXXXX", path) < 0) {
		f->temporary = NULL;
		return file_error(path, "cannot be made", err);
	}
	f->fd = mkostemp(f->temporary, O_CLOEXEC); /* 0600: all of the guest's secrets */
	if (f->fd < 0) {
		free(f->temporary);
		f->temporary = NULL;
		return file_error(path, "cannot be made", err);
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
		return file_error(f->path, "writing", err);
	rc = close(f->fd);
	f->fd = -1;
	if (rc || rename(f->temporary, f->path))
		return file_error(f->path, "writing", err);
	free(f->temporary);
	f->temporary = NULL;
	if (sync_directory(f->path)) {
		rc = file_error(f->path, "writing its directory", err);
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

/* ---- the contents ---- */

/* The control page, which all devices share, and where the guest sees its device page. */
static int find_pages(struct save_memory *m, uint64_t *ctrl_gfn)
{
	struct noxs_dev_page *page = malloc(sizeof(*page));
	unsigned int i;
	int rc;

	*ctrl_gfn = SAVE_NO_CTRL;
	rc = page ? chaos_noxs_get(m->ctx, m->domid, page, &m->device_page_frame) : -1;
	for (i = 0; !rc && i < page->hdr.nr_slots && i < NOXS_MAX_DEVS; i++)
		if (page->dev[i].cls != NOXS_CLASS_NONE)
			*ctrl_gfn = page->dev[i].ctrl_gfn;
	free(page);
	if (rc)
		return chaos_error_set(m->err, CHAOS_FAILED, errno,
				       "cannot save domain %u: asking for its device page: %s",
				       m->domid, strerror(errno));
	return 0;
}

static int write_parts(struct save_memory *m, struct save_state *s, const char *config,
		       uint64_t ctrl_gfn, struct save_file *f, uint64_t *bytes)
{
	struct stream_writer w;
	int rc = 0;

	if (stream_writer_init(&w, f->fd, config, ctrl_gfn))
		rc = file_error(f->path, "writing", m->err);
	if (!rc)
		rc = save_state_write_static(s, m, &w);
	if (!rc)
		rc = save_memory_write(m, &w);
	if (!rc)
		rc = save_state_write(s, m, &w);
	if (!rc && stream_writer_end(&w))
		rc = file_error(f->path, "writing", m->err);
	*bytes = w.length;
	stream_writer_fini(&w);
	return rc;
}

static int read_all(struct save_memory *m, struct save_state *s, uint64_t *ctrl_gfn)
{
	int rc;

	rc = find_pages(m, ctrl_gfn);
	if (!rc)
		rc = save_memory_open(m);
	if (!rc)
		rc = save_memory_tables(m);
	if (!rc)
		rc = save_state_open(s, m);
	if (!rc)
		rc = save_memory_suspended(m, s->start_info_pfn, *ctrl_gfn);
	return rc;
}

static int copy(struct chaos_ctx *ctx, const struct chaos_dominfo *info, struct save_file *f,
		const struct chaos_save_opts *opts, uint64_t *bytes, struct chaos_error *err)
{
	struct save_memory m = {
		.ctx = ctx,
		.domid = info->domid,
		.err = err,
		.is_portable = opts->is_portable,
		.progress = opts->progress,
		.opaque = opts->opaque,
	};
	struct save_state s = { .nr_vcpus = info->nr_vcpus };
	char *config = NULL;
	uint64_t ctrl_gfn;
	int rc;

	rc = read_all(&m, &s, &ctrl_gfn);
	if (!rc)
		rc = save_config(ctx, info, m.nr_pages, &config, err);
	if (!rc)
		rc = write_parts(&m, &s, config, ctrl_gfn, f, bytes);
	free(config);
	save_state_close(&s);
	save_memory_close(&m);
	return rc;
}

/* ---- all of it ---- */

/* One frame number, of 8 bytes, for each page of the list, which has one such for each page. */
#define MAX_SAVED_KIB ((STREAM_MAX_BLOB / 8ULL - 1) * 512 * 4)

static int check(const struct chaos_dominfo *info, struct chaos_error *err)
{
	if (!info->is_ours || info->is_hvm)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "domain %u is not a PV guest of chaos's: use 'xl save'",
				       info->domid);
	if (info->state == CHAOS_STATE_INCOMPLETE || info->state == CHAOS_STATE_SHELL)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "domain %u is %s and cannot be saved", info->domid,
				       chaos_state_name(info->state));
	/* The list of its memory's frames has to fit into a record that the reader takes. */
	if (info->max_memory_kib >= MAX_SAVED_KIB)
		return chaos_error_set(
			err, CHAOS_USAGE, EFBIG,
			"domain %u has %llu MiB, and what is saved must be smaller than %llu MiB",
			info->domid, (unsigned long long)info->max_memory_kib >> 10,
			MAX_SAVED_KIB >> 10);
	if (info->is_paused)
		return chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"domain %u is paused and cannot suspend: 'chaos unpause %u' first",
			info->domid, info->domid);
	return 0;
}

/* Marked first: what is left if we are killed in the middle must not be let go on. */
static int discard(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	const struct noxs_set_info info = {
		.domid = (uint16_t)domid,
		.what = NOXS_SET_STATE,
		.state = NOXS_DOM_BUILDING,
	};
	struct noxs_ioc_quiesce thaw = { .domid = (uint16_t)domid };
	int rc;

	(void)chaos_noxs_set_info(ctx, &info); /* fails if it is going already */
	rc = chaos_domain_destroy(ctx, domid, DESTROY_TIMEOUT_MS, err);
	/* There is nothing to thaw; this lets go of what is left of it. */
	(void)ioctl(ctx->noxs_fd, NOXS_IOC_THAW, &thaw);
	return rc;
}

static int save_suspended(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
			  struct save_file *f, const struct chaos_save_opts *opts,
			  struct chaos_saved *out, struct chaos_error *err)
{
	uint64_t last_ns = chaos_now_ns();
	int rc;

	rc = copy(ctx, info, f, opts, &out->bytes, err);
	if (!rc)
		rc = file_commit(f, err);
	out->copy_ns = chaos_now_ns() - last_ns;
	last_ns += out->copy_ns;
	if (!rc && !opts->keeps && !opts->pauses) {
		rc = discard(ctx, info->domid, err);
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
	rc = check(info, err);
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
