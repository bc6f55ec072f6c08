// SPDX-License-Identifier: GPL-2.0
/*
 * The guest goes on after a suspend, in its own domain or in a new one; or is about to end.
 */
#define pr_fmt(fmt) "noxs-front: " fmt
#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/workqueue.h>
#include <xen/xen-ops.h>
#include <xen/xenbus.h>
#include "main.h"

/* For drivers to close before a shutdown. */
#define CLOSE_SECONDS 5

static DECLARE_COMPLETION(is_closed);
static u32 close_sync; /* under main_lock */
static bool is_watched;

/* ---- random numbers ---- */

/*
 * What ioctl RNDRESEEDCRNG does, without which the next reseed may be a minute away.  It opens a
 * file: nobody may wait for that whom a disk waits for.
 */
static void reseed(struct work_struct *work)
{
	struct file *file = filp_open("/dev/urandom", O_RDONLY, 0);

	if (IS_ERR(file))
		return;
	if (file->f_op->unlocked_ioctl)
		(void)file->f_op->unlocked_ioctl(file, RNDRESEEDCRNG, 0);
	(void)filp_close(file, NULL);
}

static DECLARE_WORK(reseed_work, reseed);

void resume_mix(const u8 *gen_id, size_t size)
{
	add_device_randomness(gen_id, size);
	schedule_work(&reseed_work);
}

/* ---- suspend ---- */

static void mix_new_id(const u8 *before)
{
	const u8 *now = main_front.page.hdr.gen_id;

	if (memcmp(before, now, NOXS_UUID_LEN))
		resume_mix(now, NOXS_UUID_LEN);
}

static void resume_anew(void)
{
	u8 before[NOXS_UUID_LEN];
	int err;

	ring_give_up();
	mutex_lock(&main_lock);
	memcpy(before, main_front.page.hdr.gen_id, sizeof(before));
	ring_resume();
	err = page_read(&main_front);
	if (err)
		pr_err("no devices after this suspend: %d\n", err);
	else
		front_resumed(&main_front, true);
	mix_new_id(before);
	mutex_unlock(&main_lock);
}

/* Called by the thread that suspends, before devices resume. */
static int resumed(struct notifier_block *nb, unsigned long action, void *data)
{
	if (ring_is_lost()) {
		resume_anew();
	} else {
		/* Without main_lock: its owner may wait for an interrupt that comes after this. */
		front_resumed(&main_front, false);
	}
	ring_kick();
	return NOTIFY_DONE;
}

static struct notifier_block resume_nb = { .notifier_call = resumed };

/* ---- shutdown ---- */

static int shutting_down(struct notifier_block *nb, unsigned long action, void *data)
{
	if (!READ_ONCE(is_watched))
		return NOTIFY_DONE;
	mutex_lock(&main_lock);
	close_sync = front_close_all(&main_front);
	mutex_unlock(&main_lock);
	(void)wait_for_completion_timeout(&is_closed, CLOSE_SECONDS * HZ);
	return NOTIFY_DONE;
}

static struct notifier_block reboot_nb = { .notifier_call = shutting_down };

/* ---- the kernel's watch thread ---- */

static void synced(struct xenbus_watch *watch, const char *path, const char *token)
{
	unsigned int number;

	if (strncmp(path, FRONT_SYNC "/", sizeof(FRONT_SYNC)) ||
	    kstrtouint(path + sizeof(FRONT_SYNC), 10, &number))
		return;
	mutex_lock(&main_lock);
	front_synced(&main_front, number);
	if (close_sync && number == close_sync)
		complete(&is_closed);
	mutex_unlock(&main_lock);
}

static struct xenbus_watch sync_watch = { .node = FRONT_SYNC, .callback = synced };

static int store_is_there(struct notifier_block *nb, unsigned long action, void *data)
{
	int err = register_xenbus_watch(&sync_watch);

	if (err)
		pr_err("no watch: %d\n", err);
	else
		WRITE_ONCE(is_watched, true);
	return NOTIFY_DONE;
}

static struct notifier_block store_nb = { .notifier_call = store_is_there };

void resume_start(void)
{
	xen_resume_notifier_register(&resume_nb);
	(void)register_reboot_notifier(&reboot_nb);  /* it does not fail */
	(void)register_xenstore_notifier(&store_nb); /* nor does this */
}

void resume_stop(void)
{
	unregister_xenstore_notifier(&store_nb);
	(void)unregister_reboot_notifier(&reboot_nb);
	xen_resume_notifier_unregister(&resume_nb);
}
