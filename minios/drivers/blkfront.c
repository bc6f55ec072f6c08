/* SPDX-License-Identifier: MIT */
/*
 * Block front-end: connecting and waiting.  The ring itself is in blkring.c.
 *
 *   CLOSED --blk_open()--> OPENING --back-end OPEN--> OPEN --back-end FAILED--> DEAD
 *     ^                       ^                         |                         |
 *     |                       '--back-end CLOSED-- CLOSING <--resumed, back-end still OPEN
 *     '---- back-end GONE: from any state; the struct may be used for another disk
 *
 * Requests wait in a queue while the disk is not open or its ring is full.  What was under way when
 * the domain was suspended is put again: nothing about a read or write forbids to do it twice.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/blkring.h>
#include <minios/evtchn.h>
#include <minios/gnttab.h>
#include <minios/mm.h>
#include <minios/noxs.h>

#define MAX_DISKS 4

enum state {
	CLOSED,
	OPENING,
	OPEN,
	CLOSING,
	DEAD,
};

struct blk_disk {
	enum state state;
	void (*changed)(struct blk_disk *disk); /* may be NULL */
	struct blk_info info;
	bool is_registered; /* requests lie in registered memory only */
	struct noxs_front front;
	struct noxs_vbd_front half;
	domid_t backend;
	evtchn_port_t port; /* 0: none */
	struct blk_request *first, **last;
	struct blkring ring;
};

static struct blk_disk disks[MAX_DISKS];

static const struct noxs_ctrl_back *back_half(const struct blk_disk *disk)
{
	return &disk->front.slot.page->slot[disk->front.slot.index].back;
}

/* ---- the queue ---- */

static void queue_add(struct blk_disk *disk, struct blk_request *req)
{
	req->next = NULL;
	*disk->last = req;
	disk->last = &req->next;
}

static struct blk_request *queue_take(struct blk_disk *disk)
{
	struct blk_request *req = disk->first;

	if (req) {
		disk->first = req->next;
		if (!disk->first)
			disk->last = &disk->first;
	}
	return req;
}

static void queue_run(struct blk_disk *disk)
{
	bool any = false;

	while (disk->state == OPEN && disk->first && blkring_put(&disk->ring, disk->first)) {
		(void)queue_take(disk); /* the one just put */
		any = true;
	}
	if (any && blkring_push(&disk->ring))
		evtchn_notify(disk->port);
}

/* No answer will come any more, to anything. */
static void die(struct blk_disk *disk)
{
	struct blk_request *req;

	disk->state = DEAD;
	disk->info.is_failed = true;
	while ((req = blkring_evict(&disk->ring)))
		queue_add(disk, req);
	while ((req = queue_take(disk)))
		req->done(req, -EIO);
}

static void ring_event(void *data)
{
	struct blk_disk *disk = data;
	struct blk_request *req;
	int ret = 0, err;

	while (disk->state == OPEN && (ret = blkring_take(&disk->ring, &req, &err)) > 0)
		req->done(req, err);
	if (ret < 0) {
		printf("vbd%u: the back-end broke the protocol, closing\n", disk->info.id);
		noxs_publish(&disk->front, NOXS_STATE_CLOSED, &disk->half, sizeof(disk->half));
		die(disk);
	}
	queue_run(disk);
}

/* ---- connecting ---- */

/* A ring, its grant and a port of our own, published for the back-end to connect. */
static int connect(struct blk_disk *disk)
{
	int err;

	err = gnttab_init();
	if (!err)
		err = blkring_create(&disk->ring, disk->backend);
	if (!err)
		err = evtchn_alloc(disk->backend, &disk->port);
	if (err)
		return err;
	err = evtchn_handle(disk->port, ring_event, disk);
	if (err) {
		evtchn_close(disk->port);
		disk->port = 0;
		return err;
	}
	disk->half = (struct noxs_vbd_front){
		.ring_gref = { disk->ring.gref },
		.nr_rings = 1,
		.port = disk->port,
	};
	/* A grant that is taken back after its request would be found in use. */
	if (disk->is_registered)
		disk->half.features = READ_ONCE(back_half(disk)->u.vbd.features) &
				      NOXS_VBD_F_PERSISTENT;
	disk->info.is_persistent = disk->half.features & NOXS_VBD_F_PERSISTENT;
	disk->state = OPENING;
	noxs_publish(&disk->front, NOXS_STATE_OPEN, &disk->half, sizeof(disk->half));
	return 0;
}

static void tell(struct blk_disk *disk)
{
	if (disk->changed)
		disk->changed(disk);
}

static void reconnect(struct blk_disk *disk)
{
	int err = connect(disk);

	if (err) {
		printf("vbd%u: cannot reconnect: %d\n", disk->info.id, err);
		die(disk);
		tell(disk);
	}
}

/* What the device page says; a disk that makes no sense is none. */
static int describe(struct blk_info *info, const struct noxs_dev *dev)
{
	const struct noxs_vbd_config *config = &dev->config.vbd;

	if (config->sector_size < BLK_SECTOR_SIZE || config->sector_size > PAGE_SIZE ||
	    config->sector_size & (config->sector_size - 1) || config->sectors >> 50)
		return -EINVAL;
	*info = (struct blk_info){
		.id = dev->id,
		.sectors = config->sectors * (config->sector_size / BLK_SECTOR_SIZE),
		.sector_size = config->sector_size,
		.is_read_only = config->flags & NOXS_VBD_READ_ONLY,
		.can_flush = config->flags & NOXS_VBD_FLUSH,
		.can_discard = config->flags & NOXS_VBD_DISCARD,
	};
	return 0;
}

/* Its size, if it is another one. */
static void resize(struct blk_disk *disk, const struct noxs_dev *dev)
{
	struct blk_info now;

	if (!dev || describe(&now, dev) || now.sectors == disk->info.sectors)
		return;
	disk->info.sectors = now.sectors;
	tell(disk);
}

static void release(struct blk_disk *disk)
{
	if (disk->port)
		evtchn_close(disk->port);
	disk->port = 0;
	blkring_release(&disk->ring);
	disk->state = CLOSED;
}

static void gone(struct blk_disk *disk)
{
	printf("vbd%u: removed\n", disk->info.id);
	disk->info.is_gone = true;
	if (disk->state != DEAD)
		die(disk);
	release(disk);
	blkring_unregister_all(&disk->ring);
	tell(disk);
}

static void front_event(void *data, const struct noxs_ctrl_back *back)
{
	struct blk_disk *disk = data;

	switch (back->state) {
	case NOXS_STATE_OPEN:
		if (disk->state == OPENING) {
			disk->state = OPEN;
			queue_run(disk);
		}
		/* How large it is stands in the device page; that it is another size we see here. */
		if (back->u.vbd.sectors * (disk->info.sector_size / BLK_SECTOR_SIZE) !=
			    disk->info.sectors &&
		    !noxs_rescan() && disk->state == OPEN)
			resize(disk, noxs_find(NOXS_CLASS_VBD, disk->info.id));
		break;
	case NOXS_STATE_CLOSED:
		if (disk->state == CLOSING)
			reconnect(disk);
		break;
	case NOXS_STATE_GONE:
		gone(disk);
		break;
	case NOXS_STATE_FAILED:
		if (disk->state != DEAD) {
			printf("vbd%u: closed by its back-end, error %u\n", disk->info.id,
			       back->error);
			die(disk);
			tell(disk);
		}
		break;
	}
}

static void front_resume(void *data, const struct noxs_dev *dev)
{
	struct blk_disk *disk = data;
	struct blk_request *req, *queued = disk->first;

	blkring_forget_grants(&disk->ring);
	disk->port = 0;
	if (disk->state == DEAD)
		return;
	/* What was under way goes before what waited. */
	disk->first = NULL;
	disk->last = &disk->first;
	while ((req = blkring_evict(&disk->ring)))
		queue_add(disk, req);
	while ((req = queued)) {
		queued = req->next;
		queue_add(disk, req);
	}
	disk->backend = dev->backend_domid;
	if (READ_ONCE(back_half(disk)->state) == NOXS_STATE_OPEN) {
		disk->state = CLOSING;
		noxs_publish(&disk->front, NOXS_STATE_CLOSED, &disk->half, sizeof(disk->half));
	} else {
		reconnect(disk);
	}
	resize(disk, dev);
}

static int start(struct blk_disk *disk, const struct noxs_dev *dev, bool is_registered)
{
	int err;

	err = describe(&disk->info, dev);
	if (err)
		return err;
	disk->changed = NULL;
	disk->is_registered = is_registered;
	disk->first = NULL;
	disk->last = &disk->first;
	disk->backend = dev->backend_domid;
	disk->front.event = front_event;
	disk->front.resume = front_resume;
	disk->front.data = disk;
	err = noxs_open(&disk->front, dev);
	if (err)
		return err;
	err = connect(disk);
	if (err) {
		noxs_close(&disk->front);
		release(disk);
	}
	return err;
}

/* The struct of a disk that is open; or one to open it with, its own from before if possible. */
static struct blk_disk *disk_find(unsigned int id)
{
	struct blk_disk *disk, *best = NULL;

	for (disk = disks; disk < disks + MAX_DISKS; disk++) {
		if (disk->state != CLOSED && disk->info.id == id)
			return disk;
		if (disk->state == CLOSED && (!best || (disk->info.is_gone && disk->info.id == id)))
			best = disk;
	}
	return best;
}

static int open(unsigned int id, bool is_registered, struct blk_disk **out)
{
	const struct noxs_dev *dev = noxs_find(NOXS_CLASS_VBD, id);
	struct blk_disk *disk = disk_find(id);
	int err = 0;

	if (!disk || disk->state == CLOSED) {
		if (!dev)
			return -ENODEV;
		if (!disk)
			return -ENOSPC;
		err = start(disk, dev, is_registered);
	} else if (is_registered && !disk->is_registered) {
		err = -EBUSY;
	}
	if (!err)
		*out = disk;
	return err;
}

int blk_open(unsigned int id, struct blk_disk **out)
{
	return open(id, false, out);
}

int blk_open_registered(unsigned int id, struct blk_disk **out)
{
	return open(id, true, out);
}

int blk_buffers_register(struct blk_disk *disk, void *buf, unsigned int nr_pages)
{
	if (disk->state == DEAD || disk->state == CLOSED)
		return -EIO;
	return blkring_register(&disk->ring, buf, nr_pages);
}

void blk_watch(struct blk_disk *disk, void (*changed)(struct blk_disk *disk))
{
	disk->changed = changed;
}

const struct blk_info *blk_info(const struct blk_disk *disk)
{
	return &disk->info;
}

/* ---- requests ---- */

static int check(const struct blk_disk *disk, const struct blk_request *req)
{
	const struct blk_info *info = &disk->info;
	uint64_t mask = info->sector_size / BLK_SECTOR_SIZE - 1;
	unsigned long start = (unsigned long)req->buf & ~PAGE_MASK;

	if (req->op != BLK_READ && info->is_read_only)
		return -EROFS;
	if (req->op == BLK_FLUSH)
		return info->can_flush ? 0 : -EOPNOTSUPP;
	if (req->op == BLK_DISCARD && !info->can_discard)
		return -EOPNOTSUPP;
	if (!req->nr_sectors || req->sector > info->sectors ||
	    req->nr_sectors > info->sectors - req->sector || (req->sector | req->nr_sectors) & mask)
		return -EINVAL;
	if (req->op == BLK_DISCARD)
		return 0;
	/* No sector of the disk may lie in two pages. */
	if (start & (info->sector_size - 1) || start + (uint64_t)req->nr_sectors * BLK_SECTOR_SIZE >
						       (uint64_t)BLKRING_MAX_SEGS * PAGE_SIZE)
		return -EINVAL;
	if (disk->is_registered &&
	    !blkring_is_registered(&disk->ring, req->buf, req->nr_sectors * BLK_SECTOR_SIZE))
		return -EFAULT;
	return 0;
}

int blk_submit(struct blk_disk *disk, struct blk_request *req)
{
	int err = check(disk, req);

	if (err)
		return err;
	if (disk->state == DEAD || disk->state == CLOSED)
		return -EIO;
	queue_add(disk, req);
	queue_run(disk);
	return 0;
}

/* ---- waiting ---- */

void blk_wait(const bool *flag)
{
	/* Before the run loop nobody else looks at the control pages. */
	noxs_poll();
	while (!READ_ONCE(*flag))
		if (!evtchn_dispatch() && !READ_ONCE(*flag))
			evtchn_sleep(0);
}

struct waiter {
	struct blk_request req; /* first: what done() gets */
	bool is_done;
	int err;
};

static void wake(struct blk_request *req, int err)
{
	struct waiter *waiter = (struct waiter *)req;

	waiter->err = err;
	waiter->is_done = true;
}

static int perform(struct blk_disk *disk, struct waiter *waiter)
{
	int err;

	waiter->is_done = false;
	waiter->req.done = wake;
	err = blk_submit(disk, &waiter->req);
	if (err)
		return err;
	blk_wait(&waiter->is_done);
	return waiter->err;
}

static int transfer(struct blk_disk *disk, enum blk_op op, uint64_t sector, uint8_t *buf,
		    size_t nr_sectors)
{
	struct waiter waiter = { .req.op = op };
	struct blk_request *req = &waiter.req;
	size_t most;
	int err = 0;

	for (; nr_sectors && !err; nr_sectors -= req->nr_sectors) {
		most = BLK_MAX_SECTORS - ((unsigned long)buf & ~PAGE_MASK) / BLK_SECTOR_SIZE;
		req->sector = sector;
		req->buf = buf;
		req->nr_sectors = (uint32_t)size_min(nr_sectors, most);
		err = perform(disk, &waiter);
		sector += req->nr_sectors;
		buf += req->nr_sectors * BLK_SECTOR_SIZE;
	}
	return err;
}

int blk_read(struct blk_disk *disk, uint64_t sector, void *buf, size_t nr_sectors)
{
	return transfer(disk, BLK_READ, sector, buf, nr_sectors);
}

int blk_write(struct blk_disk *disk, uint64_t sector, const void *buf, size_t nr_sectors)
{
	return transfer(disk, BLK_WRITE, sector, (uint8_t *)buf, nr_sectors);
}

int blk_flush(struct blk_disk *disk)
{
	struct waiter waiter = { .req.op = BLK_FLUSH };

	return perform(disk, &waiter);
}
