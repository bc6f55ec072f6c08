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

#include "build/pv/pv_layout.h"
#include "save/save.h"

#define LIST_PER_PAGE (STREAM_PAGE / sizeof(uint64_t))
/* Xen takes 1,024 at once; but a buffer of one page is kept for the next call (noxs.c). */
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

/* What the guest names cannot be mapped. */
static int map_fault(struct save_memory *m, const char *what, uint64_t frame)
{
	return errno == ENOMEM ? fail(m, "mapping its memory") : guest_fault(m, what, frame);
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

/* And of a guest that has suspended its start info: each mapping costs as much as some pages more in one. */
static int read_info_pages(struct save_memory *m, uint64_t start_info_mfn)
{
	uint64_t frames[2] = { 0, start_info_mfn };
	xc_domaininfo_t info;
	char *pages;

	if (xc_domain_getinfolist(m->ctx->xch, m->domid, 1, &info) != 1 ||
	    info.domain != m->domid) {
		errno = ESRCH;
		return fail(m, "asking for its state");
	}
	frames[0] = m->shared_info_frame = info.shared_info_frame;
	pages = map(m, frames, m->start_info ? 2 : 1);
	if (!pages && m->start_info)
		return map_fault(m, "its start info is not its own", start_info_mfn);
	if (!pages)
		return fail(m, "mapping its shared info");
	memcpy(m->shared_info, pages, STREAM_PAGE);
	/* Others may map it and write to it: from here on it is this copy. */
	if (m->start_info)
		memcpy(m->start_info, pages + STREAM_PAGE, STREAM_PAGE);
	unmap(m, pages, m->start_info ? 2 : 1);
	m->nr_pages = m->shared_info->arch.max_pfn;
	if (!m->shared_info->arch.p2m_cr3 || !m->nr_pages || m->nr_pages > info.tot_pages)
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

/* Where the suspend record would be, and what is before it; *record is a copy. */
static const char *read_record(const struct save_memory *m, struct suspend_record *record)
{
	const char *at = m->start_info + STREAM_PAGE - sizeof(*record);

	memcpy(record, at, sizeof(*record));
	if (record->magic != SUSPEND_RECORD_MAGIC)
		record->flags = 0;
	return at;
}

/* It may have said so itself, which is as good as its page tables: they are its own, too. */
static bool is_p2m_told(struct save_memory *m)
{
	struct suspend_record record;
	const char *at = read_record(m, &record);
	uint64_t nr_runs = record.flags >> SUSPEND_RUNS_SHIFT;

	if (!(record.flags & SUSPEND_P2M) || nr_runs > SUSPEND_MAX_RUNS ||
	    m->nr_p2m > SUSPEND_MAX_P2M)
		return false;
	memcpy(m->p2m_pfns,
	       at - nr_runs * sizeof(struct suspend_run) - m->nr_p2m * sizeof(*m->p2m_pfns),
	       m->nr_p2m * sizeof(*m->p2m_pfns)); /* MFNs for now */
	return true;
}

static int find_p2m(struct save_memory *m)
{
	struct walk w = { .m = m };
	uint64_t va = m->shared_info->arch.p2m_vaddr, i;
	int rc = 0;

	if (is_p2m_told(m))
		return 0;
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
		return map_fault(m, "its p2m list is not its own", m->p2m_pfns[0]);
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

	buf = xencall_alloc_buffer_pages(m->ctx->xcall, 1);
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
	xencall_free_buffer_pages(m->ctx->xcall, buf, 1);
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
		if (stream_page_level(type))
			m->table_pfns[m->nr_tables++] = (uint32_t)i;
	}
	return 0;
}

int save_memory_measure(struct save_memory *m)
{
	m->shared_info = malloc(STREAM_PAGE);
	return m->shared_info ? read_info_pages(m, 0) : fail(m, "reading its memory");
}

int save_memory_open(struct save_memory *m, uint64_t start_info_mfn)
{
	int rc;

	m->shared_info = malloc(STREAM_PAGE);
	m->start_info = malloc(STREAM_PAGE);
	if (!m->shared_info || !m->start_info)
		return fail(m, "reading its memory");
	rc = read_info_pages(m, start_info_mfn);
	if (rc)
		return rc;
	m->nr_p2m = (m->nr_pages + LIST_PER_PAGE - 1) / LIST_PER_PAGE;
	m->p2m = malloc(m->nr_pages * sizeof(*m->p2m));
	m->p2m_pfns = malloc(m->nr_p2m * sizeof(*m->p2m_pfns));
	m->pages = malloc(m->nr_pages * sizeof(*m->pages));
	m->table_pfns = malloc(m->nr_pages * sizeof(*m->table_pfns));
	m->wanted = calloc(m->nr_pages, 1);
	if (!m->p2m || !m->p2m_pfns || !m->pages || !m->table_pfns || !m->wanted)
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
	free(m->table_pfns);
	free(m->tables);
	free(m->start_info);
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
	uint64_t *to = m->tables, i, page;
	struct pv_table_fault fault;

	for (i = 0; i < m->nr_tables; i++) {
		page = m->pages[m->table_pfns[i]];
		if (pv_table_normalise(to, from, stream_page_level(page), &m->inverse, &fault))
			return table_fault(m, page, &fault);
		if (stream_page_level(page) == 1)
			want_targets(m, to);
		to += PV_TABLE_ENTRIES;
		from += PV_TABLE_ENTRIES;
	}
	return 0;
}

int save_memory_tables(struct save_memory *m)
{
	uint64_t *mfns, i;
	void *tables;
	int rc;

	mfns = malloc(m->nr_tables * sizeof(*mfns));
	m->tables = malloc(m->nr_tables * STREAM_PAGE);
	if (!mfns || !m->tables) {
		free(mfns);
		return fail(m, "reading its page tables");
	}
	for (i = 0; i < m->nr_tables; i++)
		mfns[i] = m->p2m[m->table_pfns[i]];
	tables = map(m, mfns, m->nr_tables);
	free(mfns);
	if (!tables)
		return fail(m, "mapping its page tables");
	rc = translate(m, tables);
	unmap(m, tables, m->nr_tables);
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

/* A restore of ours writes every byte of it. */
static void discard_p2m(struct save_memory *m)
{
	uint64_t i;

	for (i = 0; i < m->nr_p2m && !m->is_portable; i++)
		m->wanted[m->p2m_pfns[i]] = SAVE_NOTHING;
}

int save_memory_suspended(struct save_memory *m, uint64_t pfn, uint64_t ctrl_gfn)
{
	struct suspend_record record;
	const char *end = read_record(m, &record);
	start_info_t si;
	int rc;

	memcpy(&si, m->start_info, sizeof(si));
	if (si.store_mfn >= m->nr_pages || si.console.domU.mfn >= m->nr_pages)
		return guest_fault(m, "its start info has not been made ready",
				   si.console.domU.mfn);
	if (ctrl_gfn != SAVE_NO_CTRL && ctrl_gfn >= m->nr_pages)
		return guest_fault(m, "its control page is not in its memory", ctrl_gfn);
	if (!(record.flags & SUSPEND_UNMAPPED_IS_FREE)) {
		memset(m->wanted, SAVE_CONTENTS, m->nr_pages);
		discard_p2m(m);
		return 0;
	}
	rc = discard_runs(m, &record, end);
	if (rc)
		return rc;
	discard_p2m(m);
	m->wanted[pfn] = SAVE_CONTENTS;
	m->wanted[si.store_mfn] = m->wanted[si.console.domU.mfn] = SAVE_CONTENTS;
	if (ctrl_gfn != SAVE_NO_CTRL)
		m->wanted[ctrl_gfn] = SAVE_CONTENTS;
	return 0;
}
