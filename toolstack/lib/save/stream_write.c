// SPDX-License-Identifier: LGPL-2.1-only
/* Writes the file of a saved guest: see stream.h. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/internal.h"
#include "save/stream.h"

/* Small: a page of it that is written to for the first time costs more than a writev(). */
#define BUF_SIZE (8U << 10)

static bool is_over(const struct stream_writer *w)
{
	return w->end_ns && chaos_now_ns() >= w->end_ns;
}

/* A connection: its other end does not take more now. */
static int wait_for_room(struct stream_writer *w)
{
	uint64_t now = chaos_now_ns();
	unsigned int ms = STREAM_STALL_MS;

	if (w->end_ns && w->end_ns < now + ms * 1000000ULL)
		ms = w->end_ns > now ? (unsigned int)((w->end_ns - now) / 1000000U) + 1 : 0;
	if (!chaos_fd_wait(w->fd, POLLOUT, w->cancel_fd, ms))
		return 0;
	if (errno == ETIMEDOUT && is_over(w))
		errno = ETIME;
	return -1;
}

static int write_all(struct stream_writer *w, struct iovec *iov, int count)
{
	ssize_t n;

	while (count) {
		if (is_over(w)) {
			errno = ETIME;
			return -1;
		}
		n = writev(w->fd, iov, count);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			if (wait_for_room(w))
				return -1;
			continue;
		}
		if (n < 0)
			return -1;
		for (; count && (size_t)n >= iov->iov_len; iov++, count--)
			n -= (ssize_t)iov->iov_len;
		if (count) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return 0;
}

/* What waits, and then more. */
static int flush_with(struct stream_writer *w, const void *data, size_t len)
{
	struct iovec iov[2] = {
		{ w->buf, w->used },
		{ (void *)data, len },
	};

	w->used = 0;
	return write_all(w, iov, 2);
}

static int put_raw(struct stream_writer *w, const void *data, size_t len)
{
	if (w->used + len > BUF_SIZE)
		return flush_with(w, data, len);
	memcpy(w->buf + w->used, data, len);
	w->used += len;
	return 0;
}

/* Of the stream: counts for its digest. */
static int put(struct stream_writer *w, const void *data, size_t len)
{
	if (!len)
		return 0;
	xxhash_add(&w->hash, data, len);
	w->length += len;
	return put_raw(w, data, len);
}

static int put_headers(struct stream_writer *w)
{
	const struct stream_image_header image = {
		.marker = STREAM_MARKER,
		.id = htonl(STREAM_ID),
		.version = htonl(STREAM_VERSION),
	};
	const struct stream_domain_header domain = {
		.type = STREAM_TYPE_X86_PV,
		.page_shift = STREAM_PAGE_SHIFT,
		.xen_major = 4,
		.xen_minor = 17,
	};

	return put(w, &image, sizeof(image)) || put(w, &domain, sizeof(domain)) ? -1 : 0;
}

int stream_writer_init(struct stream_writer *w, int fd, int cancel_fd, const char *config,
		       uint64_t ctrl_gfn)
{
	struct save_header header = {
		.magic = SAVE_MAGIC,
		.version = SAVE_VERSION,
		.arch = SAVE_ARCH_X86_64,
		.header_len = sizeof(header),
		.config_len = (uint32_t)strlen(config),
		.ctrl_gfn = ctrl_gfn,
	};

	memset(w, 0, sizeof(*w));
	w->fd = fd;
	w->cancel_fd = cancel_fd;
	xxhash_init(&w->hash);
	w->buf = malloc(BUF_SIZE);
	if (!w->buf)
		return -1;
	header.config_digest = xxhash_of(config, header.config_len);
	header.header_digest = xxhash_of(&header, offsetof(struct save_header, header_digest));
	if (put_raw(w, &header, sizeof(header)) || put_raw(w, config, header.config_len))
		return -1;
	return put_headers(w);
}

static int put_record_header(struct stream_writer *w, uint32_t type, size_t len)
{
	const struct stream_record_header header = { type, (uint32_t)len };

	return put(w, &header, sizeof(header));
}

int stream_write_record(struct stream_writer *w, uint32_t type, const void *head, size_t head_len,
			const void *body, size_t body_len)
{
	static const uint64_t zeros;
	size_t len = head_len + body_len;

	if (put_record_header(w, type, len) || put(w, head, head_len) || put(w, body, body_len))
		return -1;
	return put(w, &zeros, (8 - len % 8) % 8);
}

int stream_write_pages(struct stream_writer *w, const uint64_t *pages, unsigned int count,
		       const void *data, unsigned int nr_data)
{
	const struct stream_pages head = { .count = count };
	size_t list_len = count * sizeof(*pages), data_len = (size_t)nr_data * STREAM_PAGE;

	if (put_record_header(w, STREAM_PAGE_DATA, sizeof(head) + list_len + data_len) ||
	    put(w, &head, sizeof(head)) || put(w, pages, list_len))
		return -1;
	return put(w, data, data_len);
}

int stream_writer_end(struct stream_writer *w)
{
	struct save_trailer trailer = { .magic = SAVE_END_MAGIC };

	if (put_record_header(w, STREAM_END, 0))
		return -1;
	trailer.length = w->length;
	trailer.digest = xxhash_value(&w->hash);
	return flush_with(w, &trailer, sizeof(trailer));
}

void stream_writer_fini(struct stream_writer *w)
{
	free(w->buf);
	w->buf = NULL;
}
