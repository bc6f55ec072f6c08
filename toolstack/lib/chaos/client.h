/* SPDX-License-Identifier: LGPL-2.1-only */
/* Of libchaos: chaosd's clients; see chaos.h. */
#ifndef LIBCHAOS_CLIENT_H
#define LIBCHAOS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "chaos/build.h"

struct chaos_pool {
	char name[32];
	uint32_t size;	    /* shells wanted */
	uint32_t level;	    /* there are */
	uint32_t preparing; /* being made now */
	uint32_t is_imageless;
	uint32_t memory_kib, vcpus, nr_vifs;
	uint64_t prepared, used, failed; /* shells, since the pool was added */
	char note[200];			 /* why it is not full, "" = nothing stands in its way */
};

/* Connect to the daemon: 1 and *fd, 0 when there is none; path NULL = the usual place. */
int chaos_client_open(const char *path, int *fd, struct chaos_error *err);
/*
 * Create through the daemon, which reads the configuration; *made is what it made of it, name,
 * UUID and vifs only, to be freed with chaos_config_free().
 */
int chaos_client_create(int fd, const struct chaos_config_source *src,
			const struct chaos_create_opts *opts, struct chaos_created *out,
			struct chaos_config **made, struct chaos_error *err);

enum chaos_pool_verb {
	CHAOS_POOL_LIST,
	CHAOS_POOL_RESIZE,
	CHAOS_POOL_DRAIN,
	CHAOS_POOL_REMOVE,
	CHAOS_POOL_PREPARE,
};

/*
 * Add a pool of `size` shells for VMs like src, whose name, addresses and rates do not count;
 * imageless ones are for any kernel and devices.
 */
int chaos_client_pool_add(int fd, const char *name, unsigned int size, bool is_imageless,
			  const struct chaos_config_source *src, struct chaos_error *err);
/* Everything else; tell() gets every pool the daemon talks of.  size is for RESIZE. */
int chaos_client_pool(int fd, enum chaos_pool_verb verb, const char *name, unsigned int size,
		      void (*tell)(void *opaque, const struct chaos_pool *pool), void *opaque,
		      struct chaos_error *err);
/* The daemon's figures in Prometheus' text format, to be freed with free(). */
int chaos_client_metrics(int fd, char **text, struct chaos_error *err);

#endif /* LIBCHAOS_CLIENT_H */
