/* SPDX-License-Identifier: MIT */
/*
 * Files over HTTP: those of the romfs on the first disk, or on that of the option disk=NUMBER.  A disk
 * that is taken away and given back, or another in its place, is read anew.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <minios/app.h>
#include <minios/loop.h>
#include <minios/net.h>
#include <minios/noxs.h>
#include <minios/sysctl.h>
#include "lwip/netif.h"
#include "cache.h"
#include "files.h"
#include "server.h"

static unsigned int disk_id;
static int nr_files;
static bool is_disk_new; /* the run loop is to open it */

static void disk_changed(struct blk_disk *disk)
{
	if (!blk_info(disk)->is_gone && !blk_info(disk)->is_failed)
		return; /* it is larger: the files are where they were */
	files_forget();
	cache_forget();
	server_disk(false);
}

static int disk_open(void)
{
	struct blk_disk *disk;
	int err = blk_open_registered(disk_id, &disk);

	if (err) {
		printf("web: no disk %u to serve files from: %d\n", disk_id, err);
		return err;
	}
	blk_watch(disk, disk_changed);
	nr_files = files_init(disk);
	if (nr_files < 0)
		return nr_files;
	server_disk(true);
	return 0;
}

static void device_changed(void *data, unsigned int cls, unsigned int id, bool is_there)
{
	(void)data;
	if (cls == NOXS_CLASS_VBD && id == disk_id)
		is_disk_new = is_there;
}

/* Reading waits, which nobody may who is called by a watch. */
static uint64_t disk_poll(void *data)
{
	(void)data;
	if (is_disk_new) {
		is_disk_new = false;
		if (!disk_open())
			printf("web: serving %d files of the new disk\n", nr_files);
	}
	return is_disk_new ? 0 : LOOP_NEVER;
}

static struct noxs_watch watch = { .changed = device_changed };
static struct loop_source source = { .poll = disk_poll };

static void address_known(void)
{
	int err = server_start();

	if (err) {
		printf("web: cannot serve: %d\n", err);
		return;
	}
	printf("web: serving %d files at %s\n", nr_files,
	       ip4addr_ntoa(netif_ip4_addr(netif_default)));
	minios_ready();
}

int app_main(const char *cmdline)
{
	char number[8] = "0";
	int err;

	(void)minios_option(cmdline, "disk", number, sizeof(number));
	disk_id = (unsigned int)atoi(number);
	err = disk_open();
	if (err)
		return err;
	noxs_watch_add(&watch);
	loop_add(&source);
	err = net_start(address_known);
	if (err == -ENODEV) {
		printf("web: waits for a network device\n");
		return 0;
	}
	return err;
}
