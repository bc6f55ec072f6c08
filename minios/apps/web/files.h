/* SPDX-License-Identifier: MIT */
/* The files that are served: those of a romfs, found by their paths. */
#ifndef WEB_FILES_H
#define WEB_FILES_H

#include <minios/blkfront.h>

/*
 * Learn what files there are on a disk.  Their number, or -errno, which has been explained on the
 * console.
 */
int files_init(struct blk_disk *disk);

#endif /* WEB_FILES_H */
