// SPDX-License-Identifier: GPL-2.0-only
/* The JSON form of everything chaos prints.  Names of members are stable; new ones may come. */
#include <arpa/inet.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

#include "json_out.h"

typedef struct json_object json;

static void add(json *o, const char *key, json *value)
{
	/* Out of memory is the one failure; then the member is missing. */
	(void)json_object_object_add(o, key, value);
}

static void add_text(json *o, const char *key, const char *text)
{
	add(o, key, text && *text ? json_object_new_string(text) : NULL);
}

static void add_number(json *o, const char *key, uint64_t value)
{
	add(o, key, json_object_new_uint64(value));
}

static void add_bool(json *o, const char *key, bool value)
{
	add(o, key, json_object_new_boolean(value));
}

static void add_uuid(json *o, const uint8_t uuid[CHAOS_UUID_LEN])
{
	char text[CHAOS_UUID_STRLEN];

	chaos_uuid_format(uuid, text);
	add_text(o, "uuid", text);
}

static void add_abi(json *o, const char *key, uint32_t abi)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%u.%u", abi >> 16, abi & 0xffff);
	add_text(o, key, abi ? text : NULL);
}

static void add_ipv4(json *o, const char *key, uint32_t address)
{
	char text[INET_ADDRSTRLEN];

	add_text(o, key, address ? inet_ntop(AF_INET, &address, text, sizeof(text)) : NULL);
}

static void print(json *o)
{
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN |
						       JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
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
	};

	return (size_t)code < sizeof(names) / sizeof(names[0]) ? names[code] : "failed";
}

void json_error(const struct chaos_error *err)
{
	json *o = json_object_new_object(), *e = json_object_new_object();

	add_text(e, "code", code_name(err->code));
	add_number(e, "status", (uint64_t)err->code);
	add_text(e, "text", err->text);
	add(o, "error", e);
	print(o);
}

static json *timing(const struct chaos_timing *t)
{
	json *o = json_object_new_object();

	add_number(o, "open_ns", t->open_ns);
	add_number(o, "image_ns", t->image_ns);
	add_number(o, "createdomain_ns", t->createdomain_ns);
	add_number(o, "memory_ns", t->memory_ns);
	add_number(o, "build_ns", t->build_ns);
	add_number(o, "devices_ns", t->devices_ns);
	add_number(o, "unpause_ns", t->unpause_ns);
	add_number(o, "guest_ns", t->guest_ns);
	add_number(o, "total_ns", t->total_ns);
	add_number(o, "hypercalls", t->calls.hypercalls);
	add_number(o, "ioctls", t->calls.ioctls);
	return o;
}

void json_created(const struct chaos_created *created, const struct chaos_config *cfg,
		  bool with_timing)
{
	json *o = json_object_new_object(), *vifs = json_object_new_array(), *vif;
	unsigned int i;
	char mac[18];

	add_number(o, "domid", created->domid);
	add_text(o, "name", cfg->name);
	add_uuid(o, cfg->uuid);
	add_bool(o, "ready", created->is_ready);
	for (i = 0; i < cfg->nr_vifs; i++) {
		vif = json_object_new_object();
		chaos_mac_format(cfg->vifs[i].mac, mac);
		add_text(vif, "mac", mac);
		add_text(vif, "bridge", cfg->vifs[i].bridge);
		add_ipv4(vif, "ip", cfg->vifs[i].ipv4);
		(void)json_object_array_add(vifs, vif); /* as in add() */
	}
	add(o, "vifs", vifs);
	if (with_timing)
		add(o, "timing", timing(&created->timing));
	print(o);
}

static json *domain(const struct chaos_dominfo *info)
{
	json *o = json_object_new_object();
	char flags[7];

	chaos_state_flags(info, flags);
	add_number(o, "domid", info->domid);
	add_text(o, "name", info->name);
	add_uuid(o, info->uuid);
	add_text(o, "state", chaos_state_name(info->state));
	add_text(o, "flags", flags);
	add_bool(o, "noxs", info->is_ours);
	add(o, "shutdown_reason",
	    info->is_shutdown ? json_object_new_int((int)info->shutdown_reason) : NULL);
	add_number(o, "memory_kib", info->memory_kib);
	add_number(o, "max_memory_kib", info->max_memory_kib);
	add_number(o, "vcpus", info->nr_vcpus);
	add_number(o, "cpu_time_ns", info->cpu_time_ns);
	add_number(o, "nr_devices", info->nr_devs);
	add_number(o, "serial", info->serial);
	return o;
}

void json_list(const struct chaos_dominfo *list, int count)
{
	json *a = json_object_new_array();
	int i;

	for (i = 0; i < count; i++)
		(void)json_object_array_add(a, domain(&list[i])); /* as in add() */
	print(a);
}

static json *device(const struct chaos_device *dev)
{
	json *o = json_object_new_object();
	char mac[18];

	add_text(o, "class", dev->cls);
	add_number(o, "id", dev->id);
	add_text(o, "state", dev->state);
	add_text(o, "error", dev->os_errno ? strerror(dev->os_errno) : NULL);
	if (strcmp(dev->cls, "vif"))
		return o;
	chaos_mac_format(dev->vif.mac, mac);
	add_text(o, "interface", dev->ifname);
	add_text(o, "bridge", dev->vif.bridge);
	add_text(o, "mac", mac);
	add_number(o, "mtu", dev->vif.mtu);
	add_ipv4(o, "ip", dev->vif.ipv4);
	add_number(o, "prefix", dev->vif.prefix);
	add_ipv4(o, "gateway", dev->vif.gateway);
	add_number(o, "tx_packets", dev->tx_packets);
	add_number(o, "tx_bytes", dev->tx_bytes);
	add_number(o, "tx_errors", dev->tx_errors);
	add_number(o, "rx_packets", dev->rx_packets);
	add_number(o, "rx_bytes", dev->rx_bytes);
	add_number(o, "rx_dropped", dev->rx_dropped);
	return o;
}

void json_info(const struct chaos_dominfo *info, const struct chaos_devices *devs)
{
	json *o = domain(info), *a = json_object_new_array();
	unsigned int i;

	add_bool(o, "attached", devs->is_attached);
	add_bool(o, "ready", devs->is_ready);
	add_number(o, "attached_ns", devs->attached_ns);
	add_number(o, "ready_ns", devs->ready_ns);
	add_number(o, "guest_start_ns", devs->guest_start_ns);
	add_number(o, "guest_ready_ns", devs->guest_ready_ns);
	for (i = 0; i < devs->nr_devs; i++)
		(void)json_object_array_add(a, device(&devs->devs[i])); /* as in add() */
	add(o, "devices", a);
	print(o);
}

void json_host(const struct chaos_host *host)
{
	json *o = json_object_new_object();
	char xen[64];

	(void)snprintf(xen, sizeof(xen), "%u.%u%s", host->xen_major, host->xen_minor,
		       host->xen_extra);
	add_text(o, "chaos_version", CHAOS_VERSION);
	add_text(o, "xen_version", host->xen_major ? xen : NULL);
	add_abi(o, "toolstack_abi", host->toolstack_abi);
	add_abi(o, "xen_abi", host->xen_abi);
	add_abi(o, "module_abi", host->module_abi);
	add_number(o, "cpus", host->nr_cpus);
	add_number(o, "total_memory_kib", host->total_memory_kib);
	add_number(o, "free_memory_kib", host->free_memory_kib);
	add_number(o, "scrub_memory_kib", host->scrub_memory_kib);
	print(o);
}

void json_doctor(const struct chaos_check *checks, int count)
{
	json *o = json_object_new_object(), *a = json_object_new_array(), *c;
	bool is_ok = true;
	int i;

	for (i = 0; i < count; i++) {
		c = json_object_new_object();
		add_text(c, "check", checks[i].name);
		add_bool(c, "ok", checks[i].is_ok);
		add_text(c, "text", checks[i].text);
		add_text(c, "remedy", checks[i].remedy);
		(void)json_object_array_add(a, c); /* as in add() */
		is_ok &= checks[i].is_ok;
	}
	add_bool(o, "ok", is_ok);
	add(o, "checks", a);
	print(o);
}

void json_stopped(const struct chaos_dominfo *info, bool has_ended, unsigned int reason)
{
	json *o = json_object_new_object();

	add_number(o, "domid", info->domid);
	add_text(o, "name", info->name);
	add_text(o, "result", has_ended ? "stopped" : "requested");
	add(o, "shutdown_reason", has_ended ? json_object_new_int((int)reason) : NULL);
	print(o);
}

void json_done(const struct chaos_dominfo *info, const char *result)
{
	json *o = json_object_new_object();

	add_number(o, "domid", info->domid);
	add_text(o, "name", info->name);
	add_text(o, "result", result);
	print(o);
}
