// SPDX-License-Identifier: MIT
/*
 * Disks held still while their guest's memory would be copied: what is in flight is answered first,
 * and then nothing of the guest's is touched.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include "module-disk.h"

static unsigned int answered(const struct disk *disk, unsigned int ring)
{
	return disk->ring[ring].sring->rsp_prod - disk->ring[ring].rsp_cons;
}

static void put_reads(struct disk *disk, unsigned int ring, unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		disk_request(disk, ring, BLKIF_OP_READ, 4000 + i * 8, i, 1);
}

static void push_rings(struct disk *disk)
{
	/* One event for both. */
	RING_PUSH_REQUESTS(&disk->ring[0]);
	disk_push(disk, 1);
}

/* All of a guest's pages that the module can reach. */
static void take_pages(const struct guest *guest, unsigned char *copy)
{
	unsigned int i;

	for (i = 0; i < GUEST_PAGES; i++)
		memcpy(copy + i * 4096UL, guest->page[i], 4096);
}

/* What comes while a guest is held stays where it is, in rings and control page; then it is served. */
static void expect_still(struct disk *disk, const char *name)
{
	static unsigned char before[GUEST_PAGES * 4096UL], after[GUEST_PAGES * 4096UL];

	put_reads(disk, 0, 5);
	put_reads(disk, 1, 3);
	push_rings(disk);
	disk->guest.ctrl->slot[1].front.state = NOXS_STATE_OPEN;
	guest_publish(&disk->guest, 1);
	take_pages(&disk->guest, before);
	usleep(700000);
	take_pages(&disk->guest, after);
	verdict(name, !memcmp(before, after, sizeof(before)), "the guest's memory has changed");
}

/* Two rings, each with requests in flight, of which nothing is known before they end. */
static void test_in_flight(void)
{
	int file = open(SLOWEST_DISK, O_RDWR | O_DIRECT);
	unsigned int good, early = 16, i;
	struct disk disk;

	if (!disk_open(&disk, file, 0, 2))
		return;
	/* A machine that is slow itself may have lost the race: the disk has half a second. */
	for (i = 0; i < 5 && early == 16; i++) {
		put_reads(&disk, 0, 8);
		put_reads(&disk, 1, 8);
		push_rings(&disk);
		disk_await_taken(&disk, 0);
		disk_await_taken(&disk, 1);
		early = answered(&disk, 0) + answered(&disk, 1);
		if (early == 16)
			early = disk_reap(&disk, 0, 8, BLKIF_RSP_OKAY) +
				disk_reap(&disk, 1, 8, BLKIF_RSP_OKAY);
	}
	expect("disk-quiesce", quiesce(fd, disk.guest.domid), 0);
	verdict("disk-quiesce-answers",
		early < 16 && answered(&disk, 0) == 8 && answered(&disk, 1) == 8 &&
			disk_reap(&disk, 0, 8, BLKIF_RSP_OKAY) == 8 &&
			disk_reap(&disk, 1, 8, BLKIF_RSP_OKAY) == 8,
		"%u before, then %u and %u", early, answered(&disk, 0), answered(&disk, 1));
	expect_still(&disk, "disk-quiesce-still");
	expect("disk-thaw", thaw(fd, disk.guest.domid), 0);
	good = disk_reap(&disk, 0, 5, BLKIF_RSP_OKAY) + disk_reap(&disk, 1, 3, BLKIF_RSP_OKAY);
	verdict("disk-thaw-serves", good == 8 && guest_await_state(&disk.guest, 1, NOXS_STATE_OPEN),
		"%u of 8", good);
	disk_close(&disk);
	close(file);
}

/* One whose requests a round waits for: some are taken, and answered, the rest are left. */
static void test_cached(void)
{
	int file = open(SLOW_DISK, O_RDWR);
	unsigned int taken[2], good, i;
	struct disk disk;

	if (!disk_open(&disk, file, 0, 2))
		return;
	put_reads(&disk, 0, 8);
	put_reads(&disk, 1, 8);
	push_rings(&disk);
	usleep(50000);
	expect("disk-quiesce-cached", quiesce(fd, disk.guest.domid), 0);
	for (i = 0; i < 2; i++)
		taken[i] = disk_reap(&disk, i, 0, BLKIF_RSP_OKAY);
	expect_still(&disk, "disk-quiesce-cached-still");
	expect("disk-thaw-cached", thaw(fd, disk.guest.domid), 0);
	good = disk_reap(&disk, 0, 13 - taken[0], BLKIF_RSP_OKAY) +
	       disk_reap(&disk, 1, 11 - taken[1], BLKIF_RSP_OKAY);
	verdict("disk-thaw-cached-serves", taken[0] + taken[1] + good == 24,
		"%u and %u before, %u behind", taken[0], taken[1], good);
	disk_close(&disk);
	close(file);
}

/* Whatever else happens to a domain that is held. */
static void test_ends(void)
{
	int other = open(NOXS_DEVICE, O_RDWR), file = open(SLOW_DISK, O_RDWR | O_DIRECT);
	unsigned int taken;
	struct disk disk;

	if (!disk_open(&disk, file, 0, 1))
		return;
	/* The owner goes; a hold of nothing in flight. */
	expect("disk-quiesce-and-die", quiesce(other, disk.guest.domid), 0);
	close(other);
	put_reads(&disk, 0, 4);
	disk_push(&disk, 0);
	verdict("disk-quiesce-ends-with-its-file", disk_reap(&disk, 0, 4, BLKIF_RSP_OKAY) == 4,
		"still held");
	/* The domain goes, with requests in the ring. */
	put_reads(&disk, 0, 4);
	disk_push(&disk, 0);
	expect("disk-quiesce-before-detach", quiesce(fd, disk.guest.domid), 0);
	taken = answered(&disk, 0);
	put_reads(&disk, 0, 4);
	disk_push(&disk, 0);
	expect("disk-quiesce-detach", detach(disk.guest.domid), 0);
	verdict("disk-quiesce-detached",
		disk.guest.ctrl->slot[1].back.state == NOXS_STATE_GONE &&
			answered(&disk, 0) == taken,
		"state %u, %u answered", disk.guest.ctrl->slot[1].back.state, answered(&disk, 0));
	expect("disk-quiesce-thaw-detached", thaw(fd, disk.guest.domid), 0);
	guest_destroy(&disk.guest);
	verdict("disk-quiesce-frees-guest", await_gone(disk.guest.domid), "lingers");
	/* Not connected, then broken: there is nothing to hold. */
	if (!disk_open(&disk, file, 0, 1))
		return;
	disk.guest.ctrl->slot[1].front.state = NOXS_STATE_CLOSED;
	guest_publish(&disk.guest, 1);
	guest_await_state(&disk.guest, 1, NOXS_STATE_CLOSED);
	expect("disk-quiesce-closed", quiesce(fd, disk.guest.domid), 0);
	disk_prepare(&disk, 1);
	guest_publish(&disk.guest, 1);
	expect("disk-thaw-closed", thaw(fd, disk.guest.domid), 0);
	verdict("disk-thaw-looks", guest_await_state(&disk.guest, 1, NOXS_STATE_OPEN), "state %u",
		disk.guest.ctrl->slot[1].back.state);
	disk.ring[0].req_prod_pvt += 33;
	expect("disk-quiesce-broken", quiesce(fd, disk.guest.domid), 0);
	disk_push(&disk, 0);
	expect("disk-thaw-broken", thaw(fd, disk.guest.domid), 0);
	verdict("disk-broken-fails", guest_await_state(&disk.guest, 1, NOXS_STATE_FAILED),
		"state %u", disk.guest.ctrl->slot[1].back.state);
	disk_close(&disk);
	close(file);
}

/* A disk that takes long delays the hold of its own domain, and nobody else's. */
static void test_others(void)
{
	int file = open(SLOW_DISK, O_RDWR), err = 0, status = 0;
	struct guest other;
	struct disk disk;
	unsigned int i;
	pid_t child;

	if (!disk_open(&disk, file, 0, 1) || guest_create(&other) || disk_attach(&other, file, 0))
		return verdict("disk-quiesce-others", false, "cannot be set up");
	/* Through the page cache, one after the other: three seconds. */
	for (i = 0; i < 30; i++)
		disk_request(&disk, 0, BLKIF_OP_READ, 10000 + i * 700, i, 1);
	disk_push(&disk, 0);
	child = fork();
	if (!child) {
		int own = open(NOXS_DEVICE, O_RDWR);

		_exit(quiesce(own, disk.guest.domid));
	}
	usleep(200000);
	for (i = 0; i < 10 && !err; i++) {
		err = quiesce(fd, other.domid);
		if (!err)
			err = thaw(fd, other.domid);
	}
	verdict("disk-quiesce-others", !err && !waitpid(child, &status, WNOHANG), "%s",
		err ? strerror(err) : "they have waited");
	waitpid(child, &status, 0);
	/* It has died with its hold. */
	verdict("disk-quiesce-slow", !status && disk_reap(&disk, 0, 30, BLKIF_RSP_OKAY) == 30,
		"status %x", status);
	close_guest(&other);
	disk_close(&disk);
	close(file);
}

void test_disk_quiesce(void)
{
	test_in_flight();
	test_cached();
	test_ends();
	test_others();
}
