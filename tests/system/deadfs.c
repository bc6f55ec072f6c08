// SPDX-License-Identifier: GPL-2.0
/*
 * deadfs DIRECTORY: a file system at DIRECTORY whose server does not answer, as that of a dead NFS
 * server: whoever looks at a file in it waits, until this program is ended.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char options[64];
	int fd = open("/dev/fuse", O_RDWR);

	if (argc != 2 || fd < 0) {
		perror("deadfs: /dev/fuse");
		return 1;
	}
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0", fd);
	if (mount("deadfs", argv[1], "fuse", 0, options)) {
		perror("deadfs: mount");
		return 1;
	}
	/* The kernel's first request is never read, and the rest wait for its answer. */
	pause();
	return 0;
}
