/* SPDX-License-Identifier: MIT */
/*
 * romfs.  All numbers are big-endian, all headers begin at multiples of 16:
 *
 *   superblock   "-rom1fs-", size of the image, checksum, name of the volume
 *   file header  next header (its low bits: type), info, size, checksum, name; then the contents
 *
 * Names end with a NUL and are padded to 16.  Info is the first header of a directory's, and the header
 * a hard link stands for.  A checksum makes the sum of its header's words 0; that of the superblock is
 * over the first 512 bytes.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <minios/romfs.h>
#include <minios/util.h>

#define ALIGNMENT   16U
#define HEADER_SIZE 16U /* without the name */
#define NAME_SIZE   128U
#define SUPER_SUM   512U
#define MAX_DEPTH   16U
#define MAX_HEADERS (1U << 20)
#define NO_BLOCK    UINT32_MAX

enum type {
	HARD_LINK,
	DIRECTORY,
	REGULAR,
};
#define TYPE_MASK 7U

struct header {
	uint32_t next, info, size, contents;
	unsigned int type;
	char name[NAME_SIZE];
};

static int fail(struct romfs *fs, int err, uint32_t at, const char *error)
{
	fs->error = error;
	fs->error_at = at;
	return err;
}

static uint32_t big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Sum of the words in len bytes, a multiple of 4. */
static uint32_t words_sum(const uint8_t *p, uint32_t len)
{
	uint32_t sum = 0, i;

	for (i = 0; i < len; i += 4)
		sum += big_endian(p + i);
	return sum;
}

static int block_load(struct romfs *fs, uint32_t block)
{
	int err;

	if (fs->block == block)
		return 0;
	fs->block = NO_BLOCK;
	err = fs->read(fs->data, block, fs->buf);
	if (err)
		return fail(fs, err, block * ROMFS_BLOCK, "cannot be read");
	fs->block = block;
	return 0;
}

/* ALIGNMENT bytes at a multiple of it: they lie in one block. */
static int unit_read(struct romfs *fs, uint32_t at, uint8_t *out)
{
	int err;

	if (at > fs->size || fs->size - at < ALIGNMENT)
		return fail(fs, -EOVERFLOW, at, "beyond the end");
	err = block_load(fs, at / ROMFS_BLOCK);
	if (!err)
		memcpy(out, fs->buf + at % ROMFS_BLOCK, ALIGNMENT);
	return err;
}

/*
 * The padded name at a byte of the image: where it ends, and the sum of its words.  At most NAME_SIZE
 * bytes are read.
 */
static int name_read(struct romfs *fs, uint32_t at, char *name, uint32_t *end, uint32_t *sum)
{
	uint32_t len;
	int err;

	*sum = 0;
	for (len = 0; len < NAME_SIZE; len += ALIGNMENT) {
		uint8_t *unit = (uint8_t *)name + len;

		err = unit_read(fs, at + len, unit);
		if (err)
			return err;
		*sum += words_sum(unit, ALIGNMENT);
		if (strnlen((char *)unit, ALIGNMENT) < ALIGNMENT) {
			*end = at + len + ALIGNMENT;
			return 0;
		}
	}
	return fail(fs, -ENAMETOOLONG, at, "a name does not end");
}

int romfs_mount(struct romfs *fs)
{
	char volume[NAME_SIZE];
	uint32_t sum, len;
	int err;

	fs->block = NO_BLOCK;
	fs->size = 0;
	if (fs->disk_size < 2 * ALIGNMENT)
		return fail(fs, -EINVAL, 0, "too small");
	err = block_load(fs, 0);
	if (err)
		return err;
	if (memcmp(fs->buf, "-rom1fs-", 8))
		return fail(fs, -EINVAL, 0, "not a romfs");
	len = big_endian(fs->buf + 8);
	if (len > fs->disk_size || len < 2 * ALIGNMENT)
		return fail(fs, -EOVERFLOW, 8, "larger than the disk");
	if (words_sum(fs->buf, (uint32_t)size_min(len, SUPER_SUM) & ~3U))
		return fail(fs, -EBADMSG, 12, "wrong checksum");
	fs->size = len;
	return name_read(fs, ALIGNMENT, volume, &fs->root, &sum);
}

/* ---- headers ---- */

static int header_read(struct romfs *fs, uint32_t at, struct header *h)
{
	uint8_t unit[HEADER_SIZE];
	uint32_t sum;
	int err;

	if (at % ALIGNMENT || at < fs->root)
		return fail(fs, -EOVERFLOW, at, "no place for a header");
	err = unit_read(fs, at, unit);
	if (!err)
		err = name_read(fs, at + HEADER_SIZE, h->name, &h->contents, &sum);
	if (err)
		return err;
	if (words_sum(unit, HEADER_SIZE) + sum)
		return fail(fs, -EBADMSG, at, "wrong checksum");
	if (!h->name[0] || strchr(h->name, '/'))
		return fail(fs, -EILSEQ, at, "not a name");
	h->next = big_endian(unit) & ~(ALIGNMENT - 1);
	h->type = big_endian(unit) & TYPE_MASK;
	h->info = big_endian(unit + 4);
	h->size = big_endian(unit + 8);
	return 0;
}

/* ---- walking ---- */

struct walk {
	struct romfs *fs;
	int (*visit)(void *data, const struct romfs_file *file);
	void *data;
	uint32_t headers_left;
	/* For every directory on the way: the next header in it, and the length of its path. */
	uint32_t next[MAX_DEPTH];
	size_t len[MAX_DEPTH];
	unsigned int depth;
	char path[ROMFS_PATH_MAX];
};

static int walk_header(struct walk *w, uint32_t at, struct header *h)
{
	if (!w->headers_left)
		return fail(w->fs, -EMLINK, at, "more headers than there can be");
	w->headers_left--;
	return header_read(w->fs, at, h);
}

/* What a link stands for, under the link's name. */
static int walk_link(struct walk *w, struct header *h)
{
	uint32_t next = h->next;
	int err = 0;

	while (!err && h->type == HARD_LINK)
		err = walk_header(w, h->info, h);
	h->next = next;
	return err;
}

static int walk_file(struct walk *w, uint32_t at, const struct header *h)
{
	struct romfs_file file = { .path = w->path, .offset = h->contents, .size = h->size };

	if (h->size > w->fs->size - h->contents)
		return fail(w->fs, -EOVERFLOW, at, "a file goes beyond the end");
	return w->visit(w->data, &file);
}

static int walk_directory(struct walk *w, uint32_t at, const struct header *h, size_t len)
{
	if (w->depth == MAX_DEPTH - 1)
		return fail(w->fs, -EMLINK, at, "directories are too deep");
	w->depth++;
	w->next[w->depth] = h->info;
	w->len[w->depth] = len;
	return 0;
}

/* The entry of a directory whose header is at a byte of the image. */
static int walk_entry(struct walk *w, uint32_t at)
{
	size_t len = w->len[w->depth], name_len;
	bool is_link;
	struct header h;
	int err;

	err = walk_header(w, at, &h);
	if (err)
		return err;
	w->next[w->depth] = h.next;
	if (!strcmp(h.name, ".") || !strcmp(h.name, ".."))
		return 0;
	name_len = strlen(h.name);
	if (len + 1 + name_len >= ROMFS_PATH_MAX)
		return fail(w->fs, -ENAMETOOLONG, at, "a path is too long");
	w->path[len] = '/';
	memcpy(w->path + len + 1, h.name, name_len + 1);
	is_link = h.type == HARD_LINK;
	err = walk_link(w, &h);
	if (err)
		return err;
	if (h.type == REGULAR)
		return walk_file(w, at, &h);
	/* The same directory at two places would be walked again and again. */
	if (h.type == DIRECTORY && !is_link)
		return walk_directory(w, at, &h, len + 1 + name_len);
	return 0;
}

int romfs_walk(struct romfs *fs, int (*visit)(void *data, const struct romfs_file *file),
	       void *data)
{
	struct walk w = { .fs = fs, .visit = visit, .data = data };
	uint32_t at;
	int err = 0;

	fs->error = NULL;
	/* All that fit into the image, and what each stands for if it is a link. */
	w.headers_left = (uint32_t)size_min(fs->size / (HEADER_SIZE + ALIGNMENT) * 2, MAX_HEADERS);
	w.next[0] = fs->root;
	while (!err) {
		at = w.next[w.depth];
		if (at)
			err = walk_entry(&w, at);
		else if (w.depth)
			w.depth--;
		else
			break;
	}
	return err;
}
