// SPDX-License-Identifier: GPL-2.0
/*
 * Between control page and xenbus nodes (kernel/noxs-front: front, device, sysctl), against a back-end
 * that keeps to the protocol and a driver that does what Linux's do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "front.h"

#define SYSCTL 0
#define VIF    1
#define VBD    2
#define FEATURES \
	(NOXS_VIF_F_SG | NOXS_VIF_F_GSO_TCPV4 | NOXS_VIF_F_CSUM_IPV4 | NOXS_VIF_F_SPLIT_EVTCHN)

#define VIF_FRONT "device/vif/0"
#define VIF_BACK  "/local/domain/0/backend/vif/7/0"
#define VBD_FRONT "device/vbd/51712"
#define VBD_BACK  "/local/domain/0/backend/vbd/7/51712"

static struct front front;
static struct noxs_ctrl_page ctrl;
static struct noxs_dev_page xens;     /* the device page as Xen has it */
static u32 seen[NOXS_CTRL_SLOTS];     /* publications that the back-end has taken in */
static bool follows[NOXS_CTRL_SLOTS]; /* it has to publish what the front-end has */
static bool is_deaf;		      /* the back-end */
static unsigned int crashes, syncs, pauses, kicks;
static unsigned int gone_in; /* pauses until VIF is GONE; 0: never */
static bool is_torn;	     /* VIF becomes GONE while the front-end copies what it was */
static u64 now_ns, pause_ns; /* a pause is shorter when there are news */
static u32 last_sync;
static char events[4096];

void *front_alloc(size_t size)
{
	return calloc(1, size);
}

/* ---- the back-end ---- */

static void back_publish(unsigned int slot, u32 state)
{
	ctrl.slot[slot].back.state = state;
	ctrl.slot[slot].back.seq++;
}

/* As kernel/noxs does: acknowledge, and OPEN or CLOSED after the front-end, once it may be said. */
static void back_serve(void)
{
	unsigned int i;

	for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
		struct noxs_ctrl_slot *s = &ctrl.slot[i];

		if (s->back.state == NOXS_STATE_FAILED || s->back.state == NOXS_STATE_GONE)
			continue;
		if (s->front.seq != seen[i]) {
			seen[i] = s->back.ack = s->front.seq;
			follows[i] = i != SYSCTL;
		}
		if (follows[i] && s->front.ack == s->back.seq) {
			follows[i] = false;
			if (s->front.state != s->back.state)
				back_publish(i, s->front.state);
		}
	}
}

static bool on_pause(struct front *f)
{
	(void)f;
	pauses++;
	now_ns += pause_ns;
	if (gone_in && !--gone_in)
		back_publish(VIF, NOXS_STATE_GONE);
	if (!is_deaf)
		back_serve();
	return true;
}

void front_read_barrier(void)
{
	if (is_torn) {
		is_torn = false;
		back_publish(VIF, NOXS_STATE_GONE);
	}
}

static void on_kick(struct front *f)
{
	(void)f;
	kicks++;
}

static void on_notify(struct front *f)
{
	(void)f;
}

static int on_read_page(struct front *f)
{
	f->page = xens;
	return 0;
}

static u64 on_time(void)
{
	return now_ns;
}

static void on_crash(void)
{
	crashes++;
}

static void on_send(struct store *s, const struct xsd_sockmsg *head, const void *data)
{
	(void)s;
	if (head->type != XS_WATCH_EVENT)
		return;
	if (!strncmp(data, FRONT_SYNC "/", sizeof(FRONT_SYNC))) {
		syncs++;
		last_sync = (u32)atoi((const char *)data + sizeof(FRONT_SYNC));
	}
	(void)strncat(events, data, sizeof(events) - strlen(events) - 2);
	(void)strcat(events, " ");
}

static const struct front_ops ops = {
	.send = on_send,
	.notify = on_notify,
	.kick = on_kick,
	.pause = on_pause,
	.read_page = on_read_page,
	.time_ns = on_time,
	.crash = on_crash,
};

/* ---- the kernel ---- */

static void request(u32 type, const char *a, const char *b, bool has_nul)
{
	struct xsd_sockmsg head = { .type = type };
	char body[512];

	head.len = (u32)snprintf(body, sizeof(body), "%s%c%s", a, 0, b) + has_nul;
	store_request(&front.store, &head, body);
}

static void put(const char *dir, const char *name, const char *value)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	request(XS_WRITE, path, value, false);
}

static const char *get(const char *dir, const char *name)
{
	char path[128];
	const char *value;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	value = tree_read(&front.store.tree, path, NULL);
	return value ? value : "none";
}

static void state(const char *dir, unsigned int value)
{
	char text[4];

	(void)snprintf(text, sizeof(text), "%u", value);
	put(dir, "state", text);
}

static unsigned int state_of(const char *dir)
{
	return store_number(&front.store, dir, "state", 0);
}

static void vif_connects(void)
{
	put(VIF_FRONT, "tx-ring-ref", "768");
	put(VIF_FRONT, "rx-ring-ref", "769");
	put(VIF_FRONT, "event-channel-tx", "15");
	put(VIF_FRONT, "event-channel-rx", "16");
	put(VIF_FRONT, "feature-sg", "1");
	put(VIF_FRONT, "feature-gso-tcpv4", "1");
	state(VIF_FRONT, XenbusStateConnected);
}

static void vbd_connects(const char *ring)
{
	put(VBD_FRONT, "ring-ref", ring);
	put(VBD_FRONT, "event-channel", "17");
	put(VBD_FRONT, "feature-persistent", "1");
	state(VBD_FRONT, XenbusStateInitialised);
}

/* ---- a guest ---- */

static void add(unsigned int i, u16 cls, u16 id)
{
	struct noxs_dev *dev = &xens.dev[i];

	*dev = (struct noxs_dev){ .cls = cls, .id = id, .ctrl_slot = (u16)i, .ctrl_port = 2 };
	dev->ctrl_gfn = 77;
	if (cls == NOXS_CLASS_VIF) {
		memcpy(dev->config.vif.mac, "\0\x16\x3e\1\2\3", 6);
		dev->config.vif.mtu = 1500;
		ctrl.slot[i].back.u.vif.features = FEATURES;
	} else if (cls == NOXS_CLASS_VBD) {
		dev->config.vbd.sectors = 1000;
		dev->config.vbd.sector_size = 4096;
		dev->config.vbd.flags = NOXS_VBD_FLUSH;
		ctrl.slot[i].back.u.vbd.features = NOXS_VBD_F_PERSISTENT;
		ctrl.slot[i].back.u.vbd.max_indirect = 32;
	}
	ctrl.slot[i].back.state = cls == NOXS_CLASS_SYSCTL ? NOXS_STATE_OPEN : NOXS_STATE_CLOSED;
	ctrl.slot[i].back.seq++;
	if (xens.hdr.nr_slots <= i)
		xens.hdr.nr_slots = (u16)(i + 1);
}

static void news(void)
{
	back_serve();
	front_events(&front);
	back_serve();
}

/* The watch thread comes to all there is. */
static void all_synced(void)
{
	u32 number;

	do {
		number = last_sync;
		front_synced(&front, number);
	} while (number != last_sync);
}

static int setup(void **state)
{
	(void)state;
	memset(&front, 0, sizeof(front));
	memset(&ctrl, 0, sizeof(ctrl));
	memset(&xens, 0, sizeof(xens));
	memset(seen, 0, sizeof(seen));
	memset(follows, 0, sizeof(follows));
	events[0] = 0;
	is_deaf = false;
	crashes = syncs = pauses = kicks = gone_in = 0;
	is_torn = false;
	now_ns = 1234;
	pause_ns = 10000000;
	xens.hdr.domid = 7;
	add(SYSCTL, NOXS_CLASS_SYSCTL, 0);
	add(VIF, NOXS_CLASS_VIF, 0);
	add(VBD, NOXS_CLASS_VBD, 0);
	front.ops = &ops;
	front.ctrl = &ctrl;
	front.page = xens;
	front_start(&front);
	news();
	request(XS_WATCH, "device", "fe", true);
	request(XS_WATCH, FRONT_SYNC, "sync", true);
	request(XS_WATCH, VIF_BACK "/state", "vif", true);
	request(XS_WATCH, VBD_BACK "/state", "vbd", true);
	events[0] = 0;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_fini(&front.store);
	return 0;
}

/* ---- nodes and states ---- */

static void test_devices_are_described(void **state)
{
	(void)state;
	assert_string_equal(get(VIF_FRONT, "mac"), "00:16:3e:01:02:03");
	assert_string_equal(get(VIF_FRONT, "backend"), VIF_BACK);
	assert_string_equal(get(VIF_BACK, "feature-sg"), "1");
	assert_string_equal(get(VIF_BACK, "feature-rx-notify"), "0"); /* not offered */
	assert_string_equal(get(VIF_BACK, "multi-queue-max-queues"), "none");
	assert_string_equal(get(VBD_FRONT, "virtual-device"), "51712");
	assert_string_equal(get(VBD_BACK, "sectors"), "8000"); /* of 512 bytes */
	assert_string_equal(get(VBD_BACK, "sector-size"), "4096");
	assert_string_equal(get(VBD_BACK, "feature-flush-cache"), "1");
	assert_string_equal(get(VBD_BACK, "feature-discard"), "0");
	assert_string_equal(get(VBD_BACK, "feature-max-indirect-segments"), "32");
	assert_int_equal(state_of(VIF_FRONT), XenbusStateInitialising);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
	/* It can be asked before it is ready, and all is acknowledged. */
	assert_int_equal(ctrl.slot[SYSCTL].front.state, NOXS_STATE_OPEN);
	assert_int_equal(ctrl.slot[VBD].front.ack, ctrl.slot[VBD].back.seq);
	assert_int_equal(ctrl.front.magic, NOXS_CTRL_PAGE_MAGIC);
}

static void test_numbers_of_disks(void **state)
{
	static const struct {
		u16 id;
		const char *front;
	} disks[] = {
		{ 1, "device/vbd/51728" },
		{ 15, "device/vbd/51952" },
		{ 16, "device/vbd/268439552" },
		{ 0xca01, "device/vbd/51713" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(disks) / sizeof(disks[0]); i++) {
		struct front_dev d = { .dev = { .cls = NOXS_CLASS_VBD, .id = disks[i].id } };

		assert_true(device_name(&d, 7));
		assert_string_equal(d.front, disks[i].front);
	}
}

static void test_vif_connects(void **state)
{
	const struct noxs_vif_front *v = &ctrl.slot[VIF].front.u.vif;

	(void)state;
	vif_connects();
	assert_int_equal(ctrl.slot[VIF].front.state, NOXS_STATE_OPEN);
	assert_int_equal(v->tx_gref, 768);
	assert_int_equal(v->rx_gref, 769);
	assert_int_equal(v->tx_port, 15);
	assert_int_equal(v->rx_port, 16);
	assert_int_equal(v->features, FEATURES);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
	news();
	assert_int_equal(state_of(VIF_BACK), XenbusStateConnected);
}

static void test_vif_chooses_what_goes_together(void **state)
{
	const struct noxs_vif_front *v = &ctrl.slot[VIF].front.u.vif;

	(void)state;
	put(VIF_FRONT, "event-channel", "9");
	put(VIF_FRONT, "feature-gso-tcpv4", "1"); /* without scatter-gather */
	put(VIF_FRONT, "feature-rx-notify", "1"); /* which was not offered */
	put(VIF_FRONT, "tx-ring-ref", "nonsense");
	state_of(VIF_FRONT);
	put(VIF_FRONT, "state", "4");
	assert_int_equal(v->features, NOXS_VIF_F_CSUM_IPV4);
	assert_int_equal(v->tx_port, 9);
	assert_int_equal(v->rx_port, 9);
	assert_int_equal(v->tx_gref, 0);
}

static void test_vbd_connects(void **_)
{
	const struct noxs_vbd_front *v = &ctrl.slot[VBD].front.u.vbd;
	u32 seq;

	(void)_;
	vbd_connects("8");
	assert_int_equal(v->ring_gref[0], 8);
	assert_int_equal(v->nr_rings, 1);
	assert_int_equal(v->port, 17);
	assert_int_equal(v->features, NOXS_VBD_F_PERSISTENT);
	news();
	assert_int_equal(state_of(VBD_BACK), XenbusStateConnected);
	/* It says so when it has found its size: that is nothing new. */
	seq = ctrl.slot[VBD].front.seq;
	state(VBD_FRONT, XenbusStateConnected);
	assert_int_equal(ctrl.slot[VBD].front.seq, seq);
}

/* A driver that is unloaded takes its grants back when its write of Closing is answered. */
static void test_driver_goes_and_comes(void **_)
{
	(void)_;
	vif_connects();
	news();
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_CLOSED);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	state(VIF_FRONT, XenbusStateClosed);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
	state(VIF_FRONT, XenbusStateInitialising);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
	news();
	vif_connects();
	news();
	assert_int_equal(state_of(VIF_BACK), XenbusStateConnected);
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_OPEN);
}

/* One that was killed in between: its rings are let go of before new ones are published. */
static void test_new_rings_without_a_word(void **state)
{
	(void)state;
	vbd_connects("8");
	news();
	vbd_connects("9");
	assert_int_equal(ctrl.slot[VBD].back.state, NOXS_STATE_CLOSED);
	assert_int_equal(ctrl.slot[VBD].front.state, NOXS_STATE_OPEN);
	assert_int_equal(ctrl.slot[VBD].front.u.vbd.ring_gref[0], 9);
	news();
	assert_int_equal(ctrl.slot[VBD].back.state, NOXS_STATE_OPEN);
}

/* It closes before it has seen that the back-end is open, which cannot say CLOSED before. */
static void test_closes_at_once(void **_)
{
	(void)_;
	vif_connects();
	back_serve();
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_OPEN);
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_CLOSED);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	assert_true(pauses < 10);
	state(VIF_FRONT, XenbusStateClosed);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
}

/* A failed device takes in nothing: nobody waits for that. */
static void test_closes_what_fails(void **_)
{
	(void)_;
	vif_connects();
	back_publish(VIF, NOXS_STATE_FAILED);
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(pauses, 0);
	news();
	assert_int_equal(ctrl.slot[VIF].front.ack, ctrl.slot[VIF].back.seq);
}

/* It is waited for, and then given up: its half is not written to while it may be read. */
static void test_deaf_back_end(void **_)
{
	u32 seq;

	(void)_;
	vif_connects();
	news();
	is_deaf = true;
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(now_ns / 1000000, 5000);
	/* The driver goes on all the same, and connects no more. */
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	seq = ctrl.slot[VIF].front.seq;
	state(VIF_FRONT, XenbusStateClosed);
	state(VIF_FRONT, XenbusStateInitialising);
	vif_connects();
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	assert_int_equal(ctrl.slot[VIF].front.seq, seq);
	/* It goes as others do. */
	back_publish(VIF, NOXS_STATE_GONE);
	news();
	assert_int_equal(syncs, 1);
}

/* News of other devices cut each pause short, and the time is none the shorter. */
static void test_deaf_among_news(void **_)
{
	(void)_;
	vif_connects();
	news();
	is_deaf = true;
	pause_ns = 500000;
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(now_ns / 1000000, 5000);
}

static void test_publication_not_taken_in(void **_)
{
	const volatile struct noxs_ctrl_front *half = &ctrl.slot[VIF].front;

	(void)_;
	is_deaf = true;
	vif_connects();
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(half->state, NOXS_STATE_OPEN);
	assert_int_equal(half->u.vif.tx_gref, 768);
	assert_int_equal(now_ns / 1000000, 5000);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
}

/* What could not be said is said when it can be. */
static void test_ready_is_not_lost(void **_)
{
	u32 seq = ctrl.slot[SYSCTL].front.seq;

	(void)_;
	is_deaf = true;
	ctrl.slot[SYSCTL].back.ack--;
	front_ready(&front);
	assert_int_equal(ctrl.slot[SYSCTL].front.seq, seq);
	front_events(&front);
	assert_int_equal(ctrl.slot[SYSCTL].front.seq, seq);
	ctrl.slot[SYSCTL].back.ack++;
	front_events(&front);
	assert_int_equal(ctrl.slot[SYSCTL].front.seq, seq + 1);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.event, NOXS_SYSCTL_EV_READY);
	front_events(&front);
	assert_int_equal(ctrl.slot[SYSCTL].front.seq, seq + 1);
}

static void test_back_end_fails(void **state)
{
	(void)state;
	vif_connects();
	news();
	ctrl.slot[VIF].back.error = EPROTO;
	back_publish(VIF, NOXS_STATE_FAILED);
	news();
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	put(VIF_FRONT, "state", "6");
	put(VIF_FRONT, "state", "1");
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
}

static void test_resize(void **state)
{
	(void)state;
	vbd_connects("8");
	news();
	events[0] = 0;
	xens.dev[VBD].config.vbd.sectors = 2000;
	back_publish(VBD, NOXS_STATE_OPEN);
	news();
	assert_string_equal(get(VBD_BACK, "sectors"), "16000");
	assert_non_null(strstr(events, VBD_BACK "/state"));
}

/* ---- hot-plug ---- */

static void repage(u32 req_id)
{
	ctrl.slot[SYSCTL].back.u.sysctl.request = NOXS_SYSCTL_REQ_REPAGE;
	ctrl.slot[SYSCTL].back.u.sysctl.req_id = req_id;
	back_publish(SYSCTL, NOXS_STATE_OPEN);
	news();
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.event, NOXS_SYSCTL_EV_DONE);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.req_id, req_id);
	news();
}

static void test_plug(void **state)
{
	(void)state;
	add(3, NOXS_CLASS_VIF, 1);
	repage(5);
	assert_int_equal(state_of("device/vif/1"), XenbusStateInitialising);
	assert_int_equal(state_of("/local/domain/0/backend/vif/7/1"), XenbusStateInitWait);
	assert_non_null(strstr(events, "device/vif/1/state"));
	/* Those that were there are as they were. */
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
}

static void test_unplug(void **state)
{
	u32 gone_seq;

	(void)state;
	vif_connects();
	news();
	xens.dev[VIF] = (struct noxs_dev){ 0 };
	back_publish(VIF, NOXS_STATE_GONE);
	gone_seq = ctrl.slot[VIF].back.seq;
	news();
	/* The driver closes when it sees that, so the node is there until it has. */
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	assert_true(tree_has(&front.store.tree, VIF_FRONT));
	assert_int_equal(syncs, 1);
	front_synced(&front, last_sync + 1);
	assert_true(tree_has(&front.store.tree, VIF_FRONT));
	front_synced(&front, last_sync);
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
	assert_false(tree_has(&front.store.tree, VIF_BACK));
	/* Acknowledged when the driver has gone, not before. */
	assert_int_equal(syncs, 2);
	assert_int_not_equal(ctrl.slot[VIF].front.ack, gone_seq);
	front_synced(&front, last_sync - 1);
	assert_int_not_equal(ctrl.slot[VIF].front.ack, gone_seq);
	front_synced(&front, last_sync);
	assert_int_equal(ctrl.slot[VIF].front.ack, gone_seq);
}

/* It goes from OPEN to GONE while its driver closes: that is seen, and acknowledged in its turn. */
static void test_unplug_while_it_closes(void **_)
{
	(void)_;
	vif_connects();
	news();
	xens.dev[VIF] = (struct noxs_dev){ 0 };
	is_deaf = true;
	gone_in = 3;
	state(VIF_FRONT, XenbusStateClosing);
	assert_int_equal(pauses, 3);
	assert_int_not_equal(ctrl.slot[VIF].front.ack, ctrl.slot[VIF].back.seq);
	assert_true(kicks > 0);
	front_events(&front);
	assert_int_equal(syncs, 1);
	all_synced();
	assert_int_equal(ctrl.slot[VIF].front.ack, ctrl.slot[VIF].back.seq);
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
}

/* GONE is published whether or not what was before has been copied. */
static void test_unplug_in_a_copy(void **state)
{
	(void)state;
	xens.dev[VIF] = (struct noxs_dev){ 0 };
	back_publish(VIF, NOXS_STATE_CLOSED);
	is_torn = true;
	front_events(&front);
	assert_false(is_torn);
	front_events(&front);
	all_synced();
	assert_int_equal(ctrl.slot[VIF].front.ack, ctrl.slot[VIF].back.seq);
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
}

/* One of the same name comes before the driver of the old one has gone: it waits. */
static void test_plug_in_place(void **state)
{
	(void)state;
	xens.dev[VIF] = (struct noxs_dev){ 0 };
	back_publish(VIF, NOXS_STATE_GONE);
	news();
	add(3, NOXS_CLASS_VIF, 0);
	repage(6);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	all_synced();
	news();
	assert_int_equal(state_of(VIF_FRONT), XenbusStateInitialising);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitWait);
}

static void test_nonsense_in_the_page(void **state)
{
	(void)state;
	add(3, 99, 0);
	add(4, NOXS_CLASS_VIF, 4);
	xens.dev[4].ctrl_slot = NOXS_CTRL_SLOTS;
	add(5, NOXS_CLASS_VIF, 5);
	xens.dev[5].ctrl_gfn = 78; /* another back-end's */
	xens.hdr.nr_slots = 0xffff;
	repage(7);
	assert_false(tree_has(&front.store.tree, "device/vif/4"));
	assert_false(tree_has(&front.store.tree, "device/vif/5"));
	/* One of a class that we do not know is acknowledged when it goes. */
	back_publish(3, NOXS_STATE_GONE);
	news();
	assert_int_equal(ctrl.slot[3].front.ack, ctrl.slot[3].back.seq);
}

/* What another kernel in this domain has left open is closed first. */
static void test_starts_with_open_rings(void **state)
{
	(void)state;
	teardown(NULL);
	memset(&front, 0, sizeof(front));
	ctrl.slot[VBD].back.state = NOXS_STATE_OPEN;
	front.ops = &ops;
	front.ctrl = &ctrl;
	front.page = xens;
	front_start(&front);
	assert_int_equal(ctrl.slot[VBD].back.state, NOXS_STATE_CLOSED);
	news();
	assert_int_equal(state_of(VBD_BACK), XenbusStateInitWait);
}

/* ---- sysctl ---- */

static void asked(u32 what, u32 req_id)
{
	ctrl.slot[SYSCTL].back.u.sysctl.request = what;
	ctrl.slot[SYSCTL].back.u.sysctl.req_id = req_id;
	back_publish(SYSCTL, NOXS_STATE_OPEN);
	news();
}

static u32 said(void)
{
	return ctrl.slot[SYSCTL].front.u.sysctl.event;
}

static void test_ready(void **state)
{
	u32 seq = ctrl.slot[SYSCTL].front.seq;

	(void)state;
	front_ready(&front);
	assert_int_equal(said(), NOXS_SYSCTL_EV_READY);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.event_ns, 1234);
	front_ready(&front);
	assert_int_equal(ctrl.slot[SYSCTL].front.seq, seq + 1);
}

static void test_requests(void **state)
{
	(void)state;
	asked(NOXS_SYSCTL_REQ_POWEROFF, 1);
	assert_string_equal(get("control", "shutdown"), "poweroff");
	asked(NOXS_SYSCTL_REQ_REBOOT, 2);
	assert_string_equal(get("control", "shutdown"), "reboot");
	asked(99, 3);
	assert_int_equal(said(), NOXS_SYSCTL_EV_REFUSED);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.req_id, 3);
	asked(NOXS_SYSCTL_REQ_CRASH, 4);
	assert_int_equal(said(), NOXS_SYSCTL_EV_CRASHING);
	assert_int_equal(crashes, 1);
}

static void test_suspend_cancelled(void **state)
{
	(void)state;
	vif_connects();
	news();
	asked(NOXS_SYSCTL_REQ_SUSPEND, 8);
	assert_string_equal(get("control", "shutdown"), "suspend");
	front_resumed(&front, false);
	/* The watch thread may be the quicker one. */
	front_synced(&front, last_sync);
	news();
	assert_int_equal(said(), NOXS_SYSCTL_EV_DONE);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.req_id, 8);
	assert_int_equal(state_of(VIF_BACK), XenbusStateConnected);
	front_synced(&front, last_sync);
	assert_int_equal(said(), NOXS_SYSCTL_EV_DONE);
}

/* Linux could not suspend, and says so in its log only. */
static void test_suspend_fails(void **state)
{
	(void)state;
	asked(NOXS_SYSCTL_REQ_SUSPEND, 9);
	front_synced(&front, last_sync);
	assert_int_equal(said(), NOXS_SYSCTL_EV_REFUSED);
	assert_int_equal(ctrl.slot[SYSCTL].front.u.sysctl.req_id, 9);
	assert_string_equal(get("control", "shutdown"), "none");
}

static void test_restore(void **state)
{
	(void)state;
	front_ready(&front);
	vif_connects();
	vbd_connects("8");
	news();
	asked(NOXS_SYSCTL_REQ_SUSPEND, 1);
	/* Another domain, new back-ends that go on counting, another size. */
	xens.hdr.domid = 9;
	xens.dev[VBD].config.vbd.sectors = 500;
	front.page = xens;
	ctrl.slot[SYSCTL].back.u.sysctl = (struct noxs_sysctl_back){ 0 };
	back_publish(SYSCTL, NOXS_STATE_OPEN);
	back_publish(VIF, NOXS_STATE_CLOSED);
	back_publish(VBD, NOXS_STATE_CLOSED);
	front_resumed(&front, true);
	news();
	assert_int_equal(said(), NOXS_SYSCTL_EV_READY);
	assert_false(tree_has(&front.store.tree, VIF_BACK));
	assert_string_equal(get(VIF_FRONT, "backend"), "/local/domain/0/backend/vif/9/0");
	assert_int_equal(state_of("/local/domain/0/backend/vif/9/0"), XenbusStateInitWait);
	assert_string_equal(get("/local/domain/0/backend/vbd/9/51712", "sectors"), "4000");
	vif_connects();
	vbd_connects("10");
	news();
	assert_int_equal(ctrl.slot[VBD].front.u.vbd.ring_gref[0], 10);
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_OPEN);
	assert_int_equal(state_of("/local/domain/0/backend/vbd/9/51712"), XenbusStateConnected);
}

#define NEW_VBD_BACK "/local/domain/0/backend/vbd/9/51712"

/* In another domain, whose slots begin as kernel/noxs begins them. */
static void moved(void)
{
	unsigned int i;

	xens.hdr.domid = 9;
	front.page = xens;
	for (i = 0; i < NOXS_CTRL_SLOTS; i++) {
		memset(&ctrl.slot[i].back, 0, sizeof(ctrl.slot[i].back));
		seen[i] = ctrl.slot[i].back.ack = ctrl.slot[i].front.seq;
		ctrl.slot[i].back.seq = ctrl.slot[i].front.ack;
		follows[i] = false;
	}
	for (i = 0; i < xens.hdr.nr_slots; i++)
		if (xens.dev[i].cls)
			back_publish(xens.dev[i].ctrl_slot,
				     i == SYSCTL ? NOXS_STATE_OPEN : NOXS_STATE_CLOSED);
	front_resumed(&front, true);
	news();
}

/* The kernel has resumed: it watches again. */
static void watches(void)
{
	events[0] = 0;
	request(XS_WATCH, FRONT_SYNC, "sync", true);
	request(XS_WATCH, "device", "fe", true);
}

static void test_restore_in_other_slots(void **state)
{
	struct noxs_dev vif, vbd;
	u32 seq;

	(void)state;
	add(3, NOXS_CLASS_VIF, 1);
	repage(5);
	vif_connects();
	vbd_connects("8");
	news();
	vif = xens.dev[3];
	vbd = xens.dev[VBD];
	/* In the order in which they are made: those plugged in behind their like. */
	xens.dev[2] = vif;
	xens.dev[2].ctrl_slot = 2;
	xens.dev[3] = vbd;
	xens.dev[3].ctrl_slot = 3;
	moved();
	watches();
	assert_false(front.rescan_wanted);
	seq = ctrl.slot[2].front.seq;
	assert_int_equal(state_of(NEW_VBD_BACK), XenbusStateInitWait);
	assert_int_equal(state_of("/local/domain/0/backend/vif/9/1"), XenbusStateInitWait);
	vif_connects();
	vbd_connects("10");
	assert_int_equal(ctrl.slot[3].front.state, NOXS_STATE_OPEN);
	assert_int_equal(ctrl.slot[3].front.u.vbd.ring_gref[0], 10);
	/* Not in its old slot, which is another's. */
	assert_int_equal(ctrl.slot[2].front.seq, seq);
	news();
	assert_int_equal(state_of(NEW_VBD_BACK), XenbusStateConnected);
	assert_int_equal(syncs, 0);
}

/* A device that is not in the new domain goes when its driver has resumed, and nobody is told. */
static void test_restore_without_a_device(void **state)
{
	u32 ack;

	(void)state;
	vif_connects();
	vbd_connects("8");
	news();
	xens.dev[VIF] = xens.dev[VBD];
	xens.dev[VIF].ctrl_slot = VIF;
	xens.dev[VBD] = (struct noxs_dev){ 0 };
	moved();
	/* Drivers resume.  They find nodes, and no back-end that would have them connect. */
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitialising);
	assert_int_equal(syncs, 0);
	watches();
	assert_int_equal(syncs, 1);
	assert_int_equal(state_of(VIF_BACK), XenbusStateInitialising);
	vif_connects();
	vbd_connects("10");
	assert_int_equal(ctrl.slot[VIF].front.u.vbd.ring_gref[0], 10);
	news();
	ack = ctrl.slot[VIF].front.ack;
	front_synced(&front, last_sync);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosed);
	all_synced();
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
	assert_false(tree_has(&front.store.tree, VIF_BACK));
	assert_non_null(strstr(events, VIF_FRONT));
	assert_int_equal(ctrl.slot[VIF].front.ack, ack);
	assert_int_equal(state_of(NEW_VBD_BACK), XenbusStateConnected);
	/* Another of its name can come then. */
	add(2, NOXS_CLASS_VIF, 0);
	repage(5);
	assert_int_equal(state_of("/local/domain/0/backend/vif/9/0"), XenbusStateInitWait);
}

/* One that was about to go when the guest was saved: its watch events may be lost. */
static void test_restore_while_one_goes(void **state)
{
	(void)state;
	vif_connects();
	news();
	xens.dev[VIF] = (struct noxs_dev){ 0 };
	back_publish(VIF, NOXS_STATE_GONE);
	news();
	front_synced(&front, last_sync);
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
	moved();
	watches();
	all_synced();
	assert_non_null(strstr(events, VIF_FRONT));
	assert_false(tree_has(&front.store.tree, VIF_FRONT));
	assert_false(tree_has(&front.store.tree, VIF_BACK));
}

static void test_all_close(void **state)
{
	u32 number;

	(void)state;
	vif_connects();
	news();
	number = front_close_all(&front);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosing);
	assert_int_equal(state_of(VBD_BACK), XenbusStateInitWait); /* it is not connected */
	assert_int_equal(number, last_sync);
	put(VIF_FRONT, "state", "6");
	assert_int_equal(ctrl.slot[VIF].back.state, NOXS_STATE_CLOSED);
}

/* ---- anything ---- */

static unsigned int dice = 1;

static unsigned int roll(unsigned int sides)
{
	dice = dice * 1103515245U + 12345U;
	return (dice >> 16) % sides;
}

static void scribble(void *to, size_t size, unsigned int bytes)
{
	while (bytes--)
		((u8 *)to)[(roll(256) << 8 | roll(256)) % size] =
			(u8)(roll(2) ? roll(256) : roll(8));
}

/* A control page and a device page that say anything: nothing is touched that is not ours, and nobody waits long. */
static void test_any_page(void **state)
{
	static const char *const dirs[] = { VIF_FRONT, VBD_FRONT, "device/vif/1", VIF_BACK,
					    "control" };
	unsigned int i;

	(void)state;
	for (i = 0; i < 20000; i++) {
		char value[4];

		is_deaf = roll(100) == 0;
		pauses = 0;
		scribble(&ctrl, sizeof(ctrl), roll(16));
		if (!roll(4))
			scribble(&xens, sizeof(xens), roll(16));
		(void)snprintf(value, sizeof(value), "%u", roll(9));
		switch (roll(8)) {
		case 0:
			front_synced(&front, roll(3) ? last_sync : roll(100));
			break;
		case 1:
			front.page = xens;
			front_resumed(&front, true);
			break;
		case 2:
			front_resumed(&front, false);
			break;
		case 3:
			(void)front_close_all(&front);
			break;
		case 4:
			back_serve();
			break;
		default:
			put(dirs[roll(5)], roll(4) ? "state" : "ring-ref", value);
		}
		events[0] = 0;
		front_events(&front);
		assert_true(pauses < 40000);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(devices_are_described),
		TEST(numbers_of_disks),
		TEST(vif_connects),
		TEST(vif_chooses_what_goes_together),
		TEST(vbd_connects),
		TEST(driver_goes_and_comes),
		TEST(new_rings_without_a_word),
		TEST(closes_at_once),
		TEST(closes_what_fails),
		TEST(deaf_back_end),
		TEST(deaf_among_news),
		TEST(publication_not_taken_in),
		TEST(ready_is_not_lost),
		TEST(back_end_fails),
		TEST(resize),
		TEST(plug),
		TEST(unplug),
		TEST(unplug_while_it_closes),
		TEST(unplug_in_a_copy),
		TEST(plug_in_place),
		TEST(nonsense_in_the_page),
		TEST(starts_with_open_rings),
		TEST(ready),
		TEST(requests),
		TEST(suspend_cancelled),
		TEST(suspend_fails),
		TEST(restore),
		TEST(restore_in_other_slots),
		TEST(restore_without_a_device),
		TEST(restore_while_one_goes),
		TEST(all_close),
		TEST(any_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
