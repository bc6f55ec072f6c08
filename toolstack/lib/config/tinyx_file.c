// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads the index of a tinyx image: lines of text behind the first header of a tar, closed by a digest.
 * toolstack/tinyx/lib/file.sh writes it, and reads the same.  And looks through the image's configuration.
 */
#include <errno.h>
#include <inttypes.h>
#include <sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/tinyx_file.h"

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
	char as_text[SHA256_DIGEST_STRING_LENGTH];

	(void)SHA256Data((const uint8_t *)text, len, as_text); /* as_text; fails only without it */
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
	if (to && to->start)
		return refuse(err, path, name, "it is there twice");
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

/* ---- its configuration ---- */

/* Nothing that names a thing of the host, or takes a share of it from other guests. */
static bool is_own_key(const char *key, size_t len)
{
	static const char *const own[] = {
		"name",	 "type",    "builder", "memory",      "memory_kib", "maxmem",	"vcpus",
		"extra", "cmdline", "root",    "on_poweroff", "on_reboot",  "on_crash",
	};
	size_t i;

	for (i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		if (strlen(own[i]) == len && !memcmp(own[i], key, len))
			return true;
	return false;
}

/* Behind a number, or a string without escapes; NULL if it is something else. */
static const char *skip_value(const char *p, const char *end)
{
	static const char digits[] = "0123456789";
	char quote = *p;

	if (quote != '"' && quote != '\'')
		return strchr(digits, quote) && quote ? p + strspn(p, digits) : NULL;
	for (p++; p < end && *p != quote; p++)
		if (*p == '\\' || ((unsigned char)*p < ' ' && *p != '\t'))
			return NULL;
	return p < end ? p + 1 : NULL;
}

/* A line, to its newline at end. */
static int check_line(const char *p, const char *end, unsigned int nr, const char *path,
		      struct chaos_error *err)
{
	static const char blanks[] = " \t";
	const char *key = p + strspn(p, blanks), *value;
	size_t len =
		strspn(key, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.");

	if (key == end || *key == '#')
		return 0;
	if (len && !is_own_key(key, len))
		return chaos_error_set(
			err, CHAOS_CONFIG, EPERM,
			"%s: xl.cfg:%u: '%.*s' is not for an image to set: give it behind the image's name, if you want it",
			path, nr, (int)len, key);
	value = key + len + strspn(key + len, blanks);
	if (len && *value == '=')
		value = skip_value(value + 1 + strspn(value + 1, blanks), end);
	else
		value = NULL;
	if (!value || value + strspn(value, blanks) != end)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"%s: xl.cfg:%u: not understood: an image has lines KEY = \"TEXT\" or KEY = NUMBER",
			path, nr);
	return 0;
}

int chaos_tinyx_check_config(const char *text, size_t len, const char *path,
			     struct chaos_error *err)
{
	const char *end;
	unsigned int nr;
	int rc = 0;

	if (strlen(text) != len || (len && text[len - 1] != '\n'))
		return refuse(err, path, "xl.cfg", "not lines of text");
	for (nr = 1; !rc && *text; nr++, text = end + 1) {
		end = strchr(text, '\n');
		rc = check_line(text, end, nr, path, err);
	}
	return rc;
}
