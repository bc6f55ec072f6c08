// SPDX-License-Identifier: LGPL-2.1-only
/*
 * Finds the names of the keys in an xl.cfg text and the lines they stand on, which libxlutil does
 * not tell.  It understands just enough of the syntax for that: strings, lists, comments, and the
 * ends of statements.  The text has been accepted by libxlutil before.
 */
#include <ctype.h>
#include <string.h>

#include "config/internal.h"

static const char *const supported[] = {
	"name",	 "uuid",    "kernel",	 "ramdisk",	"memory",   "maxmem",
	"vcpus", "cpus",    "cmdline",	 "extra",	"root",	    "type",
	"vif",	 "builder", "on_reboot", "on_poweroff", "on_crash", "memory_kib",
	"disk",	 "pool",    "cap",	 "cpu_weight",	"log",	    NULL,
};
static const char *const supported_if_saved[] = { "saved_disks", "restart_with", NULL };
static const char *const supported_if_kept[] = { "restart_builder", "restart_connect", NULL };

bool chaos_cfgkeys_is(const struct chaos_key *key, const char *name)
{
	return strlen(name) == key->len && !memcmp(name, key->name, key->len);
}

static bool is_one_of(const struct chaos_key *key, const char *const *names)
{
	for (; *names; names++)
		if (chaos_cfgkeys_is(key, *names))
			return true;
	return false;
}

bool chaos_cfgkeys_is_supported(const struct chaos_key *key, const struct chaos_config_source *src)
{
	return (src->is_saved && is_one_of(key, supported_if_saved)) ||
	       (src->is_kept && is_one_of(key, supported_if_kept)) || is_one_of(key, supported);
}

/*
 * Those of xl.cfg(5) that protect a guest or the host from it, limit it, hand it something of the host's,
 * or start something else than its kernel.  A guest without that is not the one that was asked for, so
 * there is none.  The others make it a poorer one, which a warning can tell.
 */
static const struct {
	const char *name, *remedy;
} refused[] = {
	{ "bootloader", "give the guest's kernel as kernel=, and its ramdisk=" },
	{ "firmware", "give the guest's kernel as kernel=, and its ramdisk=" },
	{ "seclabel", "leave it out: guests have Xen's default label" },
	{ "init_seclabel", "leave it out: guests have Xen's default label" },
	{ "driver_domain", "leave it out: the control domain serves all devices" },
	{ "nomigrate", "leave it out: who may use chaos may migrate any guest" },
	{ "cpuid", "leave it out: guests see what Xen shows to every PV guest" },
	{ "cpuid_check", "leave it out: guests see what Xen shows to every PV guest" },
	{ "cpu", "write cpus=" },
	{ "tsc_mode", "leave it out: it is Xen's default" },
	{ "pci", "leave it out: no device of the host can be passed to a guest" },
	{ "dtdev", "leave it out: no device of the host can be passed to a guest" },
	{ "ioports", "leave it out: no I/O ports can be passed to a guest" },
	{ "iomem", "leave it out: no I/O memory can be passed to a guest" },
	{ "irqs", "leave it out: no interrupts can be passed to a guest" },
	{ "usbctrl", "leave it out: no device of the host can be passed to a guest" },
	{ "usbdev", "leave it out: no device of the host can be passed to a guest" },
	{ "usbdevice", "leave it out: no device of the host can be passed to a guest" },
	{ "vscsi", "leave it out: no device of the host can be passed to a guest" },
	{ "gfx_passthru", "leave it out: no device of the host can be passed to a guest" },
	{ "passthrough", "leave it out: no device of the host can be passed to a guest" },
	{ "vtpm", "leave it out: there is none" },
	{ "max_event_channels", "leave it out: every guest has 1023" },
	{ "max_grant_frames", "leave it out: every guest has 32" },
	{ "max_maptrack_frames", "leave it out: every guest has 0, and maps nobody's grants" },
	{ "max_grant_version", "leave it out: every guest has version 1" },
	{ "pvshim", "leave it out" },
	{ "access_control", "leave it out: guests have Xen's default label" },
	{ "disable_migrate", "leave it out: who may use chaos may migrate any guest" },
	{ "llc_colors", "leave it out: caches are not coloured" },
	/* Of schedulers that are gone, or not for this. */
	{ "period", "leave it out; cap and cpu_weight are supported" },
	{ "budget", "leave it out; cap and cpu_weight are supported" },
	{ "slice", "leave it out; cap and cpu_weight are supported" },
	{ "latency", "leave it out; cap and cpu_weight are supported" },
	{ "extratime", "leave it out; cap and cpu_weight are supported" },
};

const char *chaos_cfgkeys_remedy(const struct chaos_key *key)
{
	size_t i;

	for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (chaos_cfgkeys_is(key, refused[i].name))
			return refused[i].remedy;
	return NULL;
}

static bool is_key_char(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c == '.';
}

static size_t skip_comment(const char *text, size_t pos)
{
	return pos + strcspn(text + pos, "\n");
}

/* From an opening quote to behind the closing one, or to the end. */
static size_t skip_string(const char *text, size_t pos)
{
	char quote = text[pos++];

	while (text[pos] && text[pos] != quote && text[pos] != '\n') {
		if (text[pos] == '\\' && text[pos + 1])
			pos++;
		pos++;
	}
	return text[pos] == quote ? pos + 1 : pos;
}

/* To the newline or semicolon that ends a statement. */
static size_t skip_statement(const char *text, size_t pos, unsigned int *line)
{
	unsigned int depth = 0;

	while (text[pos]) {
		switch (text[pos]) {
		case '"':
		case '\'':
			pos = skip_string(text, pos);
			continue;
		case '#':
			pos = skip_comment(text, pos);
			continue;
		case '[':
			depth++;
			break;
		case ']':
			if (depth)
				depth--;
			break;
		case ';':
			if (!depth)
				return pos;
			break;
		case '\n':
			if (!depth)
				return pos;
			++*line;
			break;
		default:
			break;
		}
		pos++;
	}
	return pos;
}

bool chaos_cfgkeys_next(const char *text, size_t *pos, unsigned int *line, struct chaos_key *key)
{
	size_t p = *pos;

	for (;;) {
		while (isspace((unsigned char)text[p]) || text[p] == ';')
			if (text[p++] == '\n')
				++*line;
		if (text[p] != '#')
			break;
		p = skip_comment(text, p);
	}
	if (!text[p])
		return false;
	key->name = text + p;
	key->line = *line;
	while (is_key_char(text[p]))
		p++;
	key->len = (size_t)(text + p - key->name);
	*pos = skip_statement(text, p, line);
	return true;
}
