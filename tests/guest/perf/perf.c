/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that moves packets and blocks when told to (proto.h), over whatever its devices are
 * connected with, for comparing noxs' back-ends with xen-netback and xen-blkback.  persistent=1: with
 * blkif's persistent grants.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <minios/app.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/time.h>
#include <minios/xenbus.h>
#include "perf.h"

static int disk_error;

static int obey(struct perf_frame *command)
{
	switch (command->op) {
	case PERF_HELLO:
		return disk_error == -ENODEV ? 0 : disk_error;
	case PERF_TX:
		return perf_net_transmit(command->count);
	case PERF_TX_GSO:
		return perf_net_transmit_gso(command->count);
	case PERF_RX:
		command->count = perf_net_received();
		return 0;
	case PERF_READ_4K:
		return disk_error ? disk_error :
				    perf_disk_read(8, true, command->count, command->depth);
	case PERF_READ_128K:
		return disk_error ? disk_error :
				    perf_disk_read(256, false, command->count, command->depth);
	default:
		return -EOPNOTSUPP;
	}
}

static uint64_t poll(void *data)
{
	struct perf_frame command;
	uint64_t start;
	int err;

	(void)data;
	if (!perf_net_command(&command))
		return LOOP_NEVER;
	start = time_ns();
	command.error = command.version == PERF_VERSION ? obey(&command) : -EOPNOTSUPP;
	command.elapsed_ns = time_ns() - start;
	err = perf_net_answer(&command);
	if (err)
		printf("perf: cannot answer: %d\n", err);
	return err ? LOOP_NEVER : 0;
}

static struct loop_source source = { .poll = poll };

int app_main(const char *cmdline)
{
	char persistent[4] = "0";
	int err;

	(void)minios_option(cmdline, "persistent", persistent, sizeof(persistent));
	err = perf_net_open();
	if (err) {
		printf("perf: no network: %d\n", err);
		return err;
	}
	disk_error = perf_disk_open(atoi(persistent));
	if (disk_error && disk_error != -ENODEV)
		printf("perf: no disk: %d\n", disk_error);
	loop_add(&source);
	minios_ready();
	return 0;
}
