/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads of a disk, some at a time. */
#include <errno.h>
#include <minios/mm.h>
#include <minios/random.h>
#include "perf.h"

/* Descriptors (BLKRING_DESCS) are fewer: more than 4 reads of 128 KiB wait for each other. */
#define MAX_DEPTH    8U
#define BUFFER_PAGES BLKRING_MAX_SEGS

static struct blkring ring;
static evtchn_port_t port;
static uint64_t sectors;
static struct blk_request requests[MAX_DEPTH];
static void *buffers[MAX_DEPTH];

int perf_disk_open(bool persistent)
{
	unsigned int i;
	int err;

	if (persistent)
		perf_persist_begin();
	err = perf_connect_disk(&ring, &port, &sectors, persistent);
	for (i = 0; i < MAX_DEPTH && !err; i++) {
		buffers[i] = page_alloc_run(BUFFER_PAGES);
		if (!buffers[i])
			err = -ENOMEM;
	}
	return err;
}

struct run {
	uint32_t nr_sectors;
	bool is_random;
	uint64_t next;
	uint32_t left, in_flight;
};

static bool put_one(struct run *run, struct blk_request *req)
{
	if (run->is_random)
		run->next = random_u32() % (sectors / run->nr_sectors) * run->nr_sectors;
	else if (run->next + run->nr_sectors > sectors)
		run->next = 0;
	*req = (struct blk_request){
		.op = BLK_READ,
		.sector = run->next,
		.nr_sectors = run->nr_sectors,
		.buf = buffers[req - requests],
		.data = req, /* under way */
	};
	if (!blkring_put(&ring, req)) {
		req->data = NULL;
		return false;
	}
	run->next += run->nr_sectors;
	run->left--;
	run->in_flight++;
	return true;
}

static int take_all(struct run *run)
{
	struct blk_request *req;
	int ret, err;

	while ((ret = blkring_take(&ring, &req, &err)) > 0) {
		if (err)
			return err;
		req->data = NULL;
		run->in_flight--;
	}
	return ret;
}

int perf_disk_read(uint32_t nr_sectors, bool is_random, uint32_t count, uint32_t depth)
{
	struct run run = { .nr_sectors = nr_sectors, .is_random = is_random, .left = count };
	uint32_t i;
	int err = 0;

	if (!depth || depth > MAX_DEPTH || sectors < nr_sectors)
		return -EINVAL;
	while (!err && (run.left || run.in_flight)) {
		for (i = 0; i < depth && run.left; i++)
			if (!requests[i].data && !put_one(&run, &requests[i]))
				break;
		if (!run.in_flight)
			return -ENOSPC;
		if (blkring_push(&ring))
			evtchn_notify(port);
		perf_wait();
		err = take_all(&run);
	}
	return err;
}
