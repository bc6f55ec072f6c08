/* SPDX-License-Identifier: GPL-2.0-only */
/* What a pool is, for the files that hold it and fill it. */
#ifndef CHAOSD_POOL_H
#define CHAOSD_POOL_H

#include "chaosd.h"
#include "core/file_id.h"

/*
 * What a pool's shells were made of and are linked to, to see whether it is still so: files, and the
 * numbers of the bridges and switches, of which a later one of the same name has another.
 */
struct origin {
	struct chaos_file_id kernel, ramdisk; /* as they were when shells were made of them */
	int bridges[CHAOS_MAX_VIFS];
};

/* What Xen takes for a domain beside its memory: struct domain, vCPUs, shared pages, tables. */
#define OVERHEAD_KIB 1024ULL

struct pool {
	struct pool *next;
	char name[CHAOSD_POOL_LEN];
	struct chaos_config *cfg; /* the flavour; read by a worker while it prepares */
	struct origin origin;	  /* of all shells in it */
	struct guest *shells;
	unsigned int size, level, preparing, watchers;
	unsigned int holders; /* workers that look at it, refill.c's aside */
	bool is_removed;      /* to be freed when nobody holds it, and nothing is being prepared */
	bool is_remote;	      /* its kernel or ramdisk may be on a server */
	uint64_t prepared, used, failed;
	uint64_t retry_ns, backoff_ns; /* after a failure */
	char note[sizeof(((struct chaos_pool *)NULL)->note)];
};

/* pool.c */
void pool_trim(struct chaosd *d, struct pool *pool, unsigned int level);
void pool_free_unheld(struct pool *pool);
/* It is there until it is released. */
void pool_hold(struct pool *pool);
void pool_release(struct pool *pool);
/* What its shells are made of was changed: they go. */
void pool_outdated(struct chaosd *d, struct pool *pool);

/* origin.c: what shells of this configuration would be made of now; an error when some is missing */
int origin_identify(struct origin *origin, const struct chaos_config *cfg, struct chaos_error *err);
/* Whether looking at its kernel or ramdisk may wait for something outside this host. */
bool origin_is_remote(const struct chaos_config *cfg);
bool origin_is_same(const struct origin *a, const struct origin *b);

#endif /* CHAOSD_POOL_H */
