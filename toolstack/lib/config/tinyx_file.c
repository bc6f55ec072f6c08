// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads the index of a tinyx image: lines of text behind the first header of a tar, closed by a digest.
 * toolstack/tinyx/lib/file.sh writes it, and reads the same.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/tinyx_file.h"
#include "core/sha256.h"

#define HEADER	   512U /* of a member of a tar */
#define INDEX_SIZE 3072U
#define PAGE	   4096U
#define MAGIC	   "tinyx" /* the first member's name */
#define DIGEST	   "digest "

static int refuse(struct chaos_error *err, const char *path, const char *member, const char *what)
{
	return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: %s: %s; see 'tinyx verify'", path,
			       member, what);
}

static bool digest_is(const char *text, size_t len, const char *hex)
{
	uint8_t digest[CHAOS_SHA256_LEN];
	char as_text[2 * sizeof(digest) + 1];
	unsigned int i;

	chaos_sha256(text, len, digest);
	for (i = 0; i < sizeof(digest); i++)
		(void)snprintf(as_text + 2 * i, 3, "%02x", digest[i]);
	return !strncmp(hex, as_text, sizeof(as_text) - 1) && hex[sizeof(as_text) - 1] == '\n';
}

/* "NAME START SIZE DIGEST" */
static int take_member(struct chaos_tinyx *image, const char *line, const char *path,
		       struct chaos_error *err)
{
	struct chaos_tinyx_member m, *to = NULL;
	char name[64], text[128];

	if (sscanf(line, "%63s %" SCNu64 " %" SCNu64, name, &m.start, &m.size) != 3 ||
	    chaos_text_has_control(name))
		return refuse(err, path, "index", "not understood");
	if (m.start % PAGE || m.start > image->size || m.size > image->size - m.start) {
		(void)snprintf(text, sizeof(text), "cut off: the file has %" PRIu64 " bytes only",
			       image->size);
		return refuse(err, path, name, text);
	}
	if (!strcmp(name, "kernel"))
		to = &image->kernel;
	else if (!strcmp(name, "ramdisk"))
		to = &image->ramdisk;
	else if (!strcmp(name, "root.erofs"))
		to = &image->root;
	else if (!strcmp(name, "xl.cfg"))
		to = &image->config;
	if (to)
		*to = m;
	return 0;
}

static int take_line(struct chaos_tinyx *image, const char *line, const char *path, uint64_t *size,
		     struct chaos_error *err)
{
	char arch[32];

	if (!strncmp(line, "member ", 7))
		return take_member(image, line + 7, path, err);
	if (sscanf(line, "arch %31[a-z0-9]", arch) == 1 && strcmp(arch, "amd64") != 0)
		return chaos_error_set(err, CHAOS_CONFIG, ENOEXEC,
				       "%s: for %s, and this host is amd64", path, arch);
	(void)sscanf(line, "size %" SCNu64, size); /* another line; checked below */
	return 0;
}

/* text ends with a NUL. */
static int parse(struct chaos_tinyx *image, const char *text, const char *path,
		 struct chaos_error *err)
{
	const char *end = strstr(text, "\n" DIGEST), *line;
	uint64_t size = 0;
	int rc = 0;

	if (strncmp(text, "tinyx ", 6) != 0 || !end ||
	    !digest_is(text, (size_t)(end + 1 - text), end + 1 + strlen(DIGEST)))
		return refuse(err, path, "index", "altered, or cut off");
	if (strncmp(text, "tinyx 1\n", 8) != 0)
		return refuse(err, path, "index", "made by another version of tinyx");
	for (line = text; !rc && line < end + 1; line = strchr(line, '\n') + 1)
		rc = take_line(image, line, path, &size, err);
	if (rc)
		return rc;
	if (size != image->size)
		return refuse(err, path, "end", "cut off, or something is behind it");
	if (!image->kernel.size || !image->config.size)
		return refuse(err, path, image->kernel.size ? "xl.cfg" : "kernel",
			      "it is not there");
	return 1;
}

bool chaos_tinyx_begins(const char *data, size_t len)
{
	return len >= sizeof(MAGIC) && !memcmp(data, MAGIC, sizeof(MAGIC));
}

int chaos_tinyx_read(int fd, const char *path, struct chaos_tinyx *image, struct chaos_error *err)
{
	char head[HEADER + INDEX_SIZE + 1];
	struct stat st;
	ssize_t n;

	memset(image, 0, sizeof(*image));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return 0;
	n = pread(fd, head, sizeof(head) - 1, 0);
	/* A tar's first header: the name, and "ustar" at 257. */
	if (n < (ssize_t)HEADER || !chaos_tinyx_begins(head, (size_t)n) ||
	    memcmp(head + 257, "ustar", 5) != 0)
		return 0;
	head[n] = '\0';
	image->size = (uint64_t)st.st_size;
	return parse(image, head + HEADER, path, err);
}
