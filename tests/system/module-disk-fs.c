// SPDX-License-Identifier: MIT
/* A file system for disks, which can be frozen and be full; and whose it is to write to the last of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "module-disk.h"

#define NOBODY 65534

/* ext2 needs no tools but busybox's, and Linux's ext4 can freeze it.  A twentieth of it is root's. */
bool disk_fs_make(void)
{
	return !system(
		"for m in crc16 crc32c_generic mbcache jbd2 ext4; do insmod ./$m.ko || exit 1; done; "
		"insmod /lib/lab/loop.ko; "
		"dd if=/dev/zero of=/run/ext2 bs=1M count=24 2>/dev/null && "
		"mke2fs -F -m 5 /run/ext2 >/dev/null 2>&1 && losetup /dev/loop7 /run/ext2 && "
		"mkdir -p " DISK_FS " && mount -t ext4 /dev/loop7 " DISK_FS);
}

bool disk_fs_remove(void)
{
	return !system("for i in 1 2 3 4 5; do umount " DISK_FS " && break; sleep 1; done; "
		       "losetup -d /dev/loop7 && rm /run/ext2 && "
		       "rmmod ext4 jbd2 mbcache crc32c_generic crc16");
}

/* A sparse file, opened by somebody who is not root, or by root. */
static int open_as(uid_t user, const char *path)
{
	int file = -1;

	if (seteuid(user))
		return -1;
	file = open(path, O_RDWR | O_CREAT, 0600);
	if (file >= 0 && ftruncate(file, DISK_SECTORS * 512)) {
		close(file);
		file = -1;
	}
	return seteuid(0) ? -1 : file;
}

/* Write as nobody until there is room for root alone. */
static bool fill(void)
{
	static const char block[1024];
	int file, err;

	if (seteuid(NOBODY))
		return false;
	file = open(DISK_FS "/fill", O_WRONLY | O_CREAT, 0600);
	while (write(file, block, sizeof(block)) == (ssize_t)sizeof(block))
		;
	err = errno;
	close(file);
	return !seteuid(0) && err == ENOSPC;
}

/* How many of one write to a hole are answered with this status. */
static unsigned int write_hole(struct disk *disk, uint64_t sector, int status)
{
	disk_request(disk, 0, BLKIF_OP_WRITE, sector, 0, 1);
	return disk_reap(disk, 0, 1, status);
}

/* A guest's writes are those of whoever opened its disk, not of a kernel thread that may do anything. */
void test_disk_credentials(void)
{
	struct disk ours, theirs;
	int root, nobody;

	if (!disk_fs_make() || chmod(DISK_FS, 0777))
		return verdict("credentials-setup", false, "%s", strerror(errno));
	root = open_as(0, DISK_FS "/root");
	nobody = open_as(NOBODY, DISK_FS "/nobody");
	if (root < 0 || nobody < 0 || !disk_open(&ours, root, 0, 1) ||
	    !disk_open(&theirs, nobody, 0, 1) || !fill())
		return verdict("credentials-setup", false, "%s", strerror(errno));
	verdict("credentials-of-nobody", write_hole(&theirs, 0, BLKIF_RSP_ERROR) == 1,
		"it writes what is kept for root");
	verdict("credentials-of-root", write_hole(&ours, 0, BLKIF_RSP_OKAY) == 1,
		"nothing is kept for it");
	unlink(DISK_FS "/fill");
	verdict("credentials-with-room", write_hole(&theirs, 0, BLKIF_RSP_OKAY) == 1, "refused");
	disk_close(&ours);
	disk_close(&theirs);
	close(root);
	close(nobody);
	verdict("credentials-unmounts", disk_fs_remove(), "it is still in use");
}
