// SPDX-License-Identifier: GPL-2.0-only
/* Which domains a new chaosd takes for shells of an earlier one: those, and nothing anybody chose. */
#include "unit.h"

#include "chaosd.h"

static void shells(void **state)
{
	struct chaos_dominfo info = { .state = CHAOS_STATE_SHELL };

	(void)state;
	assert_true(shell_is_left(&info)); /* whatever it is called */
	assert_int_equal(shell_identity(info.name, info.uuid), 0);
	assert_true(chaos_uuid_is_shells(info.uuid));
	assert_true(shell_is_left(&info));
	/* On the way: named, and before. */
	info.state = CHAOS_STATE_INCOMPLETE;
	assert_true(shell_is_left(&info));
	info.name[0] = '\0';
	assert_true(shell_is_left(&info));
}

static void guests(void **state)
{
	static const enum chaos_state states[] = {
		CHAOS_STATE_RUNNING,   CHAOS_STATE_BLOCKED,  CHAOS_STATE_RUNNABLE,
		CHAOS_STATE_PAUSED,    CHAOS_STATE_SHUTDOWN, CHAOS_STATE_CRASHED,
		CHAOS_STATE_SUSPENDED, CHAOS_STATE_DYING,
	};
	struct chaos_dominfo info = { 0 };
	size_t i;

	(void)state;
	/* Name and UUID are anybody's to choose. */
	assert_int_equal(shell_identity(info.name, info.uuid), 0);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		info.state = states[i];
		assert_false(shell_is_left(&info));
	}
	/* Being built, or saved, by somebody else. */
	info.state = CHAOS_STATE_INCOMPLETE;
	memcpy(info.name, "guest", sizeof("guest"));
	assert_false(shell_is_left(&info));
	assert_int_equal(shell_identity(info.name, info.uuid), 0);
	info.uuid[0]++;
	assert_false(shell_is_left(&info));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shells),
		cmocka_unit_test(guests),
	};

	return cmocka_run_group_tests_name("shellname", tests, NULL, NULL);
}
