// SPDX-License-Identifier: GPL-2.0-only
/* The JSON form of everything chaos prints.  Names of members are stable; new ones may come. */
#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"
#include "json_writer.h"

static void add_uuid(struct json_writer *w, const uint8_t uuid[CHAOS_UUID_LEN])
{
	char text[CHAOS_UUID_STRLEN];

	chaos_uuid_format(uuid, text);
	jsonw_text(w, "uuid", text);
}

static void add_abi(struct json_writer *w, const char *key, uint32_t abi)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%u.%u", abi >> 16, abi & 0xffff);
	jsonw_text(w, key, abi ? text : NULL);
}

static void add_ipv4(struct json_writer *w, const char *key, uint32_t address)
{
	char text[INET_ADDRSTRLEN];

	jsonw_text(w, key, address ? inet_ntop(AF_INET, &address, text, sizeof(text)) : NULL);
}

static const char *code_name(enum chaos_code code)
{
	static const char *const names[] = {
		[CHAOS_OK] = "ok",
		[CHAOS_FAILED] = "failed",
		[CHAOS_USAGE] = "usage",
		[CHAOS_CONFIG] = "config",
		[CHAOS_NO_DOMAIN] = "no-domain",
		[CHAOS_EXISTS] = "exists",
		[CHAOS_RESOURCES] = "resources",
		[CHAOS_PERMISSION] = "permission",
		[CHAOS_ENVIRONMENT] = "environment",
		[CHAOS_TIMEOUT] = "timeout",
		[CHAOS_GUEST] = "guest",
		[CHAOS_IN_DOUBT] = "in-doubt",
	};

	return (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "failed";
}

void json_error(const struct chaos_error *err)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_open(&w, "error", '{');
	jsonw_text(&w, "code", code_name(err->code));
	jsonw_number(&w, "status", (uint64_t)err->code);
	jsonw_text(&w, "text", err->text);
	jsonw_close(&w, '}');
	jsonw_end(&w);
}

static void add_timing(struct json_writer *w, const struct chaos_timing *t)
{
	jsonw_open(w, "timing", '{');
	jsonw_number(w, "open_ns", t->open_ns);
	jsonw_number(w, "image_ns", t->image_ns);
	jsonw_number(w, "createdomain_ns", t->createdomain_ns);
	jsonw_number(w, "memory_ns", t->memory_ns);
	jsonw_number(w, "build_ns", t->build_ns);
	jsonw_number(w, "devices_ns", t->devices_ns);
	jsonw_number(w, "unpause_ns", t->unpause_ns);
	jsonw_number(w, "guest_ns", t->guest_ns);
	jsonw_number(w, "total_ns", t->total_ns);
	jsonw_number(w, "hypercalls", t->calls.hypercalls);
	jsonw_number(w, "ioctls", t->calls.ioctls);
	jsonw_close(w, '}');
}

static void add_link(struct json_writer *w, const struct chaos_vif *vif)
{
	jsonw_text(w, "bridge", vif->on_switch ? NULL : vif->bridge);
	jsonw_text(w, "switch", vif->on_switch ? vif->bridge : NULL);
}

static void add_created_vif(struct json_writer *w, const struct chaos_vif *vif)
{
	char mac[18];

	chaos_mac_format(vif->mac, mac);
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "mac", mac);
	add_link(w, vif);
	add_ipv4(w, "ip", vif->ipv4);
	jsonw_close(w, '}');
}

void json_created(const struct chaos_created *created, const struct chaos_config *cfg,
		  bool with_timing)
{
	unsigned int i;
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", created->domid);
	jsonw_text(&w, "name", cfg->name);
	add_uuid(&w, cfg->uuid);
	jsonw_bool(&w, "ready", created->is_ready);
	jsonw_open(&w, "vifs", '[');
	for (i = 0; i < cfg->nr_vifs; i++)
		add_created_vif(&w, &cfg->vifs[i]);
	jsonw_close(&w, ']');
	if (with_timing)
		add_timing(&w, &created->timing);
	jsonw_end(&w);
}

/* null: nobody has said. */
static void add_ends(struct json_writer *w, const struct chaos_ends *ends)
{
	bool known = ends->are_known;

	jsonw_text(w, "on_poweroff", known ? chaos_action_name(ends->on_poweroff) : NULL);
	jsonw_text(w, "on_reboot", known ? chaos_action_name(ends->on_reboot) : NULL);
	jsonw_text(w, "on_crash", known ? chaos_action_name(ends->on_crash) : NULL);
}

static void add_nonzero(struct json_writer *w, const char *key, uint64_t value)
{
	if (value)
		jsonw_number(w, key, value);
	else
		jsonw_null(w, key);
}

static void add_rate(struct json_writer *w, const struct chaos_vif *vif)
{
	add_nonzero(w, "rate_bytes", vif->rate_bytes);
	add_nonzero(w, "rate_interval_us", vif->rate_usecs);
}

/* Devices have their slots of the control page in this order, behind sysctl's. */
static void add_planned_vif(struct json_writer *w, const struct chaos_plan *plan, unsigned int nr)
{
	const struct chaos_vif *vif = &plan->vifs[nr];
	char mac[18];

	chaos_mac_format(vif->mac, mac);
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "id", vif->id);
	jsonw_text(w, "mac", vif->mac_is_random ? NULL : mac);
	add_link(w, vif);
	add_ipv4(w, "ip", vif->ipv4);
	if (vif->ipv4)
		jsonw_number(w, "prefix", vif->prefix);
	else
		jsonw_null(w, "prefix");
	add_ipv4(w, "gateway", vif->gateway);
	jsonw_number(w, "mtu", vif->mtu);
	add_rate(w, vif);
	jsonw_number(w, "slot", 1 + nr);
	if (plan->builder == CHAOS_BUILDER_AUTO)
		jsonw_null(w, "connect");
	else
		jsonw_text(w, "connect", plan->is_connected[nr] ? "builder" : "guest");
	jsonw_close(w, '}');
}

static void add_planned_disk(struct json_writer *w, const struct chaos_plan *plan, unsigned int nr)
{
	const struct chaos_disk *disk = &plan->disks[nr];
	char vdev[16];

	chaos_vdev_format(disk->id, vdev);
	jsonw_open(w, NULL, '{');
	jsonw_number(w, "id", disk->id);
	jsonw_text(w, "vdev", vdev);
	jsonw_text(w, "target", disk->target);
	jsonw_bool(w, "read_only", disk->is_read_only);
	jsonw_bool(w, "direct", disk->is_direct);
	jsonw_bool(w, "discard", !disk->has_no_discard);
	jsonw_number(w, "slot", 1 + plan->nr_vifs + nr);
	jsonw_close(w, '}');
}

/* For each vCPU the CPUs it may run on, as they were written; null: all of them. */
static void add_cpus(struct json_writer *w, const struct chaos_plan *plan)
{
	char list[CHAOS_CPULIST_LEN];
	bool has_list;
	unsigned int v;

	jsonw_open(w, "cpus", '[');
	for (v = 0; v < plan->nr_vcpus; v++) {
		has_list = plan->cpus && chaos_cpus_of_vcpu(plan->cpus, v, list, sizeof(list));
		jsonw_text(w, NULL, has_list ? list : NULL);
	}
	jsonw_close(w, ']');
}

/* null: it is not known, as the kernel could not be looked at. */
static void add_builder(struct json_writer *w, const struct chaos_plan *plan)
{
	static const char *const names[] = {
		[CHAOS_BUILDER_GENERIC] = "generic",
		[CHAOS_BUILDER_FAST] = "fast",
	};

	jsonw_text(w, "builder", names[plan->builder]);
	jsonw_text(w, "why_generic",
		   plan->builder == CHAOS_BUILDER_GENERIC ? plan->why_generic : NULL);
	add_nonzero(w, "image_kib", plan->image_kib);
	if (plan->builder == CHAOS_BUILDER_AUTO)
		jsonw_null(w, "noxs");
	else
		jsonw_bool(w, "noxs", plan->knows_noxs);
}

void json_plan(const struct chaos_plan *plan, const char *fault)
{
	struct chaos_ends ends = { .are_known = true,
				   .on_poweroff = plan->on_poweroff,
				   .on_reboot = plan->on_reboot,
				   .on_crash = plan->on_crash };
	struct json_writer w;
	unsigned int i;

	jsonw_begin(&w);
	jsonw_text(&w, "name", plan->name);
	add_uuid(&w, plan->uuid);
	jsonw_text(&w, "type", "pv");
	jsonw_text(&w, "kernel", plan->kernel);
	jsonw_text(&w, "ramdisk", plan->ramdisk);
	jsonw_text(&w, "cmdline", plan->cmdline);
	jsonw_number(&w, "memory_kib", plan->memory_kib);
	jsonw_number(&w, "vcpus", plan->nr_vcpus);
	add_cpus(&w, plan);
	jsonw_number(&w, "cpupool", plan->cpupool);
	add_nonzero(&w, "cpu_weight", plan->cpu_weight);
	jsonw_number(&w, "cap", plan->cap);
	add_ends(&w, &ends);
	jsonw_bool(&w, "log", plan->is_logged);
	add_builder(&w, plan);
	jsonw_open(&w, "vifs", '[');
	for (i = 0; i < plan->nr_vifs; i++)
		add_planned_vif(&w, plan, i);
	jsonw_close(&w, ']');
	jsonw_open(&w, "disks", '[');
	for (i = 0; i < plan->nr_disks; i++)
		add_planned_disk(&w, plan, i);
	jsonw_close(&w, ']');
	jsonw_text(&w, "fault", fault);
	jsonw_end(&w);
}

void json_saved(const struct chaos_dominfo *info, const char *path, const struct chaos_saved *saved,
		bool goes_on, bool with_timing)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	jsonw_text(&w, "file", path);
	jsonw_number(&w, "stream_bytes", saved->bytes);
	jsonw_bool(&w, "goes_on", goes_on);
	if (with_timing) {
		jsonw_number(&w, "suspend_ns", saved->suspend_ns);
		jsonw_number(&w, "copy_ns", saved->copy_ns);
		jsonw_number(&w, "end_ns", saved->end_ns);
	}
	jsonw_end(&w);
}

static void add_domain(struct json_writer *w, const struct chaos_dominfo *info)
{
	char flags[7];

	chaos_state_flags(info, flags);
	jsonw_number(w, "domid", info->domid);
	jsonw_text(w, "name", info->name);
	add_uuid(w, info->uuid);
	jsonw_text(w, "state", chaos_state_name(info->state));
	jsonw_text(w, "flags", flags);
	jsonw_bool(w, "noxs", info->is_ours);
	if (info->is_shutdown)
		jsonw_number(w, "shutdown_reason", info->shutdown_reason);
	else
		jsonw_null(w, "shutdown_reason");
	jsonw_number(w, "memory_kib", info->memory_kib);
	jsonw_number(w, "max_memory_kib", info->max_memory_kib);
	jsonw_number(w, "vcpus", info->nr_vcpus);
	jsonw_number(w, "cpu_time_ns", info->cpu_time_ns);
	jsonw_number(w, "nr_devices", info->nr_devs);
	jsonw_number(w, "serial", info->serial);
}

void json_list(const struct chaos_dominfo *info, bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	add_domain(&w, info);
	jsonw_end_element(&w);
}

static void add_vbd(struct json_writer *w, const struct chaos_device *dev)
{
	char vdev[16];

	chaos_vdev_format(dev->id, vdev);
	jsonw_text(w, "vdev", vdev);
	jsonw_number(w, "sectors", dev->sectors);
	jsonw_number(w, "sector_size", dev->sector_size);
	jsonw_bool(w, "read_only", dev->is_read_only);
	jsonw_number(w, "reads", dev->reads);
	jsonw_number(w, "read_bytes", dev->read_bytes);
	jsonw_number(w, "writes", dev->writes);
	jsonw_number(w, "written_bytes", dev->written_bytes);
	jsonw_number(w, "errors", dev->io_errors);
	jsonw_text(w, "target", dev->target);
	if (dev->target)
		jsonw_bool(w, "direct", dev->is_direct);
	else
		jsonw_null(w, "direct");
}

static void add_device(struct json_writer *w, const struct chaos_device *dev)
{
	char mac[18];

	jsonw_text(w, "class", dev->cls);
	jsonw_number(w, "id", dev->id);
	jsonw_text(w, "state", dev->state);
	jsonw_text(w, "error", dev->os_errno ? strerror(dev->os_errno) : NULL);
	if (!strcmp(dev->cls, "vbd"))
		add_vbd(w, dev);
	if (strcmp(dev->cls, "vif"))
		return;
	chaos_mac_format(dev->vif.mac, mac);
	jsonw_text(w, "interface", dev->ifname);
	add_link(w, &dev->vif);
	jsonw_text(w, "mac", mac);
	jsonw_number(w, "mtu", dev->vif.mtu);
	add_ipv4(w, "ip", dev->vif.ipv4);
	jsonw_number(w, "prefix", dev->vif.prefix);
	add_ipv4(w, "gateway", dev->vif.gateway);
	add_rate(w, &dev->vif);
	jsonw_number(w, "tx_packets", dev->tx_packets);
	jsonw_number(w, "tx_bytes", dev->tx_bytes);
	jsonw_number(w, "tx_errors", dev->tx_errors);
	jsonw_number(w, "rx_packets", dev->rx_packets);
	jsonw_number(w, "rx_bytes", dev->rx_bytes);
	jsonw_number(w, "rx_dropped", dev->rx_dropped);
}

void json_device(const struct chaos_dominfo *info, const char *result,
		 const struct chaos_device *dev)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	jsonw_text(&w, "result", result);
	jsonw_open(&w, "device", '{');
	add_device(&w, dev);
	jsonw_close(&w, '}');
	jsonw_end(&w);
}

void json_device_element(const struct chaos_device *dev, bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	add_device(&w, dev);
	jsonw_end_element(&w);
}

static void add_info(struct json_writer *w, const struct chaos_dominfo *info,
		     const struct chaos_devices *devs)
{
	unsigned int i;

	add_domain(w, info);
	jsonw_bool(w, "attached", devs->is_attached);
	jsonw_bool(w, "ready", devs->is_ready);
	if (devs->exit_status >= 0)
		jsonw_number(w, "exit_status", (uint64_t)devs->exit_status);
	add_ends(w, &devs->ends);
	jsonw_bool(w, "log", devs->is_logged);
	jsonw_number(w, "attached_ns", devs->attached_ns);
	jsonw_number(w, "ready_ns", devs->ready_ns);
	jsonw_number(w, "guest_start_ns", devs->guest_start_ns);
	jsonw_number(w, "guest_ready_ns", devs->guest_ready_ns);
	jsonw_open(w, "devices", '[');
	for (i = 0; i < devs->nr_devs; i++) {
		jsonw_open(w, NULL, '{');
		add_device(w, &devs->devs[i]);
		jsonw_close(w, '}');
	}
	jsonw_close(w, ']');
}

void json_info(const struct chaos_dominfo *info, const struct chaos_devices *devs)
{
	struct json_writer w;

	jsonw_begin(&w);
	add_info(&w, info, devs);
	jsonw_end(&w);
}

void json_info_element(const struct chaos_dominfo *info, const struct chaos_devices *devs,
		       bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	add_info(&w, info, devs);
	jsonw_end_element(&w);
}

void json_host(const struct chaos_host *host)
{
	char xen[64];
	struct json_writer w;

	(void)snprintf(xen, sizeof(xen), "%u.%u%s", host->xen_major, host->xen_minor,
		       host->xen_extra);
	jsonw_begin(&w);
	jsonw_text(&w, "chaos_version", CHAOS_VERSION);
	jsonw_text(&w, "xen_version", host->xen_major ? xen : NULL);
	add_abi(&w, "toolstack_abi", host->toolstack_abi);
	add_abi(&w, "xen_abi", host->xen_abi);
	add_abi(&w, "module_abi", host->module_abi);
	jsonw_number(&w, "cpus", host->nr_cpus);
	jsonw_number(&w, "total_memory_kib", host->total_memory_kib);
	jsonw_number(&w, "free_memory_kib", host->free_memory_kib);
	jsonw_number(&w, "scrub_memory_kib", host->scrub_memory_kib);
	jsonw_end(&w);
}

static void add_check(struct json_writer *w, const struct chaos_check *check)
{
	jsonw_open(w, NULL, '{');
	jsonw_text(w, "check", check->name);
	jsonw_bool(w, "ok", check->is_ok);
	jsonw_text(w, "text", check->text);
	jsonw_text(w, "remedy", check->remedy);
	jsonw_close(w, '}');
}

void json_doctor(const struct chaos_check *checks, int count)
{
	bool is_ok = true;
	struct json_writer w;
	int i;

	for (i = 0; i < count; i++)
		is_ok &= checks[i].is_ok;
	jsonw_begin(&w);
	jsonw_bool(&w, "ok", is_ok);
	jsonw_open(&w, "checks", '[');
	for (i = 0; i < count; i++)
		add_check(&w, &checks[i]);
	jsonw_close(&w, ']');
	jsonw_end(&w);
}

void json_stopped(const struct chaos_dominfo *info, bool has_ended, unsigned int reason)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	jsonw_text(&w, "result", has_ended ? "stopped" : "requested");
	if (has_ended)
		jsonw_number(&w, "shutdown_reason", reason);
	else
		jsonw_null(&w, "shutdown_reason");
	jsonw_end(&w);
}

void json_migrated(const struct chaos_dominfo *info, const char *host,
		   const struct chaos_migrated *m)
{
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	jsonw_text(&w, "result", "migrated");
	jsonw_text(&w, "target", host);
	jsonw_number(&w, "target_domid", m->domid);
	jsonw_number(&w, "stream_bytes", m->bytes);
	jsonw_number(&w, "prepare_ns", m->prepare_ns);
	jsonw_number(&w, "suspend_ns", m->suspend_ns);
	jsonw_number(&w, "transfer_ns", m->transfer_ns);
	jsonw_number(&w, "load_ns", m->load_ns);
	jsonw_number(&w, "devices_ns", m->devices_ns);
	jsonw_number(&w, "switch_ns", m->switch_ns);
	jsonw_number(&w, "stop_ns", m->stop_ns);
	jsonw_number(&w, "end_ns", m->end_ns);
	jsonw_number(&w, "ready_ns", m->ready_ns);
	jsonw_number(&w, "total_ns", m->total_ns);
	jsonw_end(&w);
}

void json_received(const struct chaos_received *r, const struct chaos_config *cfg, bool with_timing)
{
	const struct chaos_timing *t = &r->created.timing;
	struct json_writer w;

	jsonw_begin(&w);
	jsonw_number(&w, "domid", r->created.domid);
	jsonw_text(&w, "name", cfg->name);
	jsonw_text(&w, "result", "received");
	jsonw_bool(&w, "ready", r->created.is_ready);
	if (with_timing) {
		jsonw_number(&w, "createdomain_ns", t->createdomain_ns);
		jsonw_number(&w, "memory_ns", t->memory_ns);
		jsonw_number(&w, "load_ns", r->load_ns);
		jsonw_number(&w, "devices_ns", t->devices_ns);
		jsonw_number(&w, "unpause_ns", t->unpause_ns);
		jsonw_number(&w, "stop_ns", r->stop_ns);
		jsonw_number(&w, "guest_ns", t->guest_ns);
		jsonw_number(&w, "total_ns", t->total_ns);
	}
	jsonw_end(&w);
}

static void add_done(struct json_writer *w, const struct chaos_dominfo *info, const char *result)
{
	jsonw_number(w, "domid", info->domid);
	jsonw_text(w, "name", info->name);
	jsonw_text(w, "result", result);
}

void json_done(const struct chaos_dominfo *info, const char *result)
{
	struct json_writer w;

	jsonw_begin(&w);
	add_done(&w, info, result);
	jsonw_end(&w);
}

void json_done_element(const struct chaos_dominfo *info, const char *result, bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	add_done(&w, info, result);
	jsonw_end_element(&w);
}

void json_dumped(const struct chaos_dominfo *info, const char *path, uint64_t bytes)
{
	struct json_writer w;

	jsonw_begin(&w);
	add_done(&w, info, "dumped");
	jsonw_text(&w, "file", path);
	jsonw_number(&w, "bytes", bytes);
	jsonw_end(&w);
}

void json_lines(char *text)
{
	struct json_writer w;
	char *line;

	jsonw_begin(&w);
	jsonw_open(&w, "lines", '[');
	while ((line = strsep(&text, "\n"))) {
		line[strcspn(line, "\r")] = '\0';
		if (*line)
			jsonw_text(&w, NULL, line);
	}
	jsonw_close(&w, ']');
	jsonw_end(&w);
}

static void add_cpu_map(struct json_writer *w, const char *key, const uint8_t *map,
			unsigned int nr_cpus)
{
	unsigned int cpu;

	jsonw_open(w, key, '[');
	for (cpu = 0; cpu < nr_cpus; cpu++)
		if (map[cpu / 8] & 1U << cpu % 8)
			jsonw_number(w, NULL, cpu);
	jsonw_close(w, ']');
}

void json_vcpu(const struct chaos_dominfo *info, const struct chaos_vcpu *v, unsigned int nr_cpus,
	       bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	jsonw_number(&w, "vcpu", v->id);
	jsonw_bool(&w, "online", v->is_online);
	jsonw_bool(&w, "running", v->is_running);
	jsonw_bool(&w, "blocked", v->is_blocked);
	jsonw_number(&w, "cpu", v->cpu);
	jsonw_number(&w, "cpu_time_ns", v->cpu_time_ns);
	add_cpu_map(&w, "hard", v->hard, nr_cpus);
	add_cpu_map(&w, "soft", v->soft, nr_cpus);
	jsonw_end_element(&w);
}

void json_uptime(const struct chaos_dominfo *info, int64_t ns, bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	jsonw_number(&w, "domid", info->domid);
	jsonw_text(&w, "name", info->name);
	if (ns < 0)
		jsonw_null(&w, "uptime_ns");
	else
		jsonw_number(&w, "uptime_ns", (uint64_t)ns);
	jsonw_end_element(&w);
}

void json_top(const struct chaos_dominfo *info, uint64_t used_ns, uint64_t elapsed_ns,
	      bool is_first)
{
	struct json_writer w;

	jsonw_begin_element(&w, is_first);
	add_domain(&w, info);
	jsonw_number(&w, "used_ns", used_ns);
	jsonw_number(&w, "elapsed_ns", elapsed_ns);
	jsonw_end_element(&w);
}

void json_log_line(const char *stamp, char *text, size_t len)
{
	struct json_writer w;
	size_t i;

	if (len && text[len - 1] == '\r')
		len--;
	for (i = 0; i < len; i++) /* it would be the end of the text */
		if (!text[i])
			text[i] = (char)0xff; /* no UTF-8: U+FFFD */
	text[len] = '\0';
	jsonw_begin(&w);
	jsonw_text(&w, "time", stamp);
	jsonw_string(&w, "text", text);
	jsonw_end(&w);
}
