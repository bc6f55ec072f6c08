/* SPDX-License-Identifier: MIT */
/*
 * Block front-end: standard blkif rings over noxs.
 *
 * A request's memory is granted to the back-end while it is under way: nothing is copied here.  Memory
 * that is used again and again may be registered: its grants stay (blkif's persistent grants), which
 * spares either side what it does to grant, revoke, and reach a page.
 * Sectors are of 512 bytes wherever they are counted, but requests are in multiples of the disk's
 * own sector_size.
 */
#ifndef MINIOS_BLKFRONT_H
#define MINIOS_BLKFRONT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLK_SECTOR_SIZE 512U
/* Sectors one request can have, if its buffer begins with a page. */
#define BLK_MAX_SECTORS 256U

struct blk_disk;

enum blk_op {
	BLK_READ,
	BLK_WRITE,
	BLK_FLUSH,   /* what has been written is on the disk: no buffer, no sectors */
	BLK_DISCARD, /* the contents are no longer needed: no buffer */
};

/* The caller's, who leaves it alone from blk_submit() to done(). */
struct blk_request {
	enum blk_op op;
	uint64_t sector;
	uint32_t nr_sectors;
	void *buf; /* a multiple of 512 */
	/* err: 0, -EIO, -EOPNOTSUPP.  From the run loop, or from within blk_wait(). */
	void (*done)(struct blk_request *req, int err);
	void *data;
	struct blk_request *next; /* the driver's */
};

struct blk_info {
	unsigned int id; /* 0 is xvda */
	uint64_t sectors;
	uint32_t sector_size;
	bool is_read_only, can_flush, can_discard;
	bool is_gone;	    /* removed: every request fails */
	bool is_failed;	    /* its back-end has closed it, which is for good: every request fails */
	bool is_persistent; /* the back-end may keep registered memory mapped */
};

/*
 * The disk of that number; it is connected at the first call.  -ENODEV there is no such disk; -ENOSPC
 * too many disks; -EINVAL its description makes no sense; -ENOMEM.
 * One that is gone may be opened anew when a disk of its number has been added (noxs_watch_add() tells);
 * until then its struct may become that of another disk that is opened.
 */
int blk_open(unsigned int id, struct blk_disk **disk);
const struct blk_info *blk_info(const struct blk_disk *disk);

/*
 * As blk_open(), and all requests will lie in registered memory: others are refused with -EFAULT, since
 * the back-end keeps what it has seen once.  -EBUSY the disk is open and not in this way.
 */
int blk_open_registered(unsigned int id, struct blk_disk **disk);

/*
 * Register nr_pages pages from buf on, for as long as the disk is there; a request has to lie in what was
 * registered in one go.  -EINVAL not whole pages, or some are registered already; -ENOMEM; -ENOSPC no
 * grants are left; -EIO the disk is gone, or closed.
 */
int blk_buffers_register(struct blk_disk *disk, void *buf, unsigned int nr_pages);

/*
 * changed() is called from the run loop when the disk has another size, has failed or is gone; not to
 * wait in.
 */
void blk_watch(struct blk_disk *disk, void (*changed)(struct blk_disk *disk));

/*
 * Begin a request; it waits its turn if it must.  -EINVAL it does not fit the disk or the buffer is
 * not aligned; -EFAULT the buffer is not registered; -EROFS; -EOPNOTSUPP; then done() is not called.
 */
int blk_submit(struct blk_disk *disk, struct blk_request *req);

/* The same, any length, done before they return.  Other events are served meanwhile. */
int blk_read(struct blk_disk *disk, uint64_t sector, void *buf, size_t nr_sectors);
int blk_write(struct blk_disk *disk, uint64_t sector, const void *buf, size_t nr_sectors);
int blk_flush(struct blk_disk *disk);

/* Serve events until *flag is true. */
void blk_wait(const bool *flag);

#endif /* MINIOS_BLKFRONT_H */
