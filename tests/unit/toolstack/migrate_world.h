/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two hosts for the tests of migration.  Xen, the guest, its save and its restore are faked; what has
 * become of the guest here and there is in the world.
 */
#ifndef MIGRATE_WORLD_H
#define MIGRATE_WORLD_H

#include "unit.h"
#include "migrate/migrate_receive.h"

struct world {
	bool is_suspended, is_marked, is_destroyed; /* the source's guest */
	unsigned int nr_resumed;
	bool is_prepared, is_complete, runs, is_discarded; /* the target's */
	uint8_t token[MIGRATE_ID_LEN];
	bool fails_prepare, fails_load, fails_copy, fails_suspend, is_late;
};

/* Of the two ends' threads while they run, and the test's before and after. */
extern struct world world;

static inline void world_reset(void)
{
	memset(&world, 0, sizeof(world));
}

#endif /* MIGRATE_WORLD_H */
