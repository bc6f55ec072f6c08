// SPDX-License-Identifier: GPL-2.0
/*
 * Grant references of one ring that are mapped.  No kernel calls.
 */
#ifdef __KERNEL__
#include <linux/string.h>
#else
#include <string.h>
#endif
#include "grefs.h"

/* References come in runs: their low bits spread them as well as any hash. */
static unsigned int bucket_of(uint32_t gref)
{
	return gref % GREFS_BUCKETS;
}

void grefs_init(struct grefs *grefs)
{
	unsigned int i;

	memset(grefs, 0, sizeof(*grefs));
	for (i = 1; i < GREFS_MAX; i++)
		grefs->entry[i].next = i + 1;
	grefs->unused = 1;
}

unsigned int grefs_find(const struct grefs *grefs, uint32_t gref)
{
	unsigned int i = grefs->bucket[bucket_of(gref)];

	while (i != GREFS_NONE && grefs->entry[i].gref != gref)
		i = grefs->entry[i].next;
	return i;
}

unsigned int grefs_add(struct grefs *grefs, uint32_t gref)
{
	uint16_t *bucket = &grefs->bucket[bucket_of(gref)];
	unsigned int i = grefs->unused;

	if (i == GREFS_NONE)
		return GREFS_NONE;
	grefs->unused = grefs->entry[i].next;
	grefs->entry[i].gref = gref;
	grefs->entry[i].next = *bucket;
	*bucket = i;
	return i;
}

void grefs_remove(struct grefs *grefs, unsigned int number)
{
	uint16_t *link = &grefs->bucket[bucket_of(grefs->entry[number].gref)];

	while (*link != number)
		link = &grefs->entry[*link].next;
	*link = grefs->entry[number].next;
	grefs->entry[number].next = grefs->unused;
	grefs->unused = number;
}
