/* SPDX-License-Identifier: LGPL-2.1-only */
/* An image of tinyx: a guest's kernel, ramdisk, root and configuration in one file (docs/tinyx.md). */
#ifndef CHAOS_CONFIG_TINYX_FILE_H
#define CHAOS_CONFIG_TINYX_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/internal.h"

/* Where a member's bytes are; size 0 = there is none. */
struct chaos_tinyx_member {
	uint64_t start, size;
};

struct chaos_tinyx {
	struct chaos_tinyx_member kernel, ramdisk, root, config;
	uint64_t size; /* of the file */
};

/* Whether a file that begins so can be an image. */
bool chaos_tinyx_begins(const char *data, size_t len);
/*
 * 1 if the open file is an image, and whole as far as its index can tell: the members' bytes are not looked
 * at, which `tinyx verify` does.  0 if it is something else; path is for errors.
 */
int chaos_tinyx_read(int fd, const char *path, struct chaos_tinyx *image, struct chaos_error *err);

/*
 * That an image's xl.cfg sets only what is its own: name, memory, processors, command line, and what is done when it
 * ends.  A line is a comment, or one KEY = "TEXT" or NUMBER: what needs more of xl.cfg's syntax is not for an image.
 */
int chaos_tinyx_check_config(const char *text, size_t len, const char *path,
			     struct chaos_error *err);

#endif /* CHAOS_CONFIG_TINYX_FILE_H */
