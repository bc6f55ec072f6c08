/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Disks that come and go.  Each is told of when it appears, read, and told of when it has been found to
 * be right, has another size, or is gone:
 *
 *   disk xvdb: 2048 sectors / verified / now 4096 sectors / gone
 *
 * What is read and is not right ends the domain.
 */
#include <errno.h>
#include <stdio.h>
#include <minios/loop.h>
#include <minios/noxs.h>
#include <minios/panic.h>
#include <minios/util.h>
#include "disk.h"

#define MAX_KNOWN 8U

static struct known {
	bool is_used, is_gone, is_resized;
	unsigned int id;
	struct blk_disk *disk; /* not when it is gone: it may be another's */
} known[MAX_KNOWN];
static bool is_changed = true;

static char letter(unsigned int id)
{
	return (char)('a' + id % 26);
}

static void disk_changed(struct blk_disk *disk)
{
	struct known *k;

	is_changed = true;
	for (k = known; k < known + MAX_KNOWN; k++) {
		if (!k->is_used || k->disk != disk)
			continue;
		k->is_resized = !blk_info(disk)->is_gone;
		k->is_gone = blk_info(disk)->is_gone;
		if (k->is_gone)
			k->disk = NULL;
	}
}

static struct known *known_find(unsigned int id)
{
	struct known *k;

	for (k = known; k < known + MAX_KNOWN; k++)
		if (k->is_used && k->id == id)
			return k;
	return NULL;
}

static void verify(struct known *k)
{
	int err = disk_verify(k->disk);

	if (k->is_gone)
		return;
	if (err)
		panic("disk xvd%c: cannot be verified: %d", letter(k->id), err);
	printf("disk xvd%c: verified\n", letter(k->id));
}

static void appear(unsigned int id)
{
	struct known *k;
	int err;

	for (k = known; k < known + MAX_KNOWN && k->is_used; k++)
		;
	if (k == known + MAX_KNOWN)
		return;
	*k = (struct known){ .id = id };
	err = blk_open(id, &k->disk);
	if (err) {
		printf("disk xvd%c: cannot be opened: %d\n", letter(id), err);
		return;
	}
	k->is_used = true;
	blk_watch(k->disk, disk_changed);
	printf("disk xvd%c: %lu sectors\n", letter(id), (unsigned long)blk_info(k->disk)->sectors);
	verify(k);
}

static void changes_tell(void)
{
	struct known *k;

	for (k = known; k < known + MAX_KNOWN; k++) {
		if (!k->is_used)
			continue;
		if (k->is_gone) {
			printf("disk xvd%c: gone\n", letter(k->id));
			k->is_used = false;
		} else if (k->is_resized) {
			k->is_resized = false;
			printf("disk xvd%c: now %lu sectors\n", letter(k->id),
			       (unsigned long)blk_info(k->disk)->sectors);
		}
	}
}

/* Here, where waiting for a disk is allowed. */
static uint64_t hotplug_poll(void *data)
{
	const struct noxs_dev *dev;
	unsigned int ids[NOXS_MAX_DEVS], n = 0, i;

	(void)data;
	if (!is_changed)
		return LOOP_NEVER;
	is_changed = false;
	changes_tell();
	for (dev = noxs_next(NOXS_CLASS_VBD, NULL); dev; dev = noxs_next(NOXS_CLASS_VBD, dev))
		ids[n++] = dev->id; /* the device page may be another while a disk is read */
	for (i = 0; i < n; i++)
		if (!known_find(ids[i]) && noxs_find(NOXS_CLASS_VBD, ids[i]))
			appear(ids[i]);
	return 0;
}

static void device_changed(void *data, unsigned int cls, unsigned int id, bool is_there)
{
	(void)data;
	(void)id;
	(void)is_there;
	is_changed |= cls == NOXS_CLASS_VBD;
}

static struct loop_source source = { .poll = hotplug_poll };
static struct noxs_watch watch = { .changed = device_changed };

int hotplug_mode(void)
{
	noxs_watch_add(&watch);
	loop_add(&source);
	return 0;
}
