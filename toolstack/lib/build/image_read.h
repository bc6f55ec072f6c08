/* SPDX-License-Identifier: LGPL-2.1-only */
/* Parts of image files, in memory. */
#ifndef CHAOS_BUILD_IMAGE_READ_H
#define CHAOS_BUILD_IMAGE_READ_H

#include <stdint.h>

/* A regular file, for reading; never waits.  A descriptor, or a negative errno, -EINVAL if it is something else. */
int chaos_image_file_open(const char *path);
/*
 * size bytes from start on; *data is to be freed, and NULL after an error.  0, or a negative errno: -ENODATA the file
 * ends before, -EFBIG it is nothing or more than 1 GiB.
 */
int chaos_image_read(int fd, uint64_t start, uint64_t size, char **data);

#endif /* CHAOS_BUILD_IMAGE_READ_H */
