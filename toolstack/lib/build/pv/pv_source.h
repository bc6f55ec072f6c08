/* SPDX-License-Identifier: LGPL-2.1-only */
/* Where a kernel's ELF file is: a file of its own, a part of another one, or unpacked in memory. */
#ifndef CHAOS_PV_SOURCE_H
#define CHAOS_PV_SOURCE_H

#include "build/pv/pv_image.h"
#include "core/internal.h"

/* A kernel may be as large as this, packed and unpacked: four times Debian's. */
#define PV_MAX_KERNEL (256UL << 20)

struct pv_source {
	struct chaos_file_id id;
	int file; /* what was opened */
	int fd;	  /* the same, or what was unpacked */
	uint64_t start, size;
	struct pv_ramdisk ramdisk; /* in the same file */
	bool has_root;
};

/* Returns NULL, or why there is nothing to close. */
const char *pv_source_open(struct pv_source *src, struct chaos_ctx *ctx, const char *path);
void pv_source_close(struct pv_source *src);

/*
 * pv_unpack.c: whether a kernel that begins so has to be unpacked, and what came of it: the descriptor of
 * a file in memory, or -1 and why.  Takes what libxenguest does: gzip'ed ELF files and bzImages.
 */
bool pv_is_packed(const void *data, size_t len);
int pv_unpack(struct chaos_ctx *ctx, int fd, uint64_t start, uint64_t size, const char **why);

/* All of size bytes, or -1 with errno; EIO if there are not as many. */
int pv_read(int fd, uint64_t offset, void *to, uint64_t size);

#endif /* CHAOS_PV_SOURCE_H */
