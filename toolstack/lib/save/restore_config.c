// SPDX-License-Identifier: LGPL-2.1-only
/* What a saved guest's configuration may say: above all, which files of this host are its disks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "save/restore.h"

/* An override that replaces all disks: "disk+=" would only add some. */
static bool replaces_disks(const struct chaos_config_source *src)
{
	unsigned int i;

	for (i = 0; i < src->nr_overrides; i++)
		if (chaos_cfgtext_sets(src->overrides[i], "disk"))
			return true;
	return false;
}

static bool has_disk(const struct chaos_config *cfg, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_disks; i++)
		if (cfg->disks[i].id == id)
			return true;
	return false;
}

static bool had_disk(const struct chaos_config *cfg, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < cfg->nr_saved_disks; i++)
		if (cfg->saved_disks[i].id == id)
			return true;
	return false;
}

/* That it is given the disks it had. */
static int check_disks(const struct chaos_config *cfg, const char *path, struct chaos_error *err)
{
	char vdev[16];
	unsigned int i;

	for (i = 0; i < cfg->nr_saved_disks; i++) {
		if (has_disk(cfg, cfg->saved_disks[i].id))
			continue;
		chaos_vdev_format(cfg->saved_disks[i].id, vdev);
		return chaos_error_set(
			err, CHAOS_CONFIG, ENOENT,
			"%s: the saved guest has a disk %s: give it one with 'disk='", path, vdev);
	}
	for (i = 0; i < cfg->nr_disks; i++)
		if (!had_disk(cfg, cfg->disks[i].id))
			return chaos_error_set(
				err, CHAOS_CONFIG, EINVAL,
				"%s: the saved guest has no disk %s: attach it when the guest runs",
				path, cfg->disks[i].vdev);
	return 0;
}

/* The files it names are opened with root's rights, when the guest is restarted. */
static void check_restart(const struct chaos_config_source *src, struct chaos_config *cfg)
{
	char text[sizeof(((struct chaos_error *)NULL)->text)];

	if (!cfg->restart_with || src->trusts_disks)
		return;
	free(cfg->restart_with);
	cfg->restart_with = NULL;
	(void)snprintf(
		text, sizeof(text),
		"%s: others than root and you can have written it: no chaosd will restart its guest",
		src->path); /* cut is fine */
	chaos_text_clean(text);
	if (src->warn)
		src->warn(src->opaque, text);
}

int restore_check_config(const struct chaos_config_source *src, struct chaos_config *cfg,
			 struct chaos_error *err)
{
	check_restart(src, cfg);
	if (cfg->kernel || cfg->ramdisk || cfg->cmdline)
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"%s: a saved guest has its kernel and command line in its memory: do not give any",
			src->path);
	/* They are opened with the caller's rights, whoever has named them. */
	if (cfg->nr_disks && !src->trusts_disks && !replaces_disks(src))
		return chaos_error_set(
			err, CHAOS_CONFIG, EPERM,
			"%s names disks, and others than root and you can have written it: give disk=[...] yourself",
			src->path);
	return check_disks(cfg, src->path, err);
}
