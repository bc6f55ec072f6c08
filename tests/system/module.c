// SPDX-License-Identifier: MIT
/*
 * The noxs module against guests played from Dom0 (module-guest.h): its control device, the sysctl
 * and vif protocols, hostile guests, leaks and unloading.  Runs in the lab; prints one verdict per
 * line.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "module-port.h"

struct holdings {
	unsigned int netdevs, irqs;
	long free_kib;
};

static void take_stock(struct holdings *now)
{
	/* Net devices and RCU callbacks go in the background. */
	sleep(2);
	now->netdevs = count_of("ls /sys/class/net | wc -l");
	now->irqs = count_of("grep -c -e noxs -e vif /proc/interrupts");
	if (system("echo 3 >/proc/sys/vm/drop_caches"))
		exit(1);
	now->free_kib = count_of("sed -n 's/^MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo");
}

/*
 * Every second guest is a shell first, and of those every second stays one.  All are given another
 * vif, and most lose it again.
 */
static bool one_round(void)
{
	bool is_shell, stays_shell, ok;
	struct guest guest;

	if (guest_create(&guest))
		return false;
	is_shell = guest.domid & 2;
	stays_shell = is_shell && guest.domid & 4;
	ok = is_shell ? !attach_shell(&guest) : !attach(&guest);
	if (is_shell && !stays_shell)
		ok = ok && !configure(&guest);
	if (!stays_shell) {
		guest_open_vif(&guest, 1, NOXS_VIF_F_SG | NOXS_VIF_F_SPLIT_EVTCHN);
		ok = ok && guest_await_state(&guest, 1, NOXS_STATE_OPEN);
	}
	ok = ok && !plug_vif(&guest);
	if (guest.domid & 6)
		ok = ok && !unplug_vif(&guest);
	if (guest.domid & 1)
		ok = ok && !detach(guest.domid);
	guest_destroy(&guest);
	return ok && await_gone(guest.domid);
}

/* Fewer rounds than this move less memory than a kernel with two processors does by itself. */
#define ROUNDS_THAT_SHOW 100

/*
 * Three times that many rounds: what caches take they take once or twice, a leak shows each time.
 */
static void test_leaks(int rounds)
{
	struct holdings first, before, after;
	long lost, least = LONG_MAX;
	int i, block, done = 0;

	for (i = 0; i < 20; i++) /* fill the slab caches */
		one_round();
	take_stock(&first);
	after = first;
	for (block = 0; block < 3; block++) {
		before = after;
		for (i = 0; i < rounds && one_round(); i++)
			done++;
		take_stock(&after);
		lost = before.free_kib - after.free_kib;
		least = lost < least ? lost : least;
	}
	verdict("rounds", done == 3 * rounds, "round %d fails", done);
	verdict("rounds-netdevs", first.netdevs == after.netdevs, "%u, then %u", first.netdevs,
		after.netdevs);
	verdict("rounds-irqs", first.irqs == after.irqs, "%u, then %u", first.irqs, after.irqs);
	/* A page lost by each round would be 4 KiB a round. */
	if (rounds >= ROUNDS_THAT_SHOW)
		verdict("rounds-memory", least < 3 * rounds, "at least %ld KiB lost in each %d",
			least, rounds);
}

/* Each domain that is attached holds the module, on a bridge or on a switch. */
static void test_unload(void)
{
	struct guest guest, port;
	int i, sock;

	if (!open_guest(&guest, 0) || guest_create(&port))
		return;
	verdict("unload-switch", !switch_add() && !attach_port(&port, true), "cannot be had");
	verdict("unload-busy-file", system("rmmod noxs 2>/dev/null") != 0,
		"unloaded under an open file");
	close(fd);
	verdict("unload-busy-domains", system("rmmod noxs 2>/dev/null") != 0,
		"unloaded under attached domains");
	sock = sniff(guest.domid);
	send_chain(&guest, 1, FRAME_LEN, 0x71);
	verdict("unload-busy-goes-on",
		guest.ctrl->slot[1].back.state == NOXS_STATE_OPEN &&
			sniff_frame(sock, 0x71) == FRAME_LEN,
		"state %u", guest.ctrl->slot[1].back.state);
	close(sock);
	guest_destroy(&guest);
	verdict("unload-busy-last", await_gone(guest.domid) && system("rmmod noxs 2>/dev/null"),
		"unloaded under the last domain");
	guest_destroy(&port);
	verdict("unload-frees-guest", await_gone(port.domid), "lingers");
	/* Xen forgets a domain a moment before the module has. */
	for (i = 0; i < 50 && system("rmmod noxs 2>/dev/null"); i++)
		usleep(100000);
	verdict("unload", i < 50, "refused");
	verdict("unload-takes-switch", access("/sys/class/net/" SWITCH, F_OK), "is still there");
	verdict("reload", !system("insmod /lib/lab/noxs.ko") && !access(NOXS_DEVICE, F_OK), "no");
	fd = open(NOXS_DEVICE, O_RDWR);
}

/* usage: module [ROUNDS [PREFIX]] - ROUNDS to look for leaks, PREFIX of the verdicts' names */
int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 200;

	if (argc > 2)
		prefix = argv[2];
	fd = open(NOXS_DEVICE, O_RDWR);
	if (fd < 0 || system("ip link add " BRIDGE " type bridge && ip link set " BRIDGE " up")) {
		printf("ERROR: setup: %s\n", strerror(errno));
		return 1;
	}
	test_control();
	test_domain_ends();
	test_vifs();
	test_rate();
	test_configure();
	test_deferred();
	test_switch();
	test_switch_load(10);
	test_quiesce();
	test_hotplug();
	test_hostile();
	test_crowd();
	test_leaks(rounds / 2);
	test_unload();
	verdict("kernel-log", system("dmesg | grep -e 'Call Trace' -e WARNING: -e BUG:"),
		"see above");
	return failures != 0;
}
