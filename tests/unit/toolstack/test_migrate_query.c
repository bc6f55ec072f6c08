// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a target answers to a source that does not know, for every state in which the process that was to
 * run the guest can be, and with that process doing its next step between any two of ours.  Xen is
 * faked: one domain, its pause count, and whether it has run.
 */
#include "unit.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "migrate/migrate_receive.h"

static const uint8_t token[MIGRATE_ID_LEN] = "the token, 1234";

static struct {
	bool exists, is_complete, has_run, is_dying;
	int pauses;
	/* The other process: what it does next, and before which of our calls. */
	unsigned int maker_step, calls, when;
	bool maker_is_alive;
} dom;

static void may_run(void)
{
	if (dom.exists && !dom.is_dying && !dom.pauses)
		dom.has_run = true;
}

/* COMPLETE, unpause: or nothing, when the domain has gone. */
static void maker_goes_on(void)
{
	if (!dom.maker_is_alive || dom.is_dying || !dom.exists)
		return;
	if (dom.maker_step == 0)
		dom.is_complete = true;
	else if (dom.maker_step == 1 && dom.pauses)
		dom.pauses--;
	dom.maker_step++;
	may_run();
}

static void enter(void)
{
	if (dom.calls++ == dom.when) {
		maker_goes_on();
		maker_goes_on();
	}
}

/* One step only, at two places. */
static void enter_single(unsigned int at)
{
	if (at == dom.when || at == dom.when + 1)
		maker_goes_on();
}

static bool is_single;

static void called(void)
{
	if (is_single)
		enter_single(dom.calls++);
	else
		enter();
}

/* ---- libchaos, faked ---- */

int chaos_domain_each(struct chaos_ctx *ctx,
		      void (*tell)(void *opaque, const struct chaos_dominfo *info), void *opaque,
		      struct chaos_error *err)
{
	struct chaos_dominfo info = { .domid = 4, .is_ours = true };

	(void)ctx, (void)err;
	called();
	info.state = CHAOS_STATE_RUNNING;
	tell(opaque, &info);
	info.domid = 5;
	info.is_dying = dom.is_dying;
	info.is_paused = dom.pauses;
	info.cpu_time_ns = dom.has_run;
	info.state = dom.is_complete ? CHAOS_STATE_RUNNING : CHAOS_STATE_INCOMPLETE;
	if (dom.exists)
		tell(opaque, &info);
	return 0;
}

int chaos_noxs_get(struct chaos_ctx *ctx, uint32_t domid, struct noxs_dev_page *page,
		   uint64_t *frame)
{
	(void)ctx;
	memset(page, 0, sizeof(*page));
	*frame = 1;
	if (domid == 5)
		memcpy(page->hdr.gen_id, token, sizeof(token));
	return 0;
}

int chaos_module_open(struct chaos_ctx *ctx, struct chaos_error *err)
{
	(void)ctx, (void)err;
	return 0;
}

int chaos_domain_pause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	(void)ctx;
	called();
	assert_int_equal(domid, 5);
	if (!dom.exists || dom.is_dying)
		return chaos_error_set(err, CHAOS_NO_DOMAIN, ESRCH, "no domain");
	dom.pauses++;
	return 0;
}

int chaos_domain_unpause(struct chaos_ctx *ctx, uint32_t domid, struct chaos_error *err)
{
	(void)ctx;
	called();
	assert_int_equal(domid, 5);
	if (!dom.pauses)
		return chaos_error_set(err, CHAOS_FAILED, EINVAL, "not paused");
	dom.pauses--;
	may_run();
	return 0;
}

int chaos_domain_destroy(struct chaos_ctx *ctx, uint32_t domid, unsigned int timeout_ms,
			 struct chaos_error *err)
{
	(void)ctx, (void)timeout_ms;
	called();
	assert_int_equal(domid, 5);
	dom.is_dying = true;
	return chaos_error_set(err, CHAOS_TIMEOUT, ETIMEDOUT, "another process holds its memory");
}

/* ---- tests ---- */

static enum migrate_verdict ask(const uint8_t *what)
{
	struct chaos_ctx ctx = { .cancel_fd = -1 };
	struct migrate_query query;
	struct migrate_link l = { .cancel_fd = -1, .peer = "source" }, mine;
	union migrate_body body;
	struct chaos_error err;
	int fds[2];

	memcpy(query.token, what, sizeof(query.token));
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	l.in = l.out = fds[0];
	mine = l;
	mine.in = mine.out = fds[1];
	assert_int_equal(migrate_answer(&ctx, &l, &query, &err), 0);
	assert_int_equal(migrate_get(&mine, 1U << MIGRATE_ANSWER, 1000, NULL, &body, &err), 0);
	close(fds[0]);
	close(fds[1]);
	return body.answer.verdict;
}

static void reset(unsigned int step, bool is_alive, unsigned int when)
{
	memset(&dom, 0, sizeof(dom));
	dom.exists = true;
	dom.pauses = 1;
	dom.maker_is_alive = true;
	dom.when = 1000;
	while (dom.maker_step < step)
		maker_goes_on();
	dom.maker_is_alive = is_alive;
	dom.when = when;
}

/* The source does what the answer says: then there is one that runs, here or there. */
static void check(enum migrate_verdict verdict)
{
	/* Whatever the other process still does. */
	maker_goes_on();
	maker_goes_on();
	if (verdict == MIGRATE_IS_RUN)
		assert_true(dom.exists && !dom.is_dying && dom.has_run && !dom.pauses);
	else
		assert_false(dom.has_run);
}

static void unknown(void **state)
{
	(void)state;
	memset(&dom, 0, sizeof(dom));
	assert_int_equal(ask(token), MIGRATE_UNKNOWN);
	reset(0, true, 1000);
	assert_int_equal(ask((const uint8_t *)"another token..."), MIGRATE_UNKNOWN);
	assert_false(dom.is_dying || dom.pauses != 1);
}

static void killed(void **state)
{
	enum migrate_verdict verdict;
	unsigned int step;

	(void)state;
	for (step = 0; step <= 2; step++) {
		reset(step, false, 1000);
		verdict = ask(token);
		assert_int_equal(verdict, step ? MIGRATE_IS_RUN : MIGRATE_STOPPED);
		check(verdict);
	}
}

static void racing(void **state)
{
	unsigned int step, when;

	(void)state;
	for (is_single = false;; is_single = true) {
		for (step = 0; step <= 2; step++) {
			for (when = 0; when < 8; when++) {
				reset(step, true, when);
				check(ask(token));
			}
		}
		if (is_single)
			break;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown),
		cmocka_unit_test(killed),
		cmocka_unit_test(racing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
