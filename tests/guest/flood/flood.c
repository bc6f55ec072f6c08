// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest that is a burden to its host's disks: on every one of its own, with as many rings as it may
 * have, it keeps requests under way from the moment it is ready, flushes and discards in turn.  It never
 * looks at what it gets.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/app.h>
#include <minios/blkring.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/loop.h>
#include <minios/mm.h>
#include <minios/noxs.h>

#define MAX_DISKS   16U
#define NR_RINGS    4U	/* as many as Linux' back-end of noxs offers */
#define DEPTH	    16U /* of each ring, of BLKRING_SIZE */
#define REQ_SECTORS 8U

struct disk {
	struct noxs_front front;
	struct noxs_vbd_front keys;
	uint64_t sectors;
	bool is_open;
	struct blkring ring[NR_RINGS];
	struct blk_request req[NR_RINGS][DEPTH];
};

static struct disk disks[MAX_DISKS];
static unsigned int nr_disks, nr_open;

static void ring_event(void *data)
{
	(void)data; /* all rings are looked at in any case */
}

/* Number `turn` of all requests of a ring. */
static void put(struct disk *disk, struct blkring *ring, struct blk_request *req)
{
	static unsigned int turn;

	turn++;
	*req = (struct blk_request){ .op = turn % 2 ? BLK_DISCARD : BLK_FLUSH };
	if (req->op == BLK_DISCARD) {
		req->nr_sectors = REQ_SECTORS;
		req->sector = turn * REQ_SECTORS % (disk->sectors - REQ_SECTORS);
		req->sector -= req->sector % REQ_SECTORS;
	}
	(void)blkring_put(ring, req); /* never full: there are fewer requests than slots */
}

/* What has been answered is put anew. */
static void refill(struct disk *disk, struct blkring *ring)
{
	struct blk_request *req;
	bool any = false;
	int err;

	while (blkring_take(ring, &req, &err) > 0) {
		put(disk, ring, req);
		any = true;
	}
	if (any && blkring_push(ring))
		evtchn_notify(disk->keys.port);
}

static void begin(struct disk *disk)
{
	unsigned int i, j;

	for (i = 0; i < disk->keys.nr_rings; i++) {
		for (j = 0; j < DEPTH; j++)
			put(disk, &disk->ring[i], &disk->req[i][j]);
		(void)blkring_push(&disk->ring[i]);
	}
	evtchn_notify(disk->keys.port);
}

static uint64_t poll(void *data)
{
	unsigned int i, j;

	(void)data;
	for (i = 0; i < nr_disks; i++)
		for (j = 0; disks[i].is_open && j < disks[i].keys.nr_rings; j++)
			refill(&disks[i], &disks[i].ring[j]);
	return LOOP_NEVER;
}

static struct loop_source source = { .poll = poll };

static void back_changed(void *data, const struct noxs_ctrl_back *back)
{
	struct disk *disk = data;

	if (back->state != NOXS_STATE_OPEN) {
		if (back->state == NOXS_STATE_FAILED)
			printf("flood: a disk failed: %u\n", back->error);
		disk->is_open = false;
		return;
	}
	disk->is_open = true;
	if (++nr_open < nr_disks)
		return;
	loop_add(&source);
	for (unsigned int i = 0; i < nr_disks; i++)
		begin(&disks[i]);
	minios_ready();
}

static int disk_open(struct disk *disk, const struct noxs_dev *dev)
{
	const struct noxs_vbd_config *config = &dev->config.vbd;
	unsigned int i;
	int err;

	disk->front.event = back_changed;
	disk->front.data = disk;
	disk->sectors = config->sectors * (config->sector_size / BLK_SECTOR_SIZE);
	disk->keys.nr_rings = NR_RINGS;
	err = noxs_open(&disk->front, dev);
	if (!err)
		err = evtchn_alloc(dev->backend_domid, &disk->keys.port);
	if (!err)
		err = evtchn_handle(disk->keys.port, ring_event, NULL);
	for (i = 0; i < disk->keys.nr_rings && !err; i++) {
		err = blkring_create(&disk->ring[i], dev->backend_domid);
		disk->keys.ring_gref[i] = disk->ring[i].gref;
	}
	return err;
}

int app_main(const char *cmdline)
{
	const struct noxs_dev *dev = NULL;
	int err = gnttab_init();

	(void)cmdline;
	while (!err && nr_disks < MAX_DISKS && (dev = noxs_next(NOXS_CLASS_VBD, dev)))
		err = disk_open(&disks[nr_disks++], dev);
	if (!nr_disks)
		err = -ENODEV;
	if (err) {
		printf("flood: %d\n", err);
		return err;
	}
	for (unsigned int i = 0; i < nr_disks; i++)
		noxs_publish(&disks[i].front, NOXS_STATE_OPEN, &disks[i].keys,
			     sizeof(disks[i].keys));
	return 0;
}
