// SPDX-License-Identifier: MIT
/* A file system for disks: frozen while writes are queued, and full: whose it is to write to the last of it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
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

bool disk_fs_freeze(bool freeze)
{
	pid_t child = fork();
	int dir;

	if (!child) {
		dir = open(DISK_FS, O_RDONLY | O_DIRECTORY);
		_exit(ioctl(dir, freeze ? FIFREEZE : FITHAW, 0) != 0);
	}
	return !disk_await_child(child, 5);
}

/* ---- whose writes ---- */

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

/* A guest's writes are not those of a kernel thread that may do anything, nor of root who opened its disk. */
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
	verdict("credentials-of-root", write_hole(&ours, 0, BLKIF_RSP_ERROR) == 1,
		"it writes what is kept for root");
	unlink(DISK_FS "/fill");
	verdict("credentials-with-room",
		write_hole(&theirs, 0, BLKIF_RSP_OKAY) == 1 &&
			write_hole(&ours, 0, BLKIF_RSP_OKAY) == 1,
		"refused");
	disk_close(&ours);
	disk_close(&theirs);
	close(root);
	close(nobody);
	verdict("credentials-unmounts", disk_fs_remove(), "it is still in use");
}

/* ---- freezing while writes are queued ---- */

#define NR_RINGS     4U
#define RING_WRITES  8U /* of a page, next to each other */
#define PAGE_SECTORS 8U

/* A file for O_DIRECT whose blocks are there, so that the file system queues what is written to it. */
static int open_direct(void)
{
	static const char zeroes[DISK_SECTORS * 512];
	int file = open(DISK_FS "/direct", O_RDWR | O_CREAT, 0600);
	bool ok = write(file, zeroes, sizeof(zeroes)) == (ssize_t)sizeof(zeroes) && !fsync(file);

	close(file);
	return ok ? open(DISK_FS "/direct", O_RDWR | O_DIRECT) : -1;
}

/* Until the module has given all of them to the file. */
static bool queue_writes(struct disk *disk)
{
	unsigned int i, j;
	bool taken = true;

	for (i = 0; i < NR_RINGS; i++) {
		for (j = 0; j < RING_WRITES; j++)
			disk_request(disk, i, BLKIF_OP_WRITE, (i * RING_WRITES + j) * PAGE_SECTORS,
				     2 + i, 1);
		disk_push(disk, i);
	}
	for (i = 0; i < NR_RINGS; i++)
		taken = disk_await_taken(disk, i) && taken;
	return taken;
}

static unsigned int reap_writes(struct disk *disk)
{
	unsigned int i, good = 0;

	for (i = 0; i < NR_RINGS; i++)
		good += disk_reap(disk, i, RING_WRITES, BLKIF_RSP_OKAY);
	return good;
}

/*
 * Freezing waits for writes that have begun, those that are queued included: one that has ended and
 * does not say so, or says so twice, and the file system is never frozen again, or too early.
 */
void test_disk_freezing(void)
{
	unsigned int i, answered = 0;
	struct disk disk;
	bool frozen;
	int file;

	if (!disk_fs_make())
		return verdict("freezing-setup", false, "%s", strerror(errno));
	file = open_direct();
	if (file < 0 || !disk_open(&disk, file, 0, NR_RINGS))
		return verdict("freezing-setup", false, "%s", strerror(errno));
	verdict("freezing-queued", queue_writes(&disk), "not taken");
	frozen = disk_fs_freeze(true);
	verdict("freezing", frozen, "it waits for writes that have ended");
	verdict("freezing-answers", reap_writes(&disk) == NR_RINGS * RING_WRITES,
		"what was queued is not answered");
	/* It can be neither thawed nor unmounted. */
	if (!frozen)
		return;
	for (i = 0; i < NR_RINGS; i++) {
		disk_request(&disk, i, BLKIF_OP_WRITE, i * PAGE_SECTORS, 2 + i, 1);
		disk_push(&disk, i);
	}
	usleep(300000);
	for (i = 0; i < NR_RINGS; i++)
		answered += disk.ring[i].sring->rsp_prod - disk.ring[i].rsp_cons;
	verdict("freezing-holds", !answered, "%u written while it was frozen", answered);
	verdict("freezing-thaws", disk_fs_freeze(false), "it does not");
	for (i = 0, answered = 0; i < NR_RINGS; i++)
		answered += disk_reap(&disk, i, 1, BLKIF_RSP_OKAY);
	verdict("freezing-goes-on", answered == NR_RINGS, "%u of %u", answered, NR_RINGS);
	verdict("freezing-again", disk_fs_freeze(true) && disk_fs_freeze(false), "cannot be");
	disk_close(&disk);
	close(file);
	verdict("freezing-unmounts", disk_fs_remove(), "it is still in use");
}
