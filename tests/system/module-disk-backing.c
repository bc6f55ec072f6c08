// SPDX-License-Identifier: MIT
/*
 * What lies behind the module's block devices: what may be handed over, read-only disks, errors of
 * files and of block devices, sectors of other sizes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "module-disk.h"

/* ---- what may be handed over ---- */

static void test_descriptors(void)
{
	struct guest guest;
	int file = disk_file(), pipes[2], empty, null;
	struct request req;

	if (file < 0 || guest_create(&guest) || pipe(pipes))
		return verdict("disk-setup", false, "%s", strerror(errno));
	empty = open("/run/empty", O_RDWR | O_CREAT | O_TRUNC, 0600);
	null = open("/dev/null", O_RDWR);
	expect("fd-none", disk_attach(&guest, -1, 0), EBADF);
	expect("fd-closed", disk_attach(&guest, 999, 0), EBADF);
	expect("fd-pipe", disk_attach(&guest, pipes[0], 0), ENOTBLK);
	expect("fd-socket", disk_attach(&guest, socket(AF_UNIX, SOCK_STREAM, 0), 0), ENOTBLK);
	expect("fd-directory", disk_attach(&guest, open("/run", O_RDONLY), 0), EISDIR);
	expect("fd-character-device", disk_attach(&guest, null, 0), ENOTBLK);
	expect("fd-control-device", disk_attach(&guest, fd, 0), ENOTBLK);
	expect("fd-write-only", disk_attach(&guest, open(DISK_PATH, O_WRONLY), 0), EACCES);
	expect("fd-append", disk_attach(&guest, open(DISK_PATH, O_RDWR | O_APPEND), 0), EINVAL);
	expect("fd-path-only", disk_attach(&guest, open(DISK_PATH, O_PATH), 0), EBADF);
	expect("fd-empty-file", disk_attach(&guest, empty, 0), ENODATA);
	expect("config-flags", disk_attach(&guest, file, NOXS_VBD_FLUSH), EINVAL);
	request_init(&req, &guest);
	req.dev[1] = (struct noxs_ioc_dev){ .cls = NOXS_CLASS_VBD, .fd = file };
	req.dev[1].config.vbd.sectors = DISK_SECTORS;
	expect("config-sectors", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	req.dev[1].config.vbd.sectors = 0;
	strcpy(req.dev[1].link, "xenbr0");
	expect("config-link", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	verdict("fd-nothing-left", !count_attached(), "%u attached", count_attached());
	guest_destroy(&guest);
	close(file);
}

/* Read-only because the descriptor is, or because it is asked for. */
static void test_read_only(bool asked)
{
	struct noxs_ioc_dev_state state;
	struct disk disk;
	int file = disk_file(), ro = open(DISK_PATH, O_RDONLY);
	unsigned char byte;
	unsigned int good;

	if (!disk_open(&disk, asked ? file : ro, asked ? NOXS_VBD_READ_ONLY : 0, 1))
		return;
	disk_state(&disk, &state);
	memset(disk.guest.page[PAGE_DATA], 0x77, 4096);
	disk_request(&disk, 0, BLKIF_OP_WRITE, 0, 0, 1);
	good = disk_reap(&disk, 0, 1, BLKIF_RSP_ERROR);
	disk_request(&disk, 0, BLKIF_OP_WRITE_BARRIER, 0, 0, 1);
	good += disk_reap(&disk, 0, 1, BLKIF_RSP_EOPNOTSUPP);
	verdict(asked ? "read-only-asked" : "read-only-descriptor",
		state.config.vbd.flags == NOXS_VBD_READ_ONLY && good == 2 &&
			pread(ro, &byte, 1, 0) == 1 && byte != 0x77,
		"flags %x, %u refused", state.config.vbd.flags, good);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 0, 1);
	verdict("read-only-read",
		disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(&disk, 0, 1, 8),
		"no");
	disk_close(&disk);
	close(file);
	close(ro);
}

/* ---- errors of the disk ---- */

static void test_truncated(void)
{
	struct disk disk;
	int file = disk_file();
	struct stat st;
	unsigned int good;

	if (file < 0 || !disk_open(&disk, file, 0, 1) || ftruncate(file, 4096 + 512))
		return;
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 1);
	good = disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 1, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, 800, 1, 1);
	disk_request(&disk, 0, BLKIF_OP_WRITE, 800, 1, 1);
	good += disk_reap(&disk, 0, 3, BLKIF_RSP_ERROR);
	verdict("truncated", good == 4 && !fstat(file, &st) && st.st_size == 4608,
		"%u as they should be, now %lld bytes", good, (long long)st.st_size);
	verdict("truncated-logged",
		!system("dmesg | grep -q 'vbd 0: write of 8 sectors at sector 800: error -6'"),
		"no line");
	disk_close(&disk);
	close(file);
}

static void test_disk_full(void)
{
	struct disk disk;
	unsigned int good, i;
	int file;

	mkdir("/run/small", 0700);
	if (mount("none", "/run/small", "tmpfs", 0, "size=16k") ||
	    (file = open("/run/small/disk", O_RDWR | O_CREAT, 0600)) < 0 ||
	    ftruncate(file, DISK_SECTORS * 512) || !disk_open(&disk, file, 0, 1))
		return verdict("disk-full", false, "%s", strerror(errno));
	for (i = 0; i < 8; i++)
		disk_request(&disk, 0, BLKIF_OP_WRITE, i * 8, i, 1);
	good = disk_reap(&disk, 0, 8, BLKIF_RSP_ERROR);
	verdict("disk-full", good == 4, "%u of 8 refused", good);
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 8);
	verdict("disk-full-go-on", disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1, "no");
	disk_close(&disk);
	close(file);
	umount("/run/small");
}

/* ---- block devices ---- */

/* 16 MiB of memory as a block device, sectors 800-807 unreadable, slow on request. */
static bool make_nullb(const char *name, unsigned int delay_ms, unsigned int sector_size)
{
	char command[512];

	snprintf(command, sizeof(command),
		 "mkdir /sys/kernel/config/nullb/%s && cd /sys/kernel/config/nullb/%s && "
		 "echo 16 >size && echo 1 >memory_backed && echo 2 >irqmode && "
		 "echo %u000000 >completion_nsec && echo %u >blocksize && "
		 "echo +800-807 >badblocks && echo 1 >power",
		 name, name, delay_ms, sector_size);
	return !system(command);
}

static bool make_block_devices(void)
{
	return !system("cd /lib/lab && insmod configfs.ko && "
		       "mount -t configfs none /sys/kernel/config && "
		       "insmod null_blk.ko nr_devices=0") &&
	       make_nullb("nullb0", 1, 512) && make_nullb("nullb1", 100, 512) &&
	       make_nullb("nullb2", 1, 4096) && make_nullb("nullb3", 500, 512);
}

static void test_block_device(int flags, const char *what)
{
	struct noxs_ioc_dev_state state;
	unsigned int good, i;
	struct disk disk;
	char name[64];
	int file = open("/dev/nullb0", O_RDWR | flags);

	if (file < 0 || !disk_open(&disk, file, 0, 1))
		return verdict(what, false, "%s", strerror(errno));
	disk_state(&disk, &state);
	for (i = 0; i < 32; i++) {
		memset(disk.guest.page[PAGE_DATA + i], i + 1, 4096);
		disk_request(&disk, 0, BLKIF_OP_WRITE, i * 8, i, 1);
	}
	good = disk_reap(&disk, 0, 32, BLKIF_RSP_OKAY);
	disk_request(&disk, 0, BLKIF_OP_WRITE_BARRIER, 256, 0, 1);
	memset(disk.guest.page[PAGE_DATA + 1], 0, 31 * 4096);
	for (i = 1; i < 31; i++)
		disk_request(&disk, 0, BLKIF_OP_READ, i * 8, i, 1);
	disk_request(&disk, 0, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
	good += disk_reap(&disk, 0, 32, BLKIF_RSP_OKAY);
	for (i = 1; i < 31; i++)
		if (disk.guest.page[PAGE_DATA + i][4095] != i + 1)
			good = 1000 + i;
	verdict(what, good == 64 && state.config.vbd.sectors == 32768, "%u good", good);
	disk_request(&disk, 0, BLKIF_OP_READ, 800, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, 808, 1, 1);
	disk_push(&disk, 0);
	good = disk_reap(&disk, 0, 2, BLKIF_RSP_ERROR);
	snprintf(name, sizeof(name), "%s-read-error", what);
	verdict(name, good == 1, "%u errors", good);
	disk_close(&disk);
	close(file);
}

/* One with sectors of 4096 bytes: the ring counts in 512 all the same. */
static void test_large_sectors(int flags, const char *what)
{
	int file = open("/dev/nullb2", O_RDWR | flags);
	struct noxs_ioc_dev_state state;
	struct disk disk;
	unsigned int good;

	if (file < 0 || !disk_open(&disk, file, 0, 1))
		return verdict(what, false, "%s", strerror(errno));
	disk_state(&disk, &state);
	memset(disk.guest.page[PAGE_DATA], 0x4b, 4096);
	disk_request(&disk, 0, BLKIF_OP_WRITE, 32768 - 8, 0, 1);
	good = disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY);
	disk_request(&disk, 0, BLKIF_OP_READ, 32768 - 8, 1, 1);
	good += disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY);
	verdict(what,
		good == 2 && disk.guest.page[PAGE_DATA + 1][4095] == 0x4b &&
			state.config.vbd.sectors == 4096 && state.config.vbd.sector_size == 4096,
		"%u good, %llu sectors of %u", good, (unsigned long long)state.config.vbd.sectors,
		state.config.vbd.sector_size);
	disk_request(&disk, 0, BLKIF_OP_READ, 4, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 0, 1);
	RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1)->seg[0].last_sect = 3;
	good = disk_reap(&disk, 0, 2, BLKIF_RSP_ERROR);
	verdict("large-sectors-misaligned", good == 2, "%u of 2 refused", good);
	disk_close(&disk);
	close(file);
}

bool test_disk_backing(void)
{
	if (!make_block_devices())
		return false;
	test_descriptors();
	test_read_only(false);
	test_read_only(true);
	test_truncated();
	test_disk_full();
	test_block_device(0, "block-device");
	test_block_device(O_DIRECT, "block-device-direct");
	test_large_sectors(0, "large-sectors");
	test_large_sectors(O_DIRECT, "large-sectors-direct");
	return true;
}
