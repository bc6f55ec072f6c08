// SPDX-License-Identifier: MIT
/*
 * A vif with a rate: what the guest sends is that much over time, and no more, however it sends it; what
 * it is sent is not held back; and a guest that is out of credit costs nothing, and can be let go at once.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

#define USECS_PER_MS 1000U

/* ---- requests ---- */

static void rate_init(struct request *req, const struct guest *guest, uint64_t bytes,
		      uint32_t usecs)
{
	request_init(req, guest);
	req->dev[1].vif.rate_bytes = bytes;
	req->dev[1].vif.rate_usecs = usecs;
}

static bool rate_is(const struct guest *guest, uint64_t bytes, uint32_t usecs)
{
	struct noxs_ioc_dev_state state;

	return vif_state(guest->domid, &state) != ~0U && state.vif.rate_bytes == bytes &&
	       state.vif.rate_usecs == usecs;
}

/* In the device page there is nothing of it. */
static bool page_is_clean(const struct guest *guest)
{
	static const uint8_t zero[sizeof(((struct noxs_vif_config *)0)->pad0)];
	const struct noxs_dev *dev = vif_entry(guest->domid);

	return dev && !memcmp(dev->config.vif.pad0, zero, sizeof(zero));
}

static void test_form(void)
{
	struct guest guest;
	struct request req;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
#define EXPECT_BAD(name, change)                                                         \
	do {                                                                             \
		rate_init(&req, &guest, 1000, 50000);                                    \
		change;                                                                  \
		expect("rate-" name, control(fd, NOXS_IOC_CREATE, &req.create), EINVAL); \
	} while (0)
	EXPECT_BAD("of-no-bytes", req.dev[1].vif.rate_bytes = 0);
	EXPECT_BAD("of-no-time", req.dev[1].vif.rate_usecs = 0);
	EXPECT_BAD("too-often", req.dev[1].vif.rate_usecs = NOXS_RATE_MIN_USECS - 1);
	EXPECT_BAD("too-seldom", req.dev[1].vif.rate_usecs = NOXS_RATE_MAX_USECS + 1);
	EXPECT_BAD("too-much", req.dev[1].vif.rate_bytes = NOXS_RATE_MAX_BYTES + 1);
	EXPECT_BAD("padding", req.dev[1].vif.pad0[5] = 1);
	EXPECT_BAD("padding-behind", req.dev[1].vif.pad1 = 1);
	EXPECT_BAD("of-a-shell", req.dev[1].flags |= NOXS_VIF_DEFERRED;
		   memset(req.dev[1].vif.page, 0, sizeof(req.dev[1].vif.page));
		   req.dev[1].config.vif.mtu = 1500);
#undef EXPECT_BAD
	rate_init(&req, &guest, NOXS_RATE_MAX_BYTES, NOXS_RATE_MAX_USECS);
	expect("rate-most", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	verdict("rate-query", rate_is(&guest, NOXS_RATE_MAX_BYTES, NOXS_RATE_MAX_USECS), "another");
	verdict("rate-not-in-the-page", page_is_clean(&guest), "it is");
	close_guest(&guest);
}

/* A shell is given its rate with its addresses; a vif that is added has one like any other. */
static void test_later(void)
{
	struct settings set;
	struct guest guest;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	expect("rate-shell", attach_shell(&guest), 0);
	settings_init(&set, &guest);
	set.dev[0].vif.rate_usecs = 50000;
	expect("rate-configure-of-no-bytes", control(fd, NOXS_IOC_CONFIGURE, &set.configure),
	       EINVAL);
	set.dev[0].vif.rate_bytes = 1234;
	expect("rate-configure", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("rate-configured", rate_is(&guest, 1234, 50000), "another");
	verdict("rate-configured-page", page_is_clean(&guest), "it is there");
	expect("rate-remove", remove_device(guest.domid, NOXS_CLASS_VIF, 0), 0);
	set.dev[0].vif.rate_bytes = 4321;
	set.dev[0].flags = NOXS_VIF_BRIDGE;
	strcpy(set.dev[0].link, BRIDGE);
	expect("rate-add", add_device(guest.domid, &set.dev[0]), 0);
	verdict("rate-added", rate_is(&guest, 4321, 50000), "another");
	close_guest(&guest);
}

/* ---- what passes ---- */

static bool open_rated(struct guest *guest, uint64_t bytes, uint32_t usecs, uint32_t features)
{
	struct request req;

	if (guest_create(guest))
		return false;
	rate_init(&req, guest, bytes, usecs);
	if (control(fd, NOXS_IOC_CREATE, &req.create))
		return false;
	guest_open_vif(guest, 1, features);
	return guest_await_state(guest, 1, NOXS_STATE_OPEN);
}

static uint64_t now_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000ULL + ts.tv_nsec / 1000;
}

struct flood {
	unsigned int packets; /* that were answered */
	unsigned int events;  /* that the vif has asked for */
	uint64_t usecs;
};

/* Send frames of @len bytes without pause, as a front-end does that has no end of them. */
static struct flood flood(struct guest *guest, unsigned int len, unsigned int ms)
{
	uint64_t begin = now_us(), end = begin + ms * USECS_PER_MS;
	struct flood done = { 0 };
	int notify;

	fill_frame(guest->page[PAGE_DATA], len, 0x61);
	while (now_us() < end) {
		while (RING_FREE_REQUESTS(&guest->tx))
			*next_tx(guest) = (netif_tx_request_t){
				.gref = guest_gref(PAGE_DATA),
				.size = len,
			};
		RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&guest->tx, notify);
		if (notify) {
			done.events++;
			guest_notify(guest, guest->tx_port);
		}
		usleep(USECS_PER_MS);
		while (guest->tx.rsp_cons != guest->tx.sring->rsp_prod)
			if (RING_GET_RESPONSE(&guest->tx, guest->tx.rsp_cons++)->status ==
			    NETIF_RSP_OKAY)
				done.packets++;
	}
	done.usecs = now_us() - begin;
	return done;
}

/*
 * A bucket, and what it gets in that time, of which its clock may begin an interval more; and the
 * packet that overdraws it.  In real time (smp-) a machine that is late loses some of it.
 */
static void check_flood(const char *name, const struct flood *done, unsigned int cost,
			uint64_t bytes, uint32_t usecs)
{
	uint64_t sent = (uint64_t)done->packets * cost;
	uint64_t most = (done->usecs / usecs + 2) * bytes + cost;
	uint64_t least = done->usecs / usecs * bytes * (*prefix ? 3 : 8) / 10;
	char text[64];

	snprintf(text, sizeof(text), "rate-%s-most", name);
	verdict(text, sent <= most, "%llu of %llu bytes", (unsigned long long)sent,
		(unsigned long long)most);
	snprintf(text, sizeof(text), "rate-%s-least", name);
	verdict(text, sent >= least, "%llu of %llu bytes", (unsigned long long)sent,
		(unsigned long long)least);
	/* One at the beginning, and when everything has been taken. */
	snprintf(text, sizeof(text), "rate-%s-events", name);
	verdict(text, done->events <= done->usecs / usecs + 1, "%u in %llu intervals", done->events,
		(unsigned long long)(done->usecs / usecs));
}

static void test_flood(void)
{
	struct noxs_ioc_dev_state state;
	struct guest guest;
	struct flood done;

	if (!open_rated(&guest, 20000, 20000, NOXS_VIF_F_SG))
		return verdict("rate-open", false, "cannot be had");
	done = flood(&guest, 1500, 2000);
	check_flood("flood", &done, 1500, 20000, 20000);
	vif_state(guest.domid, &state);
	verdict("rate-flood-delivered", state.tx_packets >= done.packets && !state.tx_errors,
		"%llu of %u", (unsigned long long)state.tx_packets, done.packets);
	close_guest(&guest);

	/* Often, and less than a packet at a time. */
	if (!open_rated(&guest, 1000, 1000, NOXS_VIF_F_SG))
		return verdict("rate-open", false, "cannot be had");
	done = flood(&guest, 1500, 1000);
	verdict("rate-often-most", done.packets * 1500ULL <= done.usecs + 2000 + 1500, "%u packets",
		done.packets);
	close_guest(&guest);
}

/* Each counts as the shortest frame there is. */
static void test_tiny(void)
{
	struct guest guest;
	struct flood done;

	if (!open_rated(&guest, 6000, 20000, NOXS_VIF_F_SPLIT_EVTCHN))
		return verdict("rate-open", false, "cannot be had");
	done = flood(&guest, 16, 1000);
	check_flood("tiny", &done, 60, 6000, 20000);
	close_guest(&guest);
}

static void test_burst(void)
{
	struct guest guest;
	unsigned int i;

	/* 150 of 1500 bytes in ten seconds, all of which may come at once. */
	if (!open_rated(&guest, 225000, 10000000, 0))
		return verdict("rate-open", false, "cannot be had");
	fill_frame(guest.page[PAGE_DATA], 1500, 0x62);
	for (i = 0; i < 140; i++)
		*next_tx(&guest) = (netif_tx_request_t){
			.gref = guest_gref(PAGE_DATA),
			.size = 1500,
		};
	push_tx(&guest);
	verdict("rate-burst", reap_tx(&guest, 140, NETIF_RSP_OKAY) == 140, "not all");
	close_guest(&guest);
}

/* ---- out of credit ---- */

/* Answers to requests that have been made, after some time. */
static bool waits(struct guest *guest)
{
	usleep(200 * USECS_PER_MS);
	return guest->tx.sring->rsp_prod == guest->tx.rsp_cons;
}

/* Events without pause, for requests that wait. */
static void check_storm(struct guest *guest)
{
	unsigned int sent, taken;
	char interrupts[160];

	snprintf(interrupts, sizeof(interrupts),
		 "awk '/vif%u\\.0/ { for (i = 2; $i ~ /^[0-9]+$/; i++) n += $i }"
		 " END { print n + 0 }' /proc/interrupts",
		 guest->domid);
	taken = count_of(interrupts);
	sent = guest_storm(guest, guest->tx_port);
	usleep(500 * USECS_PER_MS);
	sent = guest_storm(guest, 0) - sent;
	taken = count_of(interrupts) - taken;
	verdict("rate-storm", sent > 1000 && taken < sent / 10 && taken < 500,
		"%u events, %u interrupts", sent, taken);
}

static void check_receive(struct guest *guest, int sock, uint8_t mark)
{
	unsigned char frame[1514];
	int i;

	/* Whatever the bridge has sent meanwhile goes first. */
	post_rx(guest, 16);
	fill_frame(frame, sizeof(frame), mark);
	verdict("rate-receive",
		send(sock, frame, sizeof(frame), 0) == sizeof(frame) && await_frame(guest, mark),
		"does not come");
	/* More than the rate is. */
	for (i = 0; i < 40; i++) {
		if (i % 8 == 0) {
			guest->rx.rsp_cons = guest->rx.sring->rsp_prod;
			post_rx(guest, 16);
		}
		if (send(sock, frame, sizeof(frame), 0) != sizeof(frame) ||
		    (i % 8 == 7 && !await_rx(guest, 8)))
			break;
	}
	verdict("rate-receive-more", i == 40, "%d of 40", i);
}

static void check_quiesce(struct guest *guest)
{
	int err = quiesce(fd, guest->domid) ?: thaw(fd, guest->domid);

	verdict("rate-quiesce", !err && waits(guest), "errno %d, or it is sent", err);
}

/* Connecting anew gives no credit. */
static void check_reopen(struct guest *guest, int sock)
{
	guest_close_vif(guest, 1);
	verdict("rate-close", guest_await_state(guest, 1, NOXS_STATE_CLOSED), "no");
	guest_open_vif(guest, 1, NOXS_VIF_F_SG);
	verdict("rate-reopen", guest_await_state(guest, 1, NOXS_STATE_OPEN), "no");
	send_chain(guest, 1, FRAME_LEN, 0x65);
	verdict("rate-reopen-waits", waits(guest), "is sent");
	check_receive(guest, sock, 0x66);
}

static void test_out_of_credit(void)
{
	struct guest guest;
	uint64_t begin;
	int sock, err;

	/* 54000 bytes take all of 54 seconds. */
	if (!open_rated(&guest, 1000, 1000000, NOXS_VIF_F_SG))
		return verdict("rate-open", false, "cannot be had");
	sock = sniff(guest.domid);
	send_chain(&guest, 18, 3000, 0x63);
	verdict("rate-longer", sniff_frame(sock, 0x63) == 54000, "does not go");
	reap_tx(&guest, 18, NETIF_RSP_OKAY);
	send_chain(&guest, 1, FRAME_LEN, 0x64);
	verdict("rate-waits", waits(&guest), "is sent");
	check_storm(&guest);
	verdict("rate-storm-waits", waits(&guest), "is sent");
	check_receive(&guest, sock, 0x67);
	check_quiesce(&guest);
	check_reopen(&guest, sock);
	begin = now_us();
	err = detach(guest.domid);
	verdict("rate-detach", !err && now_us() - begin < 2000 * USECS_PER_MS, "errno %d, %llu us",
		err, (unsigned long long)(now_us() - begin));
	close(sock);
	guest_destroy(&guest);
	verdict("guest-goes", await_gone(guest.domid), "domain %u lingers", guest.domid);
}

/* What is longer than the bucket goes, and so does what follows, without an event. */
static void test_longer(void)
{
	struct guest guest;
	int sock;

	if (!open_rated(&guest, 5000, 20000, NOXS_VIF_F_SG | NOXS_VIF_F_SPLIT_EVTCHN))
		return verdict("rate-open", false, "cannot be had");
	sock = sniff(guest.domid);
	send_chain(&guest, 18, 3000, 0x68);
	verdict("rate-longer-first", sniff_frame(sock, 0x68) == 54000, "does not go");
	send_chain(&guest, 18, 3000, 0x69);
	verdict("rate-longer-second", sniff_frame(sock, 0x69) == 54000, "does not go");
	send_chain(&guest, 1, FRAME_LEN, 0x6a);
	verdict("rate-longer-third", sniff_frame(sock, 0x6a) == FRAME_LEN, "does not go");
	/* Quiesced while it waits: it goes on. */
	send_chain(&guest, 18, 3000, 0x6b);
	send_chain(&guest, 1, FRAME_LEN, 0x6c);
	verdict("rate-thawed",
		!quiesce(fd, guest.domid) && !thaw(fd, guest.domid) &&
			sniff_frame(sock, 0x6c) == FRAME_LEN,
		"does not go on");
	close(sock);
	close_guest(&guest);
}

void test_rate(void)
{
	test_form();
	test_later();
	test_flood();
	test_tiny();
	test_burst();
	test_longer();
	test_out_of_credit();
}
