// SPDX-License-Identifier: MIT
/*
 * Hostile block front-ends: each is closed or bears the cost itself, and its neighbour goes on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "module-disk.h"

static int hostile_file;
static struct disk neighbour;

/* What has been pushed must close the device with EPROTO, once, and nobody else notices. */
static void expect_closed(const char *name, struct disk *disk)
{
	struct noxs_ioc_event event = { 0 };
	bool told;

	subscribe(fd, disk->guest.domid);
	disk_push(disk, 0);
	told = await_event(fd, NOXS_EVENT_DEV_FAILED, &event);
	disk_request(&neighbour, 0, BLKIF_OP_READ, 8, 0, 1);
	verdict(name,
		told && event.code == EPROTO && disk_state(disk, NULL) == NOXS_STATE_FAILED &&
			disk->guest.ctrl->slot[1].back.error == EPROTO &&
			disk_reap(&neighbour, 0, 1, BLKIF_RSP_OKAY) == 1 &&
			disk_pages_match(&neighbour, 0, 1, 8),
		"state %u, error %u", disk_state(disk, NULL), event.code);
	disk_close(disk);
}

static void test_closed(void)
{
	static const struct {
		const char *name;
		uint8_t op, nr_segs, first, last;
	} bad[] = {
		{ "hostile-too-many-segments", BLKIF_OP_READ, 12, 0, 7 },
		{ "hostile-most-segments", BLKIF_OP_WRITE, 255, 0, 7 },
		{ "hostile-no-segment", BLKIF_OP_READ, 0, 0, 7 },
		{ "hostile-no-segment-write", BLKIF_OP_WRITE, 0, 0, 7 },
		{ "hostile-first-after-last", BLKIF_OP_READ, 1, 3, 2 },
		{ "hostile-past-page", BLKIF_OP_READ, 1, 0, 8 },
		{ "hostile-far-past-page", BLKIF_OP_WRITE, 1, 255, 255 },
		{ "hostile-barrier-segments", BLKIF_OP_WRITE_BARRIER, 12, 0, 7 },
	};
	static const unsigned int counts[] = { 0, 33, 256, 65535 };
	blkif_request_indirect_t *indirect;
	blkif_request_t *req;
	struct disk disk;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (!disk_open(&disk, hostile_file, 0, 1))
			return;
		disk_request(&disk, 0, bad[i].op, 0, 0, bad[i].nr_segs > 11 ? 11 : bad[i].nr_segs);
		req = RING_GET_REQUEST(&disk.ring[0], 0);
		req->nr_segments = bad[i].nr_segs;
		req->seg[0].first_sect = bad[i].first;
		req->seg[0].last_sect = bad[i].last;
		expect_closed(bad[i].name, &disk);
	}
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		if (!disk_open(&disk, hostile_file, 0, 1))
			return;
		disk_indirect(&disk, BLKIF_OP_READ, 0, 0, 1, 39);
		indirect = (void *)RING_GET_REQUEST(&disk.ring[0], 0);
		indirect->nr_segments = counts[i];
		expect_closed("hostile-indirect-count", &disk);
	}
	if (!disk_open(&disk, hostile_file, 0, 1))
		return;
	disk_indirect(&disk, BLKIF_OP_READ, 0, 0, 32, 39);
	((struct blkif_request_segment *)disk.guest.page[PAGE_DATA + 39])[31].last_sect = 9;
	expect_closed("hostile-indirect-segment", &disk);
	if (!disk_open(&disk, hostile_file, 0, 1))
		return;
	disk.ring[0].req_prod_pvt += 33;
	expect_closed("hostile-index", &disk);
}

/* Answered, one by one, and the device goes on; whether or not pages stay mapped. */
static void test_refused(uint32_t features)
{
	blkif_request_indirect_t *indirect;
	blkif_request_discard_t *discard;
	const char *before = prefix;
	unsigned int good, i;
	struct disk disk;
	char with[40];

	snprintf(with, sizeof(with), "%spersist-", before);
	prefix = features ? with : before;
	disk_features = features;
	if (!disk_open(&disk, hostile_file, 0, 1))
		return;
	disk_features = 0;
	disk_request(&disk, 0, BLKIF_OP_READ, DISK_SECTORS - 7, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_WRITE, DISK_SECTORS, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, ~0ULL, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_WRITE, ~0ULL - 7, 0, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, 1ULL << 55, 0, 1);
	disk_indirect(&disk, BLKIF_OP_WRITE, DISK_SECTORS - 8, 0, 2, 39);
	discard = (void *)disk_next(&disk, 0);
	*discard = (blkif_request_discard_t){
		.operation = BLKIF_OP_DISCARD,
		.sector_number = 8,
		.nr_sectors = ~0ULL,
		.id = discard->id,
	};
	good = disk_reap(&disk, 0, 7, BLKIF_RSP_ERROR);
	verdict("hostile-past-end", good == 7, "%u of 7", good);

	/* No such grant; of the descriptors, too. */
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 500, 2);
	disk_request(&disk, 0, BLKIF_OP_WRITE, 0, 500, 1);
	disk_indirect(&disk, BLKIF_OP_READ, 0, 0, 1, 39);
	indirect = (void *)RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1);
	indirect->indirect_grefs[0] = 501;
	good = disk_reap(&disk, 0, 3, BLKIF_RSP_ERROR);
	verdict("hostile-grants", good == 3, "%u of 3", good);

	for (i = 4; i < 11; i++)
		if (i != BLKIF_OP_DISCARD && i != BLKIF_OP_INDIRECT)
			disk_next(&disk, 0)->operation = i;
	disk_next(&disk, 0)->operation = 255;
	disk_indirect(&disk, BLKIF_OP_DISCARD, 0, 0, 1, 39);
	good = disk_reap(&disk, 0, 7, BLKIF_RSP_EOPNOTSUPP);
	verdict("hostile-operations", good == 7, "%u of 7", good);

	/* One page for everything: what it holds is the guest's own affair. */
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 11);
	for (i = 1; i < 11; i++)
		RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1)->seg[i].gref =
			guest_gref(PAGE_DATA);
	/* The ring as data; its own descriptors as data. */
	disk_request(&disk, 0, BLKIF_OP_WRITE, 1600, 0, 1);
	RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1)->seg[0].gref =
		guest_gref(PAGE_TX);
	disk_indirect(&disk, BLKIF_OP_READ, 8, 39, 1, 39);
	good = disk_reap(&disk, 0, 3, BLKIF_RSP_OKAY);
	verdict("hostile-overlapping-grants", good == 3, "%u of 3", good);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 0, 1);
	verdict("hostile-go-on",
		disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(&disk, 0, 1, 8),
		"no");
	disk_close(&disk);
	prefix = before;
}

static void test_parameters(void)
{
	static const char *const names[] = { "hostile-features",   "hostile-no-ring",
					     "hostile-many-rings", "hostile-ring-grant",
					     "hostile-port",	   "hostile-ring-order",
					     "hostile-ring-index" };
	volatile struct noxs_ctrl_front *front;
	struct disk disk = { .slot = 1 };
	unsigned int i, want;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (guest_create(&disk.guest) || disk_attach(&disk.guest, hostile_file, 0))
			return verdict("disk-guest", false, "cannot be had");
		disk_prepare(&disk, 1);
		front = &disk.guest.ctrl->slot[1].front;
		want = i == 3 || i == 4 ? EIO : EPROTO;
		if (i == 0)
			front->u.vbd.features = NOXS_VBD_F_ALL + 1;
		else if (i == 1)
			front->u.vbd.nr_rings = 0;
		else if (i == 2)
			front->u.vbd.nr_rings = 5;
		else if (i == 3)
			front->u.vbd.ring_gref[0] = 501;
		else if (i == 4)
			front->u.vbd.port = 777;
		else if (i == 5)
			front->u.vbd.ring_order = 1;
		else
			disk.ring[0].sring->req_prod = 1000;
		guest_publish(&disk.guest, 1);
		verdict(names[i],
			guest_await_state(&disk.guest, 1, NOXS_STATE_FAILED) &&
				disk.guest.ctrl->slot[1].back.error == want,
			"state %u error %u", disk.guest.ctrl->slot[1].back.state,
			disk.guest.ctrl->slot[1].back.error);
		disk_close(&disk);
	}
}

/* A storm of events is throttled; the neighbour is served. */
static void test_storm(void)
{
	static const char interrupts[] =
		"awk '/ vbd[0-9]/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }"
		" END { print n + 0 }' /proc/interrupts";
	unsigned int sent, taken, good = 0, i;
	struct disk disk;

	if (!disk_open(&disk, hostile_file, 0, 1))
		return;
	taken = count_of(interrupts);
	sent = guest_storm(&disk.guest, disk.port);
	for (i = 0; i < 20; i++) {
		disk_request(&neighbour, 0, BLKIF_OP_READ, 8, 0, 1);
		good += disk_reap(&neighbour, 0, 1, BLKIF_RSP_OKAY);
	}
	sleep(1);
	sent = guest_storm(&disk.guest, 0) - sent;
	taken = count_of(interrupts) - taken;
	verdict("hostile-storm", good == 20 && sent > 1000 && taken < sent / 10,
		"%u events, %u interrupts, neighbour %u of 20", sent, taken, good);
	disk_close(&disk);
}

/* A control page that opens and closes without end, with requests in the ring. */
static void test_flips(void)
{
	struct disk disk;
	unsigned int i;

	if (!disk_open(&disk, hostile_file, 0, 1))
		return;
	for (i = 0; i < 32; i++)
		disk_request(&disk, 0, BLKIF_OP_WRITE, 1024 + i * 8, i, 1);
	disk_push(&disk, 0);
	for (i = 0; i < 20; i++) {
		disk.guest.ctrl->slot[1].front.state = i & 1;
		guest_publish(&disk.guest, 1);
	}
	disk_request(&neighbour, 0, BLKIF_OP_READ, 8, 0, 1);
	verdict("hostile-flips", disk_reap(&neighbour, 0, 1, BLKIF_RSP_OKAY) == 1, "neighbour");
	disk_close(&disk);
}

void test_disk_hostile(void)
{
	hostile_file = disk_file();
	if (hostile_file < 0 || !disk_open(&neighbour, hostile_file, NOXS_VBD_READ_ONLY, 1))
		return;
	test_closed();
	test_refused(0);
	test_refused(NOXS_VBD_F_PERSISTENT);
	test_parameters();
	test_storm();
	test_flips();
	disk_close(&neighbour);
	close(hostile_file);
}
