// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Unpacks a kernel, with libxenguest's decompressors, into a file in memory: once, as the image that is
 * made of it is kept (pv_cache.c).  Whole pages of zeros, of which a Linux has many, take no memory there.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenctrl.h>
/* xenguest.h expects its includer to know the feature words' number. */
#include <xen/features.h>
#include <xenguest.h>

#include "build/pv/pv_source.h"

/* Linux, Documentation/x86/boot.rst */
#define BZIMAGE_MAGIC	 "HdrS"
#define BZIMAGE_MAGIC_AT 0x202U
#define GZIP_MAGIC	 "\x1f\x8b"

bool pv_is_packed(const void *data, size_t len)
{
	if (len >= 2 && !memcmp(data, GZIP_MAGIC, 2))
		return true;
	return len >= BZIMAGE_MAGIC_AT + 4 &&
	       !memcmp((const char *)data + BZIMAGE_MAGIC_AT, BZIMAGE_MAGIC, 4);
}

/* The page at data + at, which the end may cut. */
static bool is_zero(const char *data, size_t size, size_t at)
{
	size_t len = size - at < PV_PAGE_SIZE ? size - at : PV_PAGE_SIZE;

	return !data[at] && !memcmp(data + at, data + at + 1, len - 1);
}

static int write_part(int fd, const char *data, size_t at, size_t end)
{
	ssize_t n;

	for (; at < end; at += (size_t)n) {
		n = pwrite(fd, data + at, end - at, (off_t)at);
		if (n <= 0)
			return -1;
	}
	return 0;
}

/* Neighbouring pages that are not zero, in one call. */
static int write_sparse(int fd, const char *data, size_t size)
{
	size_t at, end;

	if (ftruncate(fd, (off_t)size))
		return -1;
	for (at = 0; at < size; at = end + PV_PAGE_SIZE) {
		for (end = at; end < size && !is_zero(data, size, end); end += PV_PAGE_SIZE)
			;
		if (write_part(fd, data, at, end < size ? end : size))
			return -1;
	}
	return 0;
}

static int keep(const char *data, size_t size)
{
	int fd = memfd_create("chaos-kernel", MFD_CLOEXEC);

	if (fd < 0 || !write_sparse(fd, data, size))
		return fd;
	close(fd);
	return -1;
}

static int unpack(struct chaos_ctx *ctx, const char *data, size_t size, const char **why)
{
	struct xc_dom_image *dom = xc_dom_allocate(ctx->xch, NULL, NULL);
	int fd = -1;

	*why = "there is no memory to unpack it";
	if (!dom)
		return -1;
	/* Known without asking Xen: see image.c. */
	(void)strcpy(dom->xen_caps, "xen-3.0-x86_64");
	dom->xch = ctx->xch;
	dom->container_type = XC_DOM_PV_CONTAINER;
	chaos_log_reset(&ctx->log);
	if (xc_dom_kernel_max_size(dom, PV_MAX_KERNEL) || xc_dom_kernel_mem(dom, data, size) ||
	    xc_dom_parse_image(dom))
		*why = "it cannot be unpacked, or is no PV kernel then";
	else
		fd = keep(dom->kernel_blob, dom->kernel_size);
	xc_dom_release(dom);
	return fd;
}

int pv_unpack(struct chaos_ctx *ctx, int fd, uint64_t start, uint64_t size, const char **why)
{
	char *data;
	int unpacked = -1;

	*why = "it is too large to be unpacked";
	if (size > PV_MAX_KERNEL)
		return -1;
	*why = "there is no memory to unpack it";
	data = malloc(size);
	if (!data)
		return -1;
	*why = "it cannot be read";
	if (!pv_read(fd, start, data, size))
		unpacked = unpack(ctx, data, size, why);
	free(data);
	return unpacked;
}
