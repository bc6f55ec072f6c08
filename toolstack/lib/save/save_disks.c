// SPDX-License-Identifier: LGPL-2.1-only
/* The disks of a guest that runs, as text of a configuration. */
#include <stdio.h>
#include <string.h>

#include "save/save.h"

#define MAX_QUOTED 4096U /* a file's name, and what is kept of a guest */

void save_put_quoted(FILE *f, const char *text)
{
	char quoted[2 * MAX_QUOTED + 1];

	(void)chaos_text_quote(text, quoted, sizeof(quoted));
	fputs(quoted, f);
}

/* The target comes last: it takes what is left of the string. */
static void put_disk(FILE *f, const struct chaos_device *dev)
{
	char vdev[16];

	chaos_vdev_format(dev->id, vdev);
	fprintf(f, "  \"vdev=%s,access=%s,%s%starget=", vdev, dev->is_read_only ? "ro" : "rw",
		dev->is_direct ? "direct-io-safe," : "",
		dev->is_read_only || dev->can_discard ? "" : "no-discard,");
	save_put_quoted(f, dev->target);
	fputs("\",\n", f);
}

/* What they were: chaos_saved_disks_load() reads it. */
static void put_saved_disks(FILE *f, const struct chaos_devices *devs)
{
	const struct chaos_device *dev;
	char vdev[16];
	unsigned int i;

	fputs("saved_disks = [\n", f);
	for (i = 0; i < devs->nr_devs; i++) {
		dev = &devs->devs[i];
		if (strcmp(dev->cls, "vbd"))
			continue;
		chaos_vdev_format(dev->id, vdev);
		fprintf(f, "  \"vdev=%s,sectors=%llu,sector_size=%u\",\n", vdev,
			(unsigned long long)dev->sectors, dev->sector_size);
	}
	fputs("]\n", f);
}

void save_put_disks(FILE *f, const struct chaos_devices *devs)
{
	unsigned int i;

	fputs("disk = [\n", f);
	for (i = 0; i < devs->nr_devs; i++)
		if (!strcmp(devs->devs[i].cls, "vbd"))
			put_disk(f, &devs->devs[i]);
	fputs("]\n", f);
	put_saved_disks(f, devs);
}
