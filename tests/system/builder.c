// SPDX-License-Identifier: GPL-2.0
/*
 * builder - compare two paused PV domains that have not run yet: same kernel, same memory, made by
 * different builders.  Proves that a guest cannot tell which.  Machine frames differ of course; so
 * every frame is turned into what the domain's own p2m calls it, and Xen's M2P has to agree.
 *
 * usage: builder LABEL DOMID DOMID
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <xen/features.h>
#include <xencall.h>
#include <xenctrl.h>
#include <xenguest.h>
#include <xenforeignmemory.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#define PAGE	    4096UL
#define FRAME_MASK  0x000ffffffffff000UL
#define PTE_PRESENT 1UL
/* Accessed and dirty: whoever looked. */
#define PTE_COMPARE (0xfffUL & ~0x60UL)
#define NO_PFN	    UINT64_MAX
#define MAX_GRANTS  (PAGE / sizeof(grant_entry_v1_t))

struct mapping {
	uint64_t va, pfn, flags;
};

struct guest {
	uint32_t domid;
	xc_domaininfo_t info;
	vcpu_guest_context_any_t any;
	vcpu_guest_context_x86_64_t *ctx;
	uint64_t *p2m;
	uint64_t nr_pages;
	char *pages; /* all of them, in order */
	start_info_t *si;
	struct mapping *maps;
	size_t nr_maps;
};

static xc_interface *xch;
static xen_pfn_t *m2p;
static unsigned long m2p_max;
static const char *label = "builder";
static int failures;

__attribute__((format(printf, 3, 4))) static void verdict(const char *name, bool ok,
							  const char *fmt, ...)
{
	va_list args;

	if (ok) {
		printf("PASS: %s: %s\n", label, name);
		return;
	}
	failures++;
	printf("FAIL: %s: %s: ", label, name);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static void die(const char *what)
{
	printf("ERROR: %s: %s: it failed\n", label, what);
	exit(1);
}

static void *map(const struct guest *g, const xen_pfn_t *frames, size_t count)
{
	void *p = xenforeignmemory_map(xc_interface_fmem_handle(xch), g->domid, PROT_READ, count,
				       frames, NULL);

	if (!p)
		die("mapping");
	return p;
}

static void unmap(void *p, size_t count)
{
	xenforeignmemory_unmap(xc_interface_fmem_handle(xch), p, count);
}

/* ---- reading a domain ---- */

static uint64_t pte_of(const struct guest *g, uint64_t va)
{
	xen_pfn_t frame = g->ctx->ctrlreg[3] >> 12;
	uint64_t *table, entry;
	int shift;

	for (shift = 39;; shift -= 9) {
		table = map(g, &frame, 1);
		entry = table[va >> shift & 511];
		unmap(table, 1);
		if (shift == 12 || !(entry & PTE_PRESENT))
			return entry;
		frame = (entry & FRAME_MASK) >> 12;
	}
}

/* Copies from the guest's address space. */
static void *copy(const struct guest *g, uint64_t va, size_t pages)
{
	char *to = malloc(pages * PAGE);
	size_t i;

	for (i = 0; i < pages; i++) {
		xen_pfn_t frame = (pte_of(g, va + i * PAGE) & FRAME_MASK) >> 12;
		void *p = map(g, &frame, 1);

		memcpy(to + i * PAGE, p, PAGE);
		unmap(p, 1);
	}
	return to;
}

static uint64_t pfn_of(const struct guest *g, uint64_t mfn)
{
	if (mfn >= m2p_max || m2p[mfn] >= g->nr_pages || g->p2m[m2p[mfn]] != mfn)
		return NO_PFN;
	return m2p[mfn];
}

static void walk(struct guest *g, xen_pfn_t frame, int level, uint64_t va)
{
	uint64_t *table = map(g, &frame, 1), i, at;

	for (i = 0; i < 512; i++) {
		if (!(table[i] & PTE_PRESENT))
			continue;
		/* The root's entries in between are Xen's. */
		if (level == 4 && i >= 256 && i < 272)
			continue;
		at = va | i << (3 + 9 * level);
		if (level == 4 && i >= 256)
			at |= 0xffffUL << 48; /* canonical */
		if (level > 1) {
			walk(g, (table[i] & FRAME_MASK) >> 12, level - 1, at);
			continue;
		}
		g->maps = realloc(g->maps, (g->nr_maps + 1) * sizeof(*g->maps));
		g->maps[g->nr_maps++] = (struct mapping){ at,
							  pfn_of(g, (table[i] & FRAME_MASK) >> 12),
							  table[i] & PTE_COMPARE };
	}
	unmap(table, 1);
}

static void read_guest(struct guest *g, const char *domid)
{
	uint64_t pages;

	g->domid = (uint32_t)strtoul(domid, NULL, 10);
	g->ctx = &g->any.x64;
	if (xc_domain_getinfolist(xch, g->domid, 1, &g->info) != 1 || g->info.domain != g->domid ||
	    xc_vcpu_getcontext(xch, g->domid, 0, &g->any))
		die("asking Xen for the domain");
	g->si = copy(g, g->ctx->user_regs.rsi, 1);
	g->nr_pages = g->si->nr_pages;
	pages = (g->nr_pages * 8 + PAGE - 1) / PAGE;
	g->p2m = copy(g, g->si->mfn_list, pages);
	g->pages = map(g, g->p2m, g->nr_pages);
	walk(g, g->ctx->ctrlreg[3] >> 12, 4, 0);
}

/* ---- comparing ---- */

static void check_p2m(const struct guest *g, const char *name)
{
	uint64_t pfn;

	for (pfn = 0; pfn < g->nr_pages; pfn++)
		if (pfn_of(g, g->p2m[pfn]) != pfn)
			break;
	verdict(name, pfn == g->nr_pages && g->info.tot_pages == g->nr_pages,
		"pfn %#lx is wrong, or one of %lu pages is not in it", pfn,
		(unsigned long)g->info.tot_pages);
}

static void check_context(const struct guest *a, const struct guest *b)
{
	vcpu_guest_context_x86_64_t ca = *a->ctx, cb = *b->ctx;
	uint64_t ra = pfn_of(a, ca.ctrlreg[3] >> 12), rb = pfn_of(b, cb.ctrlreg[3] >> 12);
	size_t i;

	verdict("page table root", ra == rb && ra != NO_PFN, "pfn %#lx and %#lx", ra, rb);
	ca.ctrlreg[3] = cb.ctrlreg[3] = 0;
	for (i = 0; i < sizeof(ca); i++)
		if (((char *)&ca)[i] != ((char *)&cb)[i])
			break;
	verdict("vcpu context", i == sizeof(ca), "differs at byte %zu", i);
}

static void check_start_info(const struct guest *a, const struct guest *b)
{
	const struct guest *both[] = { a, b };
	start_info_t si[2];
	unsigned int i;
	size_t n;

	for (i = 0; i < 2; i++) {
		si[i] = *both[i]->si;
		verdict(i ? "shared info of the second" : "shared info of the first",
			si[i].shared_info == both[i]->info.shared_info_frame << 12, "%#lx",
			(unsigned long)si[i].shared_info);
		si[i].shared_info = 0;
		/* libxenguest's is in whole pages. */
		si[i].mod_len = (si[i].mod_len + PAGE - 1) & ~(PAGE - 1);
		si[i].store_mfn = pfn_of(both[i], si[i].store_mfn);
		si[i].console.domU.mfn = pfn_of(both[i], si[i].console.domU.mfn);
	}
	for (n = 0; n < sizeof(si[0]); n++)
		if (((char *)&si[0])[n] != ((char *)&si[1])[n])
			break;
	verdict("start info", n == sizeof(si[0]), "differs at byte %zu", n);
}

static void check_maps(const struct guest *a, const struct guest *b)
{
	size_t n;

	for (n = 0; n < a->nr_maps && n < b->nr_maps; n++)
		if (memcmp(&a->maps[n], &b->maps[n], sizeof(a->maps[n])))
			break;
	if (n < a->nr_maps && n < b->nr_maps)
		verdict("page tables", false, "%#lx: pfn %#lx flags %#lx, and %#lx: %#lx, %#lx",
			a->maps[n].va, a->maps[n].pfn, a->maps[n].flags, b->maps[n].va,
			b->maps[n].pfn, b->maps[n].flags);
	else
		verdict("page tables", a->nr_maps == b->nr_maps && n, "%zu pages mapped, and %zu",
			a->nr_maps, b->nr_maps);
}

/* What Xen takes each page for, and whether it is pinned; to be freed. */
static uint64_t *page_types(const struct guest *g)
{
	xencall_handle *xcall = xc_interface_xcall_handle(xch);
	struct xen_domctl *op = xencall_alloc_buffer(xcall, sizeof(*op));
	uint64_t *buf = xencall_alloc_buffer(xcall, 512 * sizeof(*buf)), pfn, n;
	uint64_t *types = malloc(g->nr_pages * sizeof(*types));

	if (!op || !buf || !types)
		die("allocating");
	for (pfn = 0; pfn < g->nr_pages; pfn += n) {
		n = g->nr_pages - pfn < 512 ? g->nr_pages - pfn : 512;
		memcpy(buf, g->p2m + pfn, n * sizeof(*buf));
		memset(op, 0, sizeof(*op));
		op->cmd = XEN_DOMCTL_getpageframeinfo3;
		op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
		op->domain = (domid_t)g->domid;
		op->u.getpageframeinfo3.num = n;
		set_xen_guest_handle_raw(op->u.getpageframeinfo3.array, buf);
		if (xencall1(xcall, __HYPERVISOR_domctl, (uintptr_t)op))
			die("asking for page types");
		memcpy(types + pfn, buf, n * sizeof(*buf));
	}
	xencall_free_buffer(xcall, buf);
	xencall_free_buffer(xcall, op);
	return types;
}

static void check_types(const struct guest *a, const struct guest *b)
{
	uint64_t *ta = page_types(a), *tb = page_types(b), pfn, pinned = 0;

	for (pfn = 0; pfn < a->nr_pages && ta[pfn] == tb[pfn]; pfn++)
		pinned += !!(ta[pfn] & XEN_DOMCTL_PFINFO_LPINTAB);
	verdict("page types", pfn == a->nr_pages && pinned == 1, "alike up to %#lx, %lu pinned",
		pfn, pinned);
	free(ta);
	free(tb);
}

static bool alike(const struct guest *a, const struct guest *b, uint64_t pfn, uint64_t end)
{
	return !memcmp(a->pages + pfn * PAGE, b->pages + pfn * PAGE, (end - pfn) * PAGE);
}

/* Where the first page is mapped. */
static uint64_t va_of_first(const struct guest *g)
{
	size_t n;

	for (n = 0; n < g->nr_maps && g->maps[n].pfn; n++)
		;
	return n < g->nr_maps ? g->maps[n].va : 0;
}

/* Image, store, console, control page and ramdisk byte by byte. */
static void check_contents(const struct guest *a, const struct guest *b)
{
	uint64_t base = va_of_first(a), si = (a->ctx->user_regs.rsi - base) / PAGE;
	/* A Linux has its p2m elsewhere, and its store page is its control page. */
	bool is_linux = a->si->first_p2m_pfn;
	uint64_t end = is_linux ? si : (a->si->mfn_list - base) / PAGE;

	verdict("image", alike(a, b, 0, end), "one of its %#lx pages differs", end);
	verdict("store, console, control page", alike(a, b, si + 1, si + (is_linux ? 3 : 4)),
		"one of them differs");
	if (a->si->mod_len)
		verdict("ramdisk",
			alike(a, b, a->si->mod_start,
			      a->si->mod_start + (a->si->mod_len + PAGE - 1) / PAGE),
			"a page of it differs");
}

static void check_grants(const struct guest *a, const struct guest *b)
{
	const struct guest *both[] = { a, b };
	grant_entry_v1_t entries[2][MAX_GRANTS];
	unsigned int i, n, used = 0;

	for (i = 0; i < 2; i++) {
		xenforeignmemory_handle *fmem = xc_interface_fmem_handle(xch);
		xenforeignmemory_resource_handle *res;
		void *p = NULL;

		res = xenforeignmemory_map_resource(fmem, (domid_t)both[i]->domid,
						    XENMEM_resource_grant_table,
						    XENMEM_resource_grant_table_id_shared, 0, 1, &p,
						    PROT_READ | PROT_WRITE, 0);
		if (!res)
			die("mapping the grant table");
		memcpy(entries[i], p, PAGE);
		xenforeignmemory_unmap_resource(fmem, res);
	}
	for (n = 0; n < MAX_GRANTS; n++) {
		if (entries[0][n].flags != entries[1][n].flags ||
		    entries[0][n].domid != entries[1][n].domid)
			break;
		if (!entries[0][n].flags)
			continue;
		used++;
		if (pfn_of(a, entries[0][n].frame) != pfn_of(b, entries[1][n].frame) ||
		    pfn_of(a, entries[0][n].frame) == NO_PFN)
			break;
	}
	verdict("grants", n == MAX_GRANTS && used == 2, "entry %u differs; %u in use", n, used);
}

static void check_shared_info(const struct guest *a, const struct guest *b)
{
	xen_pfn_t fa = a->info.shared_info_frame, fb = b->info.shared_info_frame;
	shared_info_t *sa = map(a, &fa, 1), *sb = map(b, &fb, 1);
	unsigned int i;

	for (i = 0; i < XEN_LEGACY_MAX_VCPUS; i++)
		if (sa->vcpu_info[i].evtchn_upcall_mask != 1 ||
		    sb->vcpu_info[i].evtchn_upcall_mask != 1)
			break;
	verdict("events masked", i == XEN_LEGACY_MAX_VCPUS, "vcpu %u", i);
	verdict("p2m frames in shared info",
		sa->arch.pfn_to_mfn_frame_list_list == sb->arch.pfn_to_mfn_frame_list_list &&
			sa->arch.max_pfn == sb->arch.max_pfn,
		"%#lx, %#lx", sa->arch.max_pfn, sb->arch.max_pfn);
	unmap(sa, 1);
	unmap(sb, 1);
}

int main(int argc, char **argv)
{
	struct guest a = { 0 }, b = { 0 };

	xch = xc_interface_open(NULL, NULL, 0);
	if (argc != 4 || !xch || xc_maximum_ram_page(xch, &m2p_max) < 0)
		die("usage: builder LABEL DOMID DOMID, in Dom0");
	m2p = xc_map_m2p(xch, m2p_max, PROT_READ, NULL);
	if (!m2p)
		die("mapping the M2P");
	label = argv[1];
	read_guest(&a, argv[2]);
	read_guest(&b, argv[3]);
	verdict("memory", a.nr_pages == b.nr_pages, "%lu pages and %lu", a.nr_pages, b.nr_pages);
	if (failures)
		return 1;
	check_p2m(&a, "p2m and M2P of the first");
	check_p2m(&b, "p2m and M2P of the second");
	check_context(&a, &b);
	check_start_info(&a, &b);
	check_maps(&a, &b);
	check_types(&a, &b);
	check_contents(&a, &b);
	check_grants(&a, &b);
	check_shared_info(&a, &b);
	return failures != 0;
}
