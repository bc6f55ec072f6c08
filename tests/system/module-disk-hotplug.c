// SPDX-License-Identifier: MIT
/*
 * Disks that come to a guest and leave it: slots of the control page, requests in flight, guests
 * that die meanwhile, leaks.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include "module-disk.h"

static struct noxs_ioc_dev disk_request_dev(uint16_t id, int file)
{
	return (struct noxs_ioc_dev){ .cls = NOXS_CLASS_VBD, .id = id, .fd = file };
}

static int add_disk(const struct guest *guest, uint16_t id, int file)
{
	struct noxs_ioc_dev dev = disk_request_dev(id, file);

	return add_device(guest->domid, &dev);
}

static int remove_disk(const struct guest *guest, uint16_t id)
{
	return remove_device(guest->domid, NOXS_CLASS_VBD, id);
}

static unsigned int count_devices(const struct guest *guest)
{
	struct noxs_ioc_query query = { .domid = (uint16_t)guest->domid };

	return control(fd, NOXS_IOC_QUERY, &query) ? ~0U : query.nr_devs;
}

/* The control slot of a disk, from the device page; ~0 if it is not there. */
static unsigned int slot_of(const struct guest *guest, uint16_t id)
{
	const struct noxs_dev *entry = device_entry(guest->domid, NOXS_CLASS_VBD, id);

	return entry ? entry->ctrl_slot : ~0U;
}

static void acknowledge(const struct guest *guest, unsigned int slot)
{
	guest->ctrl->slot[slot].front.ack = guest->ctrl->slot[slot].back.seq;
}

/* A guest with a sysctl and nothing else. */
static bool bare_guest(struct guest *guest)
{
	struct request req;
	int err = -1;

	if (!guest_create(guest)) {
		request_init(&req, guest);
		req.create.nr_devs = 1;
		err = control(fd, NOXS_IOC_CREATE, &req.create);
	}
	if (err)
		verdict("hotplug-guest", false, "%s", strerror(err));
	return !err;
}

/* Add a disk and connect it. */
static bool plug(struct disk *disk, uint16_t id, int file)
{
	if (add_disk(&disk->guest, id, file))
		return false;
	disk->slot = slot_of(&disk->guest, id);
	if (disk->slot >= NOXS_CTRL_SLOTS)
		return false;
	disk_prepare(disk, 1);
	guest_publish(&disk->guest, disk->slot);
	return guest_await_state(&disk->guest, disk->slot, NOXS_STATE_OPEN);
}

/* ---- errors ---- */

static void test_add_errors(struct guest *guest, int file)
{
	struct noxs_ioc_dev dev[2] = { disk_request_dev(0, file), disk_request_dev(0, file) };
	struct noxs_ioc_add good = {
		.domid = (uint16_t)guest->domid,
		.nr_devs = 1,
		.devs = (uintptr_t)dev,
	};
	struct noxs_ioc_add add;
	unsigned int i;
	static const struct {
		const char *name;
		uint16_t domid, nr_devs;
		uint32_t flags;
		int err;
	} bad[] = {
		{ "add-own-domid", 0, 1, 0, EINVAL },
		{ "add-reserved-domid", 0x7ff0, 1, 0, EINVAL },
		{ "add-not-attached", 0x7000, 1, 0, ENOENT },
		{ "add-nothing", 1, 0, 0, EINVAL },
		{ "add-too-many", 1, 32, 0, EINVAL },
		{ "add-flags", 1, 1, 1, EINVAL },
	};
	static const struct {
		const char *name;
		struct noxs_ioc_dev dev;
		int err;
	} bad_dev[] = {
		{ "add-sysctl", { .cls = NOXS_CLASS_SYSCTL, .fd = -1 }, EINVAL },
		{ "add-no-class", { .fd = -1 }, EINVAL },
		{ "add-console", { .cls = NOXS_CLASS_CONSOLE, .fd = -1 }, EOPNOTSUPP },
		{ "add-deferred",
		  { .cls = NOXS_CLASS_VIF,
		    .flags = NOXS_VIF_DEFERRED,
		    .config.vif.mtu = 1500,
		    .fd = -1 },
		  EINVAL },
		{ "add-preconnected",
		  { .cls = NOXS_CLASS_VBD,
		    .flags = NOXS_DEV_PRECONNECT,
		    .nr_rings = 1,
		    .data_port = { 9, 9 } },
		  EINVAL },
		{ "add-unknown-flag", { .cls = NOXS_CLASS_VBD, .flags = 1U << 5 }, EINVAL },
		{ "add-no-file", { .cls = NOXS_CLASS_VBD, .fd = -1 }, EBADF },
	};

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		add = good;
		add.domid = bad[i].domid == 1 ? good.domid : bad[i].domid;
		add.nr_devs = bad[i].nr_devs;
		add.flags = bad[i].flags;
		expect(bad[i].name, control(fd, NOXS_IOC_ADD, &add), bad[i].err);
	}
	for (i = 0; i < sizeof(bad_dev) / sizeof(bad_dev[0]); i++) {
		add = good;
		add.devs = (uintptr_t)&bad_dev[i].dev;
		expect(bad_dev[i].name, control(fd, NOXS_IOC_ADD, &add), bad_dev[i].err);
		verdict("add-names-it", add.err_dev == 0, "%u", add.err_dev);
	}
	add = good;
	add.devs = 8;
	expect("add-bad-pointer", control(fd, NOXS_IOC_ADD, &add), EFAULT);
	add = good;
	add.nr_devs = 2;
	expect("add-the-same-twice", control(fd, NOXS_IOC_ADD, &add), EINVAL);
	/* All or nothing, whichever it is that cannot be had. */
	dev[1].id = 1;
	dev[1].fd = -1;
	add = good;
	add.nr_devs = 2;
	expect("add-second-bad", control(fd, NOXS_IOC_ADD, &add), EBADF);
	verdict("add-nothing-left",
		add.err_dev == 1 && count_devices(guest) == 1 && slot_of(guest, 0) == ~0U,
		"device %u, %u there", add.err_dev, count_devices(guest));
	expect("add", control(fd, NOXS_IOC_ADD, &good), 0);
	dev[0].id = 2;
	dev[1] = disk_request_dev(0, file);
	expect("add-there-already", control(fd, NOXS_IOC_ADD, &add), EEXIST);
	verdict("add-there-already-names-it",
		add.err_dev == 1 && count_devices(guest) == 2 && slot_of(guest, 2) == ~0U,
		"device %u, %u there", add.err_dev, count_devices(guest));
}

static void test_remove_errors(const struct guest *guest)
{
	static const struct {
		const char *name;
		struct noxs_ioc_remove arg;
		int err;
	} bad[] = {
		{ "remove-own-domid", { .domid = 0, .cls = NOXS_CLASS_VBD }, EINVAL },
		{ "remove-not-attached", { .domid = 0x7000, .cls = NOXS_CLASS_VBD }, ENOENT },
		{ "remove-flags", { .domid = 1, .cls = NOXS_CLASS_VBD, .flags = 1 }, EINVAL },
		{ "remove-padding", { .domid = 1, .cls = NOXS_CLASS_VBD, .pad0 = 1 }, EINVAL },
		{ "remove-padding-end", { .domid = 1, .cls = NOXS_CLASS_VBD, .pad1 = 1 }, EINVAL },
		{ "remove-sysctl", { .domid = 1, .cls = NOXS_CLASS_SYSCTL }, EINVAL },
		{ "remove-no-such-id", { .domid = 1, .cls = NOXS_CLASS_VBD, .id = 9 }, ENOENT },
		{ "remove-no-such-class", { .domid = 1, .cls = 99 }, ENOENT },
	};
	struct noxs_ioc_remove arg;
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		arg = bad[i].arg;
		if (arg.domid == 1)
			arg.domid = (uint16_t)guest->domid;
		expect(bad[i].name, control(fd, NOXS_IOC_REMOVE, &arg), bad[i].err);
	}
}

static void test_errors(int file)
{
	int other = open(NOXS_DEVICE, O_RDWR);
	struct guest guest;

	if (!bare_guest(&guest))
		return;
	test_add_errors(&guest, file);
	test_remove_errors(&guest);
	expect("hotplug-quiesce", quiesce(other, guest.domid), 0);
	expect("add-quiesced", add_disk(&guest, 5, file), EBUSY);
	expect("remove-quiesced", remove_disk(&guest, 0), EBUSY);
	close(other);
	expect("remove-thawed", remove_disk(&guest, 0), 0);
	expect("remove-again", remove_disk(&guest, 0), ENOENT);
	/* Xen lets nothing be added to a domain that is dying; the module may not know yet. */
	guest_destroy(&guest);
	verdict("add-to-the-dead", add_disk(&guest, 6, file), "done");
	verdict("hotplug-guest-goes", await_gone(guest.domid) && !count_attached(), "lingers");
}

/* ---- slots ---- */

static void test_slots(int file)
{
	struct disk disk;
	const struct noxs_dev *entry;
	volatile struct noxs_ctrl_slot *slot;
	uint32_t ack, seq;

	if (!bare_guest(&disk.guest))
		return;
	slot = &disk.guest.ctrl->slot[1];
	verdict("plug", plug(&disk, 3, file) && disk.slot == 1, "slot %u state %u", disk.slot,
		slot->back.state);
	entry = device_entry(disk.guest.domid, NOXS_CLASS_VBD, 3);
	verdict("plug-entry",
		entry && entry->ctrl_gfn == disk.guest.ctrl_gfn &&
			entry->ctrl_port == disk.guest.ctrl_port && !entry->flags &&
			entry->config.vbd.sectors == DISK_SECTORS &&
			disk.guest.ctrl->back.nr_slots == 2,
		"%u slots", disk.guest.ctrl->back.nr_slots);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 0, 4);
	verdict("plug-read",
		disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(&disk, 0, 4, 8),
		"no");
	seq = slot->back.seq;
	expect("unplug", remove_disk(&disk.guest, 3), 0);
	verdict("unplug-gone",
		slot->back.state == NOXS_STATE_GONE && slot->back.seq == seq + 1 &&
			slot_of(&disk.guest, 3) == ~0U && count_devices(&disk.guest) == 1,
		"state %u", slot->back.state);
	/* A guest that goes on as if nothing had happened speaks to nobody. */
	ack = slot->back.ack;
	slot->front.state = NOXS_STATE_OPEN;
	guest_publish(&disk.guest, 1);
	disk_request(&disk, 0, BLKIF_OP_READ, 8, 0, 1);
	disk_push(&disk, 0);
	usleep(100000);
	verdict("unplug-unheard",
		slot->back.state == NOXS_STATE_GONE && slot->back.ack == ack &&
			disk.ring[0].sring->rsp_prod == 1,
		"state %u", slot->back.state);
	/* Not acknowledged: its slot is not for others. */
	verdict("slot-not-reused", plug(&disk, 4, file) && disk.slot == 2, "slot %u", disk.slot);
	slot->front.ack = slot->back.seq - 1;
	verdict("slot-not-reused-for-another-ack",
		!add_disk(&disk.guest, 5, file) && slot_of(&disk.guest, 5) == 3, "slot %u",
		slot_of(&disk.guest, 5));
	acknowledge(&disk.guest, 1);
	seq = slot->back.seq;
	verdict("slot-reused", plug(&disk, 3, file) && disk.slot == 1, "slot %u", disk.slot);
	verdict("slot-counts-on", slot->back.seq == seq + 2 && slot->back.ack == slot->front.seq,
		"%u, then %u", seq, slot->back.seq);
	disk_request(&disk, 0, BLKIF_OP_READ, 16, 0, 4);
	verdict("slot-reused-read",
		disk_reap(&disk, 0, 1, BLKIF_RSP_OKAY) == 1 && disk_pages_match(&disk, 0, 4, 16),
		"no");
	/* One whose device has failed. */
	disk.ring[0].req_prod_pvt += 33;
	disk_push(&disk, 0);
	guest_await_state(&disk.guest, 1, NOXS_STATE_FAILED);
	expect("unplug-failed", remove_disk(&disk.guest, 3), 0);
	verdict("unplug-failed-gone", slot->back.state == NOXS_STATE_GONE && !slot->back.error,
		"state %u", slot->back.state);
	disk_close(&disk);
}

static void test_full(int file)
{
	struct noxs_ioc_dev dev[NOXS_CTRL_SLOTS];
	struct noxs_ioc_add add = { .devs = (uintptr_t)dev };
	struct guest guest;
	unsigned int i;

	if (!bare_guest(&guest))
		return;
	for (i = 0; i < NOXS_CTRL_SLOTS; i++)
		dev[i] = disk_request_dev(i, file);
	add.domid = guest.domid;
	add.nr_devs = NOXS_CTRL_SLOTS;
	expect("full-one-too-many", control(fd, NOXS_IOC_ADD, &add), ENOSPC);
	verdict("full-nothing-left", add.err_dev == 29 && count_devices(&guest) == 1, "device %u",
		add.err_dev);
	/* None of the slots is lost by that. */
	add.nr_devs = NOXS_CTRL_SLOTS - 1;
	expect("full", control(fd, NOXS_IOC_ADD, &add), 0);
	verdict("full-slots",
		guest.ctrl->back.nr_slots == NOXS_CTRL_SLOTS && slot_of(&guest, 28) == 29 &&
			guest.ctrl->slot[29].back.state == NOXS_STATE_CLOSED,
		"%u", guest.ctrl->back.nr_slots);
	expect("full-no-more", add_disk(&guest, 40, file), ENOSPC);
	expect("full-remove", remove_disk(&guest, 7), 0);
	expect("full-unacknowledged", add_disk(&guest, 40, file), ENOSPC);
	acknowledge(&guest, 8);
	expect("full-acknowledged", add_disk(&guest, 40, file), 0);
	verdict("full-same-slot", slot_of(&guest, 40) == 8, "%u", slot_of(&guest, 40));
	close_guest(&guest);
}

/* ---- in flight ---- */

static void test_in_flight(void)
{
	int file = open(SLOWEST_DISK, O_RDWR | O_DIRECT);
	unsigned int early, i;
	struct disk disk;
	int err;

	if (!disk_open(&disk, file, 0, 1))
		return;
	close(file);
	for (i = 0; i < 20; i++)
		disk_request(&disk, 0, i & 1 ? BLKIF_OP_READ : BLKIF_OP_WRITE, i * 8, i, 1);
	disk_push(&disk, 0);
	disk_await_taken(&disk, 0);
	early = disk.ring[0].sring->rsp_prod;
	err = remove_disk(&disk.guest, 0);
	verdict("unplug-in-flight",
		!err && early < 20 && disk.guest.ctrl->slot[1].back.state == NOXS_STATE_GONE &&
			disk.ring[0].sring->rsp_prod == 20,
		"%s, %u answered before, %u in all", strerror(err), early,
		disk.ring[0].sring->rsp_prod);
	verdict("unplug-in-flight-answers", disk_reap(&disk, 0, 20, BLKIF_RSP_OKAY) == 20, "no");
	disk_close(&disk);
}

/* A process that plugs and unplugs until it is told that the domain is no more. */
static pid_t start_plugger(const struct guest *guest, int file, uint16_t id)
{
	pid_t child = fork();
	int err = 0;

	if (child)
		return child;
	while (!err || err == ENOSPC || err == EEXIST) {
		err = add_disk(guest, id, file);
		if (!err)
			err = remove_disk(guest, id);
	}
	_exit(err == ENOENT || err == ESRCH ? 0 : err);
}

/* Domains that die, or are detached, under them, with requests in flight. */
static void test_races(unsigned int rounds)
{
	long irqs = count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts");
	int file = open(SLOW_DISK, O_RDWR | O_DIRECT), status[2];
	unsigned int i, j, done = 0;
	struct disk disk;
	pid_t child[2];

	for (i = 0; i < rounds; i++) {
		if (!disk_open(&disk, file, 0, 1))
			return;
		for (j = 0; j < 2; j++)
			child[j] = start_plugger(&disk.guest, file, 1 + j);
		for (j = 0; j < 20; j++)
			disk_request(&disk, 0, BLKIF_OP_WRITE, j * 8, j, 1);
		disk_push(&disk, 0);
		usleep(i * 3000);
		if (i & 1)
			detach(disk.guest.domid);
		guest_destroy(&disk.guest);
		for (j = 0; j < 2; j++)
			waitpid(child[j], &status[j], 0);
		if (await_gone(disk.guest.domid) && !status[0] && !status[1])
			done++;
	}
	close(file);
	verdict("hotplug-races", done == rounds && !count_attached(), "%u of %u", done, rounds);
	verdict("hotplug-races-irqs",
		count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts") == irqs, "some are left");
}

/* ---- leaks ---- */

static bool plug_round(struct disk *disk, int file)
{
	bool ok = plug(disk, 1, file);

	disk_request(disk, 0, BLKIF_OP_READ, 8, 0, 1);
	ok = ok && disk_reap(disk, 0, 1, BLKIF_RSP_OKAY) == 1;
	ok = ok && !remove_disk(&disk->guest, 1);
	acknowledge(&disk->guest, disk->slot);
	return ok && disk->slot == 1;
}

/* Fewer rounds than this move less memory than a kernel with two processors does by itself. */
#define ROUNDS_THAT_SHOW 100

/* As test_deaths() counts: what caches take they take once or twice. */
static void test_rounds(int file, unsigned int rounds)
{
	long before, lost, least = LONG_MAX;
	unsigned int i, block, done = 0;
	struct disk disk;
	long irqs;

	if (!bare_guest(&disk.guest))
		return;
	irqs = count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts");
	for (i = 0; i < 10; i++)
		plug_round(&disk, file);
	for (block = 0; block < 2; block++) {
		before = disk_free_kib();
		for (i = 0; i < rounds && plug_round(&disk, file); i++)
			done++;
		lost = before - disk_free_kib();
		least = lost < least ? lost : least;
	}
	verdict("hotplug-rounds", done == 2 * rounds, "round %u fails", done);
	verdict("hotplug-rounds-irqs",
		count_of("grep -c -e noxs-ctrl -e vbd /proc/interrupts") == irqs, "some are left");
	if (rounds >= ROUNDS_THAT_SHOW)
		verdict("hotplug-rounds-memory", least < (long)rounds * 3,
			"at least %ld KiB lost in each %u", least, rounds);
	disk_close(&disk);
}

void test_disk_hotplug(unsigned int rounds)
{
	int file = disk_file();

	test_errors(file);
	test_slots(file);
	test_full(file);
	test_in_flight();
	test_races(6);
	test_rounds(file, rounds);
	close(file);
}
