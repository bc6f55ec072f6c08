/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lies behind a disk: an open file, regular or a block device, handed over by the toolstack.
 *
 * Both go through the file's own read and write: with the page cache, or past it when the file was
 * opened with O_DIRECT; a block device then gets bios straight from our pages.  No path is ever
 * looked up.  Rights and quota are those of the file as it was opened, and of whoever opened it,
 * but without capabilities: what a file system keeps for root is not for guests of root's.
 */
#ifndef NOXS_BLK_BACKING_H
#define NOXS_BLK_BACKING_H

#include <linux/blk_types.h>
#include <linux/blkdev.h>
#include <linux/fs.h>

struct blk_backing {
	struct file *file;
	const struct cred *cred; /* what the guest's I/O is done with */
	u32 sector_size;	 /* bytes */
	bool read_only;
	bool discard;
	bool direct;
	bool lends; /* reads and writes are copies from and to the page cache, and nothing else */
};

/*
 * Take hold of descriptor @fd of the calling process.  -EBADF no such descriptor; -ENOTBLK neither
 * a regular file nor a block device; -EISDIR a directory; -EACCES it cannot be read; -EINVAL it is
 * for appending only, or cannot be read at an offset; -ENODATA it has not one sector; -ENOMEM.
 */
int blk_backing_open(struct blk_backing *backing, int fd);

/* Let go of it again, while the caller has the descriptor open and so closes nothing. */
void blk_backing_give_back(struct blk_backing *backing);

/*
 * Close it.  The last close may wait for the disk: of a block device it writes back what is dirty,
 * of an unlinked file it frees it.  In a thread of one's own: fput() would leave it to the one work
 * of the kernel's that closes the files of all, one after the other, or to the caller's way back to
 * user space, where nobody can kill it.
 */
void blk_backing_close(struct blk_backing *backing);

/* How many sectors of sector_size bytes it has now; not one, perhaps. */
u64 blk_backing_size(const struct blk_backing *backing);

/* Everything between these is done for whoever opened the file, with no capability. */
const struct cred *blk_backing_begin(const struct blk_backing *backing);
void blk_backing_end(const struct cred *old);

/*
 * Read or write @nr pieces of together @len bytes at byte @pos.  The caller sets iocb->ki_complete,
 * or NULL to have it done before this returns; other fields are set here.  Returns @len or an
 * error; -EIOCBQUEUED: ki_complete will tell.  Each write must be ended with blk_backing_wrote()
 * when its result is known.  Both may sleep as long as the disk does.
 */
ssize_t blk_backing_read(struct blk_backing *backing, struct kiocb *iocb, struct bio_vec *pieces,
			 unsigned int nr, size_t len, loff_t pos);
ssize_t blk_backing_write(struct blk_backing *backing, struct kiocb *iocb, struct bio_vec *pieces,
			  unsigned int nr, size_t len, loff_t pos, bool sync);
void blk_backing_wrote(struct blk_backing *backing);

/* Make everything that was written durable. */
int blk_backing_flush(struct blk_backing *backing);

/* Give the space back; what is read there afterwards is zero.  -EOPNOTSUPP. */
int blk_backing_discard(struct blk_backing *backing, loff_t pos, u64 len);

#endif /* NOXS_BLK_BACKING_H */
