/* SPDX-License-Identifier: GPL-2.0-only */
/* What the modes of the guest have in common. */
#ifndef DISK_H
#define DISK_H

#include <minios/blkfront.h>
#include <minios/mm.h>

#define RUN_PAGES   32U
#define RUN_SECTORS ((uint32_t)(RUN_PAGES * PAGE_SIZE / BLK_SECTOR_SIZE))

/* RUN_PAGES pages, for whoever reads now. */
extern uint8_t *run;

/*
 * For memory that is read into and written from: with the option registered it is registered.  0 or
 * -errno; NULL is -ENOMEM.
 */
int disk_buffer_add(void *buf, unsigned int nr_pages);

/* Every sector begins with its number, the rest of it is zero; the first that does not is told. */
int disk_verify(struct blk_disk *disk);

/* hotplug.c, log.c: the modes that go on for ever on their own.  0 or -errno. */
int hotplug_mode(void);
int log_mode(struct blk_disk *disk);

#endif /* DISK_H */
