// SPDX-License-Identifier: GPL-2.0-only
/* chaos block-attach, block-detach, block-resize, block-list */
#include <stdio.h>

#include "hotplug.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

int cmd_block_attach(const struct verb *verb, int argc, char **argv)
{
	return hotplug_attach(verb, argc, argv, chaos_block_attach);
}

int cmd_block_detach(const struct verb *verb, int argc, char **argv)
{
	return hotplug_detach(verb, argc, argv, chaos_block_detach);
}

static void print_disk(const struct chaos_device *dev)
{
	char vdev[16];

	chaos_vdev_format(dev->id, vdev);
	printf("%-8s %-7s %-6s %12llu %6u %10llu %10llu %7llu  %s\n", vdev, dev->state,
	       dev->is_read_only ? "ro" : "rw", (unsigned long long)dev->sectors, dev->sector_size,
	       (unsigned long long)dev->reads, (unsigned long long)dev->writes,
	       (unsigned long long)dev->io_errors, dev->target ? call_clean(dev->target) : "-");
}

int cmd_block_list(const struct verb *verb, int argc, char **argv)
{
	return hotplug_list(
		verb, argc, argv, "vbd",
		"Vdev     State   Access      Sectors   Size      Reads     Writes  Errors  Target",
		print_disk);
}

int cmd_block_resize(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct chaos_dominfo info;
	struct chaos_device dev;
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 2, 2);
	if (!rc)
		rc = call_find(&call, argv[optind], &info);
	if (!rc)
		rc = chaos_block_resize(call.ctx, &info, argv[optind + 1], &dev, &call.err);
	if (!rc && call.json)
		json_device(&info, "resized", &dev);
	else if (!rc)
		printf("%s: %llu sectors of %u bytes\n", argv[optind + 1],
		       (unsigned long long)dev.sectors, dev.sector_size);
	return call_end(&call, rc);
}
