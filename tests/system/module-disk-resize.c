// SPDX-License-Identifier: MIT
/* Disks whose files become larger or smaller, and what a disk's file is called. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include "module-disk.h"

static int resize(uint32_t domid, uint16_t id, uint64_t *sectors)
{
	struct noxs_ioc_resize arg = { .domid = (uint16_t)domid, .id = id };
	int err = control(fd, NOXS_IOC_RESIZE, &arg);

	if (sectors)
		*sectors = arg.sectors;
	return err;
}

/* ---- resize ---- */

static void test_errors(struct disk *disk)
{
	struct noxs_ioc_resize arg = { .domid = (uint16_t)disk->guest.domid, .flags = 1 };
	int other = open(NOXS_DEVICE, O_RDWR);

	expect("resize-flags", control(fd, NOXS_IOC_RESIZE, &arg), EINVAL);
	expect("resize-own-domid", resize(0, 0, NULL), EINVAL);
	expect("resize-not-attached", resize(0x7000, 0, NULL), ENOENT);
	expect("resize-no-such-disk", resize(disk->guest.domid, 1, NULL), ENOENT);
	expect("resize-quiesce", quiesce(other, disk->guest.domid), 0);
	expect("resize-quiesced", resize(disk->guest.domid, 0, NULL), EBUSY);
	close(other);
}

/* What everybody is told; the guest acknowledges first. */
static bool size_is(struct disk *disk, uint64_t sectors)
{
	const struct noxs_dev *entry = device_entry(disk->guest.domid, NOXS_CLASS_VBD, 0);
	struct noxs_ioc_dev_state state;

	return guest_await_state(&disk->guest, 1, NOXS_STATE_OPEN) && entry &&
	       entry->config.vbd.sectors == sectors &&
	       entry->config.vbd.flags == (NOXS_VBD_FLUSH | NOXS_VBD_DISCARD) &&
	       disk->guest.ctrl->slot[1].back.u.vbd.sectors == sectors &&
	       disk_state(disk, &state) == NOXS_STATE_OPEN && state.config.vbd.sectors == sectors;
}

/* The last of many is published when the one before it has been acknowledged. */
static bool size_becomes(struct disk *disk, uint64_t sectors)
{
	unsigned int i;

	for (i = 0; i < 200; i++) {
		if (size_is(disk, sectors))
			return true;
		usleep(10000);
	}
	return false;
}

/* Whether the sector behind these can be read. */
static bool reads_behind(struct disk *disk, uint64_t sectors)
{
	disk_request(disk, 0, BLKIF_OP_READ, sectors, 0, 1);
	return disk_reap(disk, 0, 1, BLKIF_RSP_OKAY) == 1;
}

static void test_sizes(struct disk *disk, int file)
{
	const struct noxs_dev_page *page = device_page(disk->guest.domid);
	uint32_t seq = page->hdr.seq;
	uint64_t sectors = 0;
	int err;

	err = resize(disk->guest.domid, 0, &sectors);
	verdict("resize-same",
		!err && sectors == DISK_SECTORS && device_page(disk->guest.domid)->hdr.seq == seq,
		"%s, %llu sectors", strerror(err), (unsigned long long)sectors);
	/* Before it is told of, more file is no more disk. */
	verdict("resize-larger-file",
		!ftruncate(file, 2 * DISK_SECTORS * 512 + 100) && !reads_behind(disk, DISK_SECTORS),
		"it is read");
	err = resize(disk->guest.domid, 0, &sectors);
	verdict("resize-larger",
		!err && sectors == 2 * DISK_SECTORS && size_is(disk, sectors) &&
			device_page(disk->guest.domid)->hdr.seq == seq + 2 &&
			reads_behind(disk, DISK_SECTORS) && !reads_behind(disk, 2 * DISK_SECTORS),
		"%s, %llu sectors", strerror(err), (unsigned long long)sectors);
	verdict("resize-smaller",
		!ftruncate(file, DISK_SECTORS / 2 * 512) &&
			!resize(disk->guest.domid, 0, &sectors) && sectors == DISK_SECTORS / 2 &&
			size_is(disk, sectors) && !reads_behind(disk, DISK_SECTORS / 2) &&
			reads_behind(disk, DISK_SECTORS / 2 - 8),
		"%llu sectors", (unsigned long long)sectors);
	if (ftruncate(file, 511))
		verdict("resize-truncate", false, "%s", strerror(errno));
	expect("resize-to-nothing", resize(disk->guest.domid, 0, NULL), ENODATA);
	verdict("resize-to-nothing-changes-nothing", size_is(disk, DISK_SECTORS / 2), "it does");
}

/* A file that changes without end, in another process, while the first part of it is read. */
static void test_while_reading(struct disk *disk, int file)
{
	unsigned int good = 0, i;
	pid_t child;
	int status;

	if (ftruncate(file, DISK_SECTORS / 4 * 512))
		return verdict("resize-while-reading", false, "%s", strerror(errno));
	child = fork();
	for (i = 0; !child; i++) {
		if (ftruncate(file, (DISK_SECTORS / 4 + i % 7) * 512) ||
		    resize(disk->guest.domid, 0, NULL))
			_exit(1);
		if (i == 300)
			_exit(0);
	}
	for (i = 0; i < 20; i++) {
		disk_request(disk, 0, BLKIF_OP_READ, i * 8, 0, 11);
		disk_request(disk, 0, BLKIF_OP_READ, i * 16, 11, 11);
		good += disk_reap(disk, 0, 2, BLKIF_RSP_OKAY);
	}
	waitpid(child, &status, 0);
	verdict("resize-while-reading",
		good == 40 && !status && size_becomes(disk, DISK_SECTORS / 4 + 300 % 7),
		"%u of 40 read, status %x", good, status);
}

/* ---- target ---- */

static int target(uint32_t domid, uint16_t id, char *path, uint32_t len, uint32_t *flags)
{
	struct noxs_ioc_target arg = {
		.domid = (uint16_t)domid,
		.id = id,
		.path = (uintptr_t)path,
		.len = len,
	};
	int err = control(fd, NOXS_IOC_TARGET, &arg);

	if (flags)
		*flags = arg.flags;
	return err;
}

static void expect_target(const char *name, uint32_t domid, uint16_t id, const char *want,
			  uint32_t want_flags)
{
	char path[4096] = "";
	uint32_t flags = 0;
	int err = target(domid, id, path, sizeof(path), &flags);

	verdict(name, !err && !strcmp(path, want) && flags == want_flags, "%s: \"%s\" flags %x",
		strerror(err), path, flags);
}

/* As a process with another root sees it. */
static int target_from_run(uint32_t domid)
{
	char path[64];
	pid_t child = fork();
	int status = 0;

	if (!child)
		_exit(chroot("/run") || target(domid, 0, path, sizeof(path), NULL) ||
		      strcmp(path, "/disk"));
	waitpid(child, &status, 0);
	return status;
}

static void test_target(struct disk *disk)
{
	uint32_t domid = disk->guest.domid;
	struct noxs_ioc_target arg = { .domid = (uint16_t)domid, .pad0 = 1 };
	struct noxs_ioc_dev dev = {
		.cls = NOXS_CLASS_VBD,
		.id = 1,
		.fd = open(SLOW_DISK, O_RDONLY | O_DIRECT),
	};
	char path[sizeof(DISK_PATH)];

	expect("target-padding", control(fd, NOXS_IOC_TARGET, &arg), EINVAL);
	expect("target-own-domid", target(0, 0, path, sizeof(path), NULL), EINVAL);
	expect("target-not-attached", target(0x7000, 0, path, sizeof(path), NULL), ENOENT);
	expect("target-no-such-disk", target(domid, 9, path, sizeof(path), NULL), ENOENT);
	expect("target-just-room", target(domid, 0, path, sizeof(path), NULL), 0);
	expect("target-no-room", target(domid, 0, path, sizeof(path) - 1, NULL), ENAMETOOLONG);
	expect("target-none", target(domid, 0, path, 0, NULL), ENAMETOOLONG);
	expect("target-bad-pointer", target(domid, 0, (char *)8, 4096, NULL), EFAULT);
	expect_target("target-file", domid, 0, DISK_PATH, 0);
	verdict("target-root", !target_from_run(domid), "another");
	expect("target-add", add_device(domid, &dev), 0);
	close(dev.fd);
	expect_target("target-device", domid, 1, SLOW_DISK,
		      NOXS_TARGET_DIRECT | NOXS_TARGET_READ_ONLY);
	if (rename(DISK_PATH, DISK_PATH " 2"))
		verdict("target-rename", false, "%s", strerror(errno));
	expect_target("target-renamed", domid, 0, DISK_PATH " 2", 0);
	/* One of another name in its place is another file. */
	close(open(DISK_PATH, O_RDWR | O_CREAT, 0600));
	unlink(DISK_PATH " 2");
	expect("target-deleted", target(domid, 0, path, sizeof(path), NULL), ENOENT);
	unlink(DISK_PATH);
}

void test_disk_resize(void)
{
	int file = disk_file();
	struct disk disk;

	if (!disk_open(&disk, file, 0, 1))
		return;
	test_errors(&disk);
	test_sizes(&disk, file);
	test_while_reading(&disk, file);
	test_target(&disk);
	disk_close(&disk);
	close(file);
}
