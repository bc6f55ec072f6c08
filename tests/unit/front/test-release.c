// SPDX-License-Identifier: GPL-2.0
/* A device that is about to go: its driver closes it, unless it is a disk that is open. */
#include "world.h"

static void asked_to_release(u16 cls, u16 id, u32 req_id)
{
	ctrl.slot[SYSCTL].back.u.sysctl.cls = cls;
	ctrl.slot[SYSCTL].back.u.sysctl.id = id;
	asked(NOXS_SYSCTL_REQ_RELEASE, req_id);
}

static void assert_said(u32 event, u32 code, u32 req_id)
{
	const volatile struct noxs_sysctl_front *half = &ctrl.slot[SYSCTL].front.u.sysctl;

	assert_int_equal(half->event, event);
	assert_int_equal(half->code, code);
	assert_int_equal(half->req_id, req_id);
}

static void disk_connects(void)
{
	vbd_connects("700");
	news();
	news();
	assert_int_equal(state_of(VBD_BACK), XenbusStateConnected);
}

static void test_disk(void **_)
{
	(void)_;
	disk_connects();
	asked_to_release(NOXS_CLASS_VBD, 0, 5);
	assert_int_equal(probe_id, 5);
	assert_int_equal(probe_major, 202);
	assert_int_equal(probe_minor, 0);
	assert_int_not_equal(said(), NOXS_SYSCTL_EV_DONE);
	front_probed(&front, 5, 0);
	assert_int_equal(state_of(VBD_BACK), XenbusStateClosing);
	/* Answered when the driver has closed and the back-end has left the rings, not before. */
	assert_int_not_equal(said(), NOXS_SYSCTL_EV_DONE);
	state(VBD_FRONT, XenbusStateClosed);
	news();
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 5);
	assert_int_equal(ctrl.slot[VBD].back.state, NOXS_STATE_CLOSED);
	/* Nothing invites it to connect again. */
	news();
	assert_int_not_equal(state_of(VBD_BACK), XenbusStateInitWait);
}

static void test_disk_in_use(void **_)
{
	(void)_;
	disk_connects();
	asked_to_release(NOXS_CLASS_VBD, 0, 6);
	front_probed(&front, 6, EBUSY);
	assert_said(NOXS_SYSCTL_EV_REFUSED, EBUSY, 6);
	assert_int_equal(state_of(VBD_BACK), XenbusStateConnected);
	assert_int_equal(ctrl.slot[VBD].back.state, NOXS_STATE_OPEN);
	/* One that comes late, or twice, is of no request. */
	front_probed(&front, 6, 0);
	front_probed(&front, 0, 0);
	assert_int_equal(state_of(VBD_BACK), XenbusStateConnected);
}

static void test_vif(void **_)
{
	(void)_;
	vif_connects();
	news();
	asked_to_release(NOXS_CLASS_VIF, 0, 7);
	assert_int_equal(probe_id, 0);
	assert_int_equal(state_of(VIF_BACK), XenbusStateClosing);
	state(VIF_FRONT, XenbusStateClosed);
	news();
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 7);
}

/* What nobody has connected is closed as it is; so is what is not there. */
static void test_not_connected(void **_)
{
	(void)_;
	asked_to_release(NOXS_CLASS_VBD, 0, 8);
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 8);
	asked_to_release(NOXS_CLASS_VIF, 9, 9);
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 9);
	asked_to_release(99, 0, 10);
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 10);
	assert_int_equal(probe_id, 0);
}

/* The device goes, by force, while it is looked at. */
static void test_gone_meanwhile(void **_)
{
	(void)_;
	disk_connects();
	asked_to_release(NOXS_CLASS_VBD, 0, 11);
	xens.dev[VBD] = (struct noxs_dev){ 0 };
	back_publish(VBD, NOXS_STATE_GONE);
	news();
	front_probed(&front, 11, 0);
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 11);
	all_synced();
	assert_false(tree_has(&front.store.tree, VBD_FRONT));
}

/* It goes before its driver has closed: whoever asks for something else is not to wait for ever. */
static void test_gone_before_it_closes(void **_)
{
	(void)_;
	disk_connects();
	asked_to_release(NOXS_CLASS_VBD, 0, 12);
	front_probed(&front, 12, 0);
	assert_int_equal(state_of(VBD_BACK), XenbusStateClosing);
	xens.dev[VBD] = (struct noxs_dev){ 0 };
	back_publish(VBD, NOXS_STATE_GONE);
	news();
	assert_int_not_equal(said(), NOXS_SYSCTL_EV_DONE);
	all_synced();
	assert_said(NOXS_SYSCTL_EV_DONE, 0, 12);
	assert_int_equal(front.release_id, 0);
}

/* The number that Linux has for it. */
static void test_numbers(void **_)
{
	static const struct {
		u16 id;
		u32 minor;
	} cases[] = { { 0, 0 }, { 1, 16 }, { 15, 240 }, { 16, 16 << 8 }, { 0xca11, 0x11 } };
	struct front_dev d = { .dev.cls = NOXS_CLASS_VBD };
	u32 major, minor;
	size_t i;

	(void)_;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		d.dev.id = cases[i].id;
		device_number(&d, &major, &minor);
		assert_int_equal(major, 202);
		assert_int_equal(minor, cases[i].minor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(disk),
		TEST(disk_in_use),
		TEST(vif),
		TEST(not_connected),
		TEST(gone_meanwhile),
		TEST(numbers),
		TEST(gone_before_it_closes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
