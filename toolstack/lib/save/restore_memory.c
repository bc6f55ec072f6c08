// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A restored guest's memory.  The reader has checked that every frame named is one the guest has;
 * page tables are checked here, entry by entry, and once more by Xen, which takes none that maps what
 * is not the guest's.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenforeignmemory.h>

#include "save/restore.h"

int restore_fail(struct restore *r, const char *what)
{
	int e = errno;

	return chaos_error_set(r->err, chaos_code_of_errno(e), e,
			       "cannot restore the guest: %s: %s", what, strerror(e));
}

int restore_refuse(struct restore *r, const char *what, uint64_t value)
{
	return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL,
			       "not the file of a saved guest: %s (%#llx)", what,
			       (unsigned long long)value);
}

static void *map(struct restore *r, const uint64_t *mfns, uint64_t count)
{
	return xenforeignmemory_map(xc_interface_fmem_handle(r->ctx->xch), r->g->domid,
				    PROT_READ | PROT_WRITE, count, mfns, NULL);
}

static void unmap(struct restore *r, void *pages, uint64_t count)
{
	/* Fails for bad arguments only. */
	(void)xenforeignmemory_unmap(xc_interface_fmem_handle(r->ctx->xch), pages, count);
}

/* ---- pages ---- */

static int localise(struct restore *r, const struct stream_record *record, char *contents)
{
	struct pv_table_fault fault;
	unsigned int i;

	for (i = 0; i < record->nr_pages; i++) {
		unsigned int level = stream_page_level(record->pages[i]);

		if (level && pv_table_localise((uint64_t *)contents, level, r->g->p2m,
					       r->g->nr_pages, &fault))
			return restore_refuse(r, "a page table maps what is not its guest's",
					      fault.entry);
		if (stream_page_has_data(record->pages[i]))
			contents += STREAM_PAGE;
	}
	return 0;
}

int restore_pages(struct restore *r, const struct stream_record *record)
{
	uint64_t mfns[STREAM_MAX_BATCH], pfn;
	unsigned int i, n = 0;
	char *contents;
	int rc;

	for (i = 0; i < record->nr_pages; i++) {
		pfn = record->pages[i] & STREAM_PFN_MASK;
		r->pages[pfn] = record->pages[i];
		if (stream_page_has_data(record->pages[i]))
			mfns[n++] = r->g->p2m[pfn];
	}
	if (!n)
		return 0;
	contents = map(r, mfns, n);
	if (!contents)
		return restore_fail(r, "mapping its memory");
	/* Straight into its memory; nobody runs there yet. */
	rc = stream_reader_pages(r->reader, contents, n);
	if (!rc)
		rc = localise(r, record, contents);
	unmap(r, contents, n);
	return rc;
}

#define CLEARS 256U

int restore_zero_pages(struct restore *r, const struct stream_record *record)
{
	const uint64_t *pfns = (const uint64_t *)record->data;
	uint32_t count = record->len / sizeof(*pfns), i, n;
	struct mmuext_op ops[CLEARS];

	while (count) {
		n = count < CLEARS ? count : CLEARS;
		for (i = 0; i < n; i++) {
			ops[i].cmd = MMUEXT_CLEAR_PAGE;
			ops[i].arg1.mfn = r->g->p2m[pfns[i]];
		}
		if (xc_mmuext_op(r->ctx->xch, ops, n, r->g->domid))
			return restore_fail(r, "clearing its memory");
		pfns += n;
		count -= n;
	}
	return 0;
}

/* ---- behind the end of the stream ---- */

static int write_p2m(struct restore *r)
{
	uint64_t *mfns = malloc(r->nr_p2m * sizeof(*mfns)), i;
	size_t size = r->g->nr_pages * sizeof(*r->g->p2m);
	char *list = NULL;

	for (i = 0; mfns && i < r->nr_p2m; i++)
		mfns[i] = r->g->p2m[r->p2m_pfns[i]];
	if (mfns)
		list = map(r, mfns, r->nr_p2m);
	free(mfns);
	if (!list)
		return restore_fail(r, "mapping its p2m list");
	memcpy(list, r->g->p2m, size);
	memset(list + size, 0, r->nr_p2m * STREAM_PAGE - size);
	unmap(r, list, r->nr_p2m);
	return 0;
}

static void write_shared_info(struct restore *r, shared_info_t *to)
{
	const shared_info_t *from = (const void *)r->shared_info.data;
	unsigned int i;

	memcpy(to->vcpu_info, from->vcpu_info, sizeof(to->vcpu_info));
	memcpy(&to->arch, &from->arch, sizeof(to->arch));
	/* Machine frames of then: the guest says it anew. */
	to->arch.pfn_to_mfn_frame_list_list = 0;
	to->arch.p2m_cr3 = 0;
	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		to->vcpu_info[i].evtchn_pending_sel = 0;
	memset(to->evtchn_pending, 0, sizeof(to->evtchn_pending));
	memset(to->evtchn_mask, 0xff, sizeof(to->evtchn_mask));
}

static int write_start_info(struct restore *r, start_info_t *si, uint64_t *console_pfn)
{
	uint64_t store = si->store_mfn, console = si->console.domU.mfn;

	if (store >= r->g->nr_pages || console >= r->g->nr_pages)
		return restore_refuse(r, "its console is not in its memory", console);
	si->nr_pages = r->g->nr_pages;
	si->shared_info = r->g->shared_info_frame << PV_PAGE_SHIFT;
	si->flags = SIF_VIRT_P2M_4TOOLS;
	si->store_mfn = r->g->p2m[store];
	si->store_evtchn = 0;
	si->console.domU.mfn = r->g->p2m[console];
	si->console.domU.evtchn = CHAOS_PORT_CONSOLE;
	*console_pfn = console;
	return 0;
}

static int write_special(struct restore *r, uint64_t start_info_pfn)
{
	uint64_t frames[] = { r->g->p2m[start_info_pfn], r->g->shared_info_frame,
			      r->g->grant_frame };
	const uint64_t count = sizeof(frames) / sizeof(frames[0]);
	uint64_t console_pfn = 0;
	char *pages;
	int rc;

	pages = map(r, frames, count);
	if (!pages)
		return restore_fail(r, "mapping its start info");
	rc = write_start_info(r, (start_info_t *)pages, &console_pfn);
	if (!rc) {
		write_shared_info(r, (shared_info_t *)(pages + STREAM_PAGE));
		r->g->grants = (grant_entry_v1_t *)(pages + 2 * STREAM_PAGE);
		pv_guest_write_grant(r->g, GNTTAB_RESERVED_CONSOLE, console_pfn);
		pv_guest_write_grant(r->g, CHAOS_GREF_CONTROL, r->ctrl_pfn);
		r->g->grants = NULL;
	}
	unmap(r, pages, count);
	return rc;
}

#define PINS 64U

static int pin_tables(struct restore *r)
{
	struct mmuext_op ops[PINS];
	unsigned int level, n = 0;
	uint64_t pfn;

	for (pfn = 0; pfn < r->g->nr_pages; pfn++) {
		level = stream_page_level(r->pages[pfn]);
		if (level && stream_page_type(r->pages[pfn]) & STREAM_PINNED) {
			ops[n].cmd = MMUEXT_PIN_L1_TABLE + level - 1;
			ops[n++].arg1.mfn = r->g->p2m[pfn];
		}
		if (n != PINS && (pfn + 1 < r->g->nr_pages || !n))
			continue;
		if (xc_mmuext_op(r->ctx->xch, ops, n, r->g->domid)) {
			if (errno == EINVAL || errno == EPERM)
				return restore_refuse(r, "Xen does not take its page tables", pfn);
			return restore_fail(r, "pinning its page tables");
		}
		n = 0;
	}
	return 0;
}

int restore_memory_finish(struct restore *r, uint64_t start_info_pfn)
{
	int rc;

	rc = write_p2m(r);
	if (!rc)
		rc = write_special(r, start_info_pfn);
	return rc ? rc : pin_tables(r);
}
