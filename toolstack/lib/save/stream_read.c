// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads the file of a saved guest: see stream.h.  Every number in it is checked before it is used,
 * every record for its size and its place.  What is not understood is refused.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/internal.h"
#include "save/stream.h"

#define BUF_SIZE  (32U << 10)
/* The largest bodies: PAGE_DATA's list, P2M_FRAMES of just under 16 GiB. */
#define BODY_SIZE (STREAM_MAX_BLOB + 16)

static int bad(struct stream_reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int bad(struct stream_reader *r, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL, "not the file of a saved guest: %s",
			       text);
}

/* ---- bytes ---- */

/* A source that says something now and then must not hold memory and name here for ever. */
static int wait_for_more(struct stream_reader *r)
{
	uint64_t now = chaos_now_ns();
	uint64_t left_ms = now < r->end_ns ? (r->end_ns - now) / 1000000U + 1 : 0;

	if (!left_ms) {
		errno = ETIMEDOUT;
		return -1;
	}
	return chaos_fd_wait(r->fd, POLLIN, r->cancel_fd,
			     left_ms < STREAM_STALL_MS ? (unsigned int)left_ms : STREAM_STALL_MS);
}

static int read_some(struct stream_reader *r, void *to, size_t len, size_t *got)
{
	ssize_t n;

	do {
		if (r->is_connection && wait_for_more(r))
			n = -1;
		else
			n = read(r->fd, to, len);
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		return chaos_error_set(r->err, CHAOS_FAILED, errno, "reading the saved guest: %s",
				       strerror(errno));
	if (!n && r->is_connection)
		return chaos_error_set(r->err, CHAOS_FAILED, ECONNRESET,
				       "the connection ended before all of the guest was here");
	if (!n)
		return chaos_error_set(r->err, CHAOS_CONFIG, EINVAL,
				       "the file of the saved guest is truncated");
	*got = (size_t)n;
	return 0;
}

static int get_raw(struct stream_reader *r, void *to, size_t len)
{
	char *p = to;
	size_t n;
	int rc;

	while (len) {
		n = r->end - r->start;
		if (n) {
			n = n < len ? n : len;
			memcpy(p, r->buf + r->start, n);
			r->start += n;
		} else if (len >= BUF_SIZE) {
			rc = read_some(r, p, len, &n);
			if (rc)
				return rc;
		} else {
			r->start = r->end = 0;
			rc = read_some(r, r->buf, BUF_SIZE, &r->end);
			if (rc)
				return rc;
			continue;
		}
		p += n;
		len -= n;
	}
	return 0;
}

static int get(struct stream_reader *r, void *to, size_t len)
{
	int rc = get_raw(r, to, len);

	if (rc)
		return rc;
	xxhash_add(&r->hash, to, len);
	r->length += len;
	return 0;
}

/* ---- our header ---- */

static int check_header(struct stream_reader *r)
{
	const struct save_header *h = &r->header;
	uint64_t marker;

	memcpy(&marker, h->magic, sizeof(marker));
	if (marker == STREAM_MARKER || !memcmp(h->magic, "LibxenFm", 8) ||
	    !memcmp(h->magic, "Xen save", 8))
		return bad(r, "it is one of xl's or libxenguest's; use 'xl restore'");
	if (memcmp(h->magic, SAVE_MAGIC, sizeof(h->magic)))
		return bad(r, "it begins with something else");
	if (h->version > SAVE_VERSION)
		return bad(r, "it is of version %u, this chaos knows up to %u: use a newer one",
			   h->version, SAVE_VERSION);
	if (h->version == 1)
		return bad(r, "its guest speaks noxs ABI 1, and this is ABI %u: create it anew",
			   NOXS_ABI_MAJOR);
	if (h->version != SAVE_VERSION || h->header_len != sizeof(*h) ||
	    h->header_digest != xxhash_of(h, offsetof(struct save_header, header_digest)))
		return bad(r, "its header is damaged");
	if (h->arch != SAVE_ARCH_X86_64)
		return bad(r, "its guest is of another architecture (%u)", h->arch);
	if (!h->config_len || h->config_len > SAVE_MAX_CONFIG)
		return bad(r, "its configuration has %u bytes", h->config_len);
	return 0;
}

int stream_reader_init(struct stream_reader *r, int fd, char **config, struct chaos_error *err)
{
	char *text = NULL;
	int rc;

	*config = NULL;
	r->fd = fd;
	r->err = err;
	r->end_ns = chaos_now_ns() + STREAM_TOTAL_MS(0) * 1000000ULL;
	xxhash_init(&r->hash);
	r->buf = malloc(BUF_SIZE);
	r->body = malloc(BODY_SIZE);
	if (!r->buf || !r->body)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = get_raw(r, &r->header, sizeof(r->header));
	if (!rc)
		rc = check_header(r);
	if (rc)
		return rc;
	text = malloc(r->header.config_len + 1);
	if (!text)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	rc = get_raw(r, text, r->header.config_len);
	text[r->header.config_len] = '\0';
	if (!rc && (xxhash_of(text, r->header.config_len) != r->header.config_digest ||
		    strlen(text) != r->header.config_len))
		rc = bad(r, "its configuration is damaged");
	if (rc)
		free(text);
	else
		*config = text;
	return rc;
}

/* ---- libxenguest's headers ---- */

int stream_reader_begin(struct stream_reader *r, uint64_t nr_pages, unsigned int nr_vcpus)
{
	struct stream_image_header image;
	struct stream_domain_header domain;
	int rc;

	r->nr_pages = nr_pages;
	r->nr_vcpus = nr_vcpus;
	r->end_ns = chaos_now_ns() + STREAM_TOTAL_MS(nr_pages) * 1000000ULL;
	r->seen = calloc(1, (nr_pages + 7) / 8);
	if (!r->seen || nr_vcpus > STREAM_MAX_VCPUS)
		return chaos_error_set(r->err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (r->header.ctrl_gfn != SAVE_NO_CTRL && r->header.ctrl_gfn >= nr_pages)
		return bad(r, "its control page is not in its memory");
	rc = get(r, &image, sizeof(image));
	if (!rc)
		rc = get(r, &domain, sizeof(domain));
	if (rc)
		return rc;
	if (image.marker != STREAM_MARKER || ntohl(image.id) != STREAM_ID)
		return bad(r, "no migration stream is in it");
	if (ntohl(image.version) != STREAM_VERSION || image.options)
		return bad(r, "its stream is of version %u, options %#x", ntohl(image.version),
			   ntohs(image.options));
	if (domain.type != STREAM_TYPE_X86_PV || domain.page_shift != STREAM_PAGE_SHIFT)
		return bad(r, "its guest is not an x86 PV one (type %u)", domain.type);
	return 0;
}

/* ---- records ---- */

static bool seen(const struct stream_reader *r, enum stream_type type)
{
	return r->types_seen & 1U << type;
}

static bool test_and_set(uint8_t *map, uint64_t bit)
{
	uint8_t mask = (uint8_t)(1U << bit % 8);
	bool was_set = map[bit / 8] & mask;

	map[bit / 8] |= mask;
	return was_set;
}

/* A type and a frame of a list, which may be named once. */
static int check_page(struct stream_reader *r, uint64_t page)
{
	uint64_t pfn = page & STREAM_PFN_MASK;
	unsigned int type = stream_page_type(page);

	if (page & ~STREAM_PFN_MASK & ~(0xfUL << STREAM_TYPE_SHIFT) || pfn >= r->nr_pages)
		return bad(r, "frame %#llx is not in its memory", (unsigned long long)page);
	if (!stream_page_has_data(page) && type != STREAM_XALLOC)
		return bad(r, "frame %#llx has type %u: not all of its memory is there",
			   (unsigned long long)pfn, type);
	if (test_and_set(r->seen, pfn))
		return bad(r, "frame %#llx comes twice", (unsigned long long)pfn);
	r->nr_listed++;
	return 0;
}

/* The list is read, the pages are not. */
static int next_pages(struct stream_reader *r, uint32_t len, struct stream_record *record)
{
	struct stream_pages head;
	unsigned int i;
	int rc;

	if (!seen(r, STREAM_P2M_FRAMES) || len < sizeof(head))
		return bad(r, "pages of memory where none can be");
	rc = get(r, &head, sizeof(head));
	if (rc)
		return rc;
	if (!head.count || head.count > STREAM_MAX_BATCH || head.pad0)
		return bad(r, "a record of %u pages", head.count);
	rc = get(r, r->body, head.count * sizeof(*r->body));
	if (rc)
		return rc;
	record->nr_data = 0;
	for (i = 0; i < head.count; i++) {
		rc = check_page(r, r->body[i]);
		if (rc)
			return rc;
		record->nr_data += stream_page_has_data(r->body[i]);
	}
	if (len != sizeof(head) + head.count * sizeof(*r->body) + record->nr_data * STREAM_PAGE)
		return bad(r, "a record of %u pages has %u bytes", head.count, len);
	record->pages = r->body;
	record->nr_pages = head.count;
	r->nr_data = record->nr_data;
	return 0;
}

int stream_reader_pages(struct stream_reader *r, void *to, unsigned int count)
{
	if (count > r->nr_data)
		return bad(r, "fewer pages than listed");
	r->nr_data -= count;
	return get(r, to, (size_t)count * STREAM_PAGE);
}

static int check_pv_info(struct stream_reader *r, const struct stream_record *record)
{
	const struct stream_pv_info *info = (const void *)record->data;

	if (record->len != sizeof(*info) || info->width != 8 || info->levels != 4)
		return bad(r, "its guest has not 64 bits");
	return 0;
}

static int check_p2m_frames(struct stream_reader *r, const struct stream_record *record)
{
	const struct stream_p2m_frames *head = (const void *)record->data;
	const uint64_t *frames = (const uint64_t *)(head + 1);
	uint64_t count = (r->nr_pages + 511) / 512, i;

	if (record->len != sizeof(*head) + count * sizeof(*frames) || head->start_pfn ||
	    head->end_pfn != r->nr_pages - 1)
		return bad(r, "its memory is not of the size configured");
	for (i = 0; i < count; i++)
		if (frames[i] >= r->nr_pages)
			return bad(r, "its p2m list is not in its memory");
	return 0;
}

static int check_vcpu(struct stream_reader *r, struct stream_record *record)
{
	static const uint8_t index[] = {
		[STREAM_VCPU_BASIC] = 0,
		[STREAM_VCPU_EXTENDED] = 1,
		[STREAM_VCPU_XSAVE] = 2,
		[STREAM_VCPU_MSRS] = 3,
	};
	const struct stream_vcpu *head = (const void *)record->data;

	if (record->len <= sizeof(*head) || head->vcpu_id >= r->nr_vcpus || head->pad0)
		return bad(r, "state of a vCPU that it has not");
	if (test_and_set(r->vcpus_seen[index[record->type]], head->vcpu_id))
		return bad(r, "state of vCPU %u comes twice", head->vcpu_id);
	record->vcpu = head->vcpu_id;
	record->data += sizeof(*head);
	record->len -= (uint32_t)sizeof(*head);
	return 0;
}

static int check_zero_pages(struct stream_reader *r, const struct stream_record *record)
{
	const uint64_t *pfns = (const uint64_t *)record->data;
	uint32_t i;

	if (!seen(r, STREAM_P2M_FRAMES) || !record->len || record->len % sizeof(*pfns))
		return bad(r, "a list of frames where none can be");
	r->nr_zeros += record->len / sizeof(*pfns);
	if (r->nr_zeros > r->nr_pages)
		return bad(r, "more empty frames than it has memory");
	for (i = 0; i < record->len / sizeof(*pfns); i++)
		if (pfns[i] >= r->nr_pages)
			return bad(r, "frame %#llx is not in its memory",
				   (unsigned long long)pfns[i]);
	return 0;
}

/* What may come once, and only behind `after`; 0: not known here. */
static const struct place {
	bool is_known, is_static;
	uint32_t min, max;
} places[] = {
	[STREAM_PV_INFO] = { true, true, 8, 8 },
	[STREAM_P2M_FRAMES] = { true, false, 16, STREAM_MAX_BLOB },
	[STREAM_SHARED_INFO] = { true, false, STREAM_PAGE, STREAM_PAGE },
	[STREAM_TSC_INFO] = { true, false, 24, 24 },
	[STREAM_STATIC_DATA_END] = { true, true, 0, 0 },
	[STREAM_CPUID_POLICY] = { true, true, 24, STREAM_MAX_BLOB },
	[STREAM_MSR_POLICY] = { true, true, 16, STREAM_MAX_BLOB },
};

static int check_place(struct stream_reader *r, uint32_t type, uint32_t len)
{
	bool is_vcpu = type == STREAM_VCPU_BASIC || type == STREAM_VCPU_EXTENDED ||
		       type == STREAM_VCPU_XSAVE || type == STREAM_VCPU_MSRS;

	if (type & STREAM_OPTIONAL) {
		if (len > STREAM_MAX_BLOB)
			return bad(r, "an optional record of %u bytes", len);
		if (type != STREAM_ZERO_PAGES && ++r->nr_unknown > STREAM_MAX_UNKNOWN)
			return bad(r, "more than %u optional records", STREAM_MAX_UNKNOWN);
		return 0;
	}
	if (is_vcpu) {
		if (!seen(r, STREAM_P2M_FRAMES) || len > STREAM_MAX_BLOB)
			return bad(r, "state of a vCPU where none can be");
		return 0;
	}
	if (type >= sizeof(places) / sizeof(places[0]) || !places[type].is_known)
		return bad(r, "a record of type %#x is not understood", type);
	if (len < places[type].min || len > places[type].max)
		return bad(r, "a record of type %#x has %u bytes", type, len);
	if (r->types_seen & 1U << type ||
	    places[type].is_static == seen(r, STREAM_STATIC_DATA_END) ||
	    (type != STREAM_PV_INFO && !seen(r, STREAM_PV_INFO)))
		return bad(r, "a record of type %#x in the wrong place", type);
	r->types_seen |= 1U << type;
	return 0;
}

static int check_body(struct stream_reader *r, struct stream_record *record)
{
	switch (record->type) {
	case STREAM_PV_INFO:
		return check_pv_info(r, record);
	case STREAM_P2M_FRAMES:
		return check_p2m_frames(r, record);
	case STREAM_VCPU_BASIC:
	case STREAM_VCPU_EXTENDED:
	case STREAM_VCPU_XSAVE:
	case STREAM_VCPU_MSRS:
		return check_vcpu(r, record);
	case STREAM_ZERO_PAGES:
		return check_zero_pages(r, record);
	default:
		return 0;
	}
}

static int read_end(struct stream_reader *r)
{
	uint64_t digest = xxhash_value(&r->hash);
	struct save_trailer trailer;
	int rc;

	if (!seen(r, STREAM_SHARED_INFO) || !seen(r, STREAM_TSC_INFO) || !(r->vcpus_seen[0][0] & 1))
		return bad(r, "it ends too early");
	if (r->nr_listed != r->nr_pages)
		return bad(r, "%llu of its %llu pages are missing",
			   (unsigned long long)(r->nr_pages - r->nr_listed),
			   (unsigned long long)r->nr_pages);
	rc = get_raw(r, &trailer, sizeof(trailer));
	if (rc)
		return rc;
	if (memcmp(trailer.magic, SAVE_END_MAGIC, sizeof(trailer.magic)) ||
	    trailer.length != r->length || trailer.digest != digest)
		return bad(r, "it is damaged: its digest is another");
	return 0;
}

int stream_reader_next(struct stream_reader *r, struct stream_record *record)
{
	struct stream_record_header head;
	int rc;

	if (r->nr_data)
		return bad(r, "more pages than were taken");
	rc = get(r, &head, sizeof(head));
	if (rc)
		return rc;
	memset(record, 0, sizeof(*record));
	record->type = head.type;
	record->len = head.length;
	if (head.type == STREAM_END)
		return head.length ? bad(r, "an end of %u bytes", head.length) : read_end(r);
	if (head.type == STREAM_PAGE_DATA)
		rc = next_pages(r, head.length, record);
	else {
		rc = check_place(r, head.type, head.length);
		if (!rc)
			rc = get(r, r->body, (head.length + 7U) & ~7U);
		record->data = (const uint8_t *)r->body;
		if (!rc)
			rc = check_body(r, record);
	}
	return rc ? rc : 1;
}

bool stream_reader_is_drained(const struct stream_reader *r)
{
	return r->start == r->end;
}

void stream_reader_fini(struct stream_reader *r)
{
	free(r->buf);
	free(r->body);
	free(r->seen);
}
