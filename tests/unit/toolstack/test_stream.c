// SPDX-License-Identifier: GPL-2.0-only
/*
 * The file of a saved guest, from writer to restore: what is written is what is read, and whatever is
 * changed in it makes an error, not a guest and not a crash.  Xen is faked: memory is an array of
 * frames, and a hypercall or a mapping that names another frame than the guest's ends the test.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenforeignmemory.h>

#include "save/restore.h"
#include "build/shell.h"

#define PAGE	    4096U
#define PAGES	    64U
#define FUZZ_ROUNDS 10000

/* The guest's frames; machine frame n of a guest is FIRST_MFN + 3 n, and then Xen's. */
#define FIRST_MFN   1000U
#define SHARED_INFO (FIRST_MFN + 3 * PAGES)
#define GRANTS	    (FIRST_MFN + 3 * PAGES + 1)

enum {
	PFN_L4 = 10,
	PFN_L3,
	PFN_L2,
	PFN_L1,
	PFN_P2M = 20,
	PFN_START_INFO,
	PFN_CONSOLE,
	PFN_CTRL
};

static uint8_t memory[PAGES + 2][PAGE];
static uint64_t p2m[PAGES];
static unsigned int nr_started, nr_discarded, nr_pins, nr_maps;

/* ---- Xen, faked ---- */

static uint8_t *frame(uint64_t mfn)
{
	if (mfn == SHARED_INFO)
		return memory[PAGES];
	if (mfn == GRANTS)
		return memory[PAGES + 1];
	if (mfn < FIRST_MFN || mfn >= SHARED_INFO || (mfn - FIRST_MFN) % 3)
		fail_msg("machine frame %llu is nobody's", (unsigned long long)mfn);
	return memory[(mfn - FIRST_MFN) / 3];
}

static uint64_t mapped[STREAM_MAX_BATCH];

xenforeignmemory_handle *xc_interface_fmem_handle(xc_interface *xch)
{
	(void)xch;
	return NULL;
}

void *xenforeignmemory_map(xenforeignmemory_handle *fmem, uint32_t dom, int prot, size_t pages,
			   const xen_pfn_t arr[], int err[])
{
	uint8_t *copy = malloc(pages * PAGE);
	size_t i;

	(void)fmem, (void)dom, (void)prot, (void)err;
	assert_in_range(pages, 1, STREAM_MAX_BATCH);
	assert_int_equal(nr_maps++, 0); /* one at a time here */
	for (i = 0; i < pages; i++) {
		mapped[i] = arr[i];
		memcpy(copy + i * PAGE, frame(arr[i]), PAGE);
	}
	return copy;
}

int xenforeignmemory_unmap(xenforeignmemory_handle *fmem, void *addr, size_t pages)
{
	size_t i;

	(void)fmem;
	nr_maps--;
	for (i = 0; i < pages; i++)
		memcpy(frame(mapped[i]), (uint8_t *)addr + i * PAGE, PAGE);
	free(addr);
	return 0;
}

int xc_mmuext_op(xc_interface *xch, struct mmuext_op *op, unsigned int nr_ops, uint32_t dom)
{
	unsigned int i;

	(void)xch, (void)dom;
	for (i = 0; i < nr_ops; i++) {
		if (op[i].cmd == MMUEXT_CLEAR_PAGE)
			memset(frame(op[i].arg1.mfn), 0, PAGE);
		else
			nr_pins += !!frame(op[i].arg1.mfn);
	}
	return 0;
}

int xc_vcpu_setcontext(xc_interface *xch, uint32_t domid, uint32_t vcpu,
		       vcpu_guest_context_any_t *ctx)
{
	(void)xch, (void)domid;
	assert_in_range(vcpu, 0, 1);
	(void)frame(ctx->x64.ctrlreg[3] >> 12);
	if (!vcpu)
		(void)frame(ctx->x64.user_regs.rdx);
	return 0;
}

int xc_domctl(xc_interface *xch, struct xen_domctl *op)
{
	(void)xch, (void)op;
	return 0;
}

int xc_domain_set_tsc_info(xc_interface *xch, uint32_t domid, uint32_t mode, uint64_t nsec,
			   uint32_t khz, uint32_t incarnation)
{
	(void)xch, (void)domid, (void)mode, (void)nsec, (void)khz, (void)incarnation;
	return 0;
}

void *xencall_alloc_buffer(xencall_handle *xcall, size_t size)
{
	(void)xcall;
	return malloc(size);
}

void xencall_free_buffer(xencall_handle *xcall, void *p)
{
	(void)xcall;
	free(p);
}

/* ---- the rest of libchaos, faked ---- */

void pv_guest_write_grant(struct pv_guest *g, unsigned int ref, uint64_t pfn)
{
	g->grants[ref].frame = (uint32_t)g->p2m[pfn];
	g->grants[ref].flags = GTF_permit_access;
}

/* None of these guests has disks. */
void chaos_vdev_format(unsigned int id, char out[16])
{
	(void)id;
	out[0] = '\0';
}

static uint64_t now_ns = 1;
static int drip_fd = -1;
static size_t drip_at;
static uint8_t *file;

/* While it drips, 14 s pass between two looks at the clock, and a byte comes. */
uint64_t chaos_now_ns(void)
{
	if (drip_fd >= 0) {
		now_ns += 14 * 1000000000ULL;
		assert_int_equal(write(drip_fd, file + drip_at++, 1), 1);
	}
	return now_ns;
}

int chaos_config_load(struct chaos_config **out, const struct chaos_config_source *src,
		      struct chaos_error *err)
{
	(void)err;
	assert_true(src->is_saved);
	assert_string_equal(src->text, "the configuration\n");
	*out = calloc(1, sizeof(**out));
	(*out)->memory_kib = PAGES * 4;
	(*out)->vcpus = 2;
	return 0;
}

void chaos_config_free(struct chaos_config *cfg)
{
	free(cfg);
}

static struct pv_guest guest = { .nr_pages = PAGES,
				 .p2m = p2m,
				 .shared_info_frame = SHARED_INFO,
				 .grant_frame = GRANTS };
static struct chaos_plan plan;
static struct chaos_shell shell = { .pv_guest = &guest, .plan = &plan };

int chaos_shell_make(struct chaos_ctx *ctx, struct chaos_config *cfg, const char *name,
		     struct chaos_shell **out, struct chaos_timing *t, struct chaos_error *err)
{
	(void)t, (void)err;
	assert_null(name);
	plan.nr_vcpus = cfg->vcpus;
	shell.ctx = ctx;
	*out = &shell;
	return 0;
}

uint32_t chaos_shell_domid(const struct chaos_shell *s)
{
	(void)s;
	return 7;
}

int chaos_shell_start(struct chaos_shell *s, const struct chaos_create_opts *opts,
		      struct chaos_created *out, struct chaos_error *err)
{
	(void)opts, (void)out, (void)err;
	assert_int_equal(s->built.ctrl_gfn, PFN_CTRL);
	nr_started++;
	return 0;
}

int chaos_shell_complete(struct chaos_shell *s, struct chaos_error *err)
{
	(void)s, (void)err;
	return 0;
}

void chaos_shell_discard(struct chaos_shell *s, struct chaos_ctx *ctx)
{
	(void)s, (void)ctx;
	nr_discarded++;
}

/* ---- a file ---- */

static size_t file_len, stream_start;

static void put_memory(struct stream_writer *w)
{
	const struct stream_p2m_frames head = { 0, PAGES - 1 };
	const uint64_t p2m_pfn = PFN_P2M;
	static uint64_t list[PAGES], zeros[4], tables[4][512];
	static uint8_t data[PAGES][PAGE];
	start_info_t *si;
	unsigned int n = 0, i;

	assert_int_equal(stream_write_record(w, STREAM_P2M_FRAMES, &head, sizeof(head), &p2m_pfn,
					     sizeof(p2m_pfn)),
			 0);
	for (i = 0; i < 4; i++) {
		list[i] = (PFN_L4 + i) | (uint64_t)(4 - i + (i ? 0 : 8)) << STREAM_TYPE_SHIFT;
		memset(tables[i], 0, PAGE);
		tables[i][511] = (uint64_t)(PFN_L4 + i + 1) << 12 | 0x67;
	}
	tables[3][0] = 3UL << 12 | 0x27;
	assert_int_equal(stream_write_pages(w, list, 4, tables, 4), 0);
	for (i = 0; i < PAGES - 4; i++) {
		if (i >= PFN_L4 && i <= PFN_L1)
			continue;
		list[n] = i;
		memset(data[n], (int)i, PAGE);
		if (i == PFN_START_INFO) {
			si = (start_info_t *)data[n];
			si->store_mfn = si->console.domU.mfn = PFN_CONSOLE;
		}
		n++;
	}
	assert_int_equal(stream_write_pages(w, list, n, data, n), 0);
	for (i = 0; i < 4; i++) {
		zeros[i] = PAGES - 4 + i;
		list[i] = zeros[i] | (uint64_t)STREAM_XALLOC << STREAM_TYPE_SHIFT;
	}
	assert_int_equal(stream_write_pages(w, list, 4, NULL, 0), 0);
	assert_int_equal(stream_write_record(w, STREAM_ZERO_PAGES, NULL, 0, zeros, sizeof(zeros)),
			 0);
}

static void put_states(struct stream_writer *w)
{
	const struct stream_tsc_info tsc = { .khz = 1000 };
	static const uint8_t shared[PAGE], state[64];
	struct stream_vcpu head = { 0 };
	vcpu_guest_context_any_t ctx = { 0 };
	int rc = 0;

	rc |= stream_write_record(w, STREAM_TSC_INFO, NULL, 0, &tsc, sizeof(tsc));
	rc |= stream_write_record(w, STREAM_SHARED_INFO, NULL, 0, shared, sizeof(shared));
	for (; head.vcpu_id < 2; head.vcpu_id++) {
		ctx.x64.user_regs.rdx = PFN_START_INFO;
		ctx.x64.ctrlreg[3] = (uint64_t)PFN_L4 << 12;
		ctx.x64.gdt_ents = 512;
		ctx.x64.gdt_frames[0] = 5;
		rc |= stream_write_record(w, STREAM_VCPU_BASIC, &head, sizeof(head), &ctx.x64,
					  sizeof(ctx.x64));
		rc |= stream_write_record(w, STREAM_VCPU_EXTENDED, &head, sizeof(head), state, 64);
		rc |= stream_write_record(w, STREAM_VCPU_XSAVE, &head, sizeof(head), state, 40);
		rc |= stream_write_record(w, STREAM_VCPU_MSRS, &head, sizeof(head), state, 16);
	}
	assert_int_equal(rc, 0);
}

static int make_file(void **state)
{
	const struct stream_pv_info info = { .width = 8, .levels = 4 };
	static const uint8_t policy[48];
	struct stream_writer w;
	int fd = memfd_create("saved", 0);
	unsigned int i;

	(void)state;
	for (i = 0; i < PAGES; i++)
		p2m[i] = FIRST_MFN + 3 * i;
	assert_int_equal(stream_writer_init(&w, fd, -1, "the configuration\n", PFN_CTRL), 0);
	assert_int_equal(stream_write_record(&w, STREAM_PV_INFO, NULL, 0, &info, sizeof(info)), 0);
	assert_int_equal(stream_write_record(&w, STREAM_CPUID_POLICY, NULL, 0, policy, 48), 0);
	assert_int_equal(stream_write_record(&w, STREAM_MSR_POLICY, NULL, 0, policy, 32), 0);
	assert_int_equal(stream_write_record(&w, STREAM_STATIC_DATA_END, NULL, 0, NULL, 0), 0);
	put_memory(&w);
	put_states(&w);
	assert_int_equal(stream_writer_end(&w), 0);
	file_len = (size_t)lseek(fd, 0, SEEK_END);
	stream_start = sizeof(struct save_header) + strlen("the configuration\n");
	assert_int_equal(w.length, file_len - stream_start - sizeof(struct save_trailer));
	stream_writer_fini(&w);
	file = malloc(file_len);
	assert_int_equal(pread(fd, file, file_len, 0), file_len);
	close(fd);
	return 0;
}

static int free_file(void **state)
{
	(void)state;
	free(file);
	return 0;
}

/* Restore these bytes. */
static int restore(const uint8_t *bytes, size_t len, struct chaos_error *err)
{
	struct chaos_create_opts opts = { 0 };
	struct chaos_config_source src = { 0 };
	struct chaos_config *made = NULL;
	struct chaos_created created;
	struct chaos_ctx ctx = { 0 };
	unsigned int discarded = nr_discarded, started = nr_started;
	char path[64];
	int fd = memfd_create("saved", 0), rc;

	assert_int_equal(write(fd, bytes, len), len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	src.path = path;
	memset(err, 0, sizeof(*err));
	rc = chaos_domain_restore(&ctx, &src, &opts, &created, &made, err);
	close(fd);
	assert_int_equal(nr_maps, 0);
	if (!rc) {
		assert_int_equal(nr_started, started + 1);
		chaos_config_free(made);
	} else {
		assert_int_equal(nr_started, started);
		assert_in_range(nr_discarded, discarded, discarded + 1);
		assert_true(err->text[0]);
		assert_null(strchr(err->text, '\n'));
	}
	return rc;
}

/* ---- what is written is what is read ---- */

static void whole(void **state)
{
	const uint64_t *l1 = (const uint64_t *)memory[PFN_L1],
		       *l4 = (const uint64_t *)memory[PFN_L4];
	const start_info_t *si = (const start_info_t *)memory[PFN_START_INFO];
	const grant_entry_v1_t *grants = (const grant_entry_v1_t *)memory[PAGES + 1];
	struct chaos_error err;

	(void)state;
	memset(memory, 0x5a, sizeof(memory));
	nr_pins = 0;
	if (restore(file, file_len, &err))
		fail_msg("%s", err.text);
	assert_int_equal(memory[3][17], 3);
	assert_int_equal(memory[PAGES - 1][17], 0); /* a page of zeros */
	assert_int_equal(l4[511] >> 12, p2m[PFN_L3]);
	assert_int_equal(l1[0], p2m[3] << 12 | 0x27);
	assert_memory_equal(memory[PFN_P2M], p2m, sizeof(p2m));
	assert_int_equal(si->console.domU.mfn, p2m[PFN_CONSOLE]);
	assert_int_equal(si->console.domU.evtchn, CHAOS_PORT_CONSOLE);
	assert_int_equal(si->shared_info, (uint64_t)SHARED_INFO << 12);
	assert_int_equal(grants[CHAOS_GREF_CONTROL].frame, p2m[PFN_CTRL]);
	assert_int_equal(nr_pins, 1);
}

/* XXH64's own test vectors, of one, and of more than a stripe. */
static void digest(void **state)
{
	struct xxhash h;
	size_t i;

	(void)state;
	assert_int_equal(xxhash_of("", 0), 0xef46db3751d8e999UL);
	assert_int_equal(xxhash_of("a", 1), 0xd24ec4f1a98c6e5bUL);
	assert_int_equal(xxhash_of("abc", 3), 0x44bc2cf5ad770999UL);
	xxhash_init(&h);
	for (i = 0; i < file_len; i += 7)
		xxhash_add(&h, file + i, file_len - i < 7 ? file_len - i : 7);
	assert_int_equal(xxhash_value(&h), xxhash_of(file, file_len));
}

/* ---- what is not ours ---- */

static void repair_header(uint8_t *bytes)
{
	struct save_header *h = (struct save_header *)bytes;

	h->header_digest = xxhash_of(h, offsetof(struct save_header, header_digest));
}

static void foreign(void **state)
{
	uint8_t *bytes = malloc(file_len);
	struct save_header *h = (struct save_header *)bytes;
	struct chaos_error err;

	(void)state;
	memcpy(bytes, file, file_len);
	assert_int_equal(restore((const uint8_t *)"#!/bin/sh\n", 10, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "truncated");
	memset(bytes, 0, 64);
	assert_int_equal(restore(bytes, file_len, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "begins with something else");
	assert_int_equal(restore(file + stream_start, file_len - stream_start, &err),
			 -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "xl restore");
	memcpy(bytes, file, file_len);
	h->version = SAVE_VERSION + 1;
	assert_int_equal(restore(bytes, file_len, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "newer");
	h->version = 1;
	assert_int_equal(restore(bytes, file_len, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "speaks noxs ABI 1");
	h->version = SAVE_VERSION;
	h->arch = 2;
	repair_header(bytes);
	assert_int_equal(restore(bytes, file_len, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "another architecture");
	free(bytes);
}

static void truncated(void **state)
{
	struct chaos_error err;
	size_t len;

	(void)state;
	for (len = 0; len < file_len; len += len < 400 ? 1 : 97)
		assert_int_equal(restore(file, len, &err), -CHAOS_CONFIG);
	assert_int_equal(restore(file, file_len - 1, &err), -CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "truncated");
}

/* ---- sources that never end ---- */

/* A stream in which the same record comes again and again; what its reader says in the end. */
static int read_again_and_again(uint32_t type, const void *body, size_t len, unsigned int count,
				struct chaos_error *err)
{
	const struct stream_pv_info info = { .width = 8, .levels = 4 };
	const struct stream_p2m_frames head = { 0, PAGES - 1 };
	const uint64_t p2m_pfn = PFN_P2M;
	struct stream_reader r = { 0 };
	struct stream_record record;
	struct stream_writer w;
	int fd = memfd_create("saved", 0), rc;
	char *config;

	memset(err, 0, sizeof(*err));
	rc = stream_writer_init(&w, fd, -1, "c\n", PFN_CTRL);
	rc |= stream_write_record(&w, STREAM_PV_INFO, NULL, 0, &info, sizeof(info));
	rc |= stream_write_record(&w, STREAM_STATIC_DATA_END, NULL, 0, NULL, 0);
	rc |= stream_write_record(&w, STREAM_P2M_FRAMES, &head, sizeof(head), &p2m_pfn, 8);
	while (count--)
		rc |= stream_write_record(&w, type, NULL, 0, body, len);
	rc |= stream_writer_end(&w);
	assert_int_equal(rc, 0);
	stream_writer_fini(&w);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(stream_reader_init(&r, fd, &config, err), 0);
	rc = stream_reader_begin(&r, PAGES, 1);
	while (!rc && (rc = stream_reader_next(&r, &record)) > 0)
		rc = 0;
	stream_reader_fini(&r);
	free(config);
	close(fd);
	return rc;
}

/* Whoever takes a little now and then is no stall, and has to come to an end all the same. */
static void late_end(void **state)
{
	static const uint8_t page[4096 * 4];
	struct stream_writer w;
	int fd = memfd_create("saved", 0);

	(void)state;
	assert_int_equal(stream_writer_init(&w, fd, -1, "c\n", PFN_CTRL), 0);
	w.end_ns = now_ns + 10;
	now_ns += 9;
	assert_int_equal(stream_write_record(&w, 1, NULL, 0, page, sizeof(page)), 0);
	now_ns += 1;
	assert_int_equal(stream_write_record(&w, 1, NULL, 0, page, sizeof(page)), -1);
	assert_int_equal(errno, ETIME);
	stream_writer_fini(&w);
	close(fd);
}

static void endless_records(void **state)
{
	static const uint64_t zeros[4] = { 1, 2, 3, 4 };
	struct chaos_error err;

	(void)state;
	/* As many as there may be: what is wrong then is the end. */
	(void)read_again_and_again(STREAM_OPTIONAL | 77, zeros, 8, STREAM_MAX_UNKNOWN, &err);
	assert_error(err, CHAOS_CONFIG, "ends too early");
	(void)read_again_and_again(STREAM_OPTIONAL | 77, zeros, 8, STREAM_MAX_UNKNOWN + 1, &err);
	assert_error(err, CHAOS_CONFIG, "optional records");
	(void)read_again_and_again(STREAM_ZERO_PAGES, zeros, sizeof(zeros), PAGES / 4, &err);
	assert_error(err, CHAOS_CONFIG, "ends too early");
	(void)read_again_and_again(STREAM_ZERO_PAGES, zeros, sizeof(zeros), PAGES / 4 + 1, &err);
	assert_error(err, CHAOS_CONFIG, "more empty frames");
	(void)read_again_and_again(STREAM_ZERO_PAGES, zeros, 0, 1, &err);
	assert_error(err, CHAOS_CONFIG, "where none can be");
}

/* One byte whenever it would be given up; `start` are the bytes it has said at once. */
static void drip(size_t start, uint64_t least_s, uint64_t most_s)
{
	struct stream_reader r = { .is_connection = true, .cancel_fd = -1 };
	struct stream_record record;
	struct chaos_error err = { 0 };
	char *config = NULL;
	uint64_t begin = now_ns;
	int fds[2], rc;

	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], file, start), start);
	drip_fd = fds[1];
	drip_at = start;
	rc = stream_reader_init(&r, fds[0], &config, &err);
	if (!rc)
		rc = stream_reader_begin(&r, PAGES, 2);
	while (!rc)
		rc = stream_reader_next(&r, &record) < 0;
	drip_fd = -1;
	assert_error(err, CHAOS_FAILED, "timed out");
	assert_in_range(now_ns - begin, least_s * 1000000000, most_s * 1000000000);
	stream_reader_fini(&r);
	free(config);
	close(fds[0]);
	close(fds[1]);
}

static void endless_time(void **state)
{
	(void)state;
	drip(8, 60, 100);
	drip(stream_start + 50, 60, 130);
}

/* ---- fuzz ---- */

static uint64_t seed = 1;

static uint32_t random32(void)
{
	seed = seed * 6364136223846793005UL + 1442695040888963407UL;
	return (uint32_t)(seed >> 32);
}

/* Where a flip is of most use: heads and lists, of which a file has little. */
static size_t somewhere(void)
{
	static const struct {
		size_t from, len;
	} from_end[] = { { 12600, 12600 }, { 6200, 6200 }, { 3000, 3000 } };
	unsigned int i = random32() % 8;

	if (i < 3 && from_end[i].from < file_len)
		return file_len - from_end[i].from + random32() % from_end[i].len;
	if (i < 6)
		return random32() % 600;
	return random32() % file_len;
}

static void mutate(uint8_t *bytes)
{
	static const uint32_t values[] = { 0,	       1,	   63,	 64,   65,  0x7fffffff,
					   0x80000000, 0xffffffff, 4096, 1024, 1025 };
	unsigned int n = 1 + random32() % 3;
	size_t at;

	while (n--) {
		at = somewhere();
		if (random32() % 2)
			bytes[at] ^= (uint8_t)(1U << random32() % 8);
		else if (at + 4 <= file_len)
			memcpy(bytes + (at & ~3UL), &values[random32() % ARRAY_SIZE(values)], 4);
	}
}

/* A liar's digests are right. */
static void repair(uint8_t *bytes)
{
	struct save_trailer t = { .magic = SAVE_END_MAGIC };
	struct save_header *h = (struct save_header *)bytes;

	memcpy(bytes, file, stream_start);
	repair_header(bytes);
	t.length = file_len - stream_start - sizeof(t);
	t.digest = xxhash_of(bytes + stream_start, t.length);
	memcpy(bytes + file_len - sizeof(t), &t, sizeof(t));
	assert_int_equal(h->ctrl_gfn, PFN_CTRL);
}

static void fuzz(void **state)
{
	unsigned int i, restored = 0, refused = 0;
	struct chaos_error err;
	uint8_t *bytes = malloc(file_len);

	(void)state;
	for (i = 0; i < FUZZ_ROUNDS; i++) {
		memcpy(bytes, file, file_len);
		mutate(bytes);
		if (i % 4) {
			repair(bytes);
			if (!restore(bytes, file_len, &err))
				restored++; /* contents are the guest's affair */
			else
				refused++;
		} else if (memcmp(bytes, file, file_len)) {
			assert_int_not_equal(restore(bytes, file_len, &err), 0);
		}
	}
	free(bytes);
	print_message("fuzz: with right digests %u restored, %u refused\n", restored, refused);
	assert_in_range(restored, FUZZ_ROUNDS / 100, FUZZ_ROUNDS);
	assert_in_range(refused, FUZZ_ROUNDS / 20, FUZZ_ROUNDS);
}

/* ---- page tables ---- */

static void tables(void **state)
{
	uint64_t from[512] = { 0 }, to[512], list[4] = { 100, 50, 7, 9 }, pfn;
	struct pv_table_fault fault;
	struct pv_inverse inv;

	(void)state;
	assert_int_equal(pv_inverse_init(&inv, list, 4, &pfn), 0);
	assert_int_equal(pv_inverse_find(&inv, 7), 2);
	assert_int_equal(pv_inverse_find(&inv, 8), PV_NO_PFN);
	from[0] = 50UL << 12 | 0x8000000000000067UL;
	from[1] = 0x1234000; /* not present: not a frame */
	from[300] = 9UL << 12 | 1;
	from[260] = 12345UL << 12 | 1; /* Xen's, in a root */
	assert_int_equal(pv_table_normalise(to, from, 4, &inv, &fault), 0);
	assert_int_equal(to[0], 1UL << 12 | 0x8000000000000067UL);
	assert_int_equal(to[1], 0x1234000);
	assert_int_equal(to[300], 3UL << 12 | 1);
	assert_int_equal(to[260], 0);
	assert_int_equal(pv_table_localise(to, 4, list, 4, &fault), 0);
	assert_int_equal(to[0], from[0]);
	/* The same in a leaf is a frame of somebody else's. */
	assert_int_equal(pv_table_normalise(to, from, 1, &inv, &fault), -1);
	assert_int_equal(fault.index, 260);
	assert_int_equal(fault.frame, 12345);
	from[260] = 0;
	from[5] = 100UL << 12 | 0x81; /* a large page */
	assert_int_equal(pv_table_normalise(to, from, 1, &inv, &fault), 0);
	assert_int_equal(pv_table_normalise(to, from, 2, &inv, &fault), -1);
	memset(to, 0, sizeof(to));
	to[7] = 4UL << 12 | 1;
	assert_int_equal(pv_table_localise(to, 1, list, 4, &fault), -1);
	assert_int_equal(fault.index, 7);
	pv_inverse_fini(&inv);
	list[3] = 50;
	assert_int_equal(pv_inverse_init(&inv, list, 4, &pfn), -1);
	assert_int_equal(pfn, 3);
	pv_inverse_fini(&inv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digest),	cmocka_unit_test(tables),
		cmocka_unit_test(whole),	cmocka_unit_test(foreign),
		cmocka_unit_test(truncated),	cmocka_unit_test(fuzz),
		cmocka_unit_test(late_end),	cmocka_unit_test(endless_records),
		cmocka_unit_test(endless_time),
	};

	return cmocka_run_group_tests(tests, make_file, free_file);
}
