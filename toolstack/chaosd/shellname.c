// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a shell is told from other domains by a daemon that did not make it: its UUID, which Xen
 * keeps from createdomain on, begins with a mark until the shell becomes a VM.  RFC 9562, version
 * 8: the bits are ours to define.
 */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "chaosd.h"

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
	(void)snprintf(name, CHAOS_NAME_LEN, "chaosd-shell-%016llx", (unsigned long long)random);
	return 0;
}

bool shell_is_marked(const uint8_t uuid[CHAOS_UUID_LEN])
{
	return !memcmp(uuid, mark, sizeof(mark));
}
