/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A log of every write that was acknowledged.  Records are written round the disk, several at a time,
 * and what the last acknowledged one of each place was is remembered in memory, which is saved with the
 * domain.  At intervals the latest ones are read back, after a resume all of them:
 *
 *   log: 1234 acknowledged, 0 lost
 *
 * One that is not there ends the domain.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <minios/app.h>
#include <minios/loop.h>
#include <minios/panic.h>
#include <minios/suspend.h>
#include <minios/time.h>
#include <minios/util.h>
#include "disk.h"

#define PLACES	    4096U
#define DEPTH	    8U
#define PACE_NS	    (5 * NSEC_PER_MSEC)
/* After so many writes the latest are read back. */
#define CHECK_EVERY 512U
#define CHECK_LAST  64U

/* At the beginning of each of the disk's own sectors; zeroes follow. */
struct record {
	uint64_t place, sequence, sum;
};

struct write {
	struct blk_request req;
	uint8_t *buf; /* a page */
	bool is_done;
	struct record record;
};

static struct blk_disk *disk;
static uint32_t unit; /* sectors of 512 bytes in one of the disk's own */
static uint32_t nr_places;
static uint64_t acknowledged[PLACES]; /* sequence of the last one; 0: none */
static uint64_t nr_acknowledged, next_sequence = 1, next_check = CHECK_EVERY;
static struct write writes[DEPTH];
static bool is_resumed;

static uint64_t record_sum(const struct record *r)
{
	return (r->place * 0x9e3779b97f4a7c15 ^ r->sequence) * 0xff51afd7ed558ccd;
}

static void write_done(struct blk_request *req, int err)
{
	struct write *w = req->data;

	if (err)
		panic("log: a write to place %lu: %d", (unsigned long)w->record.place, err);
	acknowledged[w->record.place] = w->record.sequence;
	nr_acknowledged++;
	w->is_done = true;
}

/* Writes may be done in any order, so that there is one at a time for each place. */
static bool is_being_written(uint64_t place)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		if (!writes[i].is_done && writes[i].record.place == place)
			return true;
	return false;
}

static void write_begin(struct write *w)
{
	int err;

	while (is_being_written(next_sequence % nr_places))
		next_sequence++;
	w->record.sequence = next_sequence++;
	w->record.place = w->record.sequence % nr_places;
	w->record.sum = record_sum(&w->record);
	memset(w->buf, 0, PAGE_SIZE);
	memcpy(w->buf, &w->record, sizeof(w->record));
	w->req = (struct blk_request){
		.op = BLK_WRITE,
		.sector = w->record.place * unit,
		.nr_sectors = unit,
		.buf = w->buf,
		.done = write_done,
		.data = w,
	};
	w->is_done = false;
	err = blk_submit(disk, &w->req);
	if (err)
		panic("log: cannot write: %d", err);
}

static void writes_finish(void)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++)
		blk_wait(&writes[i].is_done);
}

static void place_check(const uint8_t *at, uint64_t place)
{
	struct record r;

	if (!acknowledged[place])
		return;
	memcpy(&r, at, sizeof(r));
	if (r.place != place || r.sequence != acknowledged[place] || r.sum != record_sum(&r))
		panic("log: place %lu: %lu was acknowledged, %lu is there", (unsigned long)place,
		      (unsigned long)acknowledged[place], (unsigned long)r.sequence);
}

/* Count places from a first one, as often as the run's room makes it necessary. */
static void places_check(uint64_t first, uint64_t count)
{
	uint64_t i, n;
	int err;

	for (; count; first += n, count -= n) {
		n = size_min(count, RUN_SECTORS / unit);
		err = blk_read(disk, first * unit, run, n * unit);
		if (err)
			panic("log: cannot read place %lu: %d", (unsigned long)first, err);
		for (i = 0; i < n; i++)
			place_check(run + i * unit * BLK_SECTOR_SIZE, first + i);
	}
}

static uint64_t log_poll(void *data)
{
	unsigned int i;

	(void)data;
	if (is_resumed) {
		writes_finish();
		is_resumed = false;
		places_check(0, nr_places);
		printf("log: %lu acknowledged, 0 lost\n", (unsigned long)nr_acknowledged);
	} else if (next_sequence >= next_check) {
		uint64_t last = (next_sequence - 1) % nr_places;

		writes_finish();
		next_check = next_sequence + CHECK_EVERY;
		if (last >= CHECK_LAST)
			places_check(last - CHECK_LAST, CHECK_LAST);
	}
	for (i = 0; i < DEPTH; i++)
		if (writes[i].is_done)
			write_begin(&writes[i]);
	return time_ns() + PACE_NS;
}

static void log_resume(bool restored)
{
	(void)restored;
	is_resumed = true;
}

static struct loop_source source = { .poll = log_poll };
static struct suspend_hook hook = { .resume = log_resume };

int log_mode(struct blk_disk *to)
{
	unsigned int i;
	int err;

	disk = to;
	unit = blk_info(disk)->sector_size / BLK_SECTOR_SIZE;
	nr_places = (uint32_t)size_min(PLACES, blk_info(disk)->sectors / unit);
	if (nr_places < 2 * DEPTH)
		return -ENOSPC;
	for (i = 0; i < DEPTH; i++) {
		writes[i].buf = page_alloc();
		err = disk_buffer_add(writes[i].buf, 1);
		if (err)
			return err;
		writes[i].is_done = true;
	}
	suspend_hook_add(&hook);
	loop_add(&source);
	return 0;
}
