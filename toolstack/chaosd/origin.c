// SPDX-License-Identifier: GPL-2.0-only
/* What shells are made of and linked to, as it is now. */
#include <errno.h>
#include <linux/magic.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "pool.h"

static int missing(struct chaos_error *err, enum chaos_code code, const char *what,
		   const char *name)
{
	err->code = code;
	err->os_errno = errno;
	(void)snprintf(err->text, sizeof(err->text), "%s \"%.300s\": %s", what, name,
		       strerror(errno)); /* cut is fine */
	return -(int)code;
}

static int file_identify(struct chaos_file_id *id, const char *path)
{
	struct stat st;

	if (!path)
		return 0;
	if (stat(path, &st))
		return -1;
	chaos_file_id_take(id, &st);
	return 0;
}

/* if_nametoindex(3), but for a socket of its own each time: it is on the way of every create. */
static int link_identify(int *index, const char *name)
{
	static int fd = -1; /* two threads that make one at once leave one behind: harmless */
	struct ifreq request = { 0 };

	if (!*name)
		return 0;
	if (fd < 0)
		fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memcpy(request.ifr_name, name, sizeof(request.ifr_name));
	if (ioctl(fd, SIOCGIFINDEX, &request))
		return -1;
	*index = request.ifr_ifindex;
	return 0;
}

int origin_identify(struct origin *origin, const struct chaos_config *cfg, struct chaos_error *err)
{
	unsigned int i;

	/* Compared as bytes. */
	memset(origin, 0, sizeof(*origin));
	if (file_identify(&origin->kernel, cfg->kernel))
		return missing(err, CHAOS_CONFIG, "kernel", cfg->kernel);
	if (file_identify(&origin->ramdisk, cfg->ramdisk))
		return missing(err, CHAOS_CONFIG, "ramdisk", cfg->ramdisk);
	for (i = 0; i < cfg->nr_vifs; i++)
		if (link_identify(&origin->bridges[i], cfg->vifs[i].bridge))
			return missing(err, CHAOS_ENVIRONMENT, "bridge or switch",
				       cfg->vifs[i].bridge);
	return 0;
}

/* File systems that ask nobody; of any other an answer may be long in coming. */
static bool is_remote(const char *path)
{
	static const unsigned int local[] = {
		EXT4_SUPER_MAGIC,  XFS_SUPER_MAGIC,	  BTRFS_SUPER_MAGIC, TMPFS_MAGIC,
		RAMFS_MAGIC,	   OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC,    F2FS_SUPER_MAGIC,
		MSDOS_SUPER_MAGIC, ISOFS_SUPER_MAGIC,
	};
	struct statfs st;
	size_t i;

	if (!path)
		return false;
	if (statfs(path, &st))
		return true;
	for (i = 0; i < sizeof(local) / sizeof(local[0]); i++)
		if ((unsigned int)st.f_type == local[i])
			return false;
	return true;
}

bool origin_is_remote(const struct chaos_config *cfg)
{
	return is_remote(cfg->kernel) || is_remote(cfg->ramdisk);
}

bool origin_is_same(const struct origin *a, const struct origin *b)
{
	return !memcmp(a, b, sizeof(*a));
}
