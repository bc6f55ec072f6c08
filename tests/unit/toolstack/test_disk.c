// SPDX-License-Identifier: LGPL-2.1-only
/* disk = [ ... ]: what is taken, what is refused and how the user is told; and opening it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "device/internal.h"
#include "unit.h"

static struct chaos_disk disk;
static struct chaos_error err;
static char others[128];

static void assert_taken(const char *spec, unsigned int id, const char *target, bool is_read_only)
{
	assert_int_equal(chaos_disk_parse(spec, &disk, others, sizeof(others), &err), 0);
	assert_int_equal(disk.id, id);
	assert_string_equal(disk.target, target);
	assert_int_equal(disk.is_read_only, is_read_only);
	free(disk.target);
}

static void assert_refused(const char *spec, const char *why)
{
	assert_int_equal(chaos_disk_parse(spec, &disk, others, sizeof(others), &err),
			 -(int)CHAOS_CONFIG);
	if (!strstr(err.text, why))
		fail_msg("%s: \"%s\" has no \"%s\"", spec, err.text, why);
	assert_null(disk.target);
}

static void taken(void **state)
{
	(void)state;
	assert_taken("/img,raw,xvda,rw", 0, "/img", false);
	assert_taken("/img,,xvdb,r", 1, "/img", true);
	assert_taken("format=raw, vdev=xvdc, access=ro, target=/a,b", 2, "/a,b", true);
	assert_taken("vdev=sda,target=rel/path", 0, "rel/path", false);
	assert_taken("vdev=hdz,target=/x", 25, "/x", false);
	assert_taken("vdev=xvdaa,target=/x", 26, "/x", false);
	assert_taken("phy:/dev/vg/guest,xvda,w", 0, "/dev/vg/guest", false);
	assert_taken("backendtype=phy,vdev=xvda,target=/x", 0, "/x", false);
	assert_false(disk.is_direct);
	assert_taken("direct-io-safe,vdev=xvda,target=/x", 0, "/x", false);
	assert_true(disk.is_direct);
	assert_false(disk.has_no_discard);
	assert_taken("no-discard,vdev=xvda,target=/x", 0, "/x", false);
	assert_true(disk.has_no_discard);
	assert_taken("discard,backend=Domain-0,vdev=xvda,target=/x", 0, "/x", false);
	assert_false(disk.has_no_discard);
	/* As xl's block script. */
	assert_taken("phy:vg/guest,xvda,w", 0, "/dev/vg/guest", false);
	assert_taken("raw:phy:vg/guest,xvda,w", 0, "/dev/vg/guest", false);
	assert_taken("backendtype=phy,vdev=xvda,target=vg/guest", 0, "/dev/vg/guest", false);
	assert_string_equal(others, "");
	assert_taken("backendtype=qdisk,vdev=xvda,target=/x", 0, "/x", false);
	assert_non_null(strstr(others, "backendtype"));
	assert_taken("vdev=hdc,devtype=cdrom,target=/x.iso", 2, "/x.iso", true);
	assert_non_null(strstr(others, "cdrom"));
	assert_taken("tap:aio:/mnt/7.img,xvda1,w", 0xca01, "/mnt/7.img", false);
}

/* The numbers of xen-vbd-interface(7); each name is the one number's, whatever the bus. */
static void numbers(void **state)
{
	static const struct {
		const char *vdev;
		long number;
		const char *name;
	} vdevs[] = {
		{ "xvda", 0, "xvda" },	      { "xvdz", 25, "xvdz" },
		{ "xvdaa", 26, "xvdaa" },     { "sdp", 15, "xvdp" },
		{ "xvda1", 0xca01, "xvda1" }, { "xvdp15", 0xcaff, "xvdp15" },
		{ "sda1", 0xca01, "xvda1" },  { "hda2", 0xca02, "xvda2" },
		{ "0x301", 0xca01, "xvda1" }, { "0x340", 1, "xvdb" },
		{ "0x1600", 2, "xvdc" },      { "0x801", 0xca01, "xvda1" },
		{ "0xca00", 0, "xvda" },      { "51713", 0xca01, "xvda1" },
		{ "0x0", 0, "xvda" },	      { "0x1", 1, "xvdb" },
		{ "d0", 0, "xvda" },	      { "d1", 1, "xvdb" },
		{ "d1p2", 0xca12, "xvdb2" },
	};
	static const char *const none[] = {
		"",	   "xvd",
		"xvda0",   "xvda16",
		"xvdq1",   "hda17",
		"xvda1x",  "xvda-1",
		"x",	   "d",
		"dp1",	   "d1p",
		"d1p16",   "d99999999",
		"0x",	   "0xcb01",
		"1000000", "99999999999999999999",
		"xvdA",	   "xvdzzzzz",
		"nvme0",   "sda99999999999",
		"0x30g",   "d1p+2",
	};
	char name[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(vdevs) / sizeof(vdevs[0]); i++) {
		if (chaos_vdev_parse(vdevs[i].vdev) != vdevs[i].number)
			fail_msg("%s is %lx", vdevs[i].vdev,
				 (unsigned long)chaos_vdev_parse(vdevs[i].vdev));
		chaos_vdev_format((unsigned int)vdevs[i].number, name);
		assert_string_equal(name, vdevs[i].name);
		assert_int_equal(chaos_vdev_parse(name), vdevs[i].number);
	}
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		if (chaos_vdev_parse(none[i]) != -1)
			fail_msg("%s is a disk", none[i]);
}

static void refused(void **state)
{
	static char spec[17000];

	(void)state;
	assert_refused("format=qcow2,vdev=xvda,target=/x", "format= is not raw");
	assert_refused("format=raw,vdev=xvda,script=block-iscsi,target=/x", "script=");
	assert_refused("vdev=hdc,devtype=cdrom,target=", "empty drive");
	assert_refused("specification=virtio,vdev=xvda,target=/x", "specification=virtio");
	assert_refused("untrusted,vdev=xvda,target=/x", "untrusted");
	/* libxlutil's scanner writes behind its buffer. */
	snprintf(spec, sizeof(spec), "vdev=xvda,target=/%016384d", 0);
	assert_refused(spec, "longer than 8192 bytes");
	/* And ends the process. */
	assert_refused("=\n", "control character");
	assert_refused("vdev=xvda,target=/x\ny", "control character");
	assert_refused("backend=driverdom,vdev=xvda,target=/x", "backend=");
	assert_refused("vdev=xvda16,target=/x", "is no disk");
	assert_refused("vdev=xvd,target=/x", "is no disk");
	assert_refused("vdev=xvdzzzzz,target=/x", "is no disk");
	assert_refused("vdev=nvme0,target=/x", "is no disk");
	assert_refused("target=/x", "vdev");
	assert_refused("vdev=xvda", "'vdev=xvda'");
	assert_refused("vdev=xvda,access=maybe,target=/x", "access");
	assert_refused("", "''");
}

static void assert_cannot_open(const char *target, bool is_read_only, enum chaos_code code,
			       const char *why)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s", target);
	disk = (struct chaos_disk){ .target = path, .vdev = "xvda", .is_read_only = is_read_only };
	assert_int_equal(chaos_disk_open(&disk, &fd, &err), -(int)code);
	if (!strstr(err.text, why))
		fail_msg("%s: \"%s\" has no \"%s\"", target, err.text, why);
}

static int open_disk(char *path, bool is_read_only)
{
	int fd = -1;

	disk = (struct chaos_disk){ .target = path, .vdev = "xvda", .is_read_only = is_read_only };
	return chaos_disk_open(&disk, &fd, &err) ? -1 : fd;
}

static void opened(void **state)
{
	char dir[] = "/tmp/test_disk.XXXXXX", path[64], fifo[64];
	int first, second;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/disk", dir);
	snprintf(fifo, sizeof(fifo), "%s/fifo", dir);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	close(open(path, O_CREAT | O_WRONLY, 0600));
	assert_cannot_open("/nonexistent/disk", true, CHAOS_CONFIG, "No such file");
	assert_cannot_open(dir, false, CHAOS_CONFIG, "neither a regular file");
	assert_cannot_open(dir, true, CHAOS_CONFIG, "neither a regular file");
	assert_cannot_open(fifo, true, CHAOS_CONFIG, "neither a regular file");
	assert_cannot_open("/proc/version", true, CHAOS_CONFIG, "neither a regular file");
	assert_cannot_open("/dev/null", false, CHAOS_CONFIG, "neither a regular file");

	/* One writer, or readers. */
	first = open_disk(path, false);
	assert_true(first >= 0);
	assert_int_equal(fcntl(first, F_GETFL) & O_ACCMODE, O_RDWR);
	assert_cannot_open(path, false, CHAOS_EXISTS, "in use");
	assert_cannot_open(path, true, CHAOS_EXISTS, "in use");
	close(first);
	first = open_disk(path, true);
	second = open_disk(path, true);
	assert_true(first >= 0 && second >= 0);
	assert_cannot_open(path, false, CHAOS_EXISTS, "in use");
	close(first);
	close(second);
	unlink(path);
	unlink(fifo);
	rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(numbers),
		cmocka_unit_test(refused),
		cmocka_unit_test(opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
