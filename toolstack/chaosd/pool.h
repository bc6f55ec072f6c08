/* SPDX-License-Identifier: GPL-2.0-only */
/* What a pool is, for the files that hold it and fill it. */
#ifndef CHAOSD_POOL_H
#define CHAOSD_POOL_H

#include "chaosd.h"

/* What a pool's shells were made of, to see whether it is still so. */
struct files {
	struct file_id kernel, ramdisk;
};

struct pool {
	struct pool *next;
	char name[CHAOSD_POOL_LEN];
	struct chaos_config *cfg; /* the flavour; read by a worker while it prepares */
	struct files files;	  /* of all shells in it */
	struct guest *shells;
	unsigned int size, level, preparing, watchers;
	bool is_removed; /* to be freed when nothing is being prepared */
	uint64_t prepared, used, failed;
	uint64_t retry_ns, backoff_ns; /* after a failure */
	char note[sizeof(((struct chaos_pool *)NULL)->note)];
};

/* pool.c */
void pool_trim(struct chaosd *d, struct pool *pool, unsigned int level);
void pool_free(struct pool *pool);

/* refill.c: -1 when a file is not there */
int files_identify(struct files *files, const struct chaos_config *cfg);

#endif /* CHAOSD_POOL_H */
