/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest that tries its disk (minios/blkfront.h).  Option mode= of the command line:
 *
 *   verify     every sector begins with its number, the rest of it is zero; then ready, and once more
 *              after every resume
 *   write      random writes of a pattern, in flight together, flushed and read back; then ready
 *   read-only  writes are refused, reads are not; then ready
 *   poll       ready at once; then sector= is read and written for ever, every change of the result
 *              is told on the console
 *   churn      ready at once; then as many random reads and writes as the ring holds, for ever
 *   hotplug    ready at once; every disk that appears is verified, what comes and goes is told
 *   log        ready at once; writes for ever and remembers what was acknowledged (log.c)
 *   bench      count= reads of 4 KiB at random and of 128 KiB in sequence; what they took is told
 *
 * With registered=1 the disk is read and written through registered memory (persistent grants), in all
 * modes but hotplug.
 *
 * It does not become ready, but crashes, when something is not as it should be.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <minios/app.h>
#include <minios/blkfront.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/panic.h>
#include <minios/random.h>
#include <minios/suspend.h>
#include <minios/time.h>
#include <minios/util.h>
#include "disk.h"

#define DEPTH 24U

static struct blk_disk *disk;
static const struct blk_info *info;
static bool is_registered;
uint8_t *run;

int disk_buffer_add(void *buf, unsigned int nr_pages)
{
	if (!buf)
		return -ENOMEM;
	return is_registered ? blk_buffers_register(disk, buf, nr_pages) : 0;
}

static unsigned long option_number(const char *cmdline, const char *name, unsigned long fallback)
{
	unsigned long value = 0;
	char text[24];
	const char *p;

	if (!minios_option(cmdline, name, text, sizeof(text)))
		return fallback;
	for (p = text; *p >= '0' && *p <= '9'; p++)
		value = value * 10 + (unsigned long)(*p - '0');
	return value;
}

/* ---- verify ---- */

static bool sector_is(const uint8_t *at, uint64_t number)
{
	const uint64_t *words = (const uint64_t *)at;
	unsigned int i;

	if (words[0] != number)
		return false;
	for (i = 1; i < BLK_SECTOR_SIZE / 8; i++)
		if (words[i])
			return false;
	return true;
}

int disk_verify(struct blk_disk *of)
{
	const struct blk_info *size = blk_info(of);
	uint64_t sector, i, n;
	int err;

	for (sector = 0; sector < size->sectors; sector += n) {
		/* Lengths of all kinds. */
		n = 1 + sector * 7 % RUN_SECTORS;
		n -= size->sector_size > BLK_SECTOR_SIZE ? n % 8 : 0;
		n = n ? n : 8;
		if (n > size->sectors - sector)
			n = size->sectors - sector;
		err = blk_read(of, sector, run, n);
		if (err)
			return err;
		for (i = 0; i < n; i++) {
			if (!sector_is(run + i * BLK_SECTOR_SIZE, sector + i)) {
				printf("disk: sector %lu is wrong\n", (unsigned long)(sector + i));
				return -EIO;
			}
		}
	}
	return 0;
}

static int verify(void)
{
	int err = disk_verify(disk);

	if (!err)
		printf("disk: %lu sectors verified, discard %d\n", (unsigned long)info->sectors,
		       info->can_discard);
	return err;
}

static struct loop_source source;
static bool is_resumed;

static void disk_resume(bool restored)
{
	(void)restored;
	is_resumed = true;
}

static uint64_t verify_again(void *data)
{
	(void)data;
	if (is_resumed && verify())
		panic("disk: it is another one");
	is_resumed = false;
	return LOOP_NEVER;
}

static int verify_mode(void)
{
	static struct suspend_hook hook = { .resume = disk_resume };

	suspend_hook_add(&hook);
	source.poll = verify_again;
	loop_add(&source);
	return verify();
}

/* ---- write ---- */

/* The region of a request: the disk is cut into one for each. */
struct job {
	struct blk_request req;
	uint8_t *buf; /* 12 pages: more than a request without descriptors has */
	uint32_t seed;
	bool is_done;
	int err;
};

#define JOB_PAGES 12U

static struct job jobs[DEPTH];

static void job_done(struct blk_request *req, int err)
{
	struct job *job = req->data;

	job->err = err;
	job->is_done = true;
}

static void fill(uint8_t *buf, size_t len, uint32_t seed)
{
	uint32_t *words = (uint32_t *)buf;
	size_t i;

	for (i = 0; i < len / 4; i++)
		words[i] = seed = seed * 1664525 + 1013904223;
}

static int job_init(struct job *job)
{
	job->buf = page_alloc_run(JOB_PAGES);
	job->req.data = job;
	return disk_buffer_add(job->buf, JOB_PAGES);
}

/* A request somewhere in the job's region, of any length. */
static int job_submit(struct job *job, enum blk_op op)
{
	const uint64_t region = info->sectors / DEPTH / 8 * 8;
	const uint32_t most = JOB_PAGES * 8;

	job->req.op = op;
	job->req.nr_sectors = 1 + random_u32() % most;
	job->req.nr_sectors = job->req.nr_sectors > region ? (uint32_t)region : job->req.nr_sectors;
	job->req.nr_sectors -= job->req.nr_sectors % (info->sector_size / BLK_SECTOR_SIZE);
	if (!job->req.nr_sectors)
		job->req.nr_sectors = 8;
	job->req.sector = (uint64_t)(job - jobs) * region;
	job->req.buf = job->buf;
	job->req.done = job_done;
	job->is_done = false;
	return blk_submit(disk, &job->req);
}

static int jobs_wait(void)
{
	unsigned int i;

	for (i = 0; i < DEPTH; i++) {
		blk_wait(&jobs[i].is_done);
		if (jobs[i].err)
			return jobs[i].err;
	}
	return 0;
}

static int write_round(uint32_t round)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < DEPTH && !err; i++) {
		jobs[i].seed = round * DEPTH + i;
		fill(jobs[i].buf, JOB_PAGES * PAGE_SIZE, jobs[i].seed);
		err = job_submit(&jobs[i], BLK_WRITE);
	}
	if (!err)
		err = jobs_wait();
	if (!err && info->can_flush)
		err = blk_flush(disk);
	for (i = 0; i < DEPTH && !err; i++) {
		size_t len = jobs[i].req.nr_sectors * BLK_SECTOR_SIZE;

		memset(run, 0, len);
		err = blk_read(disk, jobs[i].req.sector, run, jobs[i].req.nr_sectors);
		if (!err && memcmp(run, jobs[i].buf, len)) {
			printf("disk: sector %lu reads not as written\n",
			       (unsigned long)jobs[i].req.sector);
			err = -EIO;
		}
	}
	return err;
}

static int jobs_init(void)
{
	unsigned int i;
	int err = 0;

	for (i = 0; i < DEPTH && !err; i++)
		err = job_init(&jobs[i]);
	return err;
}

static int write_mode(unsigned long rounds)
{
	unsigned long round;
	int err = jobs_init();

	for (round = 0; round < rounds && !err; round++)
		err = write_round((uint32_t)round);
	if (!err)
		printf("disk: %lu rounds written\n", rounds);
	return err;
}

static int read_only(void)
{
	int err = blk_write(disk, 0, run, 8);

	if (err != -EROFS || !info->is_read_only) {
		printf("disk: a write is answered %d\n", err);
		return -EIO;
	}
	return verify();
}

/* ---- for ever ---- */

static uint64_t poll_sector;
static int poll_read = 1, poll_write = 1;

static uint64_t poll_disk(void *data)
{
	int r = blk_read(disk, poll_sector, run, 8);
	int w = blk_write(disk, poll_sector, run, 8);

	(void)data;
	if (r != poll_read || w != poll_write)
		printf("disk: read %d write %d\n", r, w);
	poll_read = r;
	poll_write = w;
	return time_ns() + 20 * NSEC_PER_MSEC;
}

static uint64_t churn(void *data)
{
	unsigned int i;

	(void)data;
	for (i = 0; i < DEPTH; i++)
		if (jobs[i].is_done)
			(void)job_submit(&jobs[i], random_u32() & 1 ? BLK_WRITE : BLK_READ);
	return LOOP_NEVER;
}

static int for_ever(uint64_t (*poll)(void *data))
{
	unsigned int i;
	int err = jobs_init();

	for (i = 0; i < DEPTH; i++)
		jobs[i].is_done = true;
	source.poll = poll;
	loop_add(&source);
	return err;
}

/* ---- bench ---- */

static int bench_one(const char *name, unsigned long count, uint32_t nr_sectors, bool is_random)
{
	uint64_t at = 0, start;
	unsigned long i;
	int err = 0;

	start = time_ns();
	for (i = 0; i < count && !err; i++) {
		if (is_random)
			at = random_u32() % (info->sectors / nr_sectors) * nr_sectors;
		else if (at + nr_sectors > info->sectors)
			at = 0;
		err = blk_read(disk, at, run, nr_sectors);
		at += nr_sectors;
	}
	if (!err)
		printf("disk: %s %lu ns\n", name, (unsigned long)((time_ns() - start) / count));
	return err;
}

static int bench(unsigned long count)
{
	int err;

	err = bench_one("warm-up", 16, RUN_SECTORS, false);
	if (!err)
		err = bench_one("rand4k", count, 8, true);
	if (!err)
		err = bench_one("seq128k", count, RUN_SECTORS, false);
	return err;
}

static int run_mode(const char *mode, const char *cmdline)
{
	if (!strcmp(mode, "verify"))
		return verify_mode();
	if (!strcmp(mode, "write"))
		return write_mode(option_number(cmdline, "rounds", 20));
	if (!strcmp(mode, "read-only"))
		return read_only();
	if (!strcmp(mode, "bench"))
		return bench(option_number(cmdline, "count", 1000));
	if (!strcmp(mode, "log"))
		return log_mode(disk);
	poll_sector = option_number(cmdline, "sector", 0);
	if (!strcmp(mode, "poll"))
		return for_ever(poll_disk);
	if (!strcmp(mode, "churn"))
		return for_ever(churn);
	return -EINVAL;
}

static int disk_open(unsigned int id)
{
	int err;

	if (!is_registered)
		return blk_open(id, &disk);
	err = blk_open_registered(id, &disk);
	if (err)
		return err;
	/* Not before it has been. */
	err = blk_read(disk, 0, run, 8);
	if (err != -EFAULT || !blk_info(disk)->is_persistent) {
		printf("disk: a read into other memory is answered %d, persistent grants %d\n", err,
		       blk_info(disk)->is_persistent);
		return -EIO;
	}
	return disk_buffer_add(run, RUN_PAGES);
}

int app_main(const char *cmdline)
{
	char mode[16] = "verify";
	int err;

	(void)minios_option(cmdline, "mode", mode, sizeof(mode));
	run = page_alloc_run(RUN_PAGES);
	if (!run)
		return -ENOMEM;
	if (!strcmp(mode, "hotplug")) {
		minios_ready();
		return hotplug_mode();
	}
	is_registered = option_number(cmdline, "registered", 0);
	err = disk_open((unsigned int)option_number(cmdline, "disk", 0));
	if (err) {
		printf("disk: no disk: %d\n", err);
		return err;
	}
	info = blk_info(disk);
	err = run_mode(mode, cmdline);
	if (!err)
		minios_ready();
	return err;
}
