// SPDX-License-Identifier: GPL-2.0
/*
 * The file behind a disk.
 */
#include <linux/blkdev.h>
#include <linux/cred.h>
#include <linux/falloc.h>
#include <linux/file.h>
#include <linux/fsnotify.h>
#include <linux/magic.h>
#include <linux/uio.h>
#include "backing.h"

#define OVERFLOW_ID 65534 /* nobody, nogroup */

static struct inode *backing_inode(const struct blk_backing *backing)
{
	/* Of a block device this is the device's own inode, not the node's in /dev. */
	return backing->file->f_mapping->host;
}

static int check_kind(const struct file *file)
{
	umode_t mode = file_inode(file)->i_mode;

	if (S_ISDIR(mode))
		return -EISDIR;
	if (!S_ISREG(mode) && !S_ISBLK(mode))
		return -ENOTBLK;
	if (!(file->f_mode & FMODE_READ))
		return -EACCES;
	/* An appending write lands at the end, wherever it was meant for. */
	if (file->f_flags & O_APPEND || !(file->f_mode & FMODE_CAN_READ))
		return -EINVAL;
	return 0;
}

/* The unit the disk is read and written in; at most a page, because segments are. */
static int find_sector_size(struct blk_backing *backing, struct block_device *bdev)
{
	backing->sector_size = SECTOR_SIZE;
	if (bdev)
		backing->sector_size = bdev_logical_block_size(bdev);
	else if (backing->direct && backing_inode(backing)->i_sb->s_bdev)
		backing->sector_size =
			bdev_logical_block_size(backing_inode(backing)->i_sb->s_bdev);
	return backing->sector_size > PAGE_SIZE ? -EINVAL : 0;
}

/*
 * Whether pages may be given to the file that are not to be in use when it returns: a guest's own.
 * Some file systems do direct I/O of their own accord (FUSE, 9p, cifs), so this names those that
 * are known not to: block devices, and what is on one or in memory.
 */
static bool uses_page_cache(const struct blk_backing *backing, const struct block_device *bdev)
{
	const struct super_block *sb = backing_inode(backing)->i_sb;

	if (backing->direct)
		return false;
	if (bdev || sb->s_magic == TMPFS_MAGIC || sb->s_magic == RAMFS_MAGIC)
		return true;
	return sb->s_type->fs_flags & FS_REQUIRES_DEV && sb->s_magic != FUSE_SUPER_MAGIC;
}

static int describe(struct blk_backing *backing)
{
	struct file *file = backing->file;
	struct block_device *bdev = NULL;
	int err = check_kind(file);

	if (err)
		return err;
	if (S_ISBLK(file_inode(file)->i_mode))
		bdev = I_BDEV(backing_inode(backing));
	backing->direct = file->f_flags & O_DIRECT;
	backing->lends = uses_page_cache(backing, bdev);
	backing->read_only = !(file->f_mode & FMODE_WRITE) || !file->f_op->write_iter;
	err = find_sector_size(backing, bdev);
	if (err)
		return err;
	/* Punching a hole into a block device is telling it to write zeroes cheaply. */
	backing->discard = !backing->read_only && file->f_op->fallocate &&
			   (!bdev || bdev_write_zeroes_sectors(bdev));
	return blk_backing_size(backing) ? 0 : -ENODATA;
}

/*
 * File systems let some write to the last of their blocks, and past quotas: whoever has
 * CAP_SYS_RESOURCE, and the user or group named in the superblock, which is root unless somebody
 * has chosen.  chaos is both.  On a file system that sends the user to nobody else the guest is
 * nobody.
 */
static struct cred *prepare_guest_cred(const struct file *file)
{
	const struct super_block *sb = file->f_mapping->host->i_sb;
	const struct cred *old = override_creds(file->f_cred);
	struct cred *cred = prepare_creds();
	struct group_info *none;

	revert_creds(old);
	if (!cred)
		return NULL;
	cap_clear(cred->cap_effective);
	if (!uid_eq(cred->fsuid, GLOBAL_ROOT_UID) || !(sb->s_type->fs_flags & FS_REQUIRES_DEV) ||
	    sb->s_magic == FUSE_SUPER_MAGIC)
		return cred;
	none = groups_alloc(0);
	if (!none) {
		abort_creds(cred);
		return NULL;
	}
	set_groups(cred, none);
	put_group_info(none);
	cred->fsuid = KUIDT_INIT(OVERFLOW_ID);
	cred->fsgid = KGIDT_INIT(OVERFLOW_ID);
	return cred;
}

int blk_backing_open(struct blk_backing *backing, int fd)
{
	int err;

	backing->file = fget(fd);
	if (!backing->file)
		return -EBADF;
	backing->cred = NULL;
	err = describe(backing);
	if (!err) {
		backing->cred = prepare_guest_cred(backing->file);
		err = backing->cred ? 0 : -ENOMEM;
	}
	if (err)
		blk_backing_give_back(backing);
	return err;
}

void blk_backing_give_back(struct blk_backing *backing)
{
	put_cred(backing->cred);
	fput(backing->file);
	backing->file = NULL;
}

void blk_backing_close(struct blk_backing *backing)
{
	put_cred(backing->cred);
	__fput_sync(backing->file);
	backing->file = NULL;
}

u64 blk_backing_size(const struct blk_backing *backing)
{
	return i_size_read(backing_inode(backing)) / backing->sector_size;
}

static void set_iocb(struct blk_backing *backing, struct kiocb *iocb, loff_t pos)
{
	*iocb = (struct kiocb){
		.ki_filp = backing->file,
		.ki_pos = pos,
		.ki_complete = iocb->ki_complete,
		/* As it was opened: whoever shares the descriptor may have changed its flags. */
		.ki_flags = backing->direct ? IOCB_DIRECT : 0,
	};
}

const struct cred *blk_backing_begin(const struct blk_backing *backing)
{
	return override_creds(backing->cred);
}

void blk_backing_end(const struct cred *old)
{
	revert_creds(old);
}

/* What is neither done nor queued is an error: a file that has become shorter reads short. */
static ssize_t whole(ssize_t ret, size_t len)
{
	if (ret < 0 || ret == len)
		return ret;
	return -EIO;
}

ssize_t blk_backing_read(struct blk_backing *backing, struct kiocb *iocb, struct bio_vec *pieces,
			 unsigned int nr, size_t len, loff_t pos)
{
	struct iov_iter iter;

	set_iocb(backing, iocb, pos);
	iov_iter_bvec(&iter, READ, pieces, nr, len);
	return whole(vfs_iocb_iter_read(backing->file, iocb, &iter), len);
}

/*
 * The file's own write, as drivers/block/loop.c calls it: from Linux 6.8 on vfs_iocb_iter_write()
 * takes the freeze protection that we take ourselves, on every version, because a write that is
 * queued ends elsewhere.
 */
static ssize_t call_write(struct file *file, struct kiocb *iocb, struct iov_iter *iter)
{
	ssize_t ret = file->f_op->write_iter(iocb, iter);

	if (ret > 0)
		fsnotify_modify(file);
	return ret;
}

ssize_t blk_backing_write(struct blk_backing *backing, struct kiocb *iocb, struct bio_vec *pieces,
			  unsigned int nr, size_t len, loff_t pos, bool sync)
{
	struct iov_iter iter;
	ssize_t ret;

	file_start_write(backing->file);
	set_iocb(backing, iocb, pos);
	if (sync)
		iocb->ki_flags |= IOCB_DSYNC;
	iov_iter_bvec(&iter, WRITE, pieces, nr, len);
	/*
	 * A file that was cut short is not to grow again by a hole where data was.  No lock: if it
	 * is cut between here and the write, it grows.
	 */
	if (pos + len > i_size_read(backing_inode(backing)))
		ret = -ENXIO;
	else
		ret = whole(call_write(backing->file, iocb, &iter), len);
	/* Another thread may end it: lockdep is told that this one has let go, as fs/aio.c does. */
	if (S_ISREG(file_inode(backing->file)->i_mode))
		__sb_writers_release(file_inode(backing->file)->i_sb, SB_FREEZE_WRITE);
	return ret;
}

void blk_backing_wrote(struct blk_backing *backing)
{
	if (S_ISREG(file_inode(backing->file)->i_mode))
		__sb_writers_acquired(file_inode(backing->file)->i_sb, SB_FREEZE_WRITE);
	file_end_write(backing->file);
}

int blk_backing_flush(struct blk_backing *backing)
{
	return vfs_fsync(backing->file, 1);
}

int blk_backing_discard(struct blk_backing *backing, loff_t pos, u64 len)
{
	return vfs_fallocate(backing->file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, pos, len);
}
