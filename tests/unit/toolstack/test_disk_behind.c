// SPDX-License-Identifier: LGPL-2.1-only
/*
 * The same sectors by two names: whoever comes second is refused, and told of both.  Loop devices
 * and mounts are real, so all but the first needs root; what device-mapper would say is a sysfs of
 * the test's own, in which one loop device is made of another.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "device/disk_mounts.h"
#include "device/disk_sysfs.h"
#include "device/internal.h"
#include "unit.h"

static char dir[64], image[96];
static struct chaos_error err;

static const char *at(const char *name)
{
	static char paths[4][160];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", dir, name);
	return path;
}

/* ---- disks ---- */

static int open_disk(const char *path, bool is_read_only)
{
	struct chaos_disk disk = { .target = (char *)path,
				   .vdev = "xvda",
				   .is_read_only = is_read_only };
	int fd = -1;

	return chaos_disk_open(&disk, &fd, &err) ? -1 : fd;
}

static int opened(const char *path, bool is_read_only)
{
	int fd = open_disk(path, is_read_only);

	if (fd < 0)
		fail_msg("%s: %s", path, err.text);
	return fd;
}

/* Refused, and told of itself and of @other. */
static void assert_in_use(const char *path, bool is_read_only, const char *other)
{
	int fd = open_disk(path, is_read_only);

	if (fd >= 0)
		fail_msg("%s is opened beside %s", path, other);
	assert_int_equal(err.code, CHAOS_EXISTS);
	if (!strstr(err.text, path) || !strstr(err.text, "in use") || !strstr(err.text, other))
		fail_msg("\"%s\" does not name %s", err.text, other);
}

/* Whoever of two comes second, and as reader and writer in both orders. */
static void assert_exclude(const char *one, const char *other)
{
	const char *names[2] = { one, other };
	unsigned int i;
	int fd;

	for (i = 0; i < 2; i++) {
		fd = opened(names[i], false);
		assert_in_use(names[!i], false, names[i]);
		assert_in_use(names[!i], true, names[i]);
		close(fd);
		fd = opened(names[i], true);
		assert_in_use(names[!i], false, names[i]);
		close(opened(names[!i], true));
		close(fd);
	}
}

/* ---- the host ---- */

static void make_image(const char *path)
{
	int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	assert_int_equal(ftruncate(fd, 8 << 20), 0);
	close(fd);
}

/* As the kernel does for a partition table. */
static int add_partition(const char *path)
{
	struct blkpg_partition part = { .start = 1 << 20, .length = 4 << 20, .pno = 1 };
	struct blkpg_ioctl_arg arg = { .op = BLKPG_ADD_PARTITION,
				       .datalen = sizeof(part),
				       .data = &part };
	int fd = open(path, O_RDWR | O_CLOEXEC), rc = ioctl(fd, BLKPG, &arg);

	close(fd);
	return rc;
}

/* A loop device of @path; its number, or -1. */
static int loop_of(const char *path, unsigned int flags)
{
	int control = open("/dev/loop-control", O_RDWR),
	    file = open(path, flags & LO_FLAGS_READ_ONLY ? O_RDONLY : O_RDWR);
	struct loop_config config = { .fd = file, .info.lo_flags = flags };
	int nr = -1, loop = -1, tries;
	char name[32];

	snprintf((char *)config.info.lo_file_name, LO_NAME_SIZE, "%s", path);
	/* Others may take the one that is free. */
	for (tries = 0; control >= 0 && file >= 0 && loop < 0 && tries < 20; tries++) {
		nr = ioctl(control, LOOP_CTL_GET_FREE);
		snprintf(name, sizeof(name), "/dev/loop%d", nr);
		loop = nr < 0 ? -1 : open(name, O_RDWR | O_CLOEXEC);
		if (loop >= 0 && ioctl(loop, LOOP_CONFIGURE, &config)) {
			close(loop);
			loop = -1;
			usleep(10000);
		}
	}
	if (loop >= 0)
		close(loop);
	if (file >= 0)
		close(file);
	if (control >= 0)
		close(control);
	return loop < 0 ? -1 : nr;
}

static void loop_end(int nr)
{
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "/dev/loop%d", nr);
	fd = open(name, O_RDWR | O_CLOEXEC);
	assert_int_equal(ioctl(fd, LOOP_CLR_FD, 0), 0);
	close(fd);
}

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/test_disk_behind.XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(image, sizeof(image), "%s/image", dir);
	make_image(image);
	return 0;
}

static int teardown(void **state)
{
	char command[96];

	(void)state;
	chaos_sysfs = "/sys";
	snprintf(command, sizeof(command), "rm -rf %s", dir);
	return system(command);
}

/* What a test has of loop devices, partitions and all; skipped where there are none. */
struct parts {
	int nr;
	char whole[32], part[32];
	bool has_made_node;
};

static void parts_get(struct parts *parts)
{
	char sysfs[64];
	unsigned int major, minor;
	FILE *f;

	parts->nr = geteuid() ? -1 : loop_of(image, LO_FLAGS_PARTSCAN);
	if (parts->nr < 0)
		skip();
	snprintf(parts->whole, sizeof(parts->whole), "/dev/loop%d", parts->nr);
	add_partition(parts->whole);
	snprintf(parts->part, sizeof(parts->part), "/dev/loop%dp1", parts->nr);
	snprintf(sysfs, sizeof(sysfs), "/sys/block/loop%d/loop%dp1/dev", parts->nr, parts->nr);
	f = fopen(sysfs, "r");
	if (!f) {
		loop_end(parts->nr);
		skip();
	}
	assert_int_equal(fscanf(f, "%u:%u", &major, &minor), 2);
	fclose(f);
	/* Where nobody else makes nodes. */
	parts->has_made_node = !mknod(parts->part, S_IFBLK | 0600, makedev(major, minor));
}

static void parts_put(struct parts *parts)
{
	if (parts->has_made_node)
		unlink(parts->part);
	loop_end(parts->nr);
}

/* ---- tests ---- */

/* An image that a guest has, and a partition of a loop device of it. */
static void partition_of_image(void **state)
{
	struct parts parts;
	int fd = opened(image, false);

	(void)state;
	parts_get(&parts);
	assert_in_use(parts.part, false, image);
	assert_in_use(parts.part, true, image);
	close(fd);
	close(opened(parts.part, false));
	fd = opened(parts.part, false);
	assert_in_use(image, true, parts.whole);
	close(fd);
	parts_put(&parts);
}

static void partition_and_whole(void **state)
{
	struct parts parts;

	(void)state;
	parts_get(&parts);
	assert_exclude(parts.whole, parts.part);
	parts_put(&parts);
}

/* A loop device of a whole disk, and a partition of that disk. */
static void loop_of_whole(void **state)
{
	struct parts parts;
	char over[32];
	int nr, fd;

	(void)state;
	parts_get(&parts);
	fd = opened(parts.part, false);
	nr = loop_of(parts.whole, 0);
	assert_true(nr >= 0);
	snprintf(over, sizeof(over), "/dev/loop%d", nr);
	assert_in_use(over, false, parts.part);
	assert_in_use(over, true, parts.part);
	close(fd);
	fd = opened(over, false);
	assert_in_use(parts.part, false, over);
	assert_in_use(parts.part, true, over);
	close(fd);
	loop_end(nr);
	parts_put(&parts);
}

/* A reader of what is mounted: only if the mount writes as little. */
static void mounted(void **state)
{
	char command[256];
	struct parts parts;

	(void)state;
	parts_get(&parts);
	assert_int_equal(mkdir(at("mnt"), 0700), 0);
	snprintf(command, sizeof(command), "mkfs.ext2 -q %s 2>/dev/null", parts.part);
	if (system(command) || mount(parts.part, at("mnt"), "ext2", 0, NULL)) {
		parts_put(&parts);
		skip();
	}
	assert_in_use(parts.part, true, "mounted");
	assert_in_use(parts.whole, true, "mounted");
	assert_in_use(parts.part, false, "mounted");
	assert_int_equal(umount(at("mnt")), 0);
	assert_int_equal(mount(parts.part, at("mnt"), "ext2", MS_RDONLY, NULL), 0);
	close(opened(parts.part, true));
	close(opened(parts.whole, true));
	assert_in_use(parts.part, false, "mounted");
	assert_int_equal(umount(at("mnt")), 0);
	parts_put(&parts);
}

static void overlay(void **state)
{
	char options[512];

	(void)state;
	assert_int_equal(mkdir(at("lower"), 0700) | mkdir(at("upper"), 0700) |
				 mkdir(at("work"), 0700) | mkdir(at("merged"), 0700),
			 0);
	make_image(at("lower/base"));
	make_image(at("upper/own"));
	snprintf(options, sizeof(options), "lowerdir=%s,upperdir=%s,workdir=%s", at("lower"),
		 at("upper"), at("work"));
	if (geteuid() || mount("overlay", at("merged"), "overlay", 0, options))
		skip();
	assert_exclude(at("merged/own"), at("upper/own"));
	/* A reader has the lower one; a writer gets a copy, and shares nothing with it any more. */
	{
		int fd = opened(at("merged/base"), true);

		assert_in_use(at("lower/base"), false, "merged/base");
		close(fd);
		fd = opened(at("lower/base"), false);
		assert_in_use(at("merged/base"), true, "lower/base");
		close(opened(at("merged/base"), false));
		close(fd);
	}
	assert_int_equal(umount(at("merged")), 0);
}

static void make_dir(const char *name, unsigned int nr, const char *below)
{
	char command[192];

	snprintf(command, sizeof(command), "mkdir -p %s/sys/%s%u/%s", dir, name, nr, below);
	assert_int_equal(system(command), 0);
}

static void write_file(unsigned int minor, const char *name, const char *text)
{
	char path[192];
	FILE *f;

	snprintf(path, sizeof(path), "%s/sys/devices/loop%u/%s", dir, minor, name);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

/* A sysfs in which loop device @over is made of @under. */
static void make_sysfs(unsigned int under, unsigned int over)
{
	unsigned int nrs[2] = { under, over }, i;
	char from[64], to[192], text[16];
	static char root[80];

	snprintf(to, sizeof(to), "mkdir -p %s/sys/dev/block", dir);
	assert_int_equal(system(to), 0);
	for (i = 0; i < 2; i++) {
		make_dir("devices/loop", nrs[i], "slaves");
		make_dir("devices/loop", nrs[i], "holders");
		snprintf(text, sizeof(text), "7:%u\n", nrs[i]);
		write_file(nrs[i], "dev", text);
		write_file(nrs[i], "ro", "0\n");
		snprintf(from, sizeof(from), "../../devices/loop%u", nrs[i]);
		snprintf(to, sizeof(to), "%s/sys/dev/block/7:%u", dir, nrs[i]);
		assert_int_equal(symlink(from, to), 0);
	}
	snprintf(from, sizeof(from), "../../loop%u", under);
	snprintf(to, sizeof(to), "%s/sys/devices/loop%u/slaves/loop%u", dir, over, under);
	assert_int_equal(symlink(from, to), 0);
	snprintf(from, sizeof(from), "../../loop%u", over);
	snprintf(to, sizeof(to), "%s/sys/devices/loop%u/holders/loop%u", dir, under, over);
	assert_int_equal(symlink(from, to), 0);
	snprintf(root, sizeof(root), "%s/sys", dir);
	chaos_sysfs = root;
}

/* A device of device-mapper's, as sysfs shows it, over a loop device of an image. */
static void made_of_others(void **state)
{
	char under[32], over[32];
	int a, b, fd;

	(void)state;
	make_image(at("other"));
	a = geteuid() ? -1 : loop_of(image, 0);
	b = a < 0 ? -1 : loop_of(at("other"), 0);
	if (b < 0)
		skip();
	snprintf(under, sizeof(under), "/dev/loop%d", a);
	snprintf(over, sizeof(over), "/dev/loop%d", b);
	make_sysfs((unsigned int)a, (unsigned int)b);
	fd = opened(under, true);
	assert_in_use(over, false, under);
	close(fd);
	fd = open(image, O_RDWR); /* as a guest has it that came before the loop device */
	assert_int_equal(fcntl(fd, F_OFD_SETLK,
			       &(struct flock){ .l_type = F_WRLCK, .l_whence = SEEK_SET }),
			 0);
	assert_in_use(over, false, image);
	assert_in_use(over, true, image);
	close(fd);
	close(opened(over, false));
	loop_end(b);
	loop_end(a);
}

/* What sysfs says, without any device. */
static void neighbours(void **state)
{
	struct chaos_devs devs;

	(void)state;
	make_sysfs(3, 9);
	make_dir("devices/loop", 3, "loop3p1/holders");
	write_file(3, "loop3p1/dev", "259:5\n");
	write_file(3, "loop3p1/partition", "1\n");
	write_file(9, "ro", "1\n");
	assert_int_equal(symlink("../../devices/loop3/loop3p1", at("sys/dev/block/259:5")), 0);
	chaos_sysfs_next(makedev(7, 9), CHAOS_SYSFS_SLAVES, &devs);
	assert_true(devs.nr == 1 && devs.dev[0] == makedev(7, 3) && !devs.is_cut);
	chaos_sysfs_next(makedev(7, 3), CHAOS_SYSFS_HOLDERS, &devs);
	assert_true(devs.nr == 1 && devs.dev[0] == makedev(7, 9));
	chaos_sysfs_next(makedev(7, 3), CHAOS_SYSFS_PARTITIONS, &devs);
	assert_true(devs.nr == 1 && devs.dev[0] == makedev(259, 5));
	chaos_sysfs_next(makedev(259, 5), CHAOS_SYSFS_WHOLE, &devs);
	assert_true(devs.nr == 1 && devs.dev[0] == makedev(7, 3));
	chaos_sysfs_next(makedev(7, 3), CHAOS_SYSFS_WHOLE, &devs);
	assert_int_equal(devs.nr, 0);
	chaos_sysfs_next(makedev(8, 0), CHAOS_SYSFS_SLAVES, &devs);
	assert_int_equal(devs.nr, 0);
	assert_true(chaos_sysfs_is_read_only(makedev(7, 9)));
	assert_false(chaos_sysfs_is_read_only(makedev(7, 3)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(neighbours, setup, teardown),
		cmocka_unit_test_setup_teardown(partition_of_image, setup, teardown),
		cmocka_unit_test_setup_teardown(partition_and_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(loop_of_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(mounted, setup, teardown),
		cmocka_unit_test_setup_teardown(overlay, setup, teardown),
		cmocka_unit_test_setup_teardown(made_of_others, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
