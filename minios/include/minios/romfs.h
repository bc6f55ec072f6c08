/* SPDX-License-Identifier: MIT */
/*
 * Reading a romfs, the read-only file system of Linux (Documentation/filesystems/romfs.rst); images
 * are made by genromfs(8).  Nothing in an image is believed: offsets, sizes, names and checksums are
 * checked, and no image makes the work endless.
 */
#ifndef MINIOS_ROMFS_H
#define MINIOS_ROMFS_H

#include <stdint.h>

/* What is read from the disk at a time. */
#define ROMFS_BLOCK    4096U
/* Longest path, '/' before each of its names, and its NUL. */
#define ROMFS_PATH_MAX 256U

struct romfs {
	/*
	 * The caller's: read block number `block` into buf, which is ROMFS_BLOCK bytes, aligned as
	 * read() wants it.  What is behind the end of the disk is not looked at.  0 or -errno.
	 */
	int (*read)(void *data, uint32_t block, void *buf);
	void *data;
	uint8_t *buf;
	uint64_t disk_size; /* bytes */
	/* After an error: what is wrong, in words, and at which byte of the image. */
	const char *error;
	uint32_t error_at;
	/* romfs.c's own */
	uint32_t size, root;
	uint32_t block; /* in buf */
};

/* A regular file: its contents are size bytes at byte offset of the disk. */
struct romfs_file {
	const char *path; /* begins with '/'; until visit() returns */
	uint32_t offset, size;
};

/*
 * Look whether there is a romfs.  -EINVAL there is none; -EBADMSG a checksum is wrong; -EOVERFLOW
 * something lies beyond the end; -EILSEQ a name is none; -ENAMETOOLONG; what read() gives.
 */
int romfs_mount(struct romfs *fs);

/*
 * Call visit() for every regular file, under each of its names; what else there may be (symbolic
 * links, devices) is passed over.  Errors as above, -EMLINK the headers go round in circles, directories
 * are too deep or a link leads nowhere; what visit() gives, if not 0, which ends the walk.
 */
int romfs_walk(struct romfs *fs, int (*visit)(void *data, const struct romfs_file *file),
	       void *data);

#endif /* MINIOS_ROMFS_H */
