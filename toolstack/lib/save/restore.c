// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Restores a guest from the file of a save: a domain like any other is prepared, gets the memory and
 * state in the file instead of an image, and runs.  Its front-ends connect again (docs/abi.md).
 *
 * Until the last byte of the file has been found good nothing of the guest runs; killed before, this
 * leaves a domain marked incomplete.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "save/restore.h"
#include "build/shell.h"
#include "core/files.h"

static int keep_blob(struct restore *r, struct restore_blob *blob,
		     const struct stream_record *record)
{
	blob->data = malloc(record->len);
	if (!blob->data)
		return restore_fail(r, "reading the file");
	memcpy(blob->data, record->data, record->len);
	blob->len = record->len;
	return 0;
}

static int keep_vcpu(struct restore *r, const struct stream_record *record)
{
	static const unsigned int states[] = {
		[STREAM_VCPU_BASIC] = RESTORE_BASIC,
		[STREAM_VCPU_EXTENDED] = RESTORE_EXTENDED,
		[STREAM_VCPU_XSAVE] = RESTORE_XSAVE,
		[STREAM_VCPU_MSRS] = RESTORE_MSRS,
	};

	return keep_blob(r, &r->vcpus[record->vcpu][states[record->type]], record);
}

static int keep_p2m_frames(struct restore *r, const struct stream_record *record)
{
	const struct stream_p2m_frames *head = (const void *)record->data;

	r->nr_p2m = (record->len - sizeof(*head)) / sizeof(*r->p2m_pfns);
	r->p2m_pfns = malloc(r->nr_p2m * sizeof(*r->p2m_pfns));
	if (!r->p2m_pfns)
		return restore_fail(r, "reading the file");
	memcpy(r->p2m_pfns, head + 1, r->nr_p2m * sizeof(*r->p2m_pfns));
	return 0;
}

static int take(struct restore *r, const struct stream_record *record)
{
	switch (record->type) {
	case STREAM_PAGE_DATA:
		return restore_pages(r, record);
	case STREAM_ZERO_PAGES:
		return restore_zero_pages(r, record);
	case STREAM_P2M_FRAMES:
		return keep_p2m_frames(r, record);
	case STREAM_SHARED_INFO:
		return keep_blob(r, &r->shared_info, record);
	case STREAM_CPUID_POLICY:
		return keep_blob(r, &r->cpuid, record);
	case STREAM_MSR_POLICY:
		return keep_blob(r, &r->msr, record);
	case STREAM_STATIC_DATA_END:
		return restore_policy(r);
	case STREAM_TSC_INFO:
		memcpy(&r->tsc, record->data, sizeof(r->tsc));
		return 0;
	case STREAM_VCPU_BASIC:
	case STREAM_VCPU_EXTENDED:
	case STREAM_VCPU_XSAVE:
	case STREAM_VCPU_MSRS:
		return keep_vcpu(r, record);
	default:
		return 0; /* optional, or checked by the reader */
	}
}

static int read_stream(struct restore *r)
{
	struct stream_record record;
	int rc;

	rc = stream_reader_begin(r->reader, r->g->nr_pages, r->nr_vcpus);
	while (!rc) {
		rc = stream_reader_next(r->reader, &record);
		if (rc <= 0)
			break;
		rc = take(r, &record);
	}
	return rc;
}

static int fill_domain(struct restore *r)
{
	uint64_t start_info_pfn;
	int rc;

	r->pages = calloc(r->g->nr_pages, sizeof(*r->pages));
	r->vcpus = calloc(r->nr_vcpus, sizeof(*r->vcpus));
	if (!r->pages || !r->vcpus)
		return restore_fail(r, "reading the file");
	rc = read_stream(r);
	if (!rc)
		rc = restore_state(r, &start_info_pfn);
	return rc ? rc : restore_memory_finish(r, start_info_pfn);
}

static void restore_free(struct restore *r)
{
	unsigned int i, j;

	for (i = 0; r->vcpus && i < r->nr_vcpus; i++)
		for (j = 0; j < RESTORE_NR_STATES; j++)
			free(r->vcpus[i][j].data);
	free(r->vcpus);
	free(r->pages);
	free(r->p2m_pfns);
	free(r->shared_info.data);
	free(r->cpuid.data);
	free(r->msr.data);
}

int restore_fill(struct chaos_shell *s, struct stream_reader *reader, struct chaos_timing *t,
		 struct chaos_error *err)
{
	struct restore r = {
		.ctx = s->ctx,
		.err = err,
		.g = s->pv_guest,
		.reader = reader,
		.ctrl_pfn = reader->header.ctrl_gfn,
		.nr_vcpus = s->plan->nr_vcpus,
	};
	int rc;

	if (r.ctrl_pfn >= r.g->nr_pages)
		return restore_refuse(&r, "its control page is not in its memory", r.ctrl_pfn);
	rc = fill_domain(&r);
	restore_free(&r);
	s->built.ctrl_gfn = r.ctrl_pfn;
	s->built.ctrl_gref = CHAOS_GREF_CONTROL;
	s->built.ctrl_port = CHAOS_PORT_CONTROL;
	chaos_lap(&s->last_ns, &t->build_ns);
	return rc;
}

static int make_domain(struct chaos_ctx *ctx, struct chaos_config *cfg,
		       struct stream_reader *reader, const struct chaos_create_opts *opts,
		       struct chaos_created *out, struct chaos_error *err)
{
	struct chaos_shell *s = NULL;
	int rc;

	rc = chaos_shell_make(ctx, cfg, NULL, &s, &out->timing, err);
	if (rc)
		return rc;
	s->knows_noxs = true; /* by what it was asked to suspend */
	out->domid = chaos_shell_domid(s);
	rc = restore_fill(s, reader, &out->timing, err);
	if (!rc)
		rc = chaos_shell_start(s, opts, out, err);
	if (!rc)
		rc = chaos_shell_complete(s, err);
	if (rc)
		chaos_shell_discard(s, ctx);
	return rc;
}

int restore_load_config(const struct chaos_config_source *src, const char *text,
			struct chaos_config **cfg, struct chaos_error *err)
{
	struct chaos_config_source saved = *src;
	int rc;

	saved.text = text;
	saved.is_saved = true;
	rc = chaos_config_load(cfg, &saved, err);
	if (rc)
		return rc;
	rc = restore_check_config(src, *cfg, err);
	if (!rc)
		return 0;
	chaos_config_free(*cfg);
	*cfg = NULL;
	return rc;
}

int chaos_domain_restore(struct chaos_ctx *ctx, const struct chaos_config_source *src,
			 const struct chaos_create_opts *opts, struct chaos_created *out,
			 struct chaos_config **made, struct chaos_error *err)
{
	struct chaos_config_source source = *src;
	uint64_t start = chaos_now_ns();
	struct stream_reader reader = { 0 };
	struct chaos_config *cfg = NULL;
	char *text = NULL;
	int fd, rc;

	memset(out, 0, sizeof(*out));
	fd = open(src->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return chaos_error_set(err, CHAOS_CONFIG, errno, "%s: %s", src->path,
				       strerror(errno));
	source.trusts_disks = src->trusts_disks || chaos_file_is_ours(fd);
	rc = stream_reader_init(&reader, fd, &text, err);
	if (!rc)
		rc = restore_load_config(&source, text, &cfg, err);
	if (!rc)
		rc = make_domain(ctx, cfg, &reader, opts, out, err);
	stream_reader_fini(&reader);
	free(text);
	close(fd);
	out->timing.total_ns = chaos_now_ns() - start;
	if (rc)
		chaos_config_free(cfg);
	else
		*made = cfg;
	return rc;
}
