// SPDX-License-Identifier: GPL-2.0-only
/* chaos network-attach, network-detach, network-list */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>

#include "hotplug.h"

int cmd_network_attach(const struct verb *verb, int argc, char **argv)
{
	return hotplug_attach(verb, argc, argv, chaos_network_attach);
}

int cmd_network_detach(const struct verb *verb, int argc, char **argv)
{
	return hotplug_detach(verb, argc, argv, chaos_network_detach);
}

static void print_vif(const struct chaos_device *dev)
{
	char mac[18], ip[INET_ADDRSTRLEN] = "-";
	/* ENODEV: it was on that one, and is on none now. */
	const char *link = dev->os_errno == ENODEV ? "" : dev->vif.bridge;

	chaos_mac_format(dev->vif.mac, mac);
	if (dev->vif.ipv4)
		/* Cannot fail for an IPv4 address and this buffer. */
		(void)inet_ntop(AF_INET, &dev->vif.ipv4, ip, sizeof(ip));
	printf("%-5u %-7s %-17s %-15s %-15s %-6s %s\n", dev->id, dev->state, mac, ip,
	       dev->ifname[0] ? dev->ifname : "-", chaos_vif_link_kind(&dev->vif),
	       link[0] ? call_clean(link) : "-");
}

int cmd_network_list(const struct verb *verb, int argc, char **argv)
{
	return hotplug_list(
		verb, argc, argv, "vif",
		"Id    State   MAC               Address         Interface       Link   Name",
		print_vif);
}
