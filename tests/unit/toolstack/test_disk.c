// SPDX-License-Identifier: LGPL-2.1-only
/* disk = [ ... ]: what is taken, what is refused and how the user is told; and opening it. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"
#include "unit.h"

static struct chaos_disk disk;
static struct chaos_error err;

static void assert_taken(const char *spec, unsigned int id, const char *target, bool is_read_only)
{
	assert_int_equal(chaos_disk_parse(spec, &disk, &err), 0);
	assert_int_equal(disk.id, id);
	assert_string_equal(disk.target, target);
	assert_int_equal(disk.is_read_only, is_read_only);
	free(disk.target);
}

static void assert_refused(const char *spec, const char *why)
{
	assert_int_equal(chaos_disk_parse(spec, &disk, &err), -(int)CHAOS_CONFIG);
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
}

static void refused(void **state)
{
	(void)state;
	assert_refused("format=qcow2,vdev=xvda,target=/x", "format= is not raw");
	assert_refused("format=raw,vdev=xvda,script=block-iscsi,target=/x", "script=");
	assert_refused("backendtype=qdisk,vdev=xvda,target=/x", "backendtype=");
	assert_refused("vdev=hdc,devtype=cdrom,target=/x.iso", "cdrom");
	assert_refused("/x.iso,raw,hdc:cdrom,r", "cdrom");
	assert_refused("backend=driverdom,vdev=xvda,target=/x", "backend=");
	assert_refused("vdev=xvda1,target=/x", "not a whole disk");
	assert_refused("vdev=xvd,target=/x", "not a whole disk");
	assert_refused("vdev=xvdzzzzz,target=/x", "not a whole disk");
	assert_refused("vdev=nvme0,target=/x", "not a whole disk");
	assert_refused("target=/x", "vdev");
	assert_refused("vdev=xvda", "disk 'vdev=xvda'");
	assert_refused("vdev=xvda,access=maybe,target=/x", "access");
	assert_refused("", "disk ''");
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
		cmocka_unit_test(refused),
		cmocka_unit_test(opened),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
