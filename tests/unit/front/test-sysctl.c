// SPDX-License-Identifier: GPL-2.0
/* What the toolstack asks for: power, suspend and what comes after it. */
#include "world.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(ready),
		TEST(requests),
		TEST(suspend_cancelled),
		TEST(suspend_fails),
		TEST(restore),
		TEST(restore_in_other_slots),
		TEST(restore_without_a_device),
		TEST(restore_while_one_goes),
		TEST(all_close),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
