// SPDX-License-Identifier: GPL-2.0
/* Devices that come and go. */
#include "world.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(plug),
		TEST(unplug),
		TEST(unplug_while_it_closes),
		TEST(unplug_in_a_copy),
		TEST(plug_in_place),
		TEST(nonsense_in_the_page),
		TEST(starts_with_open_rings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
