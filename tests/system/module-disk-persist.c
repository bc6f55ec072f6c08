// SPDX-License-Identifier: MIT
/*
 * Persistent grants: what stays mapped, what is copied instead, and that nothing is mapped any more when
 * a disk is closed.  The guest's grant table tells what is: Xen marks the entries that are in use.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "module-disk.h"
#include <xen/grant_table.h>

/* References besides those of the pages (guest_gref()). */
#define FIRST  100U
#define MORE   390U
/* Pages of a ring that stay mapped: GREFS_MAX in kernel/noxs/blk/grefs.h. */
#define MOST   256U

#define MAPPED (GTF_reading | GTF_writing)
#define DATA   guest_gref(PAGE_DATA)

static struct disk disk;
static int file;

static bool open_flags(uint32_t flags, unsigned int nr_rings)
{
	bool ok;

	disk_features = NOXS_VBD_F_PERSISTENT;
	ok = disk_open(&disk, file, flags, nr_rings);
	disk_features = 0;
	return ok;
}

static bool open_disk(unsigned int nr_rings)
{
	return open_flags(0, nr_rings);
}

/* A request of one whole page, granted under any reference. */
static void put(unsigned int ring, uint8_t op, uint64_t sector, uint32_t gref)
{
	disk_request(&disk, ring, op, sector, 0, 1);
	RING_GET_REQUEST(&disk.ring[ring], disk.ring[ring].req_prod_pvt - 1)->seg[0].gref = gref;
}

static bool answered(unsigned int ring, unsigned int count, int status)
{
	return disk_reap(&disk, ring, count, status) == count;
}

static unsigned int in_use(uint32_t gref, uint32_t count)
{
	return guest_grants_in_use(&disk.guest, gref, count, MAPPED);
}

/* ---- what is mapped ---- */

static bool reconnect(uint32_t features, unsigned int nr_rings)
{
	disk.guest.ctrl->slot[1].front.state = NOXS_STATE_CLOSED;
	guest_publish(&disk.guest, 1);
	if (!guest_await_state(&disk.guest, 1, NOXS_STATE_CLOSED))
		return false;
	disk_features = features;
	disk_prepare(&disk, nr_rings);
	disk_features = 0;
	guest_publish(&disk.guest, 1);
	return guest_await_state(&disk.guest, 1, NOXS_STATE_OPEN);
}

static void test_stays(void)
{
	unsigned int mapped, descs;

	if (!open_disk(1))
		return;
	put(0, BLKIF_OP_READ, 16, DATA);
	verdict("mapped-read", answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 0, 1, 16),
		"no");
	disk_indirect(&disk, BLKIF_OP_READ, 0, 0, 20, 39);
	verdict("mapped-read-indirect",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 0, 20, 0), "no");
	mapped = in_use(DATA, 39);
	descs = guest_grants_in_use(&disk.guest, DATA + 39, 1, GTF_reading);
	verdict("mapped-stays", mapped == 20 && descs == 1 && !in_use(DATA + 39, 1),
		"%u of data, %u of descriptors", mapped, descs);
	/* Other descriptors in the same page. */
	disk_indirect(&disk, BLKIF_OP_READ, 100, 20, 12, 39);
	verdict("mapped-descriptors-again",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 20, 12, 100), "no");
	verdict("mapped-reconnect", reconnect(0, 1), "state %u", disk_state(&disk, NULL));
	mapped = guest_grants_in_use(&disk.guest, DATA, 40, GTF_reading);
	verdict("mapped-close-unmaps", !mapped, "%u left", mapped);
	put(0, BLKIF_OP_READ, 24, DATA + 1);
	verdict("mapped-not-chosen",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 1, 1, 24) &&
			!guest_grants_in_use(&disk.guest, DATA, 40, GTF_reading),
		"mapped all the same");
	/* Each ring has mappings of its own. */
	verdict("mapped-reconnect-two", reconnect(NOXS_VBD_F_PERSISTENT, 2), "no");
	put(0, BLKIF_OP_READ, 32, DATA);
	put(1, BLKIF_OP_READ, 40, DATA + 1);
	put(1, BLKIF_OP_READ, 32, DATA);
	verdict("mapped-two-rings",
		answered(1, 2, BLKIF_RSP_OKAY) && answered(0, 1, BLKIF_RSP_OKAY) &&
			disk_pages_match(&disk, 0, 2, 32) && in_use(DATA, 2) == 2,
		"no");
	/* It dies like that. */
	disk_close(&disk);
	verdict("mapped-dead", await_gone(disk.guest.domid), "lingers");
}

/* As many references as there are, each a page of its own to the module. */
static void test_bound(void)
{
	unsigned int i, n, good = 0, used;

	if (!open_disk(1) || !guest_grant(&disk.guest, FIRST, MORE, PAGE_DATA, GTF_permit_access))
		return;
	for (i = 0; i < MORE; i += n) {
		for (n = 0; n < 30 && i + n < MORE; n++)
			put(0, BLKIF_OP_READ, i + n, FIRST + i + n);
		good += disk_reap(&disk, 0, n, BLKIF_RSP_OKAY);
	}
	used = in_use(FIRST, MORE);
	verdict("mapped-bound", good == MORE && used == MOST, "%u good, %u mapped", good, used);
	put(0, BLKIF_OP_READ, 80, FIRST + MORE - 1);
	verdict("mapped-bound-copies",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 0, 1, 80), "no");
	/* Some of each in one request, and descriptors that are copied. */
	disk_indirect(&disk, BLKIF_OP_READ, 160, 1, 4, 39);
	((struct blkif_request_segment *)disk.guest.page[PAGE_DATA + 39])[0].gref = FIRST;
	verdict("mapped-bound-mixed",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 0, 1, 160) &&
			disk_pages_match(&disk, 2, 3, 168) && in_use(FIRST, MORE) == MOST,
		"no");
	memset(disk.guest.page[PAGE_DATA], 0x77, 4096);
	put(0, BLKIF_OP_WRITE, 0, FIRST);
	put(0, BLKIF_OP_WRITE, 8, FIRST + MORE - 1);
	put(0, BLKIF_OP_READ, 0, DATA + 2);
	verdict("mapped-bound-write",
		answered(0, 3, BLKIF_RSP_OKAY) &&
			!memcmp(disk.guest.page[PAGE_DATA + 2], disk.guest.page[PAGE_DATA], 4096),
		"no");
	disk_close(&disk);
	verdict("mapped-bound-dead", await_gone(disk.guest.domid), "lingers");
}

/* The module's bound of all guests together; false and errno if it does not take the value. */
static bool most_of_all(unsigned int count)
{
	int fd = open("/sys/module/noxs/parameters/vbd_max_persistent_grants", O_WRONLY);
	bool ok;

	if (fd < 0)
		return false;
	ok = dprintf(fd, "%u", count) > 0;
	close(fd);
	return ok;
}

/* Five of these seven pages, and all of them are read; the disk has its share of 33 already. */
static void expect_five(const char *name, uint64_t sector)
{
	unsigned int used = ~0U;

	disk_indirect(&disk, BLKIF_OP_READ, sector, 32, 7, 39);
	if (answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 32, 7, sector))
		used = in_use(DATA + 32, 7);
	verdict(name, used == 5, "%u mapped", used);
}

/* As many as each disk has for itself, whoever else has how many: 32 of data, one of descriptors. */
static void expect_share(const char *name)
{
	disk_indirect(&disk, BLKIF_OP_READ, 100, 0, 32, 39);
	verdict(name,
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 0, 32, 100) &&
			in_use(DATA, 32) == 32,
		"%u mapped", in_use(DATA, 32));
}

static void two_guests(void)
{
	struct disk other;

	if (!open_flags(NOXS_VBD_READ_ONLY, 1))
		return;
	expect_share("mapped-all-share");
	expect_five("mapped-all-bound", 400);
	/* Another guest finds nothing but its share. */
	other = disk;
	if (!open_flags(NOXS_VBD_READ_ONLY, 1))
		return;
	expect_share("mapped-all-other-share");
	put(0, BLKIF_OP_READ, 16, DATA + 37);
	verdict("mapped-all-copies",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 37, 1, 16) &&
			!in_use(DATA + 37, 1),
		"mapped all the same");
	disk_close(&other);
	verdict("mapped-all-dead", await_gone(other.guest.domid), "lingers");
	/* What the first had beyond its share is this one's room now. */
	expect_five("mapped-all-again", 200);
	/* Less than there are. */
	verdict("mapped-all-less", most_of_all(0), "%s", strerror(errno));
	put(0, BLKIF_OP_READ, 16, DATA + 38);
	verdict("mapped-all-none",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 38, 1, 16) &&
			!in_use(DATA + 38, 1),
		"mapped all the same");
	disk_close(&disk);
}

/* Of all guests beside each disk's share. */
static void test_bound_of_all(void)
{
	verdict("mapped-all-too-many", !most_of_all(16385), "taken");
	verdict("mapped-all-few", most_of_all(5), "%s", strerror(errno));
	two_guests();
	verdict("mapped-all-default", most_of_all(16384), "%s", strerror(errno));
}

/* ---- grants that are not as they should be ---- */

static void test_bad(void)
{
	blkif_request_indirect_t *indirect;
	unsigned int i;

	if (!open_disk(1))
		return;
	/* More often than there are places. */
	for (i = 0; i < MOST / 16; i++) {
		put(0, BLKIF_OP_READ, 0, 100000 + i);
		put(0, BLKIF_OP_WRITE, 0, FIRST);
		disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 11);
		RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1)->seg[7].gref =
			FIRST + i;
		disk_indirect(&disk, BLKIF_OP_READ, 0, 0, 1, 39);
		indirect = (void *)RING_GET_REQUEST(&disk.ring[0], disk.ring[0].req_prod_pvt - 1);
		indirect->indirect_grefs[0] = FIRST + i;
		if (!answered(0, 4, BLKIF_RSP_ERROR))
			break;
	}
	verdict("mapped-bad", i == MOST / 16, "round %u", i);
	guest_grant(&disk.guest, FIRST, 1, PAGE_DATA + 3, GTF_permit_access);
	put(0, BLKIF_OP_READ, 48, FIRST);
	verdict("mapped-bad-no-more",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 3, 1, 48) &&
			in_use(FIRST, 1) == 1,
		"no");
	disk_close(&disk);
}

/* What is granted for reading is written from, and never to. */
static void test_read_only(void)
{
	unsigned int i, good = 0;

	if (!open_disk(1) ||
	    !guest_grant(&disk.guest, FIRST, 2, PAGE_DATA + 4, GTF_permit_access | GTF_readonly))
		return;
	memset(disk.guest.page[PAGE_DATA + 4], 0x33, 4096);
	put(0, BLKIF_OP_READ, 64, FIRST + 1);
	good += answered(0, 1, BLKIF_RSP_ERROR);
	for (i = 0; i < 2; i++) {
		put(0, BLKIF_OP_WRITE, 56, FIRST);
		put(0, BLKIF_OP_WRITE, 64, FIRST + 1);
		good += answered(0, 2, BLKIF_RSP_OKAY);
		put(0, BLKIF_OP_READ, 64, FIRST);
		put(0, BLKIF_OP_READ, 64, FIRST + 1);
		good += answered(0, 2, BLKIF_RSP_ERROR);
	}
	put(0, BLKIF_OP_READ, 56, DATA);
	verdict("mapped-read-only",
		good == 5 && answered(0, 1, BLKIF_RSP_OKAY) &&
			guest_grants_in_use(&disk.guest, FIRST, 2, GTF_reading) == 2 &&
			!in_use(FIRST, 2) &&
			!memcmp(disk.guest.page[PAGE_DATA], disk.guest.page[PAGE_DATA + 4], 4096),
		"%u of 5", good);
	disk_close(&disk);
}

/* One page for all segments; its grant withdrawn, by force, while it is mapped. */
static void test_own_fault(void)
{
	unsigned int i;

	if (!open_disk(1))
		return;
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 11);
	for (i = 0; i < 11; i++)
		RING_GET_REQUEST(&disk.ring[0], 0)->seg[i].gref = DATA + 5;
	verdict("mapped-same-page",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 5, 1, 80) &&
			in_use(DATA, 40) == 1,
		"no");
	guest_grant(&disk.guest, DATA + 5, 1, PAGE_DATA + 5, 0);
	put(0, BLKIF_OP_READ, 96, DATA + 5);
	verdict("mapped-withdrawn",
		answered(0, 1, BLKIF_RSP_OKAY) && disk_pages_match(&disk, 5, 1, 96), "no");
	verdict("mapped-withdrawn-closes", reconnect(NOXS_VBD_F_PERSISTENT, 1), "state %u",
		disk_state(&disk, NULL));
	put(0, BLKIF_OP_READ, 0, DATA + 5);
	verdict("mapped-withdrawn-is-gone", answered(0, 1, BLKIF_RSP_ERROR), "still there");
	disk_close(&disk);
	verdict("mapped-withdrawn-dead", await_gone(disk.guest.domid), "lingers");
}

/* Past the page cache. */
static void test_direct(void)
{
	int device = open("/dev/nullb0", O_RDWR | O_DIRECT), cached = file;
	unsigned int i, good;

	file = device;
	if (!open_disk(1))
		return;
	for (i = 0; i < 20; i++) {
		memset(disk.guest.page[PAGE_DATA + i], 0x40 + i, 4096);
		put(0, BLKIF_OP_WRITE, i * 8, DATA + i);
	}
	verdict("mapped-direct-write", answered(0, 20, BLKIF_RSP_OKAY) && in_use(DATA, 20) == 20,
		"no");
	/* The same pages the other way round. */
	for (i = 0; i < 20; i++)
		put(0, BLKIF_OP_READ, i * 8, DATA + 19 - i);
	good = disk_reap(&disk, 0, 20, BLKIF_RSP_OKAY);
	for (i = 0; i < 20; i++)
		if (disk.guest.page[PAGE_DATA + 19 - i][0] != 0x40 + i ||
		    disk.guest.page[PAGE_DATA + 19 - i][4095] != 0x40 + i)
			break;
	verdict("mapped-direct-read", good == 20 && i == 20, "%u good, page %u", good, i);
	disk_close(&disk);
	verdict("mapped-direct-dead", await_gone(disk.guest.domid), "lingers");
	close(device);
	file = cached;
}

void test_disk_persist(void)
{
	file = disk_file();
	if (file < 0)
		return;
	test_stays();
	test_bound();
	test_bound_of_all();
	test_bad();
	test_read_only();
	test_own_fault();
	test_direct();
	close(file);
}
