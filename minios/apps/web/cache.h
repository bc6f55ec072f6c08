/* SPDX-License-Identifier: MIT */
/* The disk, in pieces that are kept as long as there is room. */
#ifndef WEB_CACHE_H
#define WEB_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <minios/blkfront.h>

struct cache_chunk;

/* Somebody who waits for a piece.  Zero it, and set the first two, before it is used. */
struct cache_waiter {
	void (*ready)(void *data); /* from the run loop: try again */
	void *data;
	/* cache.c's own */
	struct cache_waiter *next;
	struct cache_chunk *chunk; /* NULL: any, as long as it is free */
	int is_waiting;
};

/*
 * Take a disk, the first or another one after cache_forget().  Returns memory of a page or more,
 * registered with it, for whoever reads it before the first cache_read(); NULL when there is none.
 */
void *cache_init(struct blk_disk *disk);

/* The disk is gone: nothing of it is known any more, and who waits is not told. */
void cache_forget(void);

/*
 * Up to len bytes from a byte offset, which is on the disk: *data is where they are, until the run loop
 * goes on.  Returns how many; 0 if they are not here yet, and waiter->ready() is called when they are:
 * not if the disk cannot be read.
 */
size_t cache_read(struct cache_waiter *waiter, uint64_t offset, const void **data, size_t len);

/* ready() is not called any more. */
void cache_cancel(struct cache_waiter *waiter);

#endif /* WEB_CACHE_H */
