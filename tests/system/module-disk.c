// SPDX-License-Identifier: MIT
/*
 * The module's block devices against front-ends played from Dom0 (module-disk.h): what may be
 * handed over, the whole protocol, errors of the disk, hostile guests, leaks.  Runs in the lab.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "module-disk.h"

/* ---- the protocol ---- */

static void test_read(struct disk *disk)
{
	blkif_request_t *req;
	unsigned int good;

	disk_request(disk, 0, BLKIF_OP_READ, 8, 0, 11);
	good = disk_reap(disk, 0, 1, BLKIF_RSP_OKAY);
	verdict("read", good == 1 && disk_pages_match(disk, 0, 11, 8), "%u good", good);
	/* The last three sectors of the disk, into the middle of a page. */
	memset(disk->guest.page[PAGE_DATA], 0xee, 4096);
	disk_request(disk, 0, BLKIF_OP_READ, DISK_SECTORS - 3, 0, 1);
	req = RING_GET_REQUEST(&disk->ring[0], disk->ring[0].req_prod_pvt - 1);
	req->seg[0].first_sect = 2;
	req->seg[0].last_sect = 4;
	good = disk_reap(disk, 0, 1, BLKIF_RSP_OKAY);
	verdict("read-part-of-page",
		good == 1 &&
			*(uint64_t *)(disk->guest.page[PAGE_DATA] + 1024) == DISK_SECTORS - 3 &&
			*(uint64_t *)(disk->guest.page[PAGE_DATA] + 2048) == DISK_SECTORS - 1 &&
			disk->guest.page[PAGE_DATA][1023] == 0xee &&
			disk->guest.page[PAGE_DATA][2560] == 0xee,
		"%u good", good);
	disk_indirect(disk, BLKIF_OP_READ, 100, 0, 32, 39);
	good = disk_reap(disk, 0, 1, BLKIF_RSP_OKAY);
	verdict("read-indirect", good == 1 && disk_pages_match(disk, 0, 32, 100), "%u good", good);
	/* Linux's blkfront ends a disk that answers with another operation than the inner one. */
	good = RING_GET_RESPONSE(&disk->ring[0], disk->ring[0].rsp_cons - 1)->operation;
	verdict("read-indirect-operation", good == BLKIF_OP_READ, "%u", good);
}

/* Every slot of the ring at once; one page each. */
static void test_full_ring(struct disk *disk)
{
	unsigned int i, good;

	for (i = 0; i < 32; i++)
		disk_request(disk, 0, BLKIF_OP_READ, i * 8, i, 1);
	good = disk_reap(disk, 0, 32, BLKIF_RSP_OKAY);
	verdict("read-full-ring", good == 32 && disk_pages_match(disk, 0, 32, 0), "%u good", good);
}

static void test_write(struct disk *disk, int file)
{
	unsigned char buf[4096];
	unsigned int good, i;

	memset(disk->guest.page[PAGE_DATA], 0x5a, 3 * 4096);
	disk_request(disk, 0, BLKIF_OP_WRITE, 16, 0, 1);
	disk_indirect(disk, BLKIF_OP_WRITE, 24, 1, 2, 39);
	disk_request(disk, 0, BLKIF_OP_FLUSH_DISKCACHE, 0, 0, 0);
	good = disk_reap(disk, 0, 3, BLKIF_RSP_OKAY);
	for (i = 0; i < 3; i++) {
		if (pread(file, buf, 4096, 8192 + i * 4096) != 4096 ||
		    memcmp(buf, disk->guest.page[PAGE_DATA], 4096))
			good = 100;
	}
	verdict("write", good == 3, "%u good", good);
	disk_request(disk, 0, BLKIF_OP_WRITE, 40, 0, 1);
	disk_request(disk, 0, BLKIF_OP_WRITE_BARRIER, 48, 0, 1);
	disk_request(disk, 0, BLKIF_OP_READ, 48, 5, 1);
	disk_request(disk, 0, BLKIF_OP_WRITE_BARRIER, 0, 0, 0);
	good = disk_reap(disk, 0, 4, BLKIF_RSP_OKAY);
	verdict("barrier", good == 4 && disk->guest.page[PAGE_DATA + 5][4095] == 0x5a, "%u good",
		good);
}

static void test_discard(struct disk *disk)
{
	blkif_request_discard_t *req = (void *)disk_next(disk, 0);
	unsigned int good;

	req->operation = BLKIF_OP_DISCARD;
	req->sector_number = 64;
	req->nr_sectors = 16;
	disk_request(disk, 0, BLKIF_OP_READ, 64, 0, 2);
	good = disk_reap(disk, 0, 2, BLKIF_RSP_OKAY);
	verdict("discard",
		good == 2 &&
			!memcmp(disk->guest.page[PAGE_DATA], disk->guest.page[PAGE_DATA] + 1, 8191),
		"%u good", good);
	req = (void *)disk_next(disk, 0);
	req->operation = BLKIF_OP_DISCARD;
	req->flag = BLKIF_DISCARD_SECURE;
	req->nr_sectors = 16;
	good = disk_reap(disk, 0, 1, BLKIF_RSP_EOPNOTSUPP);
	verdict("discard-secure", good == 1, "%u", good);
}

/* The same, whether or not pages stay mapped. */
static void test_protocol(uint32_t features)
{
	const char *before = prefix;
	char with[40];

	struct noxs_ioc_dev_state state;
	struct disk disk;
	int file = disk_file(), alias;

	snprintf(with, sizeof(with), "%spersist-", before);
	prefix = features ? with : before;
	disk_features = features;
	if (file < 0 || !disk_open(&disk, file, 0, 1))
		return;
	alias = dup(file);
	/* The module has its own hold on it. */
	close(file);
	unlink(DISK_PATH);
	disk_state(&disk, &state);
	verdict("describe",
		state.config.vbd.sectors == DISK_SECTORS && state.config.vbd.sector_size == 512 &&
			state.config.vbd.flags == (NOXS_VBD_FLUSH | NOXS_VBD_DISCARD) &&
			disk.guest.ctrl->slot[1].back.u.vbd.features == NOXS_VBD_F_PERSISTENT &&
			disk.guest.ctrl->slot[1].back.u.vbd.max_indirect == 32 &&
			disk.guest.ctrl->slot[1].back.u.vbd.max_rings == 4,
		"%llu sectors of %u, flags %x", (unsigned long long)state.config.vbd.sectors,
		state.config.vbd.sector_size, state.config.vbd.flags);
	test_read(&disk);
	test_full_ring(&disk);
	test_write(&disk, alias);
	test_discard(&disk);
	disk_state(&disk, &state);
	verdict("statistics",
		state.rx_packets == 37 && state.tx_packets == 4 && state.tx_bytes == 5 * 4096 &&
			state.tx_errors == 1,
		"%llu reads %llu writes %llu bytes %llu errors",
		(unsigned long long)state.rx_packets, (unsigned long long)state.tx_packets,
		(unsigned long long)state.tx_bytes, (unsigned long long)state.tx_errors);
	disk.guest.ctrl->slot[1].front.state = NOXS_STATE_CLOSED;
	guest_publish(&disk.guest, 1);
	verdict("close", guest_await_state(&disk.guest, 1, NOXS_STATE_CLOSED), "no");
	disk_prepare(&disk, 2);
	guest_publish(&disk.guest, 1);
	verdict("reopen-two-rings", guest_await_state(&disk.guest, 1, NOXS_STATE_OPEN), "no");
	disk_request(&disk, 0, BLKIF_OP_READ, 800, 0, 4);
	disk_request(&disk, 1, BLKIF_OP_READ, 900, 8, 4);
	verdict("read-two-rings",
		disk_reap(&disk, 1, 1, BLKIF_RSP_OKAY) == 1 &&
			disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 &&
			disk_pages_match(&disk, 0, 4, 800) && disk_pages_match(&disk, 8, 4, 900),
		"no");
	disk_close(&disk);
	close(alias);
	disk_features = 0;
	prefix = before;
}

static void test_preconnected(void)
{
	struct disk disk = { .slot = 1 };
	struct request req;
	int file = disk_file(), err;

	if (file < 0 || guest_create(&disk.guest))
		return;
	disk_prepare(&disk, 1);
	request_init(&req, &disk.guest);
	req.dev[1] = (struct noxs_ioc_dev){
		.cls = NOXS_CLASS_VBD,
		.fd = file,
		.flags = NOXS_DEV_PRECONNECT,
		.ring_gfn = disk.guest.ctrl_gfn + PAGE_TX,
		.nr_rings = 1,
		.ring_gref = { guest_gref(PAGE_TX) },
		.data_port = { disk.port, disk.port },
	};
	err = control(fd, NOXS_IOC_CREATE, &req.create);
	verdict("preconnect", !err && disk.guest.ctrl->slot[1].back.state == NOXS_STATE_OPEN, "%s",
		strerror(err));
	disk_request(&disk, 0, BLKIF_OP_READ, 0, 0, 8);
	verdict("preconnect-read",
		disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(&disk, 0, 8, 0),
		"no");
	disk_close(&disk);
	close(file);
}

/* ---- leaks ---- */

long disk_free_kib(void)
{
	sleep(1);
	if (system("echo 3 >/proc/sys/vm/drop_caches"))
		return -1;
	return count_of("sed -n 's/^MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo");
}

/* Guests that die with requests in flight, of a disk that takes its time. */
static bool death(unsigned int round)
{
	struct disk disk;
	int file = open(SLOW_DISK, O_RDWR | O_DIRECT);
	unsigned int i;

	disk_features = round % 4 < 2 ? NOXS_VBD_F_PERSISTENT : 0;
	if (!disk_open(&disk, file, 0, 1 + round % 2))
		return false;
	close(file);
	for (i = 0; i < 20; i++)
		disk_request(&disk, 0, i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i * 8, i, 1);
	disk_push(&disk, 0);
	/* By the guest's death, or by ours. */
	if (round % 3 == 0)
		detach(disk.guest.domid);
	guest_destroy(&disk.guest);
	return await_gone(disk.guest.domid);
}

/* What caches take they take once or twice; a leak shows in each block of rounds. */
static void test_deaths(unsigned int rounds)
{
	long before, lost, least = LONG_MAX;
	long irqs = count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts");
	unsigned int i, block, done = 0;

	for (i = 0; i < 10; i++)
		death(i);
	for (block = 0; block < 3; block++) {
		before = disk_free_kib();
		for (i = 0; i < rounds && death(i); i++)
			done++;
		lost = before - disk_free_kib();
		least = lost < least ? lost : least;
	}
	verdict("deaths", done == 3 * rounds, "round %u lingers", done);
	verdict("deaths-irqs", count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts") == irqs,
		"some are left");
	/* A page lost by each death would be 4 KiB a round. */
	verdict("deaths-memory", least < (long)rounds * 3, "at least %ld KiB lost in each %u",
		least, rounds);
	verdict("deaths-file", !system("rmdir /sys/kernel/config/nullb/nullb? && rmmod null_blk"),
		"the disk is still held");
}

/* usage: module-disk [ROUNDS [PREFIX [PLUGS]]] - deaths and plugs to look for leaks in */
int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 50;
	unsigned int plugs = argc > 3 ? strtoul(argv[3], NULL, 10) : 100;

	if (argc > 2)
		prefix = argv[2];
	fd = open(NOXS_DEVICE, O_RDWR);
	if (fd < 0 || !test_disk_backing()) {
		printf("ERROR: setup: %s\n", strerror(errno));
		return 1;
	}
	test_protocol(0);
	test_protocol(NOXS_VBD_F_PERSISTENT);
	test_preconnected();
	test_disk_persist();
	test_disk_quiesce();
	test_disk_credentials();
	test_disk_freezing();
	test_disk_closing();
	test_disk_hotplug(plugs);
	test_disk_resize();
	test_disk_hostile();
	test_deaths(rounds);
	verdict("kernel-log", system("dmesg | grep -e 'Call Trace' -e WARNING: -e BUG:"),
		"see above");
	return failures != 0;
}
