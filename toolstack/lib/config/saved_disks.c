// SPDX-License-Identifier: LGPL-2.1-only
/* The disks a saved guest had, as `saved_disks = [ ... ]` in its configuration; save_disks.c writes it. */
#include <errno.h>
#include <libxlutil.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

#define MAX_SECTOR_SIZE 4096U

static bool parse(const char *text, struct chaos_saved_disk *disk)
{
	unsigned long long sectors;
	unsigned int sector_size;
	char vdev[16];
	long id;
	int n = 0;

	/* sscanf() also takes signs and spaces. */
	if (text[strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_=,")] ||
	    sscanf(text, "vdev=%15[a-z0-9],sectors=%llu,sector_size=%u%n", vdev, &sectors,
		   &sector_size, &n) != 3 ||
	    text[n])
		return false;
	id = chaos_vdev_parse(vdev);
	if (id < 0 || !sector_size || sector_size > MAX_SECTOR_SIZE ||
	    sectors > UINT64_MAX / MAX_SECTOR_SIZE)
		return false;
	disk->id = (uint16_t)id;
	disk->sectors = sectors;
	disk->sector_size = sector_size;
	return true;
}

int chaos_saved_disks_load(XLU_Config *xlu, const char *path, struct chaos_config *cfg,
			   struct chaos_error *err)
{
	XLU_ConfigList *list;
	const char *text;
	int rc, n, i;

	rc = xlu_cfg_get_list(xlu, "saved_disks", &list, &n, 1);
	if (rc == ESRCH)
		return 0;
	for (i = 0; !rc && i < n; i++) {
		text = xlu_cfg_get_listitem(list, i);
		if (i >= CHAOS_MAX_DISKS || !text || !parse(text, &cfg->saved_disks[i]))
			rc = EINVAL;
		else
			cfg->nr_saved_disks++;
	}
	if (rc)
		return chaos_error_set(err, CHAOS_CONFIG, EINVAL,
				       "%s: saved_disks is not what 'chaos save' writes", path);
	return 0;
}
