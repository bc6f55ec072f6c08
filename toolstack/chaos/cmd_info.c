// SPDX-License-Identifier: GPL-2.0-only
/* chaos info, chaos version */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "chaos_cmd.h"
#include "json_out.h"

static const struct option options[] = { COMMON_OPTIONS, { 0 } };

static void print_abi(const char *name, uint32_t abi, const char *without)
{
	if (abi)
		printf("%-16s %u.%u\n", name, abi >> 16, abi & 0xffff);
	else
		printf("%-16s %s\n", name, without);
}

static void print_versions(const struct chaos_host *host)
{
	printf("%-16s %s\n", "chaos", CHAOS_VERSION);
	printf("%-16s %u.%u%s\n", "xen", host->xen_major, host->xen_minor, host->xen_extra);
	print_abi("noxs of chaos", host->toolstack_abi, "");
	print_abi("noxs of xen", host->xen_abi, "none: not the patched Xen");
	print_abi("noxs of module", host->module_abi, "none: not loaded");
}

static void print_host(const struct chaos_host *host)
{
	print_versions(host);
	printf("%-16s %u\n%-16s %llu KiB\n%-16s %llu KiB\n%-16s %llu KiB\n", "cpus", host->nr_cpus,
	       "memory", (unsigned long long)host->total_memory_kib, "free memory",
	       (unsigned long long)host->free_memory_kib, "being scrubbed",
	       (unsigned long long)host->scrub_memory_kib);
}

static void print_vif(const struct chaos_device *dev)
{
	char mac[18], ip[INET_ADDRSTRLEN], rate[CHAOS_RATE_LEN];

	chaos_mac_format(dev->vif.mac, mac);
	if (dev->vif.on_switch)
		printf("    port of ");
	else
		printf("    interface %s on ", dev->ifname);
	/* Taken off it since, or it is gone: see noxs_ioctl.h. */
	if (dev->os_errno == ENODEV)
		printf("no bridge any more (was on %s)", call_clean(dev->vif.bridge));
	else if (dev->vif.bridge[0])
		printf("%s %s", chaos_vif_link_kind(&dev->vif), call_clean(dev->vif.bridge));
	else
		printf("no %s", chaos_vif_link_kind(&dev->vif));
	printf(", mac %s, mtu %u\n", mac, dev->vif.mtu);
	if (dev->vif.ipv4 && inet_ntop(AF_INET, &dev->vif.ipv4, ip, sizeof(ip)))
		printf("    address %s/%u\n", ip, dev->vif.prefix);
	if (dev->vif.gateway && inet_ntop(AF_INET, &dev->vif.gateway, ip, sizeof(ip)))
		printf("    gateway %s\n", ip);
	chaos_vif_rate_format(&dev->vif, rate);
	if (rate[0])
		printf("    sends %s at most\n", rate);
	printf("    sent %llu packets %llu bytes %llu errors, received %llu packets %llu bytes %llu dropped\n",
	       (unsigned long long)dev->tx_packets, (unsigned long long)dev->tx_bytes,
	       (unsigned long long)dev->tx_errors, (unsigned long long)dev->rx_packets,
	       (unsigned long long)dev->rx_bytes, (unsigned long long)dev->rx_dropped);
}

static void print_vbd(const struct chaos_device *dev)
{
	if (dev->target)
		printf("    %s%s\n", call_clean(dev->target), dev->is_direct ? ", direct I/O" : "");
	printf("    %llu sectors of %u bytes, %s\n", (unsigned long long)dev->sectors,
	       dev->sector_size, dev->is_read_only ? "read-only" : "read-write");
	printf("    %llu reads %llu bytes, %llu writes %llu bytes, %llu errors\n",
	       (unsigned long long)dev->reads, (unsigned long long)dev->read_bytes,
	       (unsigned long long)dev->writes, (unsigned long long)dev->written_bytes,
	       (unsigned long long)dev->io_errors);
}

static void print_domain(const struct chaos_dominfo *info, const struct chaos_devices *devs)
{
	char uuid[CHAOS_UUID_STRLEN];
	unsigned int i;

	chaos_uuid_format(info->uuid, uuid);
	printf("%-16s %s\n%-16s %u\n%-16s %s\n%-16s %s\n%-16s %llu KiB\n%-16s %u\n%-16s %.3f s\n",
	       "name", call_clean(info->name), "id", info->domid, "uuid", uuid, "state",
	       chaos_state_name(info->state), "memory", (unsigned long long)info->memory_kib,
	       "vcpus", info->nr_vcpus, "cpu time", (double)info->cpu_time_ns / 1e9);
	if (!devs->is_attached)
		return;
	printf("%-16s %s\n", "ready", devs->is_ready ? "yes" : "not yet");
	if (devs->exit_status >= 0)
		printf("%-16s %d\n", "exit status", devs->exit_status);
	if (devs->ends.are_known)
		printf("%-16s poweroff %s, reboot %s, crash %s\n", "at its end",
		       chaos_action_name(devs->ends.on_poweroff),
		       chaos_action_name(devs->ends.on_reboot),
		       chaos_action_name(devs->ends.on_crash));
	printf("%-16s %s\n", "log", devs->is_logged ? "yes" : "no");
	for (i = 0; i < devs->nr_devs; i++) {
		const struct chaos_device *dev = &devs->devs[i];

		printf("%s %-*u %s%s%s\n", dev->cls, 15 - (int)strlen(dev->cls), dev->id,
		       dev->state, dev->os_errno ? ": " : "",
		       dev->os_errno ? strerror(dev->os_errno) : "");
		if (!strcmp(dev->cls, "vif"))
			print_vif(dev);
		if (!strcmp(dev->cls, "vbd"))
			print_vbd(dev);
	}
}

static int info_domain(struct call *call, const char *who)
{
	struct chaos_devices devs = { 0 };
	struct chaos_dominfo info;
	int rc;

	rc = call_find(call, who, &info);
	if (!rc)
		rc = chaos_domain_devices(call->ctx, info.domid, &devs, &call->err);
	if (!rc)
		rc = chaos_domain_targets(call->ctx, info.domid, &devs, &call->err);
	if (!rc && call->json)
		json_info(&info, &devs);
	else if (!rc)
		print_domain(&info, &devs);
	chaos_devices_fini(&devs);
	return rc;
}

static int info_host(struct call *call, void (*print)(const struct chaos_host *host))
{
	struct chaos_host host;
	int rc;

	rc = call_open(call);
	if (!rc)
		rc = chaos_host_info(call->ctx, &host, &call->err);
	if (rc)
		return rc;
	if (call->json)
		json_host(&host);
	else
		print(&host);
	return 0;
}

int cmd_info(const struct verb *verb, int argc, char **argv)
{
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 1);
	if (!rc)
		rc = optind < argc ? info_domain(&call, argv[optind]) :
				     info_host(&call, print_host);
	return call_end(&call, rc);
}

/* Its own version is known everywhere; the rest only in the control domain. */
int cmd_version(const struct verb *verb, int argc, char **argv)
{
	struct chaos_host host = { 0 };
	struct call call = { .verb = verb };
	int rc, status = -1;

	while (call_option(&call, argc, argv, "", options, &status) != -1)
		;
	if (status >= 0)
		return status;
	rc = call_arguments(&call, argc, 0, 0);
	if (rc)
		return call_end(&call, rc);
	if (!info_host(&call, print_versions))
		return call_end(&call, 0);
	if (call.json)
		json_host(&host);
	else
		printf("%-16s %s\n%-16s none: %s\n", "chaos", CHAOS_VERSION, "xen", call.err.text);
	return call_end(&call, 0);
}
