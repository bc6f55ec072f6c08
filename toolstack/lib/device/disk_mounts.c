// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What the mounts say about a disk: whether a block device is mounted, and what an overlayfs calls
 * a file.  A layer whose directories were renamed (redirect_dir) is not followed.
 */
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "device/disk_mounts.h"

const char *chaos_mountinfo = "/proc/self/mountinfo";

/* A line of mountinfo, cut up in place: proc_pid_mountinfo(5). */
struct mount_line {
	dev_t dev;
	char *at;      /* the mount point */
	char *type;    /* of the file system */
	char *options; /* of the file system, not of this mount */
};

/* "\040" is a blank. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + s[3] - '0');
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

static bool parse_line(char *line, struct mount_line *mount)
{
	unsigned int major, minor;
	char *rest = strstr(line, " - "), *save;

	if (!rest || sscanf(line, "%*u %*u %u:%u", &major, &minor) != 2)
		return false;
	*rest = '\0';
	mount->dev = makedev(major, minor);
	(void)strtok_r(line, " ", &save);
	(void)strtok_r(NULL, " ", &save);
	(void)strtok_r(NULL, " ", &save);
	(void)strtok_r(NULL, " ", &save); /* its root */
	mount->at = strtok_r(NULL, " ", &save);
	mount->type = strtok_r(rest + 3, " ", &save);
	(void)strtok_r(NULL, " ", &save); /* its source */
	mount->options = strtok_r(NULL, " \n", &save);
	if (!mount->at || !mount->type || !mount->options)
		return false;
	unescape(mount->at);
	return true;
}

/* @fn of each mount until it returns other than 0. */
static int for_each_mount(int (*fn)(struct mount_line *mount, void *arg), void *arg)
{
	FILE *f = fopen(chaos_mountinfo, "re");
	struct mount_line mount;
	char *line = NULL;
	size_t size = 0;
	int rc = 0;

	while (f && !rc && getline(&line, &size, f) > 0)
		if (parse_line(line, &mount))
			rc = fn(&mount, arg);
	free(line);
	if (f)
		(void)fclose(f); /* it was read only */
	return rc;
}

/* ---- mounted devices ---- */

struct mounted_search {
	dev_t dev;
	struct chaos_mounted found;
};

static int note_mounted(struct mount_line *mount, void *arg)
{
	struct mounted_search *s = arg;

	if (mount->dev != s->dev)
		return 0;
	if (!strncmp(mount->options, "ro", 2) && (mount->options[2] == ',' || !mount->options[2]))
		s->found.for_reading = true;
	else
		s->found.for_writing = true;
	return 0;
}

struct chaos_mounted chaos_mounts_of(dev_t dev)
{
	struct mounted_search s = { .dev = dev };

	(void)for_each_mount(note_mounted, &s);
	return s.found;
}

/* ---- overlayfs ---- */

struct overlay_search {
	struct stat st;
	bool is_merged; /* it is an overlay's */
	char path[PATH_MAX];
	int (*fn)(const char *path, void *arg);
	void *arg;
};

/* The next of "a:b", with "\:" in a name; NULL at the end. */
static char *next_layer(char **list)
{
	char *start = *list, *to = start, *s;

	if (!start || !*start)
		return NULL;
	for (s = start; *s && *s != ':'; s++) {
		if (s[0] == '\\' && s[1])
			s++;
		*to++ = *s;
	}
	*list = *s ? s + 1 : s;
	*to = '\0';
	return start;
}

/* Call @fn with the upper layer of an overlay, or with the lower ones from the top down. */
static int for_each_layer(const char *options, bool upper, int (*fn)(const char *layer, void *arg),
			  void *arg)
{
	char *copy = strdup(options), *save = NULL, *option, *list, *layer;
	int rc = 0;

	for (option = copy ? strtok_r(copy, ",", &save) : NULL; option && !rc;
	     option = strtok_r(NULL, ",", &save)) {
		list = strchr(option, '=');
		if (!list || strncmp(option, upper ? "upperdir" : "lowerdir", 8))
			continue;
		list++;
		unescape(list);
		while (!rc && (layer = next_layer(&list)))
			rc = fn(layer, arg);
	}
	free(copy);
	return rc;
}

/* The first layer that has a file. */
struct layer_search {
	const char *rel;
	char path[PATH_MAX];
	struct stat st;
};

static int layer_has(const char *layer, void *arg)
{
	struct layer_search *s = arg;

	return snprintf(s->path, sizeof(s->path), "%s/%s", layer, s->rel) < (int)sizeof(s->path) &&
	       !stat(s->path, &s->st) && S_ISREG(s->st.st_mode);
}

/* Where the merged file @rel comes from. */
static bool find_layer(const char *options, struct layer_search *s)
{
	return for_each_layer(options, true, layer_has, s) ||
	       for_each_layer(options, false, layer_has, s);
}

/* What is left of @path below @dir, by whichever name that is known; NULL if it is not below. */
static const char *below(const char *path, const char *dir)
{
	char copy[PATH_MAX];
	struct stat top, at;
	char *end;

	if (stat(dir, &top))
		return NULL;
	(void)snprintf(copy, sizeof(copy), "%s", path);
	while ((end = strrchr(copy, '/'))) {
		*end = '\0';
		if (!stat(*copy ? copy : "/", &at) && at.st_dev == top.st_dev &&
		    at.st_ino == top.st_ino)
			return path + (end - copy) + 1;
	}
	return NULL;
}

struct merged_search {
	struct overlay_search *s;
	struct mount_line *mount;
};

/* If the file is in this layer, and the one of its name that the overlay shows. */
static int tell_merged(const char *layer, void *arg)
{
	struct merged_search *m = arg;
	struct layer_search from = { .rel = below(m->s->path, layer) };
	char path[PATH_MAX];

	if (!from.rel || !find_layer(m->mount->options, &from) ||
	    from.st.st_dev != m->s->st.st_dev || from.st.st_ino != m->s->st.st_ino)
		return 0;
	if (snprintf(path, sizeof(path), "%s/%s", m->mount->at, from.rel) >= (int)sizeof(path))
		return 0;
	return m->s->fn(path, m->s->arg);
}

static int tell_overlay(struct mount_line *mount, void *arg)
{
	struct overlay_search *s = arg;
	struct merged_search m = { s, mount };
	struct layer_search from = { 0 };
	int rc;

	if (strcmp(mount->type, "overlay"))
		return 0;
	if (s->is_merged) {
		from.rel = below(s->path, mount->at);
		rc = from.rel && find_layer(mount->options, &from) ? s->fn(from.path, s->arg) : 0;
		if (rc)
			return rc;
	}
	rc = for_each_layer(mount->options, true, tell_merged, &m);
	return rc ? rc : for_each_layer(mount->options, false, tell_merged, &m);
}

int chaos_overlay_names(int fd, int (*fn)(const char *path, void *arg), void *arg)
{
	struct overlay_search s = { .fn = fn, .arg = arg };
	struct statfs fs;
	char link[40];
	ssize_t len;

	if (access("/sys/module/overlay", F_OK) || fstat(fd, &s.st) || fstatfs(fd, &fs))
		return 0;
	/* Its st_dev says nothing: with layers on several file systems it is none of theirs. */
	s.is_merged = fs.f_type == OVERLAYFS_SUPER_MAGIC;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, s.path, sizeof(s.path) - 1);
	if (len <= 0)
		return 0;
	s.path[len] = '\0';
	return for_each_mount(tell_overlay, &s);
}
