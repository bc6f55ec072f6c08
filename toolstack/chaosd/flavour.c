// SPDX-License-Identifier: GPL-2.0-only
/* What kind of shell a configuration asks for, and the pools that are asked for at start. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "chaosd.h"

static int make_absolute(char **path, const char *cwd)
{
	char *whole;

	if (!*path || **path == '/')
		return 0;
	if (asprintf(&whole, "%s/%s", cwd, *path) < 0)
		return -1;
	free(*path);
	*path = whole;
	return 0;
}

int flavour_make_absolute(struct chaos_config *cfg, const char *cwd)
{
	unsigned int i;

	if (make_absolute(&cfg->kernel, cwd) || make_absolute(&cfg->ramdisk, cwd))
		return -1;
	for (i = 0; i < cfg->nr_disks; i++)
		if (make_absolute(&cfg->disks[i].target, cwd))
			return -1;
	return 0;
}

void flavour_drop_image(struct chaos_config *cfg)
{
	free(cfg->kernel);
	free(cfg->ramdisk);
	cfg->kernel = NULL;
	cfg->ramdisk = NULL;
	cfg->nr_vifs = 0;
	chaos_config_drop_disks(cfg);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* All but the addresses; both come zeroed from the parser, padding and strings' ends too. */
static bool same_vif(struct chaos_vif a, struct chaos_vif b)
{
	chaos_vif_blank(&a);
	chaos_vif_blank(&b);
	return !memcmp(&a, &b, sizeof(a));
}

bool flavour_is_same(const struct chaos_config *a, const struct chaos_config *b)
{
	unsigned int i;

	if (a->memory_kib != b->memory_kib || a->vcpus != b->vcpus || a->cpupool != b->cpupool ||
	    a->cpu_weight != b->cpu_weight || a->cap != b->cap || a->nr_vifs != b->nr_vifs ||
	    !a->nr_disks != !b->nr_disks || /* which ones does not matter */
	    !same_text(a->kernel, b->kernel) || !same_text(a->ramdisk, b->ramdisk) ||
	    !same_text(a->cpus, b->cpus))
		return false;
	for (i = 0; i < a->nr_vifs; i++)
		if (!same_vif(a->vifs[i], b->vifs[i]))
			return false;
	return true;
}

/* ---- --pool ---- */

bool pool_option_parse(struct pool_option *option, char *text)
{
	static const char imageless[] = "imageless,";
	char *size = strchr(text, ','), *path, *end;
	unsigned long n;

	if (!size || size == text || size - text >= CHAOSD_POOL_LEN)
		return false;
	*size++ = '\0';
	n = strtoul(size, &end, 10);
	if (*size < '0' || *size > '9' || *end != ',' || n > CHAOSD_POOL_MAX ||
	    !chaosd_pool_name_check(text))
		return false;
	path = end + 1;
	option->is_imageless = !strncmp(path, imageless, sizeof(imageless) - 1);
	if (option->is_imageless)
		path += sizeof(imageless) - 1;
	option->name = text;
	option->size = (unsigned int)n;
	option->path = path;
	return *path == '/';
}

static void warn(void *opaque, const char *text)
{
	log_line("pool \"%s\": %s", (const char *)opaque, text);
}

static int pool_option_add(struct chaosd *d, const struct pool_option *option,
			   struct chaos_error *err)
{
	char name[sizeof("name=\"pool-\"") + CHAOSD_POOL_LEN];
	const char *overrides[] = { name };
	struct chaos_config_source src = {
		.path = option->path,
		.overrides = overrides,
		.nr_overrides = 1,
		.warn = warn,
		.opaque = (void *)option->name,
	};
	struct chaos_config *cfg;
	int rc;

	/* A pool's configuration needs no name of its own. */
	(void)snprintf(name, sizeof(name), "name=\"pool-%s\"", option->name);
	rc = chaos_config_load(&cfg, &src, err);
	if (rc)
		return rc;
	if (option->is_imageless)
		flavour_drop_image(cfg);
	if (!flavour_make_absolute(cfg, "/"))
		return pool_add(d, option->name, option->size, cfg, err);
	chaos_config_free(cfg);
	*err = (struct chaos_error){ .code = CHAOS_RESOURCES, .text = "out of memory" };
	return -(int)CHAOS_RESOURCES;
}

void pool_options_add(struct chaosd *d)
{
	struct chaos_error err;
	unsigned int i;

	for (i = 0; i < d->opts.nr_pools; i++)
		if (pool_option_add(d, &d->opts.pools[i], &err))
			log_line("pool \"%s\" is not made: %s", d->opts.pools[i].name, err.text);
}
