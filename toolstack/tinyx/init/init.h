/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What /etc/tinyx says, and the steps of init.  Its lines, one setting each (docs/tinyx.md):
 *
 *	arg WORD		the program and its arguments, one a line
 *	env NAME=VALUE		its environment
 *	user UID GID		who it runs as
 *	dir MODE UID GID PATH	made before it starts, in /run and the like
 *	before COMMAND		run by /bin/sh before it, and waited for
 *	mount DEVICE PATH	an ext4, before all that; without it the guest ends
 *	port NUMBER		the guest is ready once something listens there
 *	output PATH		where its output goes: the console if it is not said, or "console"
 *
 * and, of an initramfs that only prepares the root file system:
 *
 *	module PATH		loaded, in this order
 *	root DEVICE		an erofs to start from, with a tmpfs over it
 */
#ifndef TINYX_INIT_INIT_H
#define TINYX_INIT_INIT_H

#include <stdbool.h>
#include <stddef.h>

#define DESCRIPTION "/etc/tinyx"
#define PARAMETERS  "/sys/module/noxs_front/parameters/"
#define MAX_ARGS    64

struct description {
	char text[8192]; /* what the others point into */
	char *argv[MAX_ARGS + 1];
	char *envp[MAX_ARGS + 1];
	const char *root, *output;
	unsigned int port; /* 0 = none */
	long uid, gid;
};

/* boot.c */
/* proc, sys, dev and tmpfs; what is there already is left alone. */
void boot_mount(void);
/* Goes through the lines "module". */
void boot_modules(const char *text);
/* The file system of `root`, with a tmpfs over it, becomes /; 0 or -errno. */
long boot_root(const char *device);
/* An ext4 on a disk that may not be there yet; 0 or -errno. */
long boot_mount_disk(const char *device, const char *path);
/* An erofs that the kernel has mounted as / gets the same. */
void boot_overlay(void);

/* net.c */
/* Brings lo up, and eth0 if there is an address for it; sets the host's name. */
void net_configure(const char *cmdline);

/* service.c */
/* Reads DESCRIPTION; 0 or -errno.  The text is changed by it. */
long service_read(struct description *d);
/* Directories and commands before the program, then the program: its pid, or -errno. */
long service_start(struct description *d);
/* Of the lines "mount". */
void service_unmount(const struct description *d);
void service_last_words(const struct description *d);

/* init.c */
void sleep_ms(long ms);
/* Waits for one child: its status. */
long wait_for(long pid);

#endif /* TINYX_INIT_INIT_H */
