/* SPDX-License-Identifier: MIT */
/*
 * A cache of the disk, which nobody writes to.
 *
 *   EMPTY --read begins--> READING --done--> VALID --least recently used, wanted for another-->
 *     ^                       |
 *     '------- error ---------'
 */
#include <stdbool.h>
#include <minios/mm.h>
#include "cache.h"

#define CHUNK_PAGES   4U
#define CHUNK_SIZE    (CHUNK_PAGES * PAGE_SIZE)
#define CHUNK_SECTORS ((uint32_t)(CHUNK_SIZE / BLK_SECTOR_SIZE))
/* As many as the disk's ring takes requests. */
#define NR_CHUNKS     32U

struct cache_chunk {
	enum {
		EMPTY,
		READING,
		VALID,
	} state;
	uint64_t number; /* CHUNK_SIZE times this is where it is on the disk */
	uint64_t used;	 /* the greater, the later */
	uint8_t *buf;	 /* NULL until first used */
	struct blk_request req;
};

static struct blk_disk *disk;
static struct cache_chunk chunks[NR_CHUNKS];
static uint64_t clock;
/* Who waits, and who need not any more but has not been told yet. */
static struct cache_waiter *waiting, *awake;

static void list_remove(struct cache_waiter **list, struct cache_waiter *waiter)
{
	for (; *list; list = &(*list)->next) {
		if (*list == waiter) {
			*list = waiter->next;
			return;
		}
	}
}

void cache_cancel(struct cache_waiter *waiter)
{
	if (!waiter->is_waiting)
		return;
	list_remove(&waiting, waiter);
	list_remove(&awake, waiter);
	waiter->is_waiting = false;
}

static void wait_for(struct cache_waiter *waiter, struct cache_chunk *chunk)
{
	cache_cancel(waiter);
	waiter->chunk = chunk;
	waiter->next = waiting;
	waiting = waiter;
	waiter->is_waiting = true;
}

/* Those who wait for this chunk, or for any. */
static void wake(const struct cache_chunk *chunk)
{
	struct cache_waiter **list = &waiting, *waiter;

	while ((waiter = *list)) {
		if (waiter->chunk && waiter->chunk != chunk) {
			list = &waiter->next;
			continue;
		}
		*list = waiter->next;
		waiter->next = awake;
		awake = waiter;
	}
	/* What they do may make others wait, or not wait any more. */
	while ((waiter = awake)) {
		awake = waiter->next;
		waiter->is_waiting = false;
		waiter->ready(waiter->data);
	}
}

static void read_done(struct blk_request *req, int err)
{
	struct cache_chunk *chunk = req->data;

	chunk->state = err ? EMPTY : VALID;
	if (err) {
		/* They try again by themselves: at once would be for ever, from a dead disk. */
		while (waiting)
			cache_cancel(waiting);
		return;
	}
	wake(chunk);
}

static void pages_free(uint8_t *buf)
{
	unsigned int i;

	for (i = 0; i < CHUNK_PAGES; i++)
		page_free(buf + i * PAGE_SIZE);
}

/* Memory of a chunk, which stays: the disk's back-end need not be given it for every read. */
static uint8_t *chunk_alloc(void)
{
	uint8_t *buf = page_alloc_run(CHUNK_PAGES);

	if (!buf || !blk_buffers_register(disk, buf, CHUNK_PAGES))
		return buf;
	pages_free(buf);
	return NULL;
}

static void chunk_free(struct cache_chunk *chunk)
{
	pages_free(chunk->buf);
	chunk->buf = NULL;
}

static struct cache_chunk *chunk_find(uint64_t number)
{
	unsigned int i;

	for (i = 0; i < NR_CHUNKS; i++)
		if (chunks[i].state != EMPTY && chunks[i].number == number)
			return &chunks[i];
	return NULL;
}

/* One that may be overwritten: the least recently used, and one without memory only at last. */
static struct cache_chunk *chunk_take(void)
{
	struct cache_chunk *best = NULL;
	unsigned int i;

	for (i = 0; i < NR_CHUNKS; i++) {
		struct cache_chunk *c = &chunks[i];

		if (c->state == READING)
			continue;
		if (!c->buf)
			c->buf = chunk_alloc();
		if (!c->buf)
			break;
		if (c->state == EMPTY)
			return c;
		if (!best || c->used < best->used)
			best = c;
	}
	return best;
}

static bool chunk_read(struct cache_chunk *chunk, uint64_t number)
{
	const struct blk_info *info = blk_info(disk);

	chunk->state = EMPTY;
	chunk->number = number;
	chunk->req = (struct blk_request){
		.op = BLK_READ,
		.sector = number * CHUNK_SECTORS,
		.buf = chunk->buf,
		.done = read_done,
		.data = chunk,
	};
	if (chunk->req.sector >= info->sectors)
		return false;
	chunk->req.nr_sectors =
		(uint32_t)size_min(CHUNK_SECTORS, info->sectors - chunk->req.sector);
	if (blk_submit(disk, &chunk->req))
		return false;
	chunk->state = READING;
	return true;
}

size_t cache_read(struct cache_waiter *waiter, uint64_t offset, const void **data, size_t len)
{
	struct cache_chunk *chunk = chunk_find(offset / CHUNK_SIZE);
	size_t start = offset % CHUNK_SIZE;

	if (!disk)
		return 0;
	if (!chunk) {
		chunk = chunk_take();
		if (chunk && !chunk_read(chunk, offset / CHUNK_SIZE))
			return 0;
	}
	if (!chunk || chunk->state == READING) {
		wait_for(waiter, chunk);
		return 0;
	}
	chunk->used = ++clock;
	*data = chunk->buf + start;
	return size_min(len, CHUNK_SIZE - start);
}

void cache_forget(void)
{
	unsigned int i;

	disk = NULL;
	while (waiting)
		cache_cancel(waiting);
	for (i = 0; i < NR_CHUNKS; i++)
		chunks[i].state = EMPTY; /* what was under way has failed */
}

void *cache_init(struct blk_disk *of)
{
	struct cache_chunk *chunk;

	disk = of;
	for (chunk = chunks; chunk < chunks + NR_CHUNKS; chunk++)
		if (chunk->buf && blk_buffers_register(disk, chunk->buf, CHUNK_PAGES))
			chunk_free(chunk);
	if (!chunks[0].buf)
		chunks[0].buf = chunk_alloc();
	return chunks[0].buf;
}
