/* SPDX-License-Identifier: MIT */
/*
 * The files of the romfs.
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
#include "cache.h"
#include "files.h"

#define NR_BUCKETS 256U

/* A file, in its bucket. */
struct entry {
	struct entry *next;
	struct file file;
	char path[];
};

static struct entry *buckets[NR_BUCKETS];
static uint64_t hash_key[2]; /* nobody shall make long chains on purpose */
static int nr_files;

static struct entry **bucket(const char *path)
{
	return &buckets[siphash(hash_key, path, strlen(path)) % NR_BUCKETS];
}

bool files_find(const char *path, struct file *file)
{
	const struct entry *entry;

	for (entry = *bucket(path); entry; entry = entry->next)
		if (!strcmp(entry->path, path))
			break;
	if (entry)
		*file = entry->file;
	return entry;
}

void files_forget(void)
{
	struct entry *entry;
	unsigned int i;

	for (i = 0; i < NR_BUCKETS; i++) {
		while ((entry = buckets[i])) {
			buckets[i] = entry->next;
			free(entry);
		}
	}
	nr_files = 0;
}

/* ---- the romfs ---- */

static int entry_add(void *data, const struct romfs_file *file)
{
	size_t len = strlen(file->path) + 1;
	struct entry *entry, **list = bucket(file->path);

	(void)data;
	entry = malloc(sizeof(*entry) + len);
	if (!entry)
		return -ENOMEM;
	entry->file = (struct file){ .offset = file->offset, .size = file->size };
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

	files_forget();
	hash_key[0] = random_u32();
	hash_key[1] = random_u32();
	if (!err)
		err = romfs_walk(&fs, entry_add, NULL);
	if (err) {
		files_forget();
		printf("web: no usable romfs on the disk (make one with genromfs): %s at byte %u: %d\n",
		       fs.error ? fs.error : "too many files", fs.error_at, err);
		return err;
	}
	return nr_files;
}
