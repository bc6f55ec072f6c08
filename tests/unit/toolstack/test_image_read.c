// SPDX-License-Identifier: GPL-2.0-only
/* A part of an image is read whole or not at all, whatever becomes of the file, and nothing waits for a FIFO. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/image_read.h"
#include "unit.h"

static char path[] = "/tmp/test_image_read.XXXXXX";

static void parts(void **state)
{
	char *data;
	int fd = chaos_image_file_open(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(chaos_image_read(fd, 2, 3, &data), 0);
	assert_memory_equal(data, "234", 3);
	free(data);
	assert_int_equal(chaos_image_read(fd, 8, 3, &data), -ENODATA);
	assert_null(data);
	assert_int_equal(chaos_image_read(fd, 100, 1, &data), -ENODATA);
	assert_int_equal(chaos_image_read(fd, 0, 0, &data), -EFBIG);
	assert_int_equal(chaos_image_read(fd, 0, 1ULL << 62, &data), -EFBIG);
	assert_null(data);
	/* What has been read stays, when the file has gone. */
	assert_int_equal(chaos_image_read(fd, 0, 10, &data), 0);
	assert_int_equal(truncate(path, 0), 0);
	assert_memory_equal(data, "0123456789", 10);
	free(data);
	assert_int_equal(chaos_image_read(fd, 0, 10, &data), -ENODATA);
	assert_int_equal(close(fd), 0);
}

static void no_files(void **state)
{
	(void)state;
	assert_int_equal(unlink(path), 0);
	assert_int_equal(chaos_image_file_open(path), -ENOENT);
	assert_int_equal(mkfifo(path, 0600), 0);
	alarm(10); /* it would wait for a writer */
	assert_int_equal(chaos_image_file_open(path), -EINVAL);
	alarm(0);
	assert_int_equal(chaos_image_file_open("/dev/null"), -EINVAL);
	assert_int_equal(chaos_image_file_open("/tmp"), -EINVAL);
}

static int make(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 || write(fd, "0123456789", 10) != 10 ? -1 : close(fd);
}

static int drop(void **state)
{
	(void)state;
	return unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parts),
		cmocka_unit_test(no_files),
	};

	return cmocka_run_group_tests_name("image_read", tests, make, drop);
}
