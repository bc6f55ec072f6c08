// SPDX-License-Identifier: GPL-2.0-only
/* romfs images made by hand: good ones, and all that can be wrong with one. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/romfs.h>
#include "unit.h"

#define DISK_SIZE  (64U * 1024)
#define HARD_LINK  0U
#define DIRECTORY  1U
#define REGULAR	   2U
#define SYM_LINK   3U
#define FUZZ_ROUND 20000

static uint8_t disk[DISK_SIZE], block[ROMFS_BLOCK];
static uint32_t end; /* of the image being made */
static struct romfs fs;
static unsigned int nr_blocks_read, nr_visited;
static char seen[4096]; /* "path=contents " of each file */
static int read_error;

/* ---- making one ---- */

static void put(uint32_t at, uint32_t value)
{
	disk[at] = (uint8_t)(value >> 24);
	disk[at + 1] = (uint8_t)(value >> 16);
	disk[at + 2] = (uint8_t)(value >> 8);
	disk[at + 3] = (uint8_t)value;
}

static uint32_t get(uint32_t at)
{
	return (uint32_t)disk[at] << 24 | (uint32_t)disk[at + 1] << 16 |
	       (uint32_t)disk[at + 2] << 8 | disk[at + 3];
}

static uint32_t padded(size_t len)
{
	return (uint32_t)(len + 15) & ~15U;
}

static void sum_set(uint32_t start, uint32_t len)
{
	uint32_t sum = 0, i;

	put(start + 12, 0);
	for (i = 0; i < len; i += 4)
		sum += get(start + i);
	put(start + 12, 0 - sum);
}

static void header_sum(uint32_t at)
{
	sum_set(at, 16 + padded(strlen((char *)disk + at + 16) + 1));
}

/* A header at the end; the one before it is linked to it if it is in the same directory. */
static uint32_t add(uint32_t previous, unsigned int type, const char *name, uint32_t info,
		    const char *contents)
{
	uint32_t at = end, size = contents ? (uint32_t)strlen(contents) : 0;

	put(at, type);
	put(at + 4, info);
	put(at + 8, size);
	memcpy(disk + at + 16, name, strlen(name) + 1);
	end += 16 + padded(strlen(name) + 1);
	if (size)
		memcpy(disk + end, contents, size);
	end += padded(size);
	header_sum(at);
	if (previous) {
		put(previous, get(previous) | at);
		header_sum(previous);
	}
	return at;
}

static void image_begin(void)
{
	memset(disk, 0, sizeof(disk));
	memcpy(disk, "-rom1fs-", 8);
	memcpy(disk + 16, "a volume's name", 16);
	end = 32;
}

static void image_end(void)
{
	put(8, end);
	sum_set(0, end < 512 ? end : 512);
}

static uint32_t readme, sub, deep, last;

static int image(void **state)
{
	uint32_t dot, self;

	(void)state;
	image_begin();
	dot = add(0, DIRECTORY, ".", 32, NULL);
	dot = add(dot, HARD_LINK, "..", 32, NULL);
	readme = add(dot, REGULAR, "readme", 0, "a few words");
	sub = add(readme, DIRECTORY, "sub", end + 32, NULL);
	self = add(0, HARD_LINK, ".", sub, NULL);
	deep = add(self, REGULAR, "a name longer than sixteen bytes", 0, "deep");
	self = add(sub, SYM_LINK, "pointer", 0, "readme");
	self = add(self, REGULAR, "empty", 0, NULL);
	last = add(self, HARD_LINK, "other", readme, NULL);
	image_end();
	read_error = 0;
	return 0;
}

/* ---- reading it ---- */

static int read_block(void *data, uint32_t number, void *buf)
{
	assert_ptr_equal(data, disk);
	assert_true(number < DISK_SIZE / ROMFS_BLOCK);
	nr_blocks_read++;
	memcpy(buf, disk + number * ROMFS_BLOCK, ROMFS_BLOCK);
	return read_error;
}

static int visit(void *data, const struct romfs_file *file)
{
	size_t len = strlen(seen);

	assert_ptr_equal(data, &fs);
	assert_true(strlen(file->path) < ROMFS_PATH_MAX);
	assert_true(file->path[0] == '/');
	assert_true(file->offset <= DISK_SIZE && file->size <= DISK_SIZE - file->offset);
	nr_visited++;
	if (len + strlen(file->path) + file->size + 3 < sizeof(seen))
		sprintf(seen + len, "%s=%.*s ", file->path, (int)file->size,
			(char *)disk + file->offset);
	return 0;
}

static int mount(void)
{
	fs = (struct romfs){
		.read = read_block, .data = disk, .buf = block, .disk_size = DISK_SIZE
	};
	seen[0] = '\0';
	nr_visited = nr_blocks_read = 0;
	return romfs_mount(&fs);
}

static int walk(void)
{
	int err = mount();

	return err ? err : romfs_walk(&fs, visit, &fs);
}

static void finds_all_files(void **state)
{
	(void)state;
	assert_int_equal(walk(), 0);
	assert_string_equal(seen, "/readme=a few words /sub/a name longer than sixteen bytes=deep "
				  "/empty= /other=a few words ");
	assert_int_equal(nr_blocks_read, 1);
	assert_null(fs.error);
}

static void refuses_what_is_none(void **state)
{
	(void)state;
	disk[3] ^= 1;
	assert_int_equal(mount(), -EINVAL);
	image(NULL);
	put(8, DISK_SIZE + 16);
	sum_set(0, 512);
	assert_int_equal(mount(), -EOVERFLOW);
	put(8, 16);
	assert_int_equal(mount(), -EOVERFLOW);
	image(NULL);
	disk[200] ^= 1; /* in the first 512 bytes */
	assert_int_equal(mount(), -EBADMSG);
	image(NULL);
	memset(disk + 16, 'x', 1000); /* the name of the volume */
	sum_set(0, end < 512 ? end : 512);
	assert_int_equal(mount(), -ENAMETOOLONG);
	image(NULL);
	read_error = -EIO;
	assert_int_equal(mount(), -EIO);
	assert_non_null(fs.error);
	fs.disk_size = 16;
	assert_int_equal(romfs_mount(&fs), -EINVAL);
}

/* One word of a header, checksums put right. */
static int walk_with(uint32_t at, uint32_t value)
{
	uint32_t header = at & ~15U, old = get(at);
	int err;

	put(at, value);
	header_sum(header);
	image_end();
	err = walk();
	put(at, old);
	header_sum(header);
	image_end();
	return err;
}

static void checks_every_header(void **state)
{
	(void)state;
	/* Sizes and places beyond the end, or before the first. */
	assert_int_equal(walk_with(readme + 8, DISK_SIZE), -EOVERFLOW);
	assert_int_equal(fs.error_at, readme);
	assert_int_equal(walk_with(readme + 8, UINT32_MAX), -EOVERFLOW);
	assert_int_equal(walk_with(last, 0xfffffff0 | HARD_LINK), -EOVERFLOW);
	assert_int_equal(walk_with(last, end | HARD_LINK), -EOVERFLOW);
	assert_int_equal(walk_with(last, 16 | HARD_LINK), -EOVERFLOW);
	assert_int_equal(walk_with(sub + 4, end - 8), -EOVERFLOW);
	assert_int_equal(walk_with(last + 4, 0), -EOVERFLOW);
	/* Circles. */
	assert_int_equal(walk_with(last, 32 | HARD_LINK), -EMLINK);
	assert_int_equal(walk_with(last, last | HARD_LINK), -EMLINK);
	assert_int_equal(walk_with(last + 4, last), -EMLINK);
	assert_int_equal(walk_with(sub + 4, readme), -EMLINK);
	assert_true(nr_visited <= 2 * end / 32);
	/* A link to a directory is passed over. */
	assert_int_equal(walk_with(last + 4, sub), 0);
	assert_null(strstr(seen, "/other"));
	assert_int_equal(walk(), 0);
}

static void checks_names_and_sums(void **state)
{
	(void)state;
	disk[deep + 20] = '/';
	header_sum(deep);
	image_end();
	assert_int_equal(walk(), -EILSEQ);
	image(NULL);
	disk[deep + 20] ^= 1;
	image_end();
	assert_int_equal(walk(), -EBADMSG);
	assert_int_equal(fs.error_at, deep);
	image(NULL);
	disk[last + 16] = '\0';
	header_sum(last);
	image_end();
	assert_int_equal(walk(), -EILSEQ);
	image(NULL);
	memset(disk + last + 16, 'x', 1000);
	image_end();
	assert_int_equal(walk(), -EOVERFLOW); /* its end is that of the image */
	end += 1000;
	image_end();
	assert_int_equal(walk(), -ENAMETOOLONG);
}

static void checks_depth_and_path(void **state)
{
	char name[101];
	uint32_t at = 0, i;

	(void)state;
	image_begin();
	for (i = 0; i < 16; i++)
		at = add(0, DIRECTORY, "d", end + 32, NULL);
	put(at + 4, 0);
	header_sum(at);
	image_end();
	assert_int_equal(walk(), -EMLINK);
	image_begin();
	for (i = 0; i < 15; i++)
		(void)add(0, DIRECTORY, "d", end + 32, NULL);
	(void)add(0, REGULAR, "f", 0, "x");
	image_end();
	assert_int_equal(walk(), 0);
	assert_string_equal(seen, "/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/f=x ");
	memset(name, 'n', 100);
	name[100] = '\0';
	image_begin();
	for (i = 0; i < 3; i++)
		(void)add(0, DIRECTORY, name, end + 16 + 112, NULL);
	image_end();
	assert_int_equal(walk(), -ENAMETOOLONG);
}

/* Twice as many directories at each level is too much work for anybody. */
static void bounds_shared_directories(void **state)
{
	uint32_t at, i;

	(void)state;
	image_begin();
	for (i = 0; i < 14; i++) {
		at = add(0, DIRECTORY, "a", end + 64, NULL);
		(void)add(at, DIRECTORY, "b", end + 32, NULL);
	}
	(void)add(0, REGULAR, "f", 0, "x");
	image_end();
	assert_int_equal(walk(), -EMLINK);
	assert_true(nr_visited <= 2 * end / 32);
}

static int stop(void *data, const struct romfs_file *file)
{
	(void)data;
	(void)file;
	return -ENOMEM;
}

static void ends_when_told(void **state)
{
	(void)state;
	assert_int_equal(mount(), 0);
	assert_int_equal(romfs_walk(&fs, stop, NULL), -ENOMEM);
	assert_null(fs.error);
}

static void survives_damage(void **state)
{
	unsigned int i, n, good = 0;

	(void)state;
	srand(1);
	for (i = 0; i < FUZZ_ROUND; i++) {
		uint32_t h[] = { 32, readme, sub, deep, last };

		image(NULL);
		for (n = 1 + (unsigned int)rand() % 4; n; n--) {
			uint32_t at = (uint32_t)rand() % (end / 4) * 4;

			if (rand() % 2)
				put(at, (uint32_t)rand() % (2 * end)); /* a likely number */
			else
				disk[at] ^= (uint8_t)(1 << rand() % 8);
		}
		/* Checksums would find nearly all of it. */
		for (n = 0; n < 5 && rand() % 8; n++)
			if (strnlen((char *)disk + h[n] + 16, 200) < 200)
				header_sum(h[n]);
		sum_set(0, 512);
		good += !walk();
		assert_true(nr_visited <= 2 * DISK_SIZE / 32);
		assert_true(nr_blocks_read <= 4 * DISK_SIZE / 32);
	}
	assert_in_range(good, 1, FUZZ_ROUND - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(finds_all_files, image),
		cmocka_unit_test_setup(refuses_what_is_none, image),
		cmocka_unit_test_setup(checks_every_header, image),
		cmocka_unit_test_setup(checks_names_and_sums, image),
		cmocka_unit_test_setup(checks_depth_and_path, image),
		cmocka_unit_test_setup(bounds_shared_directories, image),
		cmocka_unit_test_setup(ends_when_told, image),
		cmocka_unit_test_setup(survives_damage, image),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
