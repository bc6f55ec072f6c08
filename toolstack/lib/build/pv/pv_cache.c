// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Opens kernels for the fast builder, and keeps the last few of them parsed.  Their contents are
 * read anew for each guest, from the kernel's page cache: a mapping would end this process with
 * SIGBUS when somebody truncates the file.  A kept file stays open, so its inode is not reused.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_keep.h"

#define CACHE_SIZE 16U

struct pv_image_cache {
	unsigned int next; /* to be replaced */
	struct pv_image *images[CACHE_SIZE];
};

static void image_free(struct pv_image *img)
{
	close(img->fd);
	free(img);
}

void chaos_pv_image_put(struct pv_image *img)
{
	if (img && !--img->users && !img->is_cached)
		image_free(img);
}

static void uncache(struct pv_image **slot)
{
	struct pv_image *img = *slot;

	*slot = NULL;
	if (!img)
		return;
	img->is_cached = false;
	if (!img->users)
		image_free(img);
}

void chaos_pv_cache_free(struct pv_image_cache *cache)
{
	unsigned int i;

	if (!cache)
		return;
	for (i = 0; i < CACHE_SIZE; i++)
		uncache(&cache->images[i]);
	free(cache);
}

static struct pv_image *cache_find(struct pv_image_cache *cache, const char *path)
{
	struct stat st;
	unsigned int i;

	if (!cache || stat(path, &st))
		return NULL;
	for (i = 0; i < CACHE_SIZE; i++)
		if (cache->images[i] && chaos_file_id_is(&cache->images[i]->id, &st))
			return cache->images[i];
	return NULL;
}

/* Without memory for a cache there is none. */
static void cache_add(struct pv_image_cache **cache, struct pv_image *img)
{
	struct pv_image **slot;

	if (!*cache)
		*cache = calloc(1, sizeof(**cache));
	if (!*cache)
		return;
	slot = &(*cache)->images[(*cache)->next++ % CACHE_SIZE];
	uncache(slot);
	*slot = img;
	img->is_cached = true;
}

static bool read_all(int fd, void *buf, size_t len, uint64_t offset)
{
	char *p = buf;
	ssize_t n;

	while (len) {
		n = pread(fd, p, len, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		p += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return true;
}

static const char *parse(struct pv_image *img, int fd, const struct stat *st)
{
	char headers[PV_HEADERS_SIZE], notes[PV_MAX_NOTES][PV_MAX_NOTE_SIZE];
	const void *data[PV_MAX_NOTES];
	uint64_t size = (uint64_t)st->st_size;
	size_t len = size < sizeof(headers) ? (size_t)size : sizeof(headers);
	const char *why;
	unsigned int i;

	if (!read_all(fd, headers, len, 0))
		return "it cannot be read";
	why = pv_image_parse_headers(img, headers, len, size);
	if (why)
		return why;
	for (i = 0; i < img->nr_notes; i++) {
		data[i] = notes[i];
		if (!read_all(fd, notes[i], img->notes[i].size, img->notes[i].file_offset))
			return "it cannot be read";
	}
	return pv_image_parse_notes(img, data);
}

static const char *open_file(const char *path, int *fd, struct stat *st)
{
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return strerror(errno);
	if (!fstat(*fd, st) && S_ISREG(st->st_mode))
		return NULL;
	close(*fd);
	return "it is not a file";
}

int chaos_pv_image_get(struct chaos_ctx *ctx, const char *path, struct pv_image **out,
		       const char **why)
{
	struct pv_keep *keep = pv_keep_get(ctx);
	struct pv_image *img;
	struct stat st;
	int fd;

	*why = "there is no memory to read it";
	if (!keep)
		return 0;
	img = cache_find(keep->cache, path);
	if (img)
		goto found;
	*why = open_file(path, &fd, &st);
	if (*why)
		return 0;
	img = malloc(sizeof(*img));
	*why = img ? parse(img, fd, &st) : "there is no memory to read it";
	if (*why) {
		free(img);
		close(fd);
		return 0;
	}
	img->fd = fd;
	chaos_file_id_take(&img->id, &st);
	cache_add(&keep->cache, img);
found:
	img->users++;
	*out = img;
	return 1;
}

int chaos_pv_check_abi(uint32_t abi, const char *path, struct chaos_error *err)
{
	if (!abi || abi >> 16 == NOXS_ABI_MAJOR)
		return 0;
	return chaos_error_set(
		err, CHAOS_CONFIG, ENOEXEC,
		"kernel \"%s\" was built for noxs ABI %u, and this is ABI %u: build it anew", path,
		abi >> 16, NOXS_ABI_MAJOR);
}
