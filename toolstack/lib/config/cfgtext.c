// SPDX-License-Identifier: LGPL-2.1-only
/* The text of a configuration: a file, with settings from the command line as lines behind it. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/internal.h"
#include "config/tinyx_file.h"
#include "core/files.h"

#define MAX_FILE (1U << 20)

/* All of a file of `size` bytes, and room for a newline and a NUL; NULL with errno. */
static char *read_all(int fd, size_t size, size_t *len)
{
	char *text = malloc(size + 2);
	ssize_t n = text ? read(fd, text, size) : -1;

	if (n < 0) {
		free(text);
		return NULL;
	}
	*len = (size_t)n;
	return text;
}

/* What an editor of another system leaves behind: a byte order mark, and a CR before each newline. */
static void drop_foreign_ends(char *text, size_t *len)
{
	static const char mark[] = "\357\273\277";
	size_t from = 0, to = 0;

	if (*len >= strlen(mark) && !memcmp(text, mark, strlen(mark)))
		from = strlen(mark);
	for (; from < *len; from++)
		if (text[from] != '\r' || (from + 1 < *len && text[from + 1] != '\n'))
			text[to++] = text[from];
	*len = to;
}

static int not_a_file(const char *path, const struct stat *st, struct chaos_error *err)
{
	const char *what = "not a configuration file";

	if (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) || S_ISCHR(st->st_mode))
		what = "not a configuration file: put it in a regular one, a pipe or terminal will not do";
	else if (S_ISREG(st->st_mode))
		what = "not a configuration file: it is larger than 1 MiB";
	return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: %s", path, what);
}

/*
 * An image's own configuration, and that its kernel is this file: the ramdisk and the root come with that.
 * Whoever can write to it has a say in what the caller makes, so that may be nobody else.
 * 1, 0 if the file is no image, or an error; *text, which it takes the place of, is to be freed in any case.
 */
static int take_image(int fd, const char *path, char **text, size_t *len, struct chaos_error *err)
{
	struct chaos_tinyx image;
	char *whole = NULL, *part = NULL, *taken = NULL;
	int rc = chaos_tinyx_read(fd, path, &image, err);

	if (rc != 1)
		return rc;
	if (!chaos_file_is_ours(fd))
		return chaos_error_set(
			err, CHAOS_CONFIG, EPERM,
			"%s: it is somebody else's, or others may write to it: use a copy, or chown and chmod it",
			path);
	if (image.config.size < MAX_FILE)
		part = calloc(1, image.config.size + 1);
	whole = part ? realpath(path, NULL) : NULL;
	if (!whole || pread(fd, part, image.config.size, (off_t)image.config.start) !=
			      (ssize_t)image.config.size)
		rc = chaos_error_set(err, CHAOS_CONFIG, errno, "%s: xl.cfg: cannot be read", path);
	else if (chaos_tinyx_check_config(part, image.config.size, path, err))
		rc = -(int)CHAOS_CONFIG;
	else if (strpbrk(whole, "\"\\\n"))
		rc = chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				     "%s: a quote or a backslash in its path: give it another name",
				     path);
	else if (asprintf(&taken, "%s\nkernel = \"%s\"\n", part, whole) < 0)
		rc = chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	if (rc == 1) {
		free(*text);
		*text = taken;
		*len = strlen(taken);
	}
	free(whole);
	free(part);
	return rc;
}

int chaos_cfgtext_read(const char *path, char **text, size_t *len, struct chaos_error *err)
{
	struct stat st;
	int fd, rc, e = 0;
	bool is_file;

	*text = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return chaos_error_set(err, CHAOS_CONFIG, errno, "%s: %s", path, strerror(errno));
	is_file = !fstat(fd, &st) && S_ISREG(st.st_mode);
	if (is_file && st.st_size <= MAX_FILE) {
		*text = read_all(fd, (size_t)st.st_size, len);
		e = errno;
	}
	/* What is read already says of most that they are no image. */
	if (is_file && (!*text || chaos_tinyx_begins(*text, *len))) {
		rc = take_image(fd, path, text, len, err);
		if (rc) {
			close(fd);
			return rc < 0 ? rc : 0;
		}
	}
	close(fd);
	if (!is_file || st.st_size > MAX_FILE)
		return not_a_file(path, &st, err);
	if (!*text)
		return chaos_error_set(err, CHAOS_CONFIG, e, "%s: %s", path, strerror(e));
	if (memchr(*text, '\0', *len))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: not a configuration file",
				       path);
	drop_foreign_ends(*text, len);
	/* The last line may lack its end. */
	(*text)[(*len)++] = '\n';
	(*text)[*len] = '\0';
	return 0;
}

/* ---- settings from the command line ---- */

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Behind a key and its '=' or '+=', NULL if that is not what is there. */
static const char *skip_key(const char *p)
{
	size_t n;

	if (!islower((unsigned char)*p))
		return NULL;
	n = strspn(p, "abcdefghijklmnopqrstuvwxyz0123456789_.");
	p = skip_blanks(p + n);
	p += *p == '+';
	return *p == '=' ? p + 1 : NULL;
}

/* From an opening quote behind the closing one, NULL if there is none. */
static const char *skip_quoted(const char *p)
{
	char quote = *p++;

	for (; *p && *p != quote; p++)
		if (*p == '\\' && !*++p)
			return NULL;
	return *p ? p + 1 : NULL;
}

static const char *skip_list(const char *p)
{
	unsigned int depth = 0;

	do {
		if (*p == '"' || *p == '\'') {
			p = skip_quoted(p);
			if (!p)
				return NULL;
			continue;
		}
		depth += *p == '[';
		depth -= *p == ']';
		p++;
	} while (*p && depth);
	return depth ? NULL : p;
}

/* Behind a value as a file has it; NULL if it is none, as a bare word. */
static const char *skip_value(const char *p)
{
	if (*p == '[')
		return skip_list(p);
	if (*p == '"' || *p == '\'')
		return skip_quoted(p);
	return *p >= '0' && *p <= '9' ? p + strspn(p, "0123456789abcdefx") : NULL;
}

/* To the end, or to a comment. */
static bool is_end(const char *p)
{
	p = skip_blanks(p);
	return !*p || *p == '#';
}

/* What stands where a setting may begin, as a file has them, with a ';' between each two. */
enum setting {
	NO_KEY,
	BARE, /* a key, and something that is no whole value, as a bare word */
	LAST,
	NEXT, /* there is another behind it */
};

/* *p is where it begins; behind NEXT, where the next does. */
static enum setting skip_setting(const char **p)
{
	const char *at = skip_key(*p);

	if (!at)
		return NO_KEY;
	at = skip_value(skip_blanks(at));
	if (!at)
		return BARE;
	if (is_end(at))
		return LAST;
	at = skip_blanks(at);
	if (*at++ != ';')
		return BARE;
	*p = skip_blanks(at);
	return is_end(at) ? LAST : NEXT;
}

enum kind {
	SETTINGS,  /* all of it */
	BARE_WORD, /* a key and what may be a bare word */
	HALF_BARE, /* settings, and behind them one of a bare word */
};

/* *last is where the last of them begins. */
static enum kind kind_of(const char *item, const char **last)
{
	enum kind bad = BARE_WORD;
	const char *p = skip_blanks(item);

	for (;; bad = HALF_BARE) {
		*last = p;
		switch (skip_setting(&p)) {
		case NO_KEY:
			return BARE_WORD;
		case BARE:
			return bad;
		case LAST:
			return SETTINGS;
		case NEXT:
			break;
		}
	}
}

/* The value of the first is thrown away by the last, as in a file. */
bool chaos_cfgtext_sets(const char *item, const char *key)
{
	const char *p = skip_blanks(item);
	size_t len = strlen(key);

	do {
		/* "disk+=" adds to what there is. */
		if (!strncmp(p, key, len) && *skip_blanks(p + len) == '=')
			return true;
	} while (skip_setting(&p) == NEXT);
	return false;
}

void chaos_cfgtext_put_string(FILE *f, const char *value)
{
	fputc('"', f);
	for (; *value; value++) {
		if (*value == '"' || *value == '\\')
			fputc('\\', f);
		fputc(*value, f);
	}
	fputc('"', f);
}

static int override_error(const char *item, const char *what, struct chaos_error *err)
{
	return chaos_error_set(err, CHAOS_USAGE, EINVAL, "\"%s\": %s", item, what);
}

/*
 * As xl, which takes key=value as a line of the file; but a bare word need not be quoted twice.  What
 * begins like a quoted string or a list is left as it is, to be complained of by the parser.
 */
int chaos_cfgtext_override(const char *item, char **text, size_t *len, struct chaos_error *err)
{
	const char *value = strchr(item, '='), *last;
	enum kind kind = kind_of(item, &last);
	char *line = NULL, *p;
	size_t size;
	FILE *f;

	if (!value || !skip_key(skip_blanks(item)))
		return override_error(item, "behind the configuration come KEY=VALUE items", err);
	if (chaos_text_has_control(item))
		return override_error(item, "it has a control character in it", err);
	if (kind == HALF_BARE)
		return chaos_error_set(
			err, CHAOS_USAGE, EINVAL,
			"\"%s\": of several settings each value wants quotes: \"%s\"", item, last);
	f = open_memstream(&line, &size);
	if (!f)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	value = skip_blanks(value + 1);
	fprintf(f, "%.*s", (int)(value - item), item);
	if (kind == SETTINGS || (*value && strchr("\"'[", *value)))
		fputs(value, f);
	else
		chaos_cfgtext_put_string(f, value);
	fputc('\n', f);
	if (fclose(f)) {
		free(line);
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	}
	p = realloc(*text, *len + size + 1);
	if (p) {
		memcpy(p + *len, line, size + 1);
		*text = p;
		*len += size;
	}
	free(line);
	return p ? 0 : chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
}

int chaos_cfgtext_load(const struct chaos_config_source *src, char **text, size_t *len,
		       size_t *file_len, struct chaos_error *err)
{
	unsigned int i;
	int rc = 0;

	if (src->text) {
		*len = strlen(src->text);
		*text = malloc(*len + sizeof("\n"));
		if (!*text)
			return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
		/* Its last line may lack its end, and would swallow the first override. */
		memcpy(*text, src->text, *len);
		memcpy(*text + *len, "\n", sizeof("\n"));
		++*len;
	} else {
		rc = chaos_cfgtext_read(src->path, text, len, err);
	}
	*file_len = *len;
	for (i = 0; i < src->nr_overrides && !rc; i++)
		rc = chaos_cfgtext_override(src->overrides[i], text, len, err);
	return rc;
}
