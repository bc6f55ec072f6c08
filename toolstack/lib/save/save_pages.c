// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A suspended guest's pages into the stream: page tables as they have been translated, contents that
 * matter in batches straight from its memory, and of all else that it is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>

#include "save/save.h"

#define BATCH STREAM_MAX_BATCH
#define ZEROS STREAM_MAX_BATCH

static int fail(struct save_memory *m, const char *what)
{
	int e = errno;

	return chaos_error_set(m->err, chaos_code_of_errno(e), e, "cannot save domain %u: %s: %s",
			       m->domid, what, strerror(e));
}

struct batch {
	struct save_memory *m;
	struct stream_writer *w;
	unsigned int nr;
	uint64_t pages[BATCH], mfns[BATCH];
	unsigned int nr_zeros;
	uint64_t zeros[ZEROS];
};

static bool is_zero(const uint64_t *page)
{
	const uint64_t *end = page + PV_TABLE_ENTRIES;
	uint64_t any = 0;

	for (; page < end && !any; page += 8)
		any = page[0] | page[1] | page[2] | page[3] | page[4] | page[5] | page[6] | page[7];
	return !any;
}

/* ---- page tables ---- */

static int write_tables(struct batch *b)
{
	struct save_memory *m = b->m;
	const uint64_t *next = m->tables;
	uint64_t i;

	for (i = 0; i < m->nr_tables; i++) {
		b->pages[b->nr++] = m->pages[m->table_pfns[i]];
		if (b->nr != BATCH && i + 1 < m->nr_tables)
			continue;
		if (stream_write_pages(b->w, b->pages, b->nr, next, b->nr))
			return fail(m, "writing its page tables");
		next += (uint64_t)b->nr * PV_TABLE_ENTRIES;
		b->nr = 0;
	}
	return 0;
}

/* ---- contents ---- */

static int write_zeros(struct batch *b)
{
	if (b->nr_zeros && stream_write_record(b->w, STREAM_ZERO_PAGES, NULL, 0, b->zeros,
					       b->nr_zeros * sizeof(*b->zeros)))
		return fail(b->m, "writing its memory");
	b->nr_zeros = 0;
	return 0;
}

/* One record for each run of pages that are not all zero. */
static int write_runs(struct batch *b, const char *contents)
{
	unsigned int first = 0, i;
	uint64_t pfn;
	int rc = 0;

	for (i = 0; i <= b->nr && !rc; i++) {
		const void *page = contents + i * STREAM_PAGE;

		if (i < b->nr && (b->m->is_portable || !is_zero(page)))
			continue;
		if (i > first && stream_write_pages(b->w, b->pages + first, i - first,
						    contents + first * STREAM_PAGE, i - first))
			return fail(b->m, "writing its memory");
		if (i < b->nr) {
			pfn = b->pages[i] & STREAM_PFN_MASK;
			b->m->wanted[pfn] = SAVE_ZEROS;
			b->zeros[b->nr_zeros++] = pfn;
			if (b->nr_zeros == ZEROS)
				rc = write_zeros(b);
		}
		first = i + 1;
	}
	return rc;
}

static int write_batch(struct batch *b)
{
	xenforeignmemory_handle *fmem = xc_interface_fmem_handle(b->m->ctx->xch);
	char *contents;
	int rc;

	contents = xenforeignmemory_map(fmem, b->m->domid, PROT_READ, b->nr, b->mfns, NULL);
	if (!contents)
		return fail(b->m, "mapping its memory");
	rc = write_runs(b, contents);
	(void)xenforeignmemory_unmap(fmem, contents, b->nr); /* fails for bad arguments only */
	b->nr = 0;
	return rc;
}

static int write_contents(struct batch *b)
{
	struct save_memory *m = b->m;
	uint64_t i;
	int rc;

	for (i = 0; i < m->nr_pages; i++) {
		if (m->wanted[i] == SAVE_CONTENTS && !stream_page_level(m->pages[i])) {
			b->pages[b->nr] = m->pages[i];
			b->mfns[b->nr++] = m->p2m[i];
		}
		if (b->nr != BATCH && (i + 1 < m->nr_pages || !b->nr))
			continue;
		rc = write_batch(b);
		if (rc)
			return rc;
		if (m->progress)
			m->progress(m->opaque, i + 1, m->nr_pages);
	}
	return 0;
}

/* ---- frames without contents ---- */

static int write_allocations(struct batch *b)
{
	struct save_memory *m = b->m;
	uint64_t i;

	for (i = 0; i < m->nr_pages; i++) {
		if (!stream_page_level(m->pages[i]) && m->wanted[i] != SAVE_CONTENTS)
			b->pages[b->nr++] = (uint64_t)STREAM_XALLOC << STREAM_TYPE_SHIFT | i;
		if (b->nr != BATCH && (i + 1 < m->nr_pages || !b->nr))
			continue;
		if (stream_write_pages(b->w, b->pages, b->nr, NULL, 0))
			return fail(m, "writing its memory");
		b->nr = 0;
	}
	return 0;
}

int save_memory_write(struct save_memory *m, struct stream_writer *w)
{
	const struct stream_p2m_frames head = { .end_pfn = (uint32_t)(m->nr_pages - 1) };
	struct batch *b;
	int rc;

	if (stream_write_record(w, STREAM_P2M_FRAMES, &head, sizeof(head), m->p2m_pfns,
				m->nr_p2m * sizeof(*m->p2m_pfns)))
		return fail(m, "writing its memory");
	b = malloc(sizeof(*b)); /* the arrays are not cleared: small guests use little of them */
	if (!b)
		return fail(m, "writing its memory");
	b->m = m;
	b->w = w;
	b->nr = b->nr_zeros = 0;
	rc = write_tables(b);
	if (!rc)
		rc = write_contents(b);
	if (!rc)
		rc = write_zeros(b);
	if (!rc)
		rc = write_allocations(b);
	free(b);
	return rc;
}
