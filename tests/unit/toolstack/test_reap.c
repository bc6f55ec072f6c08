// SPDX-License-Identifier: GPL-2.0-only
/* What is done to a guest that has ended: Xen and the module are faked. */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "unit.h"
#include "core/internal.h"
#include <xen/sched.h>

#define DOMID  7
#define SERIAL 1000

static struct {
	uint32_t ends; /* of the domain, as QUERY tells them */
	int query_err, subscribe_err;
	uint32_t flags;	      /* of the module */
	uint32_t subscribed;  /* flags of SUBSCRIBE */
	uint64_t serial;      /* of the domain with that number now, 0 = none */
	uint32_t state_flags; /* NOXS_DOMF_* of it */
	unsigned int nr_destroyed;
	int destroy_err;
} host;

static struct chaos_ctx ctx;
static struct chaos_error err;

static int answer(int e)
{
	errno = e;
	return e ? -1 : 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	(void)fd;
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == NOXS_IOC_VERSION) {
		((struct noxs_ioc_version *)arg)->flags = host.flags;
		return 0;
	}
	if (request == NOXS_IOC_SUBSCRIBE) {
		assert_int_equal(((struct noxs_ioc_subscribe *)arg)->domid, NOXS_DOMID_NONE);
		host.subscribed = ((struct noxs_ioc_subscribe *)arg)->flags;
		return answer(host.subscribe_err);
	}
	assert_int_equal(request, NOXS_IOC_QUERY);
	assert_int_equal(((struct noxs_ioc_query *)arg)->domid, DOMID);
	((struct noxs_ioc_query *)arg)->flags = NOXS_DOM_READY | host.ends;
	return answer(host.query_err);
}

int chaos_module_open(struct chaos_ctx *c, struct chaos_error *e)
{
	(void)e;
	c->noxs_fd = 99;
	c->module_flags = host.flags;
	return 0;
}

int chaos_module_old(int e, struct chaos_error *error)
{
	return chaos_error_set(error, CHAOS_ENVIRONMENT, e, "older");
}

/* /dev/xen/noxs */
int open(const char *path, int flags, ...)
{
	assert_string_equal(path, NOXS_DEVICE);
	assert_true(flags & O_CLOEXEC);
	return dup(STDIN_FILENO);
}

int chaos_noxs_dominfo(struct chaos_ctx *c, uint32_t domid, struct noxs_dominfo *info)
{
	(void)c;
	assert_int_equal(domid, DOMID);
	memset(info, 0, sizeof(*info));
	info->serial = host.serial;
	info->flags = host.state_flags;
	return answer(host.serial ? 0 : ESRCH);
}

int xc_domain_destroy(xc_interface *xch, uint32_t domid)
{
	(void)xch;
	assert_int_equal(domid, DOMID);
	host.nr_destroyed++;
	return answer(host.destroy_err);
}

static uint32_t ends(uint32_t poweroff, uint32_t reboot, uint32_t crash)
{
	return poweroff << NOXS_END_POWEROFF_SHIFT | reboot << NOXS_END_REBOOT_SHIFT |
	       crash << NOXS_END_CRASH_SHIFT;
}

static struct chaos_dominfo ended(unsigned int reason)
{
	return (struct chaos_dominfo){
		.domid = DOMID,
		.serial = SERIAL,
		.name = "web",
		.is_ours = true,
		.is_shutdown = true,
		.state = CHAOS_STATE_SHUTDOWN,
		.shutdown_reason = reason,
	};
}

static int setup(void **state)
{
	(void)state;
	memset(&host, 0, sizeof(host));
	host.serial = SERIAL;
	host.state_flags = NOXS_DOMF_NOXS | NOXS_DOMF_SHUTDOWN;
	host.flags = NOXS_MODULE_ENDS;
	ctx.noxs_fd = -1;
	return 0;
}

static enum chaos_end end_of(const struct chaos_dominfo *info)
{
	enum chaos_end end;

	assert_int_equal(chaos_domain_end(&ctx, info, &end, &err), 0);
	return end;
}

static void by_reason(void **state)
{
	static const struct {
		unsigned int reason;
		uint32_t poweroff, reboot, crash;
		enum chaos_end end;
	} cases[] = {
		{ SHUTDOWN_poweroff, NOXS_END_DESTROY, 3, 3, CHAOS_END_DESTROYED },
		{ SHUTDOWN_poweroff, NOXS_END_KEEP, 1, 1, CHAOS_END_NOTHING },
		{ SHUTDOWN_poweroff, NOXS_END_UNSAID, 1, 1, CHAOS_END_NOTHING },
		{ SHUTDOWN_poweroff, NOXS_END_RESTART, 1, 1, CHAOS_END_RESTART },
		{ SHUTDOWN_reboot, 3, NOXS_END_DESTROY, 3, CHAOS_END_DESTROYED },
		{ SHUTDOWN_reboot, 1, NOXS_END_RESTART, 1, CHAOS_END_RESTART },
		{ SHUTDOWN_crash, 3, 3, NOXS_END_DESTROY, CHAOS_END_DESTROYED },
		{ SHUTDOWN_watchdog, 3, 3, NOXS_END_DESTROY, CHAOS_END_DESTROYED },
		{ SHUTDOWN_suspend, 1, 1, 1, CHAOS_END_NOTHING },
		{ SHUTDOWN_soft_reset, 1, 1, 1, CHAOS_END_NOTHING },
		{ 255, 1, 1, 1, CHAOS_END_NOTHING },
	};
	struct chaos_dominfo info;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		host.nr_destroyed = 0;
		host.ends = ends(cases[i].poweroff, cases[i].reboot, cases[i].crash);
		info = ended(cases[i].reason);
		assert_int_equal(end_of(&info), cases[i].end);
		assert_int_equal(host.nr_destroyed, cases[i].end == CHAOS_END_DESTROYED);
	}
}

/* One that lives, is going already, is another toolstack's, or is not made yet. */
static void not_ended(void **state)
{
	struct chaos_dominfo info = ended(SHUTDOWN_crash);

	(void)state;
	host.ends = ends(1, 1, 1);
	info.is_shutdown = false;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	info = ended(SHUTDOWN_crash);
	info.is_dying = true;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	info = ended(SHUTDOWN_crash);
	info.is_ours = false;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	info = ended(SHUTDOWN_crash);
	info.state = CHAOS_STATE_SHELL;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	info.state = CHAOS_STATE_INCOMPLETE;
	assert_int_equal(end_of(&info), CHAOS_END_LATER);
	assert_int_equal(host.nr_destroyed, 0);
}

/* Between the news and the deed. */
static void another_has_its_number(void **state)
{
	struct chaos_dominfo info = ended(SHUTDOWN_poweroff);

	(void)state;
	host.ends = ends(1, 1, 1);
	host.serial = SERIAL + 1;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	host.serial = 0;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	host.serial = SERIAL;
	host.state_flags |= NOXS_DOMF_DYING;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	host.query_err = ENOENT;
	assert_int_equal(end_of(&info), CHAOS_END_NOTHING);
	assert_int_equal(host.nr_destroyed, 0);
}

static void errors(void **state)
{
	struct chaos_dominfo info = ended(SHUTDOWN_poweroff);
	enum chaos_end end;

	(void)state;
	host.ends = ends(1, 1, 1);
	host.destroy_err = ESRCH; /* somebody else was quicker */
	assert_int_equal(chaos_domain_end(&ctx, &info, &end, &err), 0);
	host.destroy_err = EPERM;
	assert_int_equal(chaos_domain_end(&ctx, &info, &end, &err), -CHAOS_PERMISSION);
	assert_error(err, CHAOS_PERMISSION, "cannot destroy \"web\" (domain 7), which has ended");
	host.query_err = ENOMEM;
	assert_int_equal(chaos_domain_end(&ctx, &info, &end, &err), -CHAOS_RESOURCES);
	assert_int_equal(host.nr_destroyed, 2);
}

static void who_does_it(void **state)
{
	int fd;

	(void)state;
	/* What this process has not asked the module for it has not left to anybody. */
	host.flags |= NOXS_MODULE_HAS_ENDS;
	assert_false(chaos_ends_are_unwatched(&ctx));
	fd = chaos_ends_open(&ctx, false, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(host.subscribed, NOXS_SUBSCRIBE_ENDS);
	assert_true(chaos_ends_are_unwatched(&ctx));
	host.flags |= NOXS_MODULE_IS_WATCHED;
	assert_false(chaos_ends_are_unwatched(&ctx));
	assert_true(chaos_ends_exist(&ctx));
	host.flags = NOXS_MODULE_ENDS;
	assert_false(chaos_ends_are_unwatched(&ctx));
	assert_false(chaos_ends_exist(&ctx));
	fd = chaos_ends_open(&ctx, true, &err);
	assert_true(fd >= 0);
	close(fd);
	assert_int_equal(host.subscribed, NOXS_SUBSCRIBE_ENDS | NOXS_SUBSCRIBE_TAKE);
	host.subscribe_err = EBUSY;
	assert_int_equal(chaos_ends_open(&ctx, false, &err), -CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "another 'chaos reap'");
	host.subscribe_err = ENOMEM;
	assert_int_equal(chaos_ends_open(&ctx, false, &err), -CHAOS_RESOURCES);
	host.flags = 0;
	assert_int_equal(chaos_ends_open(&ctx, false, &err), -CHAOS_ENVIRONMENT);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(by_reason), TEST(not_ended),   TEST(another_has_its_number),
		TEST(errors),	 TEST(who_does_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
