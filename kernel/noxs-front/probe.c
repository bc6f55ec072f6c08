// SPDX-License-Identifier: GPL-2.0
/*
 * Whether anybody has a disk open.  Opening one may read from it, so this is done where nobody else
 * waits: not in the thread that serves the store, nor under main_lock.
 */
#include <linux/blkdev.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/version.h>
#include <linux/workqueue.h>
#include "main.h"

static u32 probe_dev, probe_id; /* under main_lock */

/* -EOPNOTSUPP: of this kernel we do not know how. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 9, 0)

static int count_openers(dev_t dev)
{
	struct file *file = bdev_file_open_by_dev(dev, BLK_OPEN_READ, NULL, NULL);
	int nr;

	if (IS_ERR(file))
		return PTR_ERR(file);
	nr = atomic_read(&file_bdev(file)->bd_openers) - 1; /* but for us */
	__fput_sync(file);				    /* it is closed when we answer */
	return nr;
}

#elif LINUX_VERSION_CODE < KERNEL_VERSION(6, 5, 0)

static int count_openers(dev_t dev)
{
	struct block_device *bdev = blkdev_get_by_dev(dev, FMODE_READ, NULL);
	int nr;

	if (IS_ERR(bdev))
		return PTR_ERR(bdev);
	nr = atomic_read(&bdev->bd_openers) - 1;
	blkdev_put(bdev, FMODE_READ);
	return nr;
}

#else

static int count_openers(dev_t dev)
{
	return -EOPNOTSUPP;
}

#endif

static void probe(struct work_struct *work)
{
	u32 id, dev;
	int nr;

	mutex_lock(&main_lock);
	id = probe_id;
	dev = probe_dev;
	mutex_unlock(&main_lock);
	nr = count_openers(dev);
	mutex_lock(&main_lock);
	/* One that is not there is nobody's; what cannot be found out may be somebody's. */
	if (nr > 0)
		nr = -EBUSY;
	front_probed(&main_front, id, nr == -ENXIO || nr == -ENODEV ? 0 : -nr);
	mutex_unlock(&main_lock);
}

static DECLARE_WORK(probe_work, probe);

void probe_begin(struct front *f, u32 major, u32 minor, u32 req_id)
{
	probe_dev = MKDEV(major, minor);
	probe_id = req_id;
	schedule_work(&probe_work);
}
