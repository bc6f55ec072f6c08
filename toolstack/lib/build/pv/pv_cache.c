// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Opens kernels for the fast builder, and keeps the last few of them parsed.  Their contents are
 * read anew for each guest, from the kernel's page cache: a mapping would end this process with
 * SIGBUS when somebody truncates the file.  A kept file stays open, so its inode is not reused.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/pv/pv_build.h"
#include "build/pv/pv_keep.h"
#include "build/pv/pv_source.h"

#define CACHE_SIZE 16U

struct pv_image_cache {
	unsigned int next; /* to be replaced */
	struct pv_image *images[CACHE_SIZE];
};

static void image_free(struct pv_image *img)
{
	if (img->fd != img->file)
		close(img->fd);
	close(img->file);
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

/* What takes more than a descriptor: memory, or the space of a file that has no name any more. */
static bool is_dear(const struct pv_image *img)
{
	struct stat st;

	return img->fd != img->file || fstat(img->file, &st) || !st.st_nlink;
}

/* Without memory for a cache there is none.  Of those that are dear one is kept, the last. */
static void cache_add(struct pv_image_cache **cache, struct pv_image *img)
{
	struct pv_image **slot;
	unsigned int i;

	if (!*cache)
		*cache = calloc(1, sizeof(**cache));
	if (!*cache)
		return;
	for (i = 0; i < CACHE_SIZE; i++)
		if ((*cache)->images[i] && is_dear((*cache)->images[i]))
			uncache(&(*cache)->images[i]);
	slot = &(*cache)->images[(*cache)->next++ % CACHE_SIZE];
	uncache(slot);
	*slot = img;
	img->is_cached = true;
}

static const char *parse(struct pv_image *img, const struct pv_source *src)
{
	char headers[PV_HEADERS_SIZE], notes[PV_MAX_NOTES][PV_MAX_NOTE_SIZE];
	const void *data[PV_MAX_NOTES];
	size_t len = src->size < sizeof(headers) ? (size_t)src->size : sizeof(headers);
	const char *why;
	unsigned int i;

	if (pv_read(src->fd, src->start, headers, len))
		return "it cannot be read";
	why = pv_image_parse_headers(img, headers, len, src->size);
	if (why)
		return why;
	for (i = 0; i < img->nr_notes; i++) {
		data[i] = notes[i];
		if (pv_read(src->fd, src->start + img->notes[i].file_offset, notes[i],
			    img->notes[i].size))
			return "it cannot be read";
	}
	return pv_image_parse_notes(img, data);
}

static struct pv_image *image_make(const struct pv_source *src, const char **why)
{
	struct pv_image *img = malloc(sizeof(*img));

	*why = img ? parse(img, src) : "there is no memory to read it";
	if (*why) {
		free(img);
		return NULL;
	}
	img->file = src->file;
	img->fd = src->fd;
	img->start = src->start;
	img->ramdisk = src->ramdisk;
	img->has_root = src->has_root;
	img->id = src->id;
	return img;
}

int chaos_pv_image_get(struct chaos_ctx *ctx, const char *path, struct pv_image **out,
		       const char **why)
{
	struct pv_keep *keep = pv_keep_get(ctx);
	struct pv_source src;
	struct pv_image *img;

	*why = "there is no memory to read it";
	if (!keep)
		return 0;
	img = cache_find(keep->cache, path);
	if (img)
		goto found;
	*why = pv_source_open(&src, ctx, path);
	if (*why)
		return 0;
	img = image_make(&src, why);
	if (!img) {
		pv_source_close(&src);
		return 0;
	}
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
