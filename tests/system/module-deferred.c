// SPDX-License-Identifier: MIT
/*
 * Deferred vifs: that nothing comes through before they are configured and all of it afterwards,
 * that they go as others do, and who wins when several calls are about the same.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include "module-test.h"

/* ---- a guest that runs too early ---- */

/* A front-end that finds the slot of a deferred vif all the same. */
static void test_spoken(void)
{
	struct guest guest;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	attach_shell(&guest);
	guest_open_vif(&guest, 1, NOXS_VIF_F_SG);
	usleep(200000);
	verdict("spoken-unheard",
		vif_state(guest.domid, NULL) == NOXS_STATE_CLOSED &&
			guest.ctrl->slot[1].back.ack != guest.ctrl->slot[1].front.seq,
		"state %u", vif_state(guest.domid, NULL));
	expect("spoken-vif", configure(&guest), EBUSY);
	detach(guest.domid);
	attach_shell(&guest);
	expect("spoken-to-another", configure(&guest), 0);
	detach(guest.domid);
	attach_shell(&guest);
	guest.ctrl->slot[0].front.ack = guest.ctrl->slot[0].back.seq;
	guest_notify(&guest, guest.ctrl_port);
	expect("spoken-acknowledged", configure(&guest), EBUSY);
	usleep(200000); /* until the module has looked */
	expect("spoken-acknowledged-heard", configure(&guest), EBUSY);
	close_guest(&guest);
}

/* ---- packets ---- */

static void test_silent_before(struct guest *guest, int sock)
{
	unsigned char frame[FRAME_LEN];

	send_chain(guest, 1, FRAME_LEN, 0x41);
	verdict("deferred-transmit", !sniff_frame(sock, 0x41), "a packet came through");
	fill_frame(frame, sizeof(frame), 0x42);
	post_rx(guest, 16);
	verdict("deferred-receive",
		send(sock, frame, sizeof(frame), 0) == sizeof(frame) && !await_rx(guest, 1),
		"a packet came through");
}

static void test_passes_after(struct guest *guest, int sock)
{
	unsigned char frame[FRAME_LEN];
	netif_rx_response_t *rsp;
	int i;

	send_chain(guest, 1, FRAME_LEN, 0x43);
	verdict("configured-transmit", sniff_frame(sock, 0x43) == FRAME_LEN, "lost");
	fill_frame(frame, sizeof(frame), 0x44);
	if (send(sock, frame, sizeof(frame), 0) < 0)
		return verdict("configured-receive", false, "send: %s", strerror(errno));
	for (i = 0; i < 16 && await_rx(guest, 1); i++) {
		rsp = RING_GET_RESPONSE(&guest->rx, guest->rx.rsp_cons++);
		if (!memcmp(guest->page[PAGE_DATA + rsp->id], frame, sizeof(frame)))
			return verdict("configured-receive", true, "not said");
	}
	verdict("configured-receive", false, "not among %d packets", i);
}

/* Rings are mapped with the shell; its guest, should it run, gets nothing through them. */
static void test_preconnected(void)
{
	const struct noxs_dev *entry;
	struct request req;
	struct guest guest;
	int sock;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	guest_prepare_vif(&guest, 1, NOXS_VIF_F_SG);
	shell_request(&req, &guest);
	preconnect_vif(&req, &guest);
	expect("deferred-preconnect", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	verdict("deferred-preconnected", vif_state(guest.domid, NULL) == NOXS_STATE_OPEN,
		"state %u", vif_state(guest.domid, NULL));
	sock = sniff(guest.domid);
	test_silent_before(&guest, sock);
	expect("deferred-configure", configure(&guest), 0);
	entry = vif_entry(guest.domid);
	verdict("configured-entry",
		entry && entry->flags == NOXS_DEV_PRECONNECTED && entry->ctrl_slot == 1 &&
			entry->ctrl_port == guest.ctrl_port && entry->nr_rings == 2 &&
			entry->data_port[0] == guest.tx_port && entry->config.vif.prefix == 8,
		"%s", entry ? "wrong" : "none");
	test_passes_after(&guest, sock);
	close(sock);
	close_guest(&guest);
}

static void test_guest_driven(void)
{
	struct guest guest;
	int sock;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	expect("deferred-attach", attach_shell(&guest), 0);
	expect("deferred-then-configure", configure(&guest), 0);
	guest_open_vif(&guest, 1, NOXS_VIF_F_SG | NOXS_VIF_F_SPLIT_EVTCHN);
	verdict("configured-opens", guest_await_state(&guest, 1, NOXS_STATE_OPEN), "state %u",
		guest.ctrl->slot[1].back.state);
	sock = sniff(guest.domid);
	post_rx(&guest, 16);
	test_passes_after(&guest, sock);
	close(sock);
	close_guest(&guest);
}

/* ---- races ---- */

#define RACE_ROUNDS 20

/* A call and what came of it. */
struct racer {
	pthread_t thread;
	pthread_barrier_t *start;
	unsigned long cmd;
	void *arg;
	int err;
};

static void *race_run(void *arg)
{
	struct racer *racer = arg;

	pthread_barrier_wait(racer->start);
	racer->err = control(fd, racer->cmd, racer->arg);
	return NULL;
}

/* Both at the same time, as far as that goes. */
static void race(struct racer *a, struct racer *b)
{
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, 2);
	a->start = b->start = &start;
	pthread_create(&a->thread, NULL, race_run, a);
	race_run(b);
	pthread_join(a->thread, NULL);
	pthread_barrier_destroy(&start);
}

/* Two domains want the same address: one gets it, and the other is told who has. */
static void test_race_address(struct guest *a, struct guest *b)
{
	struct settings set_a, set_b, *lost;
	struct racer racer_a = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set_a.configure };
	struct racer racer_b = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set_b.configure };
	unsigned int won_a = 0;
	bool ok = true;
	uint32_t holder;
	int i;

	for (i = 0; i < RACE_ROUNDS && ok; i++) {
		ok = !attach_shell(a) && !attach_shell(b);
		settings_init(&set_a, a);
		settings_init(&set_b, a);
		set_b.configure.domid = b->domid;
		race(&racer_a, &racer_b);
		won_a += !racer_a.err;
		lost = racer_a.err ? &set_a : &set_b;
		holder = racer_a.err ? b->domid : a->domid;
		ok = ok && racer_a.err + racer_b.err == EADDRINUSE &&
		     (!racer_a.err || !racer_b.err) && lost->configure.conflict_domid == holder &&
		     lost->configure.conflict_what == NOXS_CONFLICT_MAC;
		detach(a->domid);
		detach(b->domid);
	}
	verdict("race-address", ok, "round %d: errno %d and %d", i, racer_a.err, racer_b.err);
	printf("# domain %u won %u of %d\n", a->domid, won_a, i);
}

/* The same domain is configured twice: once. */
static void test_race_twice(struct guest *guest)
{
	struct settings set_a, set_b;
	struct racer racer_a = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set_a.configure };
	struct racer racer_b = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set_b.configure };
	bool ok = true;
	int i;

	for (i = 0; i < RACE_ROUNDS && ok; i++) {
		ok = !attach_shell(guest);
		settings_init(&set_a, guest);
		settings_init(&set_b, guest);
		set_b.dev[0].config.vif.ipv4 ^= 0x8000;
		race(&racer_a, &racer_b);
		ok = ok && racer_a.err + racer_b.err == EALREADY && (!racer_a.err || !racer_b.err);
		detach(guest->domid);
	}
	verdict("race-twice", ok, "round %d: errno %d and %d", i, racer_a.err, racer_b.err);
}

/* A domain is configured while it is detached: whoever is first, nothing is left. */
static void test_race_detach(struct guest *guest)
{
	struct noxs_ioc_destroy destroy = { .domid = guest->domid };
	struct settings set;
	struct racer racer_a = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set.configure };
	struct racer racer_b = { .cmd = NOXS_IOC_DESTROY, .arg = &destroy };
	bool ok = true;
	int i;

	for (i = 0; i < RACE_ROUNDS && ok; i++) {
		ok = !attach_shell(guest);
		settings_init(&set, guest);
		race(&racer_a, &racer_b);
		ok = ok && (!racer_a.err || racer_a.err == ENOENT) && !racer_b.err &&
		     !vif_entry(guest->domid);
		/* Its addresses must be free. */
		ok = ok && !attach(guest) && !detach(guest->domid);
	}
	verdict("race-detach", ok, "round %d: errno %d and %d", i, racer_a.err, racer_b.err);
}

/* The domain dies meanwhile. */
static void test_race_death(void)
{
	struct settings set;
	struct racer racer = { .cmd = NOXS_IOC_CONFIGURE, .arg = &set.configure };
	pthread_barrier_t start;
	struct guest guest;
	bool ok = true;
	int i;

	racer.start = &start;
	for (i = 0; i < RACE_ROUNDS / 4 && ok; i++) {
		ok = !guest_create(&guest) && !attach_shell(&guest);
		settings_init(&set, &guest);
		pthread_barrier_init(&start, NULL, 2);
		pthread_create(&racer.thread, NULL, race_run, &racer);
		pthread_barrier_wait(&start);
		guest_destroy(&guest);
		pthread_join(racer.thread, NULL);
		pthread_barrier_destroy(&start);
		ok = ok && (!racer.err || racer.err == ESRCH || racer.err == ENOENT) &&
		     await_gone(guest.domid);
	}
	verdict("race-death", ok, "round %d: errno %d", i, racer.err);
	verdict("race-leaves-nothing", !count_attached(), "%u attached", count_attached());
}

static void test_races(void)
{
	struct guest a, b;

	if (guest_create(&a) || guest_create(&b))
		return verdict("guest", false, "cannot be built");
	test_race_address(&a, &b);
	test_race_twice(&a);
	test_race_detach(&a);
	guest_destroy(&a);
	guest_destroy(&b);
	test_race_death();
}

void test_deferred(void)
{
	test_spoken();
	test_preconnected();
	test_guest_driven();
	test_races();
}
