// SPDX-License-Identifier: LGPL-2.1-only
/* Opens what a configuration calls a kernel: see pv_source.h. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "build/pv/pv_source.h"
#include "config/tinyx_file.h"

/* Up to the setup header of a bzImage (Linux, Documentation/x86/boot.rst). */
#define HEAD 1024U

int pv_read(int fd, uint64_t offset, void *to, uint64_t size)
{
	uint64_t done = 0;
	ssize_t n;

	while (done < size) {
		n = pread(fd, (char *)to + done, size - done, (off_t)(offset + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (!n)
				errno = EIO; /* it was longer when it was checked */
			return -1;
		}
		done += (uint64_t)n;
	}
	return 0;
}

static const char *open_file(struct pv_source *src, const char *path)
{
	struct stat st;

	src->file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (src->file < 0)
		return strerror(errno);
	if (!fstat(src->file, &st) && S_ISREG(st.st_mode)) {
		src->fd = src->file;
		src->size = (uint64_t)st.st_size;
		chaos_file_id_take(&src->id, &st);
		return NULL;
	}
	close(src->file);
	return "it is not a file";
}

/* In an image of tinyx, the kernel is a part of it, and others are of use. */
static const char *open_tinyx(struct pv_source *src, const char *path)
{
	struct chaos_tinyx tinyx;
	int rc = chaos_tinyx_read(src->file, path, &tinyx, NULL);

	if (rc < 0)
		return "it is an image of tinyx that was altered or cut off"; /* the other builder says how */
	if (!rc)
		return NULL;
	src->start = tinyx.kernel.start;
	src->size = tinyx.kernel.size;
	src->has_root = tinyx.root.size;
	src->ramdisk.fd = src->file;
	src->ramdisk.start = tinyx.ramdisk.start;
	src->ramdisk.size = tinyx.ramdisk.size;
	return NULL;
}

/* What it begins with; shorter than that is no kernel. */
static const char *read_head(struct pv_source *src, char head[HEAD])
{
	if (src->size < HEAD)
		return "it is not an ELF file";
	return pv_read(src->fd, src->start, head, HEAD) ? "it cannot be read" : NULL;
}

static const char *find_kernel(struct pv_source *src, struct chaos_ctx *ctx, const char *path)
{
	char head[HEAD];
	const char *why = read_head(src, head);

	if (!why && chaos_tinyx_begins(head, sizeof(head))) {
		why = open_tinyx(src, path);
		if (!why)
			why = read_head(src, head);
	}
	if (why || !pv_is_packed(head, sizeof(head)))
		return why;
	src->fd = pv_unpack(ctx, src->file, src->start, src->size, &why);
	if (src->fd < 0)
		return why;
	src->size = (uint64_t)lseek(src->fd, 0, SEEK_END);
	src->start = 0;
	return NULL;
}

const char *pv_source_open(struct pv_source *src, struct chaos_ctx *ctx, const char *path)
{
	const char *why;

	memset(src, 0, sizeof(*src));
	why = open_file(src, path);
	if (why)
		return why;
	why = find_kernel(src, ctx, path);
	if (why)
		close(src->file);
	return why;
}

void pv_source_close(struct pv_source *src)
{
	if (src->fd != src->file)
		close(src->fd);
	close(src->file);
}
