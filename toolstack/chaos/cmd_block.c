// SPDX-License-Identifier: GPL-2.0-only
/* chaos block-list */
#include <stdio.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"
#include "json_writer.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static void print_disks(const struct chaos_devices *devs)
{
	const struct chaos_device *dev;
	char vdev[16];
	unsigned int i;

	printf("%-8s %-7s %-6s %12s %6s %10s %10s %7s\n", "Vdev", "State", "Access", "Sectors",
	       "Size", "Reads", "Writes", "Errors");
	for (i = 0; i < devs->nr_devs; i++) {
		dev = &devs->devs[i];
		if (strcmp(dev->cls, "vbd"))
			continue;
		chaos_vdev_format(dev->id, vdev);
		printf("%-8s %-7s %-6s %12llu %6u %10llu %10llu %7llu\n", vdev, dev->state,
		       dev->is_read_only ? "ro" : "rw", (unsigned long long)dev->sectors,
		       dev->sector_size, (unsigned long long)dev->reads,
		       (unsigned long long)dev->writes, (unsigned long long)dev->io_errors);
	}
}

static void print_json(const struct chaos_devices *devs)
{
	bool is_first = true;
	unsigned int i;

	for (i = 0; i < devs->nr_devs; i++) {
		if (strcmp(devs->devs[i].cls, "vbd"))
			continue;
		json_disk(&devs->devs[i], is_first);
		is_first = false;
	}
	jsonw_end_array(is_first);
}

int cmd_block_list(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	struct chaos_devices devs;
	struct chaos_dominfo info;
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 1, 1);
	if (!rc)
		rc = call_find(&call, argv[optind], &info);
	if (!rc)
		rc = chaos_domain_devices(call.ctx, info.domid, &devs, &call.err);
	if (!rc && call.json)
		print_json(&devs);
	else if (!rc)
		print_disks(&devs);
	return call_end(&call, rc);
}
