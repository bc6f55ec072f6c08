// SPDX-License-Identifier: GPL-2.0
/* Between control page and xenbus nodes: nodes and states, and pages that say anything. */
#include "world.h"

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

/* IPv6 is offered and chosen beside IPv4; segments of it want their own checksums. */
static void test_vif_ipv6(void **state)
{
	const struct noxs_vif_front *v = &ctrl.slot[VIF].front.u.vif;

	(void)state;
	assert_string_equal(get(VIF_BACK, "feature-gso-tcpv6"), "0");
	ctrl.slot[VIF].back.u.vif.features |= NOXS_VIF_F_CSUM_IPV6 | NOXS_VIF_F_GSO_TCPV6;
	back_publish(VIF, NOXS_STATE_CLOSED);
	news();
	assert_string_equal(get(VIF_BACK, "feature-gso-tcpv6"), "1");
	assert_string_equal(get(VIF_BACK, "feature-ipv6-csum-offload"), "1");
	put(VIF_FRONT, "feature-gso-tcpv6", "1");
	vif_connects();
	assert_int_equal(v->features, FEATURES);
	state_of(VIF_FRONT);
	news();
	put(VIF_FRONT, "feature-ipv6-csum-offload", "1");
	put(VIF_FRONT, "state", "6");
	news();
	vif_connects();
	assert_int_equal(v->features, FEATURES | NOXS_VIF_F_CSUM_IPV6 | NOXS_VIF_F_GSO_TCPV6);
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
	const struct CMUnitTest tests[] = {
		TEST(devices_are_described),
		TEST(numbers_of_disks),
		TEST(vif_connects),
		TEST(vif_ipv6),
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
		TEST(any_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
