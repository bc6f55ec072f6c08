// SPDX-License-Identifier: LGPL-2.1-only
/*
 * A guest that is to be restarted by somebody who has not made it: its configuration is what a save would
 * write, and what the module has kept of its making (build/keep.c), which has the last word.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "build/internal.h"
#include "save/save.h"

static int load(struct chaos_config **cfg, const char *saved, const char *kept,
		struct chaos_error *err)
{
	struct chaos_config_source src = { .path = "what is kept of it", .is_kept = true };
	char *text;
	int rc;

	if (asprintf(&text, "%s%s\n", saved, kept) < 0)
		return chaos_error_set(err, CHAOS_RESOURCES, ENOMEM, "out of memory");
	src.text = text;
	rc = chaos_config_load(cfg, &src, err);
	free(text);
	return rc;
}

static int since(struct chaos_ctx *ctx, uint32_t domid, uint64_t *ns, struct chaos_error *err)
{
	struct noxs_ioc_query arg = { .domid = (uint16_t)domid };
	int rc = chaos_module_query(ctx, &arg, err);

	*ns = arg.attached_ns;
	return rc < 0 ? rc : 0;
}

int chaos_config_again(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
		       struct chaos_config **cfg, uint64_t *since_ns, struct chaos_error *err)
{
	char *saved = NULL, *kept;
	int rc;

	*cfg = NULL;
	rc = chaos_restart_kept(ctx, info->domid, &kept, err);
	if (!rc && !kept)
		rc = chaos_error_set(
			err, CHAOS_CONFIG, ENOENT,
			"what it was made of has not been kept: destroy it and create it again");
	if (!rc)
		rc = since(ctx, info->domid, since_ns, err);
	if (!rc) /* its memory is in what is kept */
		rc = save_config(ctx, info, 1, &saved, err);
	if (!rc)
		rc = load(cfg, saved, kept, err);
	free(saved);
	free(kept);
	return rc;
}
