// SPDX-License-Identifier: LGPL-2.1-only
/* The text of a configuration: a file, with settings from the command line as lines behind it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

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

int chaos_cfgtext_read(const char *path, char **text, size_t *len, struct chaos_error *err)
{
	struct stat st;
	int fd, e;

	*text = NULL;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return chaos_error_set(err, CHAOS_CONFIG, errno, "%s: %s", path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > MAX_FILE) {
		close(fd);
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: not a configuration file",
				       path);
	}
	*text = read_all(fd, (size_t)st.st_size, len);
	e = errno;
	close(fd);
	if (!*text)
		return chaos_error_set(err, CHAOS_CONFIG, e, "%s: %s", path, strerror(e));
	if (memchr(*text, '\0', *len))
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL, "%s: not a configuration file",
				       path);
	/* The last line may lack its end. */
	(*text)[(*len)++] = '\n';
	(*text)[*len] = '\0';
	return 0;
}

/* As xl, which takes key=value as a line of the file; a bare word need not be quoted twice. */
int chaos_cfgtext_override(const char *item, char **text, size_t *len, struct chaos_error *err)
{
	const char *value = strchr(item, '=');
	const char *quote = "";
	size_t size;
	char *p;
	int n;

	if (!value || value == item)
		return chaos_error_set(err, CHAOS_USAGE, EINVAL,
				       "\"%s\": behind the configuration come KEY=VALUE items",
				       item);
	value++;
	if (!*value)
		quote = "\"";
	else if (!strchr("\"'[", *value) && value[strspn(value, "0123456789")])
		quote = strchr(value, '"') ? "'" : "\"";
	size = strlen(item) + sizeof("''\n");
	p = realloc(*text, *len + size);
	if (!p)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	*text = p;
	n = snprintf(p + *len, size, "%.*s%s%s%s\n", (int)(value - item), item, quote, value,
		     quote);
	*len += (size_t)n;
	return 0;
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
