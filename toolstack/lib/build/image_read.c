// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Reads a part of an image into memory.  It is not mapped: when somebody truncates a mapped file, or its server does
 * not answer, this process gets a SIGBUS, and chaosd would end with all of its pools.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build/image_read.h"

#define MOST (1ULL << 30) /* what libxenguest unpacks at most */

int chaos_image_file_open(const char *path)
{
	/* A FIFO that has taken the file's place must not hold up the caller. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int chaos_image_read(int fd, uint64_t start, uint64_t size, char **data)
{
	uint64_t done = 0;
	ssize_t n;

	*data = NULL;
	if (!size || size > MOST)
		return -EFBIG;
	*data = malloc(size);
	if (!*data)
		return -ENOMEM;
	while (done < size) {
		n = pread(fd, *data + done, size - done, (off_t)(start + done));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			n = n ? -errno : -ENODATA;
			free(*data);
			*data = NULL;
			return (int)n;
		}
		done += (uint64_t)n;
	}
	return 0;
}
