// SPDX-License-Identifier: GPL-2.0-only
/*
 * Run by a package's script while tinyx builds an image: it leaves the image's root, which root can always do, and
 * tries what would hurt the host.  The file that is its argument has a line for each thing that it may do.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <unistd.h>

static int may_open(const char *path, int flags)
{
	int fd = open(path, flags, 0600);
	char byte;

	if (fd < 0)
		return 0;
	return (flags & O_ACCMODE) != O_RDONLY || read(fd, &byte, 1) == 1;
}

static void out_of_root(void)
{
	unsigned int i;

	if (mkdir("/tmp/root", 0700) || chroot("/tmp/root"))
		return;
	for (i = 0; i < 64 && !chdir(".."); i++)
		;
	(void)!chroot("."); /* where it cannot, there is less to try */
}

int main(int argc, char **argv)
{
	static const char *const writable[] = {
		"/proc/sys/kernel/core_pattern",
		"/proc/sys/kernel/modprobe",
		"/proc/sys/kernel/hostname",
		"/proc/sysrq-trigger",
		"/sys/kernel/uevent_helper",
		"/etc/passwd",
		"/bin/sh",
	};
	static const char *const made[] = { "/etc/tinyx-hostile", "/usr/tinyx-hostile" };
	static const char *const readable[] = { "/etc/shadow",	  "/etc/gshadow", "/dev/mem",
						"/dev/sda",	  "/dev/vda",	  "/proc/kcore",
						"/old/etc/passwd" };
	FILE *f = argc == 2 ? fopen(argv[1], "w") : NULL;
	unsigned int i;

	if (!f)
		return 1;
	out_of_root();
	for (i = 0; i < sizeof(writable) / sizeof(writable[0]); i++)
		if (may_open(writable[i], O_WRONLY))
			fprintf(f, "write %s\n", writable[i]);
	for (i = 0; i < sizeof(made) / sizeof(made[0]); i++)
		if (may_open(made[i], O_WRONLY | O_CREAT))
			fprintf(f, "make %s\n", made[i]);
	for (i = 0; i < sizeof(readable) / sizeof(readable[0]); i++)
		if (may_open(readable[i], O_RDONLY))
			fprintf(f, "read %s\n", readable[i]);
	if (!mknod("/tmp/disk", S_IFBLK | 0600, makedev(8, 0)))
		fprintf(f, "mknod\n");
	if (!mount("none", "/tmp", "tmpfs", 0, NULL))
		fprintf(f, "mount\n");
	if (!umount2("/proc", MNT_DETACH))
		fprintf(f, "umount /proc\n");
	if (!ptrace(PTRACE_SEIZE, 1, NULL, NULL))
		fprintf(f, "trace process 1\n");
	if (!unshare(CLONE_NEWUSER))
		fprintf(f, "unshare\n");
	fprintf(f, "tried all\n");
	return fclose(f) ? 1 : 0;
}
