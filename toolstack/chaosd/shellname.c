// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a shell is told from other domains by a daemon that did not make it.  One that is whole has the
 * state SHELL in Xen, which nothing else has.  Before it has that, it is incomplete, has no name or
 * one of ours, and its UUID, which Xen keeps from createdomain on, begins with a mark (RFC 9562,
 * version 8: the bits are ours to define).  The mark alone says nothing: other toolstacks let anybody
 * choose a UUID.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "chaosd.h"

#define NAME_PREFIX "chaosd-shell-"

static const uint8_t mark[] = CHAOS_SHELL_MARK;

int shell_identity(char name[CHAOS_NAME_LEN], uint8_t uuid[CHAOS_UUID_LEN])
{
	uint64_t random;

	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return -1;
	memcpy(uuid, mark, sizeof(mark));
	memcpy(uuid + sizeof(mark), &random, sizeof(random));
	uuid[8] = (uint8_t)((uuid[8] & 0x3f) | 0x80);
	/* Not a count: an earlier daemon's shells may be there yet, and have their names. */
	(void)snprintf(name, CHAOS_NAME_LEN, NAME_PREFIX "%016llx", (unsigned long long)random);
	return 0;
}

void shell_config_drop(struct chaos_config *copy, const struct chaos_config *cfg)
{
	while (copy->nr_disks > cfg->nr_disks)
		free(copy->disks[--copy->nr_disks].target);
}

bool shell_is_left(const struct chaos_dominfo *info)
{
	if (info->state == CHAOS_STATE_SHELL)
		return true;
	return info->state == CHAOS_STATE_INCOMPLETE && chaos_uuid_is_shells(info->uuid) &&
	       (!info->name[0] || !strncmp(info->name, NAME_PREFIX, sizeof(NAME_PREFIX) - 1));
}
