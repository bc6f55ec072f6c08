/* SPDX-License-Identifier: GPL-2.0-only */
/* What the block- and network- verbs share. */
#ifndef CHAOS_HOTPLUG_H
#define CHAOS_HOTPLUG_H

#include "chaos_cmd.h"

typedef int (*hotplug_attach_fn)(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
				 const char *spec, const struct chaos_attach_opts *opts,
				 struct chaos_device *out, struct chaos_error *err);
typedef int (*hotplug_detach_fn)(struct chaos_ctx *ctx, const struct chaos_dominfo *info,
				 const char *which, const struct chaos_detach_opts *opts,
				 struct chaos_device *out, struct chaos_error *err);

/* DOMAIN SPEC..., which may come in pieces, as in xl. */
int hotplug_attach(const struct verb *verb, int argc, char **argv, hotplug_attach_fn attach);
/* DOMAIN WHICH; who used what is taken away is told so. */
int hotplug_detach(const struct verb *verb, int argc, char **argv, hotplug_detach_fn detach);
/* DOMAIN; its devices of a class, one after the other. */
int hotplug_list(const struct verb *verb, int argc, char **argv, const char *cls,
		 const char *heading, void (*print)(const struct chaos_device *dev));

#endif /* CHAOS_HOTPLUG_H */
