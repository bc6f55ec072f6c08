// SPDX-License-Identifier: LGPL-2.1-only
/*
 * What of a guest's making is neither in its xl.cfg nor in what the module says of its devices, as the text
 * kept for a restart has it: `restart_builder` and `restart_connect`; build/keep.c writes them.
 */
#include <errno.h>
#include <libxlutil.h>
#include <stdlib.h>
#include <string.h>

#include "config/internal.h"

static bool set_builder(struct chaos_config *cfg, const char *name)
{
	if (!strcmp(name, "fast"))
		cfg->builder = CHAOS_BUILDER_FAST;
	else if (!strcmp(name, "generic"))
		cfg->builder = CHAOS_BUILDER_GENERIC;
	return cfg->builder != CHAOS_BUILDER_AUTO;
}

/* One that was detached meanwhile is none that connects itself. */
static bool set_connect(struct chaos_config *cfg, const char *ids)
{
	unsigned long id;
	unsigned int i;
	char *end;

	for (;; ids = end + 1) {
		if (*ids < '0' || *ids > '9')
			return false;
		id = strtoul(ids, &end, 10);
		for (i = 0; i < cfg->nr_vifs; i++)
			if (cfg->vifs[i].id == id)
				cfg->vifs[i].connects_itself = true;
		if (*end != ',')
			return !*end;
	}
}

int chaos_kept_load(XLU_Config *xlu, const char *path, struct chaos_config *cfg,
		    struct chaos_error *err)
{
	const char *builder = NULL, *ids = NULL;
	int rc = xlu_cfg_get_string(xlu, "restart_builder", &builder, 1);

	if (!rc || rc == ESRCH)
		rc = xlu_cfg_get_string(xlu, "restart_connect", &ids, 1);
	if ((rc && rc != ESRCH) || (builder && !set_builder(cfg, builder)) ||
	    (ids && !set_connect(cfg, ids)))
		return chaos_error_set(
			err, CHAOS_CONFIG, EINVAL,
			"%s: restart_builder or restart_connect is not what chaos writes", path);
	return 0;
}
