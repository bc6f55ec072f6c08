// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching devices and waiting for events.  ioctl() and what Xen is asked are faked; the
 * module's event stream is a socket, read and polled as the real one.
 */
#include <fcntl.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"
#include "device/dev_plan.h"

static struct noxs_ioc_create seen;
static struct noxs_ioc_dev seen_devs[CHAOS_MAX_VIFS + 1];
static bool seen_disk_was_open; /* that of the last device */
static unsigned int nr_ioctls;
/* What the faked ioctl answers, one after the other. */
static struct {
	int err;
	uint16_t err_dev, conflict_domid;
	uint32_t what;
} answers[16];

static struct noxs_ioc_configure seen_configure;

static int fake_answer(uint16_t *err_dev, uint16_t *conflict_domid, uint32_t *conflict_what)
{
	*err_dev = answers[nr_ioctls].err_dev;
	*conflict_domid = answers[nr_ioctls].conflict_domid;
	*conflict_what = answers[nr_ioctls].what;
	errno = answers[nr_ioctls].err;
	return answers[nr_ioctls++].err ? -1 : 0;
}

static int fake_create(struct noxs_ioc_create *arg)
{
	const struct noxs_ioc_dev *last =
		(const struct noxs_ioc_dev *)(uintptr_t)arg->devs + arg->nr_devs - 1;

	seen = *arg;
	seen_disk_was_open = fcntl(last->fd, F_GETFD) >= 0;
	memcpy(seen_devs, (void *)(uintptr_t)arg->devs, arg->nr_devs * sizeof(seen_devs[0]));
	return fake_answer(&arg->err_dev, &arg->conflict_domid, &arg->conflict_what);
}

static int fake_configure(struct noxs_ioc_configure *arg)
{
	seen_configure = *arg;
	memcpy(seen_devs, (void *)(uintptr_t)arg->devs, arg->nr_devs * sizeof(seen_devs[0]));
	return fake_answer(&arg->err_dev, &arg->conflict_domid, &arg->conflict_what);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (request == NOXS_IOC_CONFIGURE)
		return fake_configure(arg);
	/* Of this host, not of the module: asked in earnest. */
	if (request == SIOCGIFADDR)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	assert_int_equal(request, NOXS_IOC_CREATE);
	return fake_create(arg);
}

/* Who bears a name. */
static bool name_is_free;

int chaos_domain_named(struct chaos_ctx *ctx, const char *who, struct chaos_dominfo *info,
		       struct chaos_error *err)
{
	(void)ctx;
	(void)err;
	assert_string_equal(who, "web");
	info->domid = 5;
	return name_is_free ? -(int)CHAOS_NO_DOMAIN : 0;
}

long chaos_noxs_version(struct chaos_ctx *ctx)
{
	(void)ctx;
	return NOXS_ABI_VERSION;
}

static struct chaos_ctx ctx;
static struct chaos_config cfg;
static int feed;

static int setup(void **state)
{
	int fds[2];

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds))
		return -1;
	ctx.noxs_fd = fds[0];
	ctx.cancel_fd = -1;
	ctx.module_flags = NOXS_MODULE_ENDS;
	feed = fds[1];
	nr_ioctls = 0;
	memset(answers, 0, sizeof(answers));
	memset(&cfg, 0, sizeof(cfg));
	strcpy(cfg.name, "web");
	cfg.nr_vifs = 2;
	strcpy(cfg.vifs[0].bridge, "br0");
	cfg.vifs[0].mac_is_random = true;
	memcpy(cfg.vifs[0].mac, "\x00\x16\x3e\x01\x02\x03", 6);
	cfg.vifs[0].mtu = 1500;
	cfg.vifs[0].ipv4 = 0x0200000a;
	cfg.vifs[0].prefix = 24;
	cfg.vifs[1].id = 1;
	memcpy(cfg.vifs[1].mac, "\x00\x16\x3e\x0a\x0b\x0c", 6);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close(ctx.noxs_fd);
	close(feed);
	return 0;
}

/* The builder has connected nothing. */
static const struct chaos_built built;

/* Planned, and done. */
static struct chaos_dev_plan plan;

static int attach(struct noxs_ioc_create *arg, const struct chaos_built *connected,
		  struct chaos_error *err)
{
	chaos_dev_plan_make(&plan, &cfg);
	chaos_dev_plan_connect(&plan, connected);
	return chaos_module_attach(&ctx, arg, &plan, err);
}

static int attach_shell(struct noxs_ioc_create *arg, const struct chaos_built *connected,
			struct chaos_error *err)
{
	chaos_dev_plan_make(&plan, &cfg);
	chaos_dev_plan_connect(&plan, connected);
	chaos_dev_plan_defer(&plan);
	return chaos_module_attach(&ctx, arg, &plan, err);
}

static int give_addresses(struct noxs_ioc_configure *arg, struct chaos_error *err)
{
	chaos_dev_plan_make(&plan, &cfg);
	chaos_dev_plan_addresses(&plan);
	return chaos_module_configure(&ctx, arg, &plan, err);
}

static void attach_passes_all_devices(void **state)
{
	struct noxs_ioc_create arg = { .domid = 7, .ctrl_gfn = 5, .ctrl_gref = 2, .ctrl_port = 2 };

	(void)state;
	assert_int_equal(attach(&arg, &built, NULL), 0);
	assert_int_equal(nr_ioctls, 1);
	assert_int_equal(seen.domid, 7);
	assert_int_equal(seen.nr_devs, 3);
	assert_int_equal(seen_devs[0].cls, NOXS_CLASS_SYSCTL);
	assert_int_equal(seen_devs[0].fd, -1);
	assert_int_equal(seen_devs[1].cls, NOXS_CLASS_VIF);
	assert_int_equal(seen_devs[1].id, 0);
	assert_int_equal(seen_devs[1].flags, NOXS_VIF_BRIDGE);
	assert_string_equal(seen_devs[1].link, "br0");
	assert_memory_equal(seen_devs[1].config.vif.mac, cfg.vifs[0].mac, 6);
	assert_int_equal(seen_devs[1].config.vif.ipv4, 0x0200000a);
	assert_int_equal(seen_devs[1].config.vif.prefix, 24);
	assert_int_equal(seen_devs[2].id, 1);
	assert_int_equal(seen_devs[2].flags, 0);
}

/* What has become of the configuration since is nothing to it; and it can be sent again. */
static void what_is_planned_is_sent(void **state)
{
	char target[] = "/tmp/chaos-test-disk.XXXXXX", data[512] = { 0 };
	struct noxs_ioc_create arg = { .domid = 7 }, again = { .domid = 8 };
	int disk = mkstemp(target);

	(void)state;
	assert_int_equal(write(disk, data, sizeof(data)), sizeof(data));
	close(disk);
	cfg.nr_disks = 1;
	cfg.disks[0] = (struct chaos_disk){ .target = target, .id = 3, .has_no_discard = true };
	cfg.is_logged = true;
	chaos_dev_plan_make(&plan, &cfg);
	assert_int_equal(plan.devs[3].fd, -1);
	cfg.vifs[0].mtu = 9000;
	cfg.vifs[1].id = 9;
	cfg.disks[0].has_no_discard = false;
	cfg.nr_disks = cfg.nr_vifs = 0;
	cfg.is_logged = false;
	assert_int_equal(chaos_module_attach(&ctx, &arg, &plan, NULL), 0);
	assert_int_equal(seen.nr_devs, 4);
	assert_true(seen.flags & NOXS_KEEP_LOG);
	assert_int_equal(seen_devs[1].config.vif.mtu, 1500);
	assert_int_equal(seen_devs[2].id, 1);
	assert_int_equal(seen_devs[3].cls, NOXS_CLASS_VBD);
	assert_int_equal(seen_devs[3].id, 3);
	assert_int_equal(seen_devs[3].flags, NOXS_VBD_NO_DISCARD);
	/* Open while the module looks at it, and no longer. */
	assert_true(seen_disk_was_open);
	assert_int_equal(plan.devs[3].fd, -1);
	assert_int_equal(fcntl(seen_devs[3].fd, F_GETFD), -1);
	assert_int_equal(chaos_module_attach(&ctx, &again, &plan, NULL), 0);
	assert_int_equal(seen.nr_devs, 4);
	assert_true(seen_disk_was_open);
	assert_int_equal(unlink(target), 0);
}

/* What is to be done at its end; of a shell nobody knows yet. */
static void attach_passes_ends(void **state)
{
	const uint32_t wanted = NOXS_END_KEEP << NOXS_END_POWEROFF_SHIFT |
				NOXS_END_RESTART << NOXS_END_REBOOT_SHIFT |
				NOXS_END_DESTROY << NOXS_END_CRASH_SHIFT;
	struct noxs_ioc_create arg = { .domid = 7, .flags = NOXS_CREATE_SET_INFO }, shell = arg;
	struct noxs_ioc_configure configure = { .domid = 7 };
	struct chaos_error err;

	(void)state;
	cfg.on_poweroff = CHAOS_PRESERVE;
	cfg.on_reboot = CHAOS_RESTART;
	cfg.on_crash = CHAOS_DESTROY;
	assert_int_equal(attach(&arg, &built, NULL), 0);
	assert_int_equal(seen.flags, wanted | NOXS_CREATE_SET_INFO);
	assert_int_equal(attach_shell(&shell, &built, NULL), 0);
	assert_int_equal(seen.flags, NOXS_CREATE_SET_INFO);
	assert_int_equal(give_addresses(&configure, NULL), 0);
	assert_int_equal(seen_configure.flags, wanted);
	/* An older module does not know them; what else -EINVAL may mean, a newer one tells. */
	answers[nr_ioctls].err = answers[nr_ioctls + 1].err = EINVAL;
	ctx.module_flags = 0;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "module is older than this chaos");
	ctx.module_flags = NOXS_MODULE_ENDS;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_FAILED);
	assert_error(err, CHAOS_FAILED, "cannot attach");
}

static void attach_passes_log(void **state)
{
	struct noxs_ioc_create arg = { .domid = 7 };
	struct chaos_error err;

	(void)state;
	cfg.is_logged = true;
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_LOG;
	assert_int_equal(attach(&arg, &built, NULL), 0);
	assert_true(seen.flags & NOXS_KEEP_LOG);
	/* One that does not keep it refuses the flag: never a guest whose log nobody keeps. */
	answers[nr_ioctls].err = EINVAL;
	ctx.module_flags = NOXS_MODULE_ENDS;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "module is older than this chaos");
	cfg.is_logged = false;
}

/* A rate comes with the addresses: at once, or for a shell with CONFIGURE. */
static void attach_passes_rate(void **state)
{
	struct noxs_ioc_create arg = { .domid = 7 };
	struct noxs_ioc_configure configure = { .domid = 7 };
	struct chaos_error err;

	(void)state;
	cfg.vifs[1].rate_bytes = 62500;
	cfg.vifs[1].rate_usecs = 50000;
	assert_int_equal(attach(&arg, &built, NULL), 0);
	assert_int_equal(seen_devs[1].vif.rate_usecs, 0);
	assert_int_equal(seen_devs[2].vif.rate_bytes, 62500);
	assert_int_equal(seen_devs[2].vif.rate_usecs, 50000);
	assert_int_equal(attach_shell(&arg, &built, NULL), 0);
	assert_int_equal(seen_devs[2].vif.rate_usecs, 0);
	assert_int_equal(give_addresses(&configure, NULL), 0);
	assert_int_equal(seen_devs[1].vif.rate_bytes, 62500);
	assert_int_equal(seen_devs[1].vif.rate_usecs, 50000);
	/* One that does not keep it refuses it: never a guest without its limit. */
	answers[nr_ioctls].err = answers[nr_ioctls + 1].err = EINVAL;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "module is older than this chaos");
	ctx.module_flags = NOXS_MODULE_ENDS | NOXS_MODULE_RATE;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_FAILED);
}

/* The rings of those the builder has connected, in a shell too. */
static void attach_passes_rings(void **state)
{
	struct noxs_ioc_create arg = { .domid = 7 };
	struct chaos_built one = { .vifs[1] = { 0x40, 3, 4, 5 } };

	(void)state;
	assert_int_equal(attach(&arg, &one, NULL), 0);
	assert_int_equal(seen_devs[1].flags, NOXS_VIF_BRIDGE);
	assert_int_equal(seen_devs[1].nr_rings, 0);
	assert_int_equal(seen_devs[2].flags, NOXS_DEV_PRECONNECT);
	assert_int_equal(seen_devs[2].ring_gfn, 0x40);
	assert_int_equal(seen_devs[2].nr_rings, 2);
	assert_int_equal(seen_devs[2].ring_gref[0], 3);
	assert_int_equal(seen_devs[2].ring_gref[1], 4);
	assert_int_equal(seen_devs[2].data_port[0], 5);
	assert_int_equal(seen_devs[2].data_port[1], 5);
	assert_int_equal(attach_shell(&arg, &one, NULL), 0);
	assert_int_equal(seen_devs[1].flags, NOXS_VIF_BRIDGE | NOXS_VIF_DEFERRED);
	assert_int_equal(seen_devs[2].flags, NOXS_VIF_DEFERRED | NOXS_DEV_PRECONNECT);
	assert_int_equal(seen_devs[2].data_port[0], 5);
}

/* Everything but addresses, which come with CONFIGURE, and nothing but those then. */
static void shell_gets_its_addresses_later(void **state)
{
	struct noxs_ioc_create arg = { .domid = 7 };
	struct noxs_ioc_configure configure = { .domid = 7 };
	union noxs_config bare = { .vif.mtu = cfg.vifs[0].mtu };

	(void)state;
	assert_int_equal(attach_shell(&arg, &built, NULL), 0);
	assert_int_equal(seen.nr_devs, 3);
	assert_int_equal(seen_devs[0].flags, 0);
	assert_int_equal(seen_devs[1].flags, NOXS_VIF_BRIDGE | NOXS_VIF_DEFERRED);
	assert_string_equal(seen_devs[1].link, "br0");
	assert_memory_equal(&seen_devs[1].config, &bare, sizeof(bare));
	assert_int_equal(seen_devs[2].flags, NOXS_VIF_DEFERRED);
	assert_int_equal(give_addresses(&configure, NULL), 0);
	assert_int_equal(seen_configure.nr_devs, 2);
	assert_int_equal(seen_devs[0].cls, NOXS_CLASS_VIF);
	assert_int_equal(seen_devs[0].id, 0);
	assert_int_equal(seen_devs[0].flags, 0);
	assert_int_equal(seen_devs[0].fd, -1);
	assert_string_equal(seen_devs[0].link, "");
	assert_memory_equal(seen_devs[0].config.vif.mac, cfg.vifs[0].mac, 6);
	assert_int_equal(seen_devs[0].config.vif.ipv4, 0x0200000a);
}

static void configure_tells_conflicts_of_the_right_vif(void **state)
{
	struct noxs_ioc_configure configure = { .domid = 7 };
	struct chaos_error err;

	(void)state;
	answers[0].err = EADDRINUSE;
	answers[0].err_dev = 1;
	answers[0].conflict_domid = 9;
	answers[0].what = NOXS_CONFLICT_IPV4;
	assert_int_equal(give_addresses(&configure, &err), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "vif 1: its IPv4 address is in use by domain 9");
}

/* The module does not know who bears it; and by the time we ask, nobody may. */
static void configure_asks_who_bears_the_name(void **state)
{
	struct noxs_ioc_configure configure = { .domid = 7 };
	struct chaos_error err;

	(void)state;
	answers[0].err = answers[1].err = EEXIST;
	answers[0].err_dev = answers[1].err_dev = 0xffff;
	answers[0].conflict_domid = answers[1].conflict_domid = 0xffff;
	answers[0].what = answers[1].what = NOXS_CONFLICT_NAME;
	assert_int_equal(give_addresses(&configure, &err), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "\"web\" is in use by domain 5");
	name_is_free = true;
	assert_int_equal(give_addresses(&configure, &err), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "\"web\" was in use");
	name_is_free = false;
}

static void random_mac_is_replaced_on_conflict(void **state)
{
	struct noxs_ioc_create arg = { 0 };
	uint8_t first[6];

	(void)state;
	memcpy(first, cfg.vifs[0].mac, 6);
	answers[0].err = EADDRINUSE;
	answers[0].err_dev = 1;
	answers[0].what = NOXS_CONFLICT_MAC;
	assert_int_equal(attach(&arg, &built, NULL), 0);
	assert_int_equal(nr_ioctls, 2);
	assert_memory_not_equal(seen_devs[1].config.vif.mac, first, 6);
	assert_memory_equal(seen_devs[1].config.vif.mac, cfg.vifs[0].mac, 6);
}

static void attach_errors(void **state)
{
	static const struct {
		int err;
		uint16_t err_dev;
		uint32_t what;
		enum chaos_code code;
		const char *tells;
	} cases[] = {
		{ EEXIST, 0xffff, NOXS_CONFLICT_NAME, CHAOS_EXISTS,
		  "\"web\" is in use by domain 5" },
		{ EADDRINUSE, 2, NOXS_CONFLICT_MAC, CHAOS_EXISTS,
		  "00:16:3e:0a:0b:0c is in use by domain 9" },
		{ EADDRINUSE, 1, NOXS_CONFLICT_IPV4, CHAOS_EXISTS,
		  "IPv4 address is in use by domain 9" },
		{ ENODEV, 1, 0, CHAOS_ENVIRONMENT, "no bridge \"br0\"" },
		{ ENOMEM, 1, 0, CHAOS_RESOURCES, "vif 0" },
		{ EXFULL, 1, 0, CHAOS_RESOURCES,
		  "bridge br0 has 1023 ports, its most: use another bridge or a switch" },
		{ EBUSY, 2, 0, CHAOS_EXISTS,
		  "another interface of the name vif7.1: rename or delete it (ip link del vif7.1)" },
		{ ENOSPC, 0xffff, 0, CHAOS_RESOURCES, "\"web\"" },
		/* An index of nonsense is not followed. */
		{ ENOMEM, 77, NOXS_CONFLICT_MAC, CHAOS_RESOURCES, "\"web\"" },
		{ EPERM, 0, 0, CHAOS_PERMISSION, "\"web\"" },
	};
	struct noxs_ioc_create arg = { .domid = 7 };
	struct chaos_error err;
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		nr_ioctls = 0;
		answers[0].err = cases[i].err;
		answers[0].err_dev = cases[i].err_dev;
		answers[0].what = cases[i].what;
		answers[0].conflict_domid = 9;
		assert_int_equal(attach(&arg, &built, &err), -(int)cases[i].code);
		assert_error(err, cases[i].code, cases[i].tells);
		assert_int_equal(nr_ioctls, 1);
	}
}

/* The loopback interface is one that every host has, with this address. */
static void address_of_the_host(void **state)
{
	struct noxs_ioc_configure configure = { 0 };
	struct noxs_ioc_create arg = { 0 };
	struct chaos_error err;

	(void)state;
	strcpy(cfg.vifs[1].bridge, "lo");
	cfg.vifs[1].ipv4 = htonl(INADDR_LOOPBACK);
	assert_int_equal(attach(&arg, &built, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG,
		     "vif 1: ip=127.0.0.1 is this host's own address on lo: choose another");
	assert_int_equal(give_addresses(&configure, &err), -(int)CHAOS_CONFIG);
	assert_int_equal(chaos_module_add(&ctx, 7, &plan, &err), -(int)CHAOS_CONFIG);
	assert_int_equal(nr_ioctls, 0);
	/* On another link it is another network's. */
	strcpy(cfg.vifs[1].bridge, "br1");
	assert_int_equal(attach(&arg, &built, &err), 0);
}

static void attach_to_switch(void **state)
{
	struct noxs_ioc_create arg = { 0 };
	struct chaos_error err;

	(void)state;
	cfg.vifs[0].on_switch = true;
	assert_int_equal(attach(&arg, &built, &err), 0);
	assert_int_equal(seen_devs[1].flags, NOXS_VIF_SWITCH);
	assert_string_equal(seen_devs[1].link, "br0");
	nr_ioctls = 0;
	answers[0].err = ENODEV;
	answers[0].err_dev = 1;
	assert_int_equal(attach(&arg, &built, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "no switch \"br0\"");
	assert_error(err, CHAOS_ENVIRONMENT, "ip link add br0 type noxs && ip link set br0 up");
	assert_error(err, CHAOS_ENVIRONMENT, "'switch='");
	/* A shell's says the same. */
	nr_ioctls = 0;
	assert_int_equal(attach_shell(&arg, &built, &err), -CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "no switch \"br0\"");
}

static bool is_ready(const struct noxs_ioc_event *event)
{
	return event->type == NOXS_EVENT_READY;
}

static void send_event(uint16_t domid, uint16_t type, size_t len)
{
	struct noxs_ioc_event event = { .domid = domid, .type = type };

	assert_int_equal(send(feed, &event, len, 0), len);
}

static void wait_skips_what_is_not_wanted(void **state)
{
	struct noxs_ioc_event event;

	(void)state;
	send_event(3, NOXS_EVENT_ATTACHED, sizeof(event));
	send_event(4, NOXS_EVENT_READY, sizeof(event));
	send_event(3, NOXS_EVENT_READY, sizeof(event));
	assert_int_equal(chaos_module_wait(&ctx, 3, 1000, is_ready, &event), 1);
	assert_int_equal(event.domid, 3);
	assert_int_equal(event.type, NOXS_EVENT_READY);
}

static void wait_has_an_end(void **state)
{
	struct noxs_ioc_event event;

	(void)state;
	send_event(4, NOXS_EVENT_READY, sizeof(event));
	assert_int_equal(chaos_module_wait(&ctx, 3, 20, is_ready, &event), 0);
	send_event(3, NOXS_EVENT_READY, 5);
	assert_int_equal(chaos_module_wait(&ctx, 3, 20, is_ready, &event), -1);
	assert_int_equal(errno, EPROTO);
}

static void wait_can_be_cancelled(void **state)
{
	struct noxs_ioc_event event;
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	ctx.cancel_fd = fds[0];
	send_event(3, NOXS_EVENT_READY, sizeof(event));
	assert_int_equal(chaos_module_wait(&ctx, 3, 10000, is_ready, &event), 1);
	assert_int_equal(write(fds[1], "", 1), 1);
	assert_int_equal(chaos_module_wait(&ctx, 3, 10000, is_ready, &event), -1);
	assert_int_equal(errno, ECANCELED);
	close(fds[0]);
	close(fds[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(attach_passes_all_devices, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_planned_is_sent, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_passes_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_passes_log, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_passes_rate, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_passes_rings, setup, teardown),
		cmocka_unit_test_setup_teardown(shell_gets_its_addresses_later, setup, teardown),
		cmocka_unit_test_setup_teardown(configure_tells_conflicts_of_the_right_vif, setup,
						teardown),
		cmocka_unit_test_setup_teardown(configure_asks_who_bears_the_name, setup, teardown),
		cmocka_unit_test_setup_teardown(random_mac_is_replaced_on_conflict, setup,
						teardown),
		cmocka_unit_test_setup_teardown(attach_errors, setup, teardown),
		cmocka_unit_test_setup_teardown(address_of_the_host, setup, teardown),
		cmocka_unit_test_setup_teardown(attach_to_switch, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_skips_what_is_not_wanted, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_has_an_end, setup, teardown),
		cmocka_unit_test_setup_teardown(wait_can_be_cancelled, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
