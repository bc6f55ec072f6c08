// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The memory of a suspended guest, and which of it is written.  Where its p2m list is, and what is in
 * it and in the page tables, the guest says: every frame is asked of Xen before it is believed to be
 * the guest's, and the list that results is the measure of all else.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>

#include "pv_layout.h"
#include "save.h"

#define LIST_PER_PAGE (STREAM_PAGE / sizeof(uint64_t))
/* Xen takes 1,024 at once; but a buffer of one page is kept for the next call, and no larger one. */
#define TYPES_BATCH   (STREAM_PAGE / sizeof(uint64_t))

static int fail(struct save_memory *m, const char *what)
{
	int e = errno;

	return chaos_error_set(m->err, chaos_code_of_errno(e), e, "cannot save domain %u: %s: %s",
			       m->domid, what, strerror(e));
}

static int guest_fault(struct save_memory *m, const char *what, uint64_t value)
{
	return chaos_error_set(m->err, CHAOS_GUEST, EINVAL, "cannot save domain %u: %s (%#llx)",
			       m->domid, what, (unsigned long long)value);
}

static void *map(struct save_memory *m, const uint64_t *mfns, uint64_t count)
{
	return xenforeignmemory_map(xc_interface_fmem_handle(m->ctx->xch), m->domid, PROT_READ,
				    count, mfns, NULL);
}

static void unmap(struct save_memory *m, const void *pages, uint64_t count)
{
	/* Fails for bad arguments only. */
	(void)xenforeignmemory_unmap(xc_interface_fmem_handle(m->ctx->xch), (void *)pages, count);
}

/* ---- the p2m list ---- */

static int read_shared_info(struct save_memory *m)
{
	xc_dominfo_t info;
	void *page;

	if (xc_domain_getinfo(m->ctx->xch, m->domid, 1, &info) != 1 || info.domid != m->domid) {
		errno = ESRCH;
		return fail(m, "asking for its state");
	}
	m->shared_info_frame = info.shared_info_frame;
	page = map(m, &m->shared_info_frame, 1);
	if (!page)
		return fail(m, "mapping its shared info");
	memcpy(m->shared_info, page, STREAM_PAGE);
	unmap(m, page, 1);
	m->nr_pages = m->shared_info->arch.max_pfn;
	if (!m->shared_info->arch.p2m_cr3 || !m->nr_pages || m->nr_pages > info.nr_pages)
		return guest_fault(m, "it does not say where its p2m list is", m->nr_pages);
	return 0;
}

/* The tables above one address: one at a time is mapped of each level. */
struct walk {
	struct save_memory *m;
	uint64_t mfn[PV_LEVELS + 1];
	const uint64_t *table[PV_LEVELS + 1];
};

static void walk_fini(struct walk *w)
{
	unsigned int level;

	for (level = 1; level <= PV_LEVELS; level++)
		if (w->table[level])
			unmap(w->m, w->table[level], 1);
}

/* Xen lets us map only what is the guest's. */
static int walk_to(struct walk *w, uint64_t va, uint64_t *mfn)
{
	unsigned int level, shift;
	uint64_t frame = w->m->shared_info->arch.p2m_cr3 >> 12, entry;

	for (level = PV_LEVELS; level; level--) {
		if (w->mfn[level] != frame || !w->table[level]) {
			if (w->table[level])
				unmap(w->m, w->table[level], 1);
			w->table[level] = map(w->m, &frame, 1);
			w->mfn[level] = frame;
		}
		if (!w->table[level])
			return guest_fault(w->m, "its p2m list is not mapped at", va);
		shift = 12 + 9 * (level - 1);
		entry = w->table[level][va >> shift & (PV_TABLE_ENTRIES - 1)];
		if (!(entry & PV_ENTRY_PRESENT) || (level > 1 && entry & PV_ENTRY_LARGE))
			return guest_fault(w->m, "its p2m list is not mapped at", va);
		frame = pv_entry_frame(entry);
	}
	*mfn = frame;
	return 0;
}

static int find_p2m(struct save_memory *m)
{
	struct walk w = { .m = m };
	uint64_t va = m->shared_info->arch.p2m_vaddr, i;
	int rc = 0;

	for (i = 0; i < m->nr_p2m && !rc; i++)
		rc = walk_to(&w, va + i * STREAM_PAGE, &m->p2m_pfns[i]); /* MFNs for now */
	walk_fini(&w);
	return rc;
}

static int read_p2m(struct save_memory *m)
{
	uint64_t i, pfn;
	void *list;
	int rc;

	rc = find_p2m(m);
	if (rc)
		return rc;
	list = map(m, m->p2m_pfns, m->nr_p2m);
	if (!list)
		return fail(m, "mapping its p2m list");
	memcpy(m->p2m, list, m->nr_pages * sizeof(*m->p2m));
	unmap(m, list, m->nr_p2m);
	if (pv_inverse_init(&m->inverse, m->p2m, m->nr_pages, &pfn))
		return errno == EEXIST ? guest_fault(m, "its p2m list names a frame twice", pfn) :
					 fail(m, "reading its p2m list");
	for (i = 0; i < m->nr_p2m; i++) {
		m->p2m_pfns[i] = pv_inverse_find(&m->inverse, m->p2m_pfns[i]);
		if (m->p2m_pfns[i] == PV_NO_PFN)
			return guest_fault(m, "its p2m list does not name its own frames", i);
	}
	return 0;
}

/* In: machine frames; out: their types. */
static int ask_types(struct save_memory *m, uint64_t *frames, uint64_t count)
{
	struct xen_domctl op = { .cmd = XEN_DOMCTL_getpageframeinfo3, .domain = (domid_t)m->domid };
	uint64_t *buf, done, n = 0;
	int rc = 0;

	buf = xencall_alloc_buffer(m->ctx->xcall, TYPES_BATCH * sizeof(*buf));
	if (!buf)
		return -1;
	for (done = 0; done < count && !rc; done += n) {
		n = count - done < TYPES_BATCH ? count - done : TYPES_BATCH;
		memcpy(buf, frames + done, n * sizeof(*buf));
		op.u.getpageframeinfo3.num = n;
		set_xen_guest_handle_raw(op.u.getpageframeinfo3.array, buf);
		rc = xc_domctl(m->ctx->xch, &op);
		memcpy(frames + done, buf, n * sizeof(*buf));
	}
	xencall_free_buffer(m->ctx->xcall, buf);
	return rc;
}

/* What Xen makes of each frame; it tells, too, whether it is the guest's. */
static int read_types(struct save_memory *m)
{
	uint64_t i, type;

	memcpy(m->pages, m->p2m, m->nr_pages * sizeof(*m->pages));
	if (ask_types(m, m->pages, m->nr_pages))
		return fail(m, "asking for the types of its pages");
	for (i = 0; i < m->nr_pages; i++) {
		type = m->pages[i] << 32;
		if (!stream_page_has_data(type))
			return guest_fault(m, "frame of its p2m list is not its own", i);
		m->pages[i] = type | i;
		m->nr_tables += !!stream_page_level(type);
	}
	return 0;
}

int save_memory_measure(struct save_memory *m)
{
	m->shared_info = malloc(STREAM_PAGE);
	return m->shared_info ? read_shared_info(m) : fail(m, "reading its memory");
}

int save_memory_open(struct save_memory *m)
{
	int rc;

	rc = save_memory_measure(m);
	if (rc)
		return rc;
	m->nr_p2m = (m->nr_pages + LIST_PER_PAGE - 1) / LIST_PER_PAGE;
	m->p2m = malloc(m->nr_pages * sizeof(*m->p2m));
	m->p2m_pfns = malloc(m->nr_p2m * sizeof(*m->p2m_pfns));
	m->pages = malloc(m->nr_pages * sizeof(*m->pages));
	m->wanted = calloc(m->nr_pages, 1);
	if (!m->p2m || !m->p2m_pfns || !m->pages || !m->wanted)
		return fail(m, "reading its memory");
	rc = read_p2m(m);
	return rc ? rc : read_types(m);
}

void save_memory_close(struct save_memory *m)
{
	free(m->shared_info);
	free(m->p2m);
	free(m->p2m_pfns);
	free(m->pages);
	free(m->tables);
	free(m->wanted);
	pv_inverse_fini(&m->inverse);
}

/* ---- page tables ---- */

/* The guest has broken a rule that we tell guests of: say which. */
static int table_fault(struct save_memory *m, uint64_t page, const struct pv_table_fault *f)
{
	const char *whose = "a frame that is not its own";

	if (f->frame == m->device_page_frame)
		whose = "its device page, which it has to unmap before it suspends";
	else if (f->frame == m->shared_info_frame)
		whose = "its shared info, which it has to unmap before it suspends";
	else if (pv_inverse_find(&m->inverse, f->frame) != PV_NO_PFN)
		whose = "a large page";
	return chaos_error_set(
		m->err, CHAOS_GUEST, EINVAL,
		"cannot save domain %u: a page table maps %s (frame %#llx, entry %u: %#llx)",
		m->domid, whose, (unsigned long long)(page & STREAM_PFN_MASK), f->index,
		(unsigned long long)f->entry);
}

static void want_targets(struct save_memory *m, const uint64_t *table)
{
	unsigned int i;

	for (i = 0; i < PV_TABLE_ENTRIES; i++)
		if (table[i] & PV_ENTRY_PRESENT)
			m->wanted[pv_entry_frame(table[i])] = SAVE_CONTENTS;
}

static int translate(struct save_memory *m, const uint64_t *from)
{
	uint64_t *to = m->tables, i;
	struct pv_table_fault fault;

	for (i = 0; i < m->nr_pages; i++) {
		unsigned int level = stream_page_level(m->pages[i]);

		if (!level)
			continue;
		if (pv_table_normalise(to, from, level, &m->inverse, &fault))
			return table_fault(m, m->pages[i], &fault);
		if (level == 1)
			want_targets(m, to);
		to += PV_TABLE_ENTRIES;
		from += PV_TABLE_ENTRIES;
	}
	return 0;
}

int save_memory_tables(struct save_memory *m)
{
	uint64_t *mfns, i, n = 0;
	void *tables;
	int rc;

	mfns = malloc(m->nr_tables * sizeof(*mfns));
	m->tables = malloc(m->nr_tables * STREAM_PAGE);
	if (!mfns || !m->tables) {
		free(mfns);
		return fail(m, "reading its page tables");
	}
	for (i = 0; i < m->nr_pages; i++)
		if (stream_page_level(m->pages[i]))
			mfns[n++] = m->p2m[i];
	tables = map(m, mfns, n);
	free(mfns);
	if (!tables)
		return fail(m, "mapping its page tables");
	rc = translate(m, tables);
	unmap(m, tables, n);
	return rc;
}

/* ---- what is wanted ---- */

/* Pages that it maps and has no use for: a guest that is wrong about it harms nobody but itself. */
static int discard_runs(struct save_memory *m, const struct suspend_record *record,
			const char *end_of_runs)
{
	uint64_t nr = record->flags >> SUSPEND_RUNS_SHIFT, i;
	struct suspend_run run;

	if (!(record->flags & SUSPEND_RUNS))
		return 0;
	if (nr > SUSPEND_MAX_RUNS)
		return guest_fault(m, "its suspend record has too many runs", nr);
	for (i = 0; i < nr; i++) {
		memcpy(&run, end_of_runs - (i + 1) * sizeof(run), sizeof(run));
		if (run.first > m->nr_pages || run.count > m->nr_pages - run.first)
			return guest_fault(m, "its suspend record names pages it has not",
					   run.first);
		memset(m->wanted + run.first, SAVE_NOTHING, run.count);
	}
	return 0;
}

int save_memory_suspended(struct save_memory *m, uint64_t pfn, uint64_t ctrl_gfn)
{
	char copy[STREAM_PAGE];
	struct suspend_record record;
	start_info_t si;
	char *page;
	int rc;

	page = map(m, &m->p2m[pfn], 1);
	if (!page)
		return fail(m, "mapping its start info");
	memcpy(copy, page, sizeof(copy)); /* it may be mapped elsewhere: looked at once */
	unmap(m, page, 1);
	memcpy(&si, copy, sizeof(si));
	memcpy(&record, copy + sizeof(copy) - sizeof(record), sizeof(record));
	if (si.store_mfn >= m->nr_pages || si.console.domU.mfn >= m->nr_pages)
		return guest_fault(m, "its start info has not been made ready",
				   si.console.domU.mfn);
	if (ctrl_gfn != SAVE_NO_CTRL && ctrl_gfn >= m->nr_pages)
		return guest_fault(m, "its control page is not in its memory", ctrl_gfn);
	if (record.magic != SUSPEND_RECORD_MAGIC || !(record.flags & SUSPEND_UNMAPPED_IS_FREE)) {
		memset(m->wanted, SAVE_CONTENTS, m->nr_pages);
		return 0;
	}
	rc = discard_runs(m, &record, copy + sizeof(copy) - sizeof(record));
	if (rc)
		return rc;
	m->wanted[pfn] = SAVE_CONTENTS;
	m->wanted[si.store_mfn] = m->wanted[si.console.domU.mfn] = SAVE_CONTENTS;
	if (ctrl_gfn != SAVE_NO_CTRL)
		m->wanted[ctrl_gfn] = SAVE_CONTENTS;
	return 0;
}
