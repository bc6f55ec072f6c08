// SPDX-License-Identifier: MIT
/*
 * Disks that do not answer: on a file system that is frozen, more rings write than any queue of the
 * host has room for.  Other guests' disks go on, domains of others come and go, also beside one that
 * floods its disk, and whoever waits for such a disk can be killed, while its domain still answers
 * questions.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include "module-disk.h"

#define NR_GUESTS 17U /* with 4 rings each */
#define NR_RINGS  4U
#define FIRST	  2U /* data page; those before are rings */

/* ---- calls that may hang ---- */

enum call {
	CALL_QUERY,
	CALL_REMOVE,
	CALL_QUIESCE,
	CALL_DETACH
};

static int do_call(enum call call, uint32_t domid)
{
	struct noxs_ioc_query query = { .domid = (uint16_t)domid };
	int own = open(NOXS_DEVICE, O_RDWR);

	switch (call) {
	case CALL_QUERY:
		return control(own, NOXS_IOC_QUERY, &query);
	case CALL_REMOVE:
		return remove_device(domid, NOXS_CLASS_VBD, 0);
	case CALL_QUIESCE:
		return quiesce(own, domid);
	default:
		return detach(domid);
	}
}

static pid_t start(enum call call, uint32_t domid)
{
	pid_t child = fork();

	if (!child)
		_exit(do_call(call, domid));
	return child;
}

int disk_await_child(pid_t child, unsigned int seconds)
{
	unsigned int i;
	int status;

	for (i = 0; i < seconds * 100; i++) {
		if (waitpid(child, &status, WNOHANG) == child)
			return status;
		usleep(10000);
	}
	return -1;
}

static void expect_done(const char *name, enum call call, uint32_t domid)
{
	int status = disk_await_child(start(call, domid), 5);

	verdict(name, !status, "wait status %x", status);
}

/* It waits, its domain answers meanwhile, and it can be killed. */
static void expect_waits(const char *name, enum call call, uint32_t domid)
{
	pid_t child = start(call, domid);
	int early = disk_await_child(child, 1), other, end;

	other = call == CALL_DETACH ? 0 : disk_await_child(start(CALL_QUERY, domid), 5);
	kill(child, SIGTERM);
	end = disk_await_child(child, 5);
	verdict(name, early == -1 && !other && WIFSIGNALED(end),
		"ended early %x, query %x, killed %x", early, other, end);
}

/* ---- a file system that is frozen ---- */

static bool open_disk(struct disk *disk, unsigned int nr)
{
	char name[40];
	bool ok;
	int file;

	snprintf(name, sizeof(name), DISK_FS "/disk%u", nr);
	file = open(name, O_RDWR | O_CREAT, 0600);
	ok = file >= 0 && !ftruncate(file, DISK_SECTORS * 512) &&
	     disk_open(disk, file, 0, NR_RINGS);
	close(file);
	return ok;
}

static void write_all_rings(struct disk *disk)
{
	unsigned int i;

	for (i = 0; i < NR_RINGS; i++) {
		disk_request(disk, i, BLKIF_OP_WRITE, i * 8, FIRST + i, 1);
		disk_push(disk, i);
	}
}

static unsigned int reap_all_rings(struct disk *disk)
{
	unsigned int i, good = 0;

	for (i = 0; i < NR_RINGS; i++)
		good += disk_reap(disk, i, 1, BLKIF_RSP_OKAY);
	return good;
}

static unsigned int answered(const struct disk *disk)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_RINGS; i++)
		n += disk->ring[i].sring->rsp_prod - disk->ring[i].rsp_cons;
	return n;
}

/* ---- another that floods ---- */

#define NR_READS 50U

static atomic_bool floods;

/* Writes and flushes on all rings, as many at a time as they hold; a thread, as no child has the rings. */
static void *flood(void *opaque)
{
	struct disk *disk = opaque;
	blkif_front_ring_t *front;
	unsigned int i, n;

	while (floods) {
		for (i = 0; i < NR_RINGS; i++) {
			front = &disk->ring[i];
			front->rsp_cons = front->sring->rsp_prod;
			for (n = 0; !RING_FULL(front); n++)
				disk_request(disk, i,
					     n % 8 ? BLKIF_OP_WRITE : BLKIF_OP_FLUSH_DISKCACHE,
					     n % 64 * 8, FIRST + i, n % 8 ? 1 : 0);
			disk_push(disk, i);
		}
		usleep(1000);
	}
	return NULL;
}

static unsigned int flooded(const struct disk *disk)
{
	unsigned int i, n = 0;

	for (i = 0; i < NR_RINGS; i++)
		n += disk->ring[i].sring->rsp_prod;
	return n;
}

/* The dead disks wait, and one guest floods its own: the others see neither. */
static void while_flooded(struct disk *flooder, struct disk *other, struct disk *third)
{
	unsigned int i, good = 0, before;
	pthread_t thread;

	floods = true;
	if (pthread_create(&thread, NULL, flood, flooder))
		return verdict("flooded", false, "no thread");
	usleep(300000);
	before = flooded(flooder);
	for (i = 0; i < NR_READS; i++) {
		disk_request(other, 0, BLKIF_OP_READ, 8, 0, 4);
		good += disk_reap(other, 0, 1, BLKIF_RSP_OKAY);
	}
	verdict("flooded-others-read", good == NR_READS && disk_pages_match(other, 0, 4, 8), "%u",
		good);
	expect_done("flooded-others-query", CALL_QUERY, other->guest.domid);
	expect_done("flooded-others-detach", CALL_DETACH, third->guest.domid);
	guest_destroy(&third->guest);
	verdict("flooded-others-die", await_gone(third->guest.domid), "lingers");
	verdict("flooded", flooded(flooder) - before >= 100, "%u answered meanwhile",
		flooded(flooder) - before);
	expect_done("flooded-detach", CALL_DETACH, flooder->guest.domid);
	floods = false;
	pthread_join(thread, NULL);
	guest_destroy(&flooder->guest);
	verdict("flooded-dies", await_gone(flooder->guest.domid), "lingers");
}

/* ---- what a disk does not keep from others ---- */

/* A vif that no other guest of this file has. */
static void one_vif(struct noxs_ioc_dev *dev)
{
	*dev = (struct noxs_ioc_dev){ .cls = NOXS_CLASS_VIF, .id = 5, .fd = -1 };
	dev->config.vif.mtu = 1500;
	memcpy(dev->config.vif.mac, (uint8_t[]){ 0x00, 0x16, 0x3e, 0x77, 0x77, 0x77 }, 6);
}

/* A domain whose disk waits: its vif's name and addresses are for the next. */
static void frozen_frees_vif(const struct guest *guest)
{
	struct noxs_ioc_dev dev;
	struct request req;
	struct guest next;
	char vif[64];
	int err, i;

	snprintf(vif, sizeof(vif), "/sys/class/net/vif%u.5", guest->domid);
	for (i = 0; i < 500 && !access(vif, F_OK); i++)
		usleep(10000);
	verdict("frozen-frees-vif", access(vif, F_OK), "%s is there", vif);
	if (guest_create(&next))
		return verdict("frozen-next", false, "cannot be built");
	request_init(&req, &next);
	one_vif(&dev);
	req.dev[1] = dev;
	err = control(fd, NOXS_IOC_CREATE, &req.create);
	verdict("frozen-frees-mac", !err, "%s", strerror(err));
	close_guest(&next);
}

/* ---- all that while it is frozen, and then ---- */

/* With the file system frozen, and every ring of @disks waiting for it. */
static void while_frozen(struct disk *disks, struct disk *other, struct disk *third)
{
	unsigned int i, early = 0;

	usleep(300000);
	for (i = 0; i < NR_GUESTS; i++)
		early += answered(&disks[i]);
	verdict("frozen", !early, "%u answered", early);
	disk_request(other, 0, BLKIF_OP_READ, 8, 0, 4);
	verdict("frozen-others-read",
		disk_reap(other, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(other, 0, 4, 8),
		"no answer");
	expect_done("frozen-others-quiesce", CALL_QUIESCE, other->guest.domid);
	expect_done("frozen-others-remove", CALL_REMOVE, third->guest.domid);
	expect_done("frozen-others-detach", CALL_DETACH, third->guest.domid);
	guest_destroy(&third->guest);
	verdict("frozen-others-die", await_gone(third->guest.domid), "lingers");
	expect_waits("frozen-quiesce", CALL_QUIESCE, disks[0].guest.domid);
	expect_waits("frozen-remove", CALL_REMOVE, disks[1].guest.domid);
	expect_waits("frozen-detach", CALL_DETACH, disks[2].guest.domid);
	frozen_frees_vif(&disks[2].guest);
	/* The front-end's own CLOSED is a promise as well. */
	disks[3].guest.ctrl->slot[1].front.state = NOXS_STATE_CLOSED;
	guest_publish(&disks[3].guest, 1);
	expect_done("frozen-query", CALL_QUERY, disks[3].guest.domid);
	verdict("frozen-closes", disks[3].guest.ctrl->slot[1].back.state == NOXS_STATE_OPEN,
		"state %u", disks[3].guest.ctrl->slot[1].back.state);
	/* One dies; nobody waits for it. */
	guest_destroy(&disks[4].guest);
}

/* What was waited for comes about when the disk answers, whoever has gone meanwhile. */
static void after_thaw(struct disk *disks)
{
	struct noxs_ioc_query query = { .domid = (uint16_t)disks[1].guest.domid };
	unsigned int good = 0, i;

	verdict("thawed-quiesced-serves", reap_all_rings(&disks[0]) == 4, "it is still held");
	verdict("thawed-removed",
		reap_all_rings(&disks[1]) == 4 &&
			guest_await_state(&disks[1].guest, 1, NOXS_STATE_GONE) &&
			!control(fd, NOXS_IOC_QUERY, &query) && query.nr_devs == 1,
		"state %u", disks[1].guest.ctrl->slot[1].back.state);
	guest_destroy(&disks[2].guest);
	verdict("thawed-detached", await_gone(disks[2].guest.domid), "lingers");
	verdict("thawed-closed", guest_await_state(&disks[3].guest, 1, NOXS_STATE_CLOSED),
		"state %u", disks[3].guest.ctrl->slot[1].back.state);
	verdict("thawed-dead", await_gone(disks[4].guest.domid), "lingers");
	for (i = 5; i < NR_GUESTS; i++)
		good += reap_all_rings(&disks[i]);
	verdict("thawed-answers", good == (NR_GUESTS - 5) * NR_RINGS, "%u", good);
	for (i = 0; i < NR_GUESTS; i++)
		if (i != 2 && i != 4)
			disk_close(&disks[i]);
}

static void test_frozen(void)
{
	static struct disk disks[NR_GUESTS], other, third, fourth, flooder;
	int file = disk_file(), fast = open(FAST_DISK, O_RDWR);
	struct noxs_ioc_dev vif;
	unsigned int i;

	if (!disk_fs_make() || !disk_open(&other, file, 0, 1) || !disk_open(&third, file, 0, 1) ||
	    !disk_open(&fourth, file, 0, 1) || !disk_open(&flooder, fast, 0, NR_RINGS))
		return verdict("frozen-setup", false, "%s", strerror(errno));
	for (i = 0; i < NR_GUESTS; i++)
		if (!open_disk(&disks[i], i))
			return;
	one_vif(&vif);
	expect("frozen-vif", add_device(disks[2].guest.domid, &vif), 0);
	sync();
	if (!disk_fs_freeze(true))
		return verdict("frozen-setup", false, "cannot be frozen");
	for (i = 0; i < NR_GUESTS; i++)
		write_all_rings(&disks[i]);
	while_frozen(disks, &other, &third);
	while_flooded(&flooder, &other, &fourth);
	if (!disk_fs_freeze(false))
		return verdict("thaw", false, "cannot be thawed");
	after_thaw(disks);
	disk_close(&other);
	close(file);
	close(fast);
	/* Each write has given back its part of the freeze protection. */
	verdict("frozen-again", disk_fs_freeze(true) && disk_fs_freeze(false), "cannot be");
	verdict("frozen-unmounts", disk_fs_remove(), "it is still in use");
}

/* ---- files whose last close waits ---- */

/* A loop device, of a file of the file system that will be frozen. */
static int slow_loop(unsigned int nr)
{
	char command[128], node[16];

	snprintf(node, sizeof(node), "/dev/loop%u", nr);
	snprintf(command, sizeof(command),
		 "dd if=/dev/zero of=" DISK_FS "/slow%u bs=1M count=1 2>/dev/null && "
		 "losetup %s " DISK_FS "/slow%u && sync",
		 nr, node, nr);
	return system(command) ? -1 : open(node, O_RDWR);
}

/* The module's hold on it is the last, and what the guest wrote is in the page cache only. */
static bool open_dirty(struct disk *disk, unsigned int nr)
{
	int file = slow_loop(nr);
	bool ok = file >= 0 && disk_open(disk, file, 0, 1);

	close(file);
	return ok;
}

static bool dirty(struct disk *disk)
{
	disk_request(disk, 0, BLKIF_OP_WRITE, 8, 0, 1);
	return disk_reap(disk, 0, 1, BLKIF_RSP_OKAY) == 1;
}

/* As chaos opens it. */
static int lock_file(const char *name)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int file = open(name, O_RDWR);

	if (file >= 0 && !fcntl(file, F_OFD_SETLK, &whole))
		return file;
	close(file);
	return -1;
}

static bool await_unlocked(const char *name)
{
	int file = -1, tries;

	for (tries = 0; file < 0 && tries < 500; tries++) {
		usleep(10000);
		file = lock_file(name);
	}
	close(file);
	return file >= 0;
}

/* The domain's devices but the disk are no more, and its addresses are another's to have. */
static void while_closing(struct disk *slow, struct disk *other)
{
	guest_destroy(&slow[0].guest);
	verdict("closing-dies", await_gone(slow[0].guest.domid), "lingers");
	guest_destroy(&other->guest);
	verdict("closing-others-die", await_gone(other->guest.domid), "lingers");
	verdict("closing-others-close", await_unlocked(DISK_PATH),
		"a disk waits for another one's to be closed");
	expect_waits("closing-remove", CALL_REMOVE, slow[1].guest.domid);
	expect_waits("closing-detach", CALL_DETACH, slow[2].guest.domid);
}

/*
 * The last close of a block device writes back what is dirty.  While that takes its time other
 * files are closed, and whoever waits can be killed.
 */
static void test_slow_close(void)
{
	static struct disk slow[3], other;
	unsigned int i;
	bool ok = true;
	int file;

	close(disk_file());
	file = lock_file(DISK_PATH);
	if (file < 0 || !disk_fs_make() || !disk_open(&other, file, 0, 1))
		return verdict("closing-setup", false, "%s", strerror(errno));
	close(file);
	for (i = 0; i < 3; i++)
		ok = ok && open_dirty(&slow[i], 4 + i);
	if (!ok || !disk_fs_freeze(true))
		return verdict("closing-setup", false, "cannot be had");
	for (i = 0; i < 3; i++)
		ok = dirty(&slow[i]) && ok;
	verdict("closing-dirty", ok, "not written");
	while_closing(slow, &other);
	verdict("closing-thaws", disk_fs_freeze(false), "it does not");
	guest_destroy(&slow[2].guest);
	disk_close(&slow[1]);
	verdict("closing-detached", await_gone(slow[2].guest.domid), "lingers");
	verdict("closing-closed",
		!system("for i in 1 2 3 4 5; do losetup -d /dev/loop4; losetup -d /dev/loop5; "
			"losetup -d /dev/loop6; [ -e /sys/block/loop4/loop -o -e /sys/block/loop5/loop "
			"-o -e /sys/block/loop6/loop ] || exit 0; sleep 1; done 2>/dev/null; exit 1"),
		"a loop device is still in use");
	verdict("closing-unmounts", disk_fs_remove(), "it is still in use");
}

/* ---- rings of one disk ---- */

/* One that waits for the page cache's disk does not keep its event from the others. */
static void test_rings_are_parallel(void)
{
	int file = open(SLOWEST_DISK, O_RDWR);
	unsigned int good, i;
	struct disk disk;

	if (!disk_open(&disk, file, 0, 2))
		return;
	/* Four seconds, in one round. */
	for (i = 0; i < 8; i++)
		disk_request(&disk, 0, BLKIF_OP_READ, 10000 + i * 900, i, 1);
	disk_push(&disk, 0);
	usleep(200000);
	disk_request(&disk, 1, BLKIF_OP_READ, 20000, 9, 1);
	good = disk_reap(&disk, 1, 1, BLKIF_RSP_OKAY);
	verdict("rings-parallel", good == 1 && disk.ring[0].sring->rsp_prod == 0,
		"%u answered, behind %u", good, disk.ring[0].sring->rsp_prod);
	verdict("rings-parallel-both", disk_reap(&disk, 0, 8, BLKIF_RSP_OKAY) == 8, "no");
	disk_close(&disk);
	close(file);
}

void test_disk_closing(void)
{
	test_rings_are_parallel();
	test_frozen();
	test_slow_close();
}
