// SPDX-License-Identifier: MIT
/*
 * What guests share: memory for packets that wait, and the log.  None takes another's part.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

#define CROWD	   8U
#define POOL_BYTES 2097152U
#define SHARE	   16384U /* RX_SHARE_BYTES of rxqueue.c */
#define FRAMES	   600U
#define POOL_FILE  "/sys/module/noxs/parameters/vif_max_queued_bytes"

static int set_pool(long bytes)
{
	char command[128];

	snprintf(command, sizeof(command), "echo %ld >" POOL_FILE, bytes);
	return system(command);
}

/* Send the guest @count large frames; returns how many have not been dropped. */
static unsigned int pour(const struct guest *guest, unsigned int count, uint8_t mark)
{
	struct noxs_ioc_dev_state before, after;
	unsigned char frame[1514];
	unsigned int i, sent = 0;
	int sock = sniff(guest->domid);

	vif_state(guest->domid, &before);
	fill_frame(frame, sizeof(frame), mark);
	for (i = 0; i < count; i++)
		sent += send(sock, frame, sizeof(frame), 0) == sizeof(frame);
	close(sock);
	vif_state(guest->domid, &after);
	return sent - (after.rx_dropped - before.rx_dropped);
}

/* Guests that post no buffers hold a bounded amount together, and leave the next its share. */
static void test_crowd_memory(void)
{
	struct guest guest[CROWD], other;
	long pool = count_of("cat " POOL_FILE);
	unsigned int i, n, held = 0;

	verdict("crowd-pool", pool > 0 && !set_pool(POOL_BYTES), "%ld", pool);
	for (n = 0; n < CROWD; n++)
		if (!open_guest(&guest[n], 0))
			return;
	for (i = 0; i < CROWD; i++)
		held += pour(&guest[i], FRAMES, 0x51);
	verdict("crowd-bounded", held && held <= (POOL_BYTES + CROWD * SHARE) / 1514,
		"%u frames of 1514 bytes are held", held);
	if (!open_guest(&other, 0))
		return;
	post_rx(&other, 16);
	n = pour(&other, 4, 0x52);
	verdict("crowd-other", n == 4 && await_rx(&other, 4), "%u of 4 frames", n);
	close_guest(&other);
	for (i = 0; i < CROWD; i++)
		close_guest(&guest[i]);
	/* What they held has been given back. */
	if (!open_guest(&other, 0))
		return;
	n = pour(&other, FRAMES, 0x53);
	verdict("crowd-given-back", n > 100, "%u frames are held", n);
	close_guest(&other);
	verdict("crowd-pool-again", !set_pool(pool), "cannot be set");
}

/* A state that does not exist fails the device in @slot, with a line in the log. */
static void fail_device(struct guest *guest, unsigned int slot)
{
	guest->ctrl->slot[slot].front.state = 7;
	guest_publish(guest, slot);
	(void)guest_await_state(guest, slot, NOXS_STATE_FAILED);
}

/* One guest's lines in the log do not take the place of another's. */
static void test_crowd_log(void)
{
	struct noxs_ioc_dev dev = { .cls = NOXS_CLASS_VIF, .fd = -1 };
	struct guest noisy, other;
	char command[128];
	unsigned int i;

	if (guest_create(&noisy) || attach(&noisy) || guest_create(&other) || attach(&other))
		return verdict("guest", false, "cannot be had");
	for (i = 2; i < 16; i++) {
		dev.id = i;
		dev.config.vif.mtu = 1500;
		memcpy(dev.config.vif.mac, (uint8_t[]){ 0x00, 0x16, 0x3e, 0x51, 0x51, i }, 6);
		if (add_device(noisy.domid, &dev))
			break;
		fail_device(&noisy, i);
	}
	verdict("crowd-log-noise", i == 16, "device %u cannot be had", i);
	fail_device(&other, 1);
	snprintf(command, sizeof(command), "dmesg | grep -q 'noxs: domain %u: device .* closed'",
		 other.domid);
	verdict("crowd-log", !system(command), "no line of domain %u", other.domid);
	close_guest(&noisy);
	close_guest(&other);
}

void test_crowd(void)
{
	test_crowd_memory();
	test_crowd_log();
}
