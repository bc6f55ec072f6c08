/* SPDX-License-Identifier: MIT */
/*
 * What lwIP's httpd calls its file system (lwip/apps/fs.h).
 *
 * All headers of the romfs are read, and checked, before the first request: a path is then looked up
 * in memory, and only contents are read while others wait.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/random.h>
#include <minios/romfs.h>
#include <minios/siphash.h>
#include <minios/util.h>
#include "lwip/apps/fs.h"
#include "cache.h"
#include "files.h"

#define NR_BUCKETS 256U

/* A file, in its bucket. */
struct entry {
	struct entry *next;
	uint32_t offset, size;
	char path[];
};

/* A file being sent. */
struct reading {
	const struct entry *entry;
	struct cache_waiter waiter;
};

static struct entry *buckets[NR_BUCKETS];
static uint64_t hash_key[2]; /* nobody shall make long chains on purpose */
static int nr_files;

static struct entry **bucket(const char *path)
{
	return &buckets[siphash(hash_key, path, strlen(path)) % NR_BUCKETS];
}

static const struct entry *entry_find(const char *path)
{
	const struct entry *entry;

	for (entry = *bucket(path); entry; entry = entry->next)
		if (!strcmp(entry->path, path))
			break;
	return entry;
}

/* ---- the romfs ---- */

static int entry_add(void *data, const struct romfs_file *file)
{
	size_t len = strlen(file->path) + 1;
	struct entry *entry, **list = bucket(file->path);

	(void)data;
	if (file->size > INT_MAX)
		return -EOVERFLOW; /* lwIP's numbers are too small for it */
	entry = malloc(sizeof(*entry) + len);
	if (!entry)
		return -ENOMEM;
	entry->offset = file->offset;
	entry->size = file->size;
	memcpy(entry->path, file->path, len);
	entry->next = *list;
	*list = entry;
	nr_files++;
	return 0;
}

static int block_read(void *data, uint32_t block, void *buf)
{
	struct blk_disk *disk = data;
	uint64_t sector = (uint64_t)block * (ROMFS_BLOCK / BLK_SECTOR_SIZE);
	uint64_t left = blk_info(disk)->sectors - sector;

	return blk_read(disk, sector, buf, size_min(left, ROMFS_BLOCK / BLK_SECTOR_SIZE));
}

int files_init(struct blk_disk *disk)
{
	struct romfs fs = {
		.read = block_read,
		.data = disk,
		.buf = cache_init(disk),
		.disk_size = blk_info(disk)->sectors * BLK_SECTOR_SIZE,
	};
	int err = fs.buf ? romfs_mount(&fs) : -ENOMEM;

	hash_key[0] = random_u32();
	hash_key[1] = random_u32();
	if (!err)
		err = romfs_walk(&fs, entry_add, NULL);
	if (err) {
		printf("web: no usable romfs on the disk (make one with genromfs): %s at byte %u: %d\n",
		       fs.error ? fs.error : "too many or too large files", fs.error_at, err);
		return err;
	}
	return nr_files;
}

/* ---- lwIP's side ---- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* A path of a URI with its %XX undone.  False if it cannot be one of ours. */
static bool path_decode(char *path, const char *uri)
{
	size_t len = 0;

	for (; *uri; uri++, len++) {
		int high, low;

		if (len == ROMFS_PATH_MAX - 1)
			return false;
		path[len] = *uri;
		if (*uri != '%')
			continue;
		high = hex_digit(uri[1]);
		low = high < 0 ? -1 : hex_digit(uri[2]);
		if (low < 0)
			return false;
		path[len] = (char)(high << 4 | low);
		if (!path[len])
			return false;
		uri += 2;
	}
	path[len] = '\0';
	return true;
}

/* No path of ours has "." or ".." in it, so that one which has is not found. */
err_t fs_open(struct fs_file *file, const char *name)
{
	char path[ROMFS_PATH_MAX];
	const struct entry *entry = path_decode(path, name) ? entry_find(path) : NULL;
	struct reading *reading;

	if (!entry)
		return ERR_VAL;
	reading = calloc(1, sizeof(*reading));
	if (!reading)
		return ERR_MEM;
	reading->entry = entry;
	memset(file, 0, sizeof(*file));
	file->len = (int)entry->size;
	/* An empty file has contents, which need not be read: lwIP ends the request in another way. */
	file->data = entry->size ? NULL : "";
	file->pextension = reading;
	file->flags = FS_FILE_FLAGS_HEADER_PERSISTENT;
	file->is_custom_file = 1;
	return ERR_OK;
}

void fs_close(struct fs_file *file)
{
	struct reading *reading = file->pextension;

	cache_cancel(&reading->waiter);
	free(reading);
}

/*
 * What the disk cannot give is "delayed" too: lwIP asks again every 2 s, and after HTTPD_MAX_RETRIES
 * ends the connection; an error it would take for the end of the file.
 */
int fs_read_async(struct fs_file *file, char *buffer, int count, fs_wait_cb callback, void *arg)
{
	struct reading *reading = file->pextension;
	size_t len = size_min((size_t)count, (size_t)(file->len - file->index));

	if (!len)
		return FS_READ_EOF;
	reading->waiter.ready = callback;
	reading->waiter.data = arg;
	len = cache_read(&reading->waiter, (uint64_t)reading->entry->offset + file->index, buffer,
			 len);
	file->index += (int)len;
	return len ? (int)len : FS_READ_DELAYED;
}

int fs_is_file_ready(struct fs_file *file, fs_wait_cb callback, void *arg)
{
	(void)file;
	(void)callback;
	(void)arg;
	return 1; /* its headers can be sent */
}

int fs_bytes_left(struct fs_file *file)
{
	return file->len - file->index;
}
