// SPDX-License-Identifier: GPL-2.0-only
/* File systems and modules: from what the kernel has started to a root that can be written to. */
#include <asm/fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/mount.h>

#include "init.h"
#include "sys.h"
#include "text.h"

#define WAIT_MS 30000 /* for a disk; Linux itself gives up on a xenbus device after 25 s and more */
#define PLACE	"/.tinyx"
#define EBUSY	16
#define EEXIST	17

static void mount_one(const char *type, const char *place, unsigned long flags, const char *data)
{
	long rc = SYS5(mount, type, place, type, flags, data);

	/* The kernel mounts devtmpfs itself if it is told to. */
	if (rc && rc != -EBUSY)
		say_error("cannot mount", place, rc);
}

void boot_mount(void)
{
	mount_one("proc", "/proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_one("sysfs", "/sys", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
	mount_one("devtmpfs", "/dev", MS_NOSUID, NULL);
	mount_one("tmpfs", "/run", MS_NOSUID | MS_NODEV, "mode=755");
	mount_one("tmpfs", "/tmp", MS_NOSUID | MS_NODEV, "mode=1777");
	/* What the program says, if it goes to a file, must not take all memory. */
	(void)SYS2(mkdir, "/run/tinyx", 0755);
	mount_one("tmpfs", "/run/tinyx", MS_NOSUID | MS_NODEV, "mode=755,size=256k");
	(void)SYS2(mkdir, "/dev/pts", 0755); /* there at the worst, as is /dev/shm */
	(void)SYS2(mkdir, "/dev/shm", 01777);
	/* Without ptys in the kernel, or a /dev, no program gets one: its affair. */
	(void)SYS5(mount, "devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC,
		   "mode=620,ptmxmode=666");
	(void)SYS5(mount, "tmpfs", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, "mode=1777");
}

static void load(const char *path)
{
	long fd = SYS3(open, path, O_RDONLY | O_CLOEXEC, 0);
	long rc = fd < 0 ? fd : SYS3(finit_module, fd, "", 0);

	if (rc < 0 && rc != -EEXIST)
		say_error("cannot load", path, rc);
	if (fd >= 0)
		(void)SYS1(close, fd); /* it was read only */
}

void boot_modules(const char *text)
{
	char path[256];
	const char *p;
	size_t n;

	for (; *text; text += *text == '\n') {
		p = text_after(text, "module");
		if (p) {
			for (n = 0; p[n] && p[n] != '\n' && n + 1 < sizeof(path); n++)
				path[n] = p[n];
			path[n] = '\0';
			load(path);
		}
		while (*text && *text != '\n')
			text++;
	}
}

/* A tmpfs over the file system at `lower`, put together at PLACE/root; 0 or -errno. */
static long overlay(const char *lower)
{
	char options[128] = "lowerdir=";
	long rc;

	rc = SYS5(mount, "tmpfs", PLACE, "tmpfs", 0, "mode=755");
	if (rc)
		return rc;
	(void)SYS2(mkdir, PLACE "/lower", 0755); /* in a tmpfs of our own: mount tells */
	(void)SYS2(mkdir, PLACE "/upper", 0755);
	(void)SYS2(mkdir, PLACE "/work", 0755);
	(void)SYS2(mkdir, PLACE "/root", 0755);
	if (!text_is(lower, "/")) {
		rc = SYS5(mount, lower, PLACE "/lower", "erofs", MS_RDONLY, NULL);
		if (rc)
			return rc;
		lower = PLACE "/lower";
	}
	text_add(options, sizeof(options), lower);
	text_add(options, sizeof(options), ",upperdir=" PLACE "/upper,workdir=" PLACE "/work");
	return SYS5(mount, "overlay", PLACE "/root", "overlay", 0, options);
}

/* As switch_root: what was / is below, and nobody sees it any more. */
static long enter(void)
{
	long rc = SYS1(chdir, PLACE "/root");

	if (!rc)
		rc = SYS5(mount, ".", "/", NULL, MS_MOVE, NULL);
	if (!rc)
		rc = SYS1(chroot, ".");
	if (!rc)
		rc = SYS1(chdir, "/");
	return rc;
}

static void leave_mounts(void)
{
	static const char *const places[] = { "/dev/shm", "/dev/pts",	"/dev", "/proc",
					      "/sys",	  "/run/tinyx", "/run", "/tmp" };
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		(void)SYS2(umount2, places[i], 2 /* MNT_DETACH */); /* not there: as good */
}

static long wait_for_disk(const char *device)
{
	long rc = 0, ms;

	for (ms = 0; ms < WAIT_MS; ms += 2) {
		rc = SYS3(open, device, O_RDONLY | O_CLOEXEC, 0);
		if (rc >= 0)
			break;
		sleep_ms(2);
	}
	if (rc < 0)
		return rc;
	(void)SYS1(close, rc); /* it was read only */
	return 0;
}

long boot_mount_disk(const char *device, const char *path)
{
	long rc = wait_for_disk(device);

	if (rc)
		return rc;
	(void)SYS2(mkdir, path, 0755); /* there already, or mount tells */
	return SYS5(mount, device, path, "ext4", MS_NOSUID | MS_NODEV, NULL);
}

long boot_root(const char *device)
{
	long rc = wait_for_disk(device);

	if (rc)
		return rc;
	rc = overlay(device);
	if (rc)
		return rc;
	leave_mounts();
	rc = enter();
	if (!rc)
		boot_mount();
	return rc;
}

void boot_overlay(void)
{
	struct {
		long type, rest[31];
	} fs = { 0 };
	long rc = SYS2(statfs, "/", &fs);

	if (rc || fs.type != 0xe0f5e1e2) /* EROFS_SUPER_MAGIC_V1 */
		return;
	rc = overlay("/");
	if (!rc) {
		leave_mounts();
		rc = enter();
		boot_mount();
	}
	if (rc)
		say_error("the root stays read only: cannot put a tmpfs over", "/", rc);
}
