/* SPDX-License-Identifier: MIT */
/*
 * Files over HTTP: those of the romfs on the first disk, or on that of the option disk=NUMBER.  The
 * server is lwIP's httpd.  It takes GET, HTTP/1.0, and keeps connections if it is asked to; a directory
 * is answered with its index.html, what is not there with /404.html if that is.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <minios/app.h>
#include <minios/net.h>
#include "lwip/apps/httpd.h"
#include "lwip/netif.h"
#include "files.h"

static int nr_files;

static void address_known(void)
{
	httpd_init();
	printf("web: serving %d files at %s\n", nr_files,
	       ip4addr_ntoa(netif_ip4_addr(netif_default)));
	minios_ready();
}

int app_main(const char *cmdline)
{
	char number[8] = "0";
	struct blk_disk *disk;
	int err;

	(void)minios_option(cmdline, "disk", number, sizeof(number));
	err = blk_open_registered((unsigned int)atoi(number), &disk);
	if (err) {
		printf("web: no disk %s to serve files from: %d\n", number, err);
		return err;
	}
	nr_files = files_init(disk);
	if (nr_files < 0)
		return nr_files;
	err = net_start(address_known);
	if (err == -ENODEV) {
		printf("web: waits for a network device\n");
		return 0;
	}
	return err;
}
