/* SPDX-License-Identifier: MIT */
/* The files that are served: those of a romfs, found by their paths. */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include <stdint.h>
#include <minios/blkfront.h>

/* Where the contents of a file are on the disk. */
struct file {
	uint32_t offset, size;
};

/*
 * Learn what files there are on a disk, instead of those known before.  Waits for the disk.  Their
 * number, or -errno, which has been explained on the console: then there are none.
 */
int files_init(struct blk_disk *disk);

/* There are none any more. */
void files_forget(void);

/* False if there is none of that path. */
bool files_find(const char *path, struct file *file);

#endif /* WEB_FILES_H */
