// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What a save and a migration have in common: which guests can be copied, the copying of one that is
 * suspended to a descriptor, and what becomes of it when its copy is safe.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "save/save.h"

#define DESTROY_TIMEOUT_MS 5000U

int save_write_error(const char *path, const char *what, struct chaos_error *err)
{
	int e = errno;

	return chaos_error_set(err, e == ENOSPC || e == EDQUOT ? CHAOS_RESOURCES : CHAOS_FAILED, e,
			       "%s: %s: %s", path, what, strerror(e));
}

int save_find_pages(struct chaos_ctx *ctx, uint32_t domid, uint64_t *ctrl_gfn,
		    uint64_t *device_page_frame, struct chaos_error *err)
{
	struct noxs_dev_page *page = malloc(sizeof(*page));
	unsigned int i;
	int rc;

	*ctrl_gfn = SAVE_NO_CTRL;
	rc = page ? chaos_noxs_get(ctx, domid, page, device_page_frame) : -1;
	for (i = 0; !rc && i < page->hdr.nr_slots && i < NOXS_MAX_DEVS; i++)
		if (page->dev[i].cls != NOXS_CLASS_NONE)
			*ctrl_gfn = page->dev[i].ctrl_gfn;
	free(page);
	if (rc)
		return chaos_error_set(err, CHAOS_FAILED, errno,
				       "cannot save domain %u: asking for its device page: %s",
				       domid, strerror(errno));
	return 0;
}

int save_size(struct chaos_ctx *ctx, uint32_t domid, uint64_t *nr_pages, struct chaos_error *err)
{
	struct save_memory m = { .ctx = ctx, .domid = domid, .err = err };
	int rc;

	rc = save_memory_measure(&m);
	*nr_pages = m.nr_pages;
	save_memory_close(&m);
	return rc;
}

static int write_parts(struct save_memory *m, struct save_state *s, const char *config,
		       uint64_t ctrl_gfn, int fd, const char *name,
		       const struct save_copy_opts *opts, uint64_t *bytes)
{
	struct stream_writer w;
	int rc = 0;

	if (stream_writer_init(&w, fd, opts->cancel_fd, config, ctrl_gfn))
		rc = save_write_error(name, "writing", m->err);
	w.end_ns = opts->end_ns;
	if (!rc)
		rc = save_state_write_static(s, m, &w);
	if (!rc)
		rc = save_memory_write(m, &w);
	if (!rc)
		rc = save_state_write(s, m, &w);
	if (!rc && stream_writer_end(&w))
		rc = save_write_error(name, "writing", m->err);
	*bytes = w.length;
	stream_writer_fini(&w);
	return rc;
}

static int read_all(struct save_memory *m, struct save_state *s, uint64_t *ctrl_gfn)
{
	int rc;

	rc = save_find_pages(m->ctx, m->domid, ctrl_gfn, &m->device_page_frame, m->err);
	if (!rc)
		rc = save_state_open(s, m);
	if (!rc)
		rc = save_memory_open(m, save_state_start_info(s));
	if (!rc)
		rc = save_state_translate(s, m);
	if (!rc)
		rc = save_memory_tables(m);
	if (!rc)
		rc = save_memory_suspended(m, s->start_info_pfn, *ctrl_gfn);
	return rc;
}

int save_copy(struct chaos_ctx *ctx, const struct chaos_dominfo *info, int fd, const char *name,
	      const struct save_copy_opts *opts, uint64_t *bytes, struct chaos_error *err)
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
		rc = write_parts(&m, &s, config, ctrl_gfn, fd, name, opts, bytes);
	free(config);
	save_state_close(&s);
	save_memory_close(&m);
	return rc;
}

/* One frame number, of 8 bytes, for each page of the list, which has one such for each page. */
#define MAX_SAVED_KIB ((STREAM_MAX_BLOB / 8ULL - 1) * 512 * 4)

int save_check(const struct chaos_dominfo *info, struct chaos_error *err)
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

int save_mark(struct chaos_ctx *ctx, uint32_t domid, uint32_t state)
{
	const struct noxs_set_info info = {
		.domid = (uint16_t)domid,
		.what = NOXS_SET_STATE,
		.state = state,
	};

	return chaos_noxs_set_info(ctx, &info);
}

int save_discard(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	struct noxs_ioc_quiesce thaw = { .domid = (uint16_t)domid };
	int rc;

	(void)save_mark(ctx, domid, NOXS_DOM_BUILDING); /* fails if it is going already */
	rc = chaos_domain_destroy(ctx, domid, DESTROY_TIMEOUT_MS, err);
	/* There is nothing to thaw; this lets go of what is left of it. */
	(void)ioctl(ctx->noxs_fd, NOXS_IOC_THAW, &thaw);
	return rc;
}
