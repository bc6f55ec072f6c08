// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hot-plug.  ioctl() is faked by a module with one domain, whose guest does what the test says;
 * events come through a socket, read and polled as the real ones.
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"
#include "device/internal.h"

#define DOMID 7

enum guest {
	ANSWERS,
	REFUSES,
	DEAF,
	DOES_NOT_LISTEN, /* yet, or ever */
	DIES,
	USES_IT, /* what it is asked to let go of */
	IS_BUSY, /* with an earlier request, which it answers when it is asked again */
	STAYS_BUSY,
};

static struct {
	enum guest guest;
	bool opens;	     /* what it is given */
	uint32_t open_state; /* to this */
	int add_errno, remove_errno, target_errno, resize_errno;
	uint64_t sectors;
	unsigned int nr_devs, nr_requests, nr_adds, nr_removes, nr_releases;
	bool is_old; /* knows no RELEASE */
	struct noxs_ioc_dev_state devs[CHAOS_MAX_DEVS];
	uint32_t req_id;
} module;

static struct chaos_ctx ctx;
static struct chaos_dominfo info;
static struct chaos_error err;
static struct chaos_device dev;
static int feed;
static char path[] = "/tmp/test_hotplug.XXXXXX";
static char warning[160];

static void send_detail(uint16_t type, uint32_t code, uint32_t arg, uint32_t detail)
{
	struct noxs_ioc_event event = {
		.domid = DOMID, .type = type, .code = code, .arg = arg, .detail = detail
	};

	assert_int_equal(send(feed, &event, sizeof(event), 0), sizeof(event));
}

static void send_event(uint16_t type, uint32_t code, uint32_t arg)
{
	send_detail(type, code, arg, 0);
}

static int answer(int e)
{
	errno = e;
	return e ? -1 : 0;
}

static unsigned int slot_of(uint16_t cls, uint16_t id)
{
	unsigned int i;

	for (i = 0; i < module.nr_devs; i++)
		if (module.devs[i].cls == cls && module.devs[i].id == id)
			break;
	return i;
}

static void give(uint16_t cls, uint16_t id, uint32_t state)
{
	module.devs[module.nr_devs++] = (struct noxs_ioc_dev_state){
		.cls = cls,
		.id = id,
		.state = state,
		.config.vbd = { .sectors = 8, .sector_size = 512 },
	};
}

static int fake_add(struct noxs_ioc_add *arg)
{
	const struct noxs_ioc_dev *devs = (void *)(uintptr_t)arg->devs;

	module.nr_adds++;
	assert_int_equal(arg->domid, DOMID);
	assert_int_equal(arg->nr_devs, 1);
	assert_int_equal(arg->flags, 0);
	assert_int_equal(devs->cls == NOXS_CLASS_VBD, devs->fd >= 0);
	arg->err_dev = 0;
	if (module.add_errno)
		return answer(module.add_errno);
	if (slot_of(devs->cls, devs->id) < module.nr_devs)
		return answer(EEXIST);
	give(devs->cls, devs->id, NOXS_STATE_CLOSED);
	if (devs->cls == NOXS_CLASS_VIF)
		module.devs[module.nr_devs - 1].config = devs->config;
	return 0;
}

static int fake_remove(struct noxs_ioc_remove *arg)
{
	unsigned int slot = slot_of(arg->cls, arg->id);

	module.nr_removes++;
	if (module.remove_errno)
		return answer(module.remove_errno);
	if (slot == module.nr_devs)
		return answer(ENOENT);
	module.devs[slot] = module.devs[--module.nr_devs];
	return 0;
}

/* The guest closes it, or uses it; one that refuses what else it is asked does not know this, either. */
static int fake_release(struct noxs_ioc_request *arg)
{
	unsigned int slot = slot_of((uint16_t)(arg->arg >> 16), (uint16_t)arg->arg);

	if (module.is_old)
		return answer(EINVAL);
	assert_int_not_equal(slot, module.nr_devs);
	module.nr_releases++;
	arg->req_id = ++module.req_id;
	if (module.guest == ANSWERS) {
		module.devs[slot].state = NOXS_STATE_CLOSED;
		send_event(NOXS_EVENT_ANSWER, NOXS_SYSCTL_EV_DONE, module.req_id);
	} else if (module.guest == USES_IT || module.guest == REFUSES) {
		send_detail(NOXS_EVENT_ANSWER, NOXS_SYSCTL_EV_REFUSED, module.req_id,
			    module.guest == USES_IT ? EBUSY : 0);
	}
	return 0;
}

static int fake_request(struct noxs_ioc_request *arg)
{
	if (arg->request == NOXS_SYSCTL_REQ_RELEASE)
		return fake_release(arg);
	assert_int_equal(arg->request, NOXS_SYSCTL_REQ_REPAGE);
	assert_int_equal(arg->arg, 0);
	module.nr_requests++;
	if (module.guest == DOES_NOT_LISTEN)
		return answer(ENOTCONN);
	if (module.guest == IS_BUSY || module.guest == STAYS_BUSY) {
		if (module.guest == IS_BUSY)
			send_event(NOXS_EVENT_ANSWER, NOXS_SYSCTL_EV_DONE, module.req_id);
		module.guest = module.guest == IS_BUSY ? ANSWERS : STAYS_BUSY;
		return answer(EBUSY);
	}
	arg->req_id = ++module.req_id;
	if (module.guest == DIES)
		send_event(NOXS_EVENT_DYING, 0, 0);
	if (module.guest == ANSWERS || module.guest == REFUSES)
		send_event(NOXS_EVENT_ANSWER,
			   module.guest == ANSWERS ? NOXS_SYSCTL_EV_DONE : NOXS_SYSCTL_EV_REFUSED,
			   module.req_id);
	if (module.guest == ANSWERS && module.opens && module.nr_devs)
		module.devs[module.nr_devs - 1].state = module.open_state;
	return 0;
}

static int fake_query(struct noxs_ioc_query *arg)
{
	memcpy((void *)(uintptr_t)arg->devs, module.devs, sizeof(module.devs));
	arg->nr_devs = (uint16_t)module.nr_devs;
	return 0;
}

static int fake_target(struct noxs_ioc_target *arg)
{
	if (module.target_errno)
		return answer(module.target_errno);
	strcpy((void *)(uintptr_t)arg->path, "/srv/a disk");
	arg->flags = NOXS_TARGET_DIRECT;
	return 0;
}

static int fake_resize(struct noxs_ioc_resize *arg)
{
	arg->sectors = module.sectors;
	return answer(module.resize_errno);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	assert_int_equal(fd, ctx.noxs_fd);
	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	switch (request) {
	case NOXS_IOC_SUBSCRIBE:
		return 0;
	case NOXS_IOC_ADD:
		return fake_add(arg);
	case NOXS_IOC_REMOVE:
		return fake_remove(arg);
	case NOXS_IOC_REQUEST:
		return fake_request(arg);
	case NOXS_IOC_QUERY:
		return fake_query(arg);
	case NOXS_IOC_TARGET:
		return fake_target(arg);
	case NOXS_IOC_RESIZE:
		return fake_resize(arg);
	default:
		fail_msg("ioctl %lx", request);
		return -1;
	}
}

/* What is asked of Xen. */
long chaos_noxs_version(struct chaos_ctx *c)
{
	(void)c;
	return NOXS_ABI_VERSION;
}

int chaos_domain_named(struct chaos_ctx *c, const char *who, struct chaos_dominfo *found,
		       struct chaos_error *e)
{
	(void)c;
	(void)who;
	(void)found;
	return chaos_error_set(e, CHAOS_NO_DOMAIN, ESRCH, "none");
}

int chaos_domain_check(uint32_t domid, struct chaos_error *e)
{
	(void)e;
	assert_int_equal(domid, DOMID);
	return 0;
}

const char *chaos_state_name(enum chaos_state state)
{
	return state == CHAOS_STATE_CRASHED ? "crashed" : "incomplete";
}

static void warn(void *opaque, const char *text)
{
	(void)opaque;
	strcpy(warning, text);
}

static const struct chaos_detach_opts asks = { .timeout_ms = 50 };
static const struct chaos_attach_opts opts = { .timeout_ms = 50, .warn = warn };

static int setup(void **state)
{
	int fds[2], fd;

	(void)state;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds))
		return -1;
	memset(&ctx, 0, sizeof(ctx));
	ctx.noxs_fd = fds[0];
	ctx.cancel_fd = -1;
	feed = fds[1];
	memset(&module, 0, sizeof(module));
	module.opens = true;
	module.open_state = NOXS_STATE_OPEN;
	memset(&info, 0, sizeof(info));
	info.domid = DOMID;
	info.is_ours = true;
	info.state = CHAOS_STATE_BLOCKED;
	strcpy(info.name, "web");
	warning[0] = '\0';
	strcpy(path, "/tmp/test_hotplug.XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int teardown(void **state)
{
	(void)state;
	close(ctx.noxs_fd);
	close(feed);
	return unlink(path);
}

static int attach_disk(void)
{
	char spec[64];

	snprintf(spec, sizeof(spec), "vdev=xvdb,target=%s", path);
	return chaos_block_attach(&ctx, &info, spec, &opts, &dev, &err);
}

/* Nothing of it is left. */
static void assert_undone(int rc, enum chaos_code code, const char *why)
{
	assert_int_equal(rc, -(int)code);
	assert_error(err, code, why);
	assert_int_equal(module.nr_adds, module.nr_removes);
	assert_int_equal(module.nr_devs, 0);
}

/* Its file can be had by another. */
static void assert_unlocked(void)
{
	struct flock whole = { .l_type = F_WRLCK };
	int fd = open(path, O_RDWR);

	assert_int_equal(fcntl(fd, F_OFD_SETLK, &whole), 0);
	close(fd);
}

static void attached(void **state)
{
	(void)state;
	assert_int_equal(attach_disk(), 0);
	assert_string_equal(dev.cls, "vbd");
	assert_int_equal(dev.id, 1);
	assert_string_equal(dev.state, "open");
	assert_int_equal(module.nr_requests, 1);
	assert_int_equal(module.nr_removes, 0);
	assert_unlocked(); /* the descriptor is the module's now */
}

static void not_opened_is_no_error(void **state)
{
	(void)state;
	module.opens = false;
	assert_int_equal(attach_disk(), 0);
	assert_string_equal(dev.state, "closed");
	assert_int_equal(module.nr_removes, 0);
}

static void waits_its_turn(void **state)
{
	(void)state;
	module.guest = IS_BUSY;
	assert_int_equal(attach_disk(), 0);
	assert_int_equal(module.nr_requests, 2);
}

static void undone(void **state)
{
	(void)state;
	module.guest = DOES_NOT_LISTEN;
	assert_undone(attach_disk(), CHAOS_GUEST, "is not ready");
	module.guest = REFUSES;
	assert_undone(attach_disk(), CHAOS_GUEST, "refuses to look");
	module.guest = DEAF;
	assert_undone(attach_disk(), CHAOS_TIMEOUT, "did not look at its devices in 50 ms");
	module.guest = STAYS_BUSY;
	assert_undone(attach_disk(), CHAOS_TIMEOUT, "did not answer an earlier request");
	module.guest = ANSWERS;
	module.open_state = NOXS_STATE_FAILED;
	assert_undone(attach_disk(), CHAOS_GUEST, "broke the protocol");
	module.guest = DIES;
	assert_undone(attach_disk(), CHAOS_GUEST, "has ended");
	assert_unlocked();
}

static void not_undone_is_told(void **state)
{
	(void)state;
	module.guest = DEAF;
	module.remove_errno = EBUSY;
	assert_int_equal(attach_disk(), -(int)CHAOS_TIMEOUT);
	assert_error(err, CHAOS_TIMEOUT, "did not look");
	assert_error(err, CHAOS_TIMEOUT, "and xvdb is still there");
	/* Who is gone by then needs no removing. */
	module.nr_devs = 0;
	module.remove_errno = ESRCH;
	assert_int_equal(attach_disk(), -(int)CHAOS_TIMEOUT);
	assert_null(strstr(err.text, "still there"));
}

static void cancelled(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], "", 1), 1);
	ctx.cancel_fd = fds[0];
	module.guest = DEAF;
	assert_undone(attach_disk(), CHAOS_FAILED, "interrupted");
	module.guest = ANSWERS;
	module.opens = false;
	assert_undone(attach_disk(), CHAOS_FAILED, "interrupted");
	close(fds[0]);
	close(fds[1]);
}

static void nobody_is_bothered(void **state)
{
	(void)state;
	info.is_paused = true;
	assert_undone(attach_disk(), CHAOS_USAGE, "'chaos unpause 7' first");
	info.is_paused = false;
	info.is_shutdown = true;
	info.state = CHAOS_STATE_CRASHED;
	assert_undone(attach_disk(), CHAOS_GUEST, "is crashed");
	info.is_shutdown = false;
	info.state = CHAOS_STATE_INCOMPLETE;
	assert_undone(attach_disk(), CHAOS_GUEST, "is incomplete");
	info.is_ours = false;
	assert_undone(attach_disk(), CHAOS_USAGE, "use 'xl'");
	info.is_ours = true;
	info.state = CHAOS_STATE_BLOCKED;
	assert_undone(chaos_block_attach(&ctx, &info, "vdev=xvdb,target=/nonexistent", &opts, &dev,
					 &err),
		      CHAOS_CONFIG, "No such file");
	assert_undone(chaos_block_attach(&ctx, &info, "vdev=xvdb,target=/dev/null", &opts, &dev,
					 &err),
		      CHAOS_CONFIG, "neither a regular file");
	assert_int_equal(module.nr_adds, 0);
	assert_int_equal(module.nr_requests, 0);
}

static void add_errors(void **state)
{
	static const struct {
		int err;
		enum chaos_code code;
		const char *tells;
	} cases[] = {
		{ EEXIST, CHAOS_EXISTS, "has a disk xvdb already" },
		{ EBUSY, CHAOS_FAILED, "is being saved" },
		{ ENOSPC, CHAOS_RESOURCES, "no room for another device" },
		{ ENOENT, CHAOS_NO_DOMAIN, "no devices of the noxs module" },
		{ ENOTTY, CHAOS_ENVIRONMENT, "is older than this chaos" },
		{ ENODATA, CHAOS_CONFIG, "it is empty" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		module.add_errno = cases[i].err;
		assert_int_equal(attach_disk(), -(int)cases[i].code);
		assert_error(err, cases[i].code, cases[i].tells);
	}
	assert_int_equal(module.nr_removes, 0);
	assert_unlocked();
}

static int attach_vif(const char *spec)
{
	return chaos_network_attach(&ctx, &info, spec, &opts, &dev, &err);
}

static void vifs(void **state)
{
	(void)state;
	give(NOXS_CLASS_VIF, 0, NOXS_STATE_OPEN);
	give(NOXS_CLASS_VBD, 1, NOXS_STATE_OPEN);
	give(NOXS_CLASS_VIF, 2, NOXS_STATE_OPEN);
	assert_int_equal(attach_vif("mac=00:16:3e:01:02:03,bridge=br0,model=x"), 0);
	assert_string_equal(warning, "vif: not supported: model");
	assert_int_equal(dev.id, 1);
	assert_int_equal(dev.vif.mac[5], 3);
	assert_int_equal(attach_vif("bridge=br0,devid=7"), 0);
	assert_int_equal(dev.id, 7);
	assert_int_equal(attach_vif("bridge=br0,devid=2"), -(int)CHAOS_EXISTS);
	assert_error(err, CHAOS_EXISTS, "has a vif 2 already");
	assert_int_equal(attach_vif("bridge=br0,devid=65536"), -(int)CHAOS_CONFIG);

	assert_int_equal(chaos_network_detach(&ctx, &info, "7", &asks, &dev, &err), 0);
	assert_int_equal(chaos_network_detach(&ctx, &info, "00:16:3e:01:02:03", &asks, &dev, &err),
			 0);
	assert_int_equal(dev.id, 1);
	assert_int_equal(module.nr_devs, 3);
	assert_int_equal(chaos_network_detach(&ctx, &info, "00:16:3e:01:02:03", &asks, &dev, &err),
			 -(int)CHAOS_USAGE);
	assert_error(err, CHAOS_USAGE, "\"web\" has no vif 00:16:3e:01:02:03");
	assert_int_equal(chaos_network_detach(&ctx, &info, "7", &asks, &dev, &err),
			 -(int)CHAOS_USAGE);
	assert_error(err, CHAOS_USAGE, "\"web\" has no vif 7");
	assert_int_equal(chaos_network_detach(&ctx, &info, "eth0", &asks, &dev, &err),
			 -(int)CHAOS_USAGE);
	assert_error(err, CHAOS_USAGE, "neither the number of a vif nor a MAC address");
}

static int detach_disk(const char *vdev)
{
	return chaos_block_detach(&ctx, &info, vdev, &asks, &dev, &err);
}

static void detached(void **state)
{
	(void)state;
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	give(NOXS_CLASS_VBD, 1, NOXS_STATE_CLOSED);
	assert_int_equal(detach_disk("xvdc"), -(int)CHAOS_USAGE);
	assert_error(err, CHAOS_USAGE, "\"web\" has no xvdc");
	assert_int_equal(detach_disk("xvdq1"), -(int)CHAOS_USAGE);
	assert_error(err, CHAOS_USAGE, "is no disk");
	module.remove_errno = EBUSY;
	assert_int_equal(detach_disk("xvda"), -(int)CHAOS_FAILED);
	assert_error(err, CHAOS_FAILED, "is being saved");
	module.remove_errno = 0;
	/* Whether the guest answers does not matter. */
	module.devs[0].state = NOXS_STATE_OPEN;
	module.guest = DEAF;
	assert_int_equal(detach_disk("xvda"), 0);
	assert_string_equal(dev.state, "open");
	assert_int_equal(module.nr_requests, 1);
	info.is_paused = true;
	assert_int_equal(detach_disk("sdb"), 0);
	assert_string_equal(dev.state, "closed");
	assert_int_equal(module.nr_devs, 0);
	assert_int_equal(module.nr_requests, 2);
}

static void asked_first(void **state)
{
	static const struct chaos_detach_opts forced = { .timeout_ms = 50, .is_forced = true };

	(void)state;
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	module.guest = USES_IT;
	assert_int_equal(detach_disk("xvda"), -(int)CHAOS_GUEST);
	assert_error(err, CHAOS_GUEST, "\"web\" does not let go of xvda");
	assert_error(err, CHAOS_GUEST, "--force");
	assert_int_equal(module.nr_removes, 0);
	assert_int_equal(module.nr_requests, 0);
	assert_int_equal(chaos_block_detach(&ctx, &info, "xvda", &forced, &dev, &err), 0);
	assert_int_equal(module.nr_releases, 1);
	assert_string_equal(dev.state, "open");
	/* Let go of. */
	module.guest = ANSWERS;
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	assert_int_equal(detach_disk("xvda"), 0);
	assert_string_equal(dev.state, "closed");
	assert_int_equal(module.nr_releases, 2);
	/* What is not open is not asked for. */
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_CLOSED);
	assert_int_equal(detach_disk("xvda"), 0);
	assert_int_equal(module.nr_releases, 2);
	/* Neither guest nor module need know of it. */
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	module.guest = REFUSES;
	assert_int_equal(detach_disk("xvda"), 0);
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	module.is_old = true;
	assert_int_equal(detach_disk("xvda"), 0);
	assert_int_equal(module.nr_removes, 5);
}

static void resized(void **state)
{
	(void)state;
	give(NOXS_CLASS_VBD, 1, NOXS_STATE_OPEN);
	module.sectors = 16;
	assert_int_equal(chaos_block_resize(&ctx, &info, "xvdb", &dev, &err), 0);
	assert_int_equal(dev.sectors, 16);
	assert_int_equal(dev.sector_size, 512);
	assert_int_equal(chaos_block_resize(&ctx, &info, "xvda", &dev, &err), -(int)CHAOS_USAGE);
	module.resize_errno = EOPNOTSUPP;
	assert_int_equal(chaos_block_resize(&ctx, &info, "xvdb", &dev, &err),
			 -(int)CHAOS_ENVIRONMENT);
	assert_error(err, CHAOS_ENVIRONMENT, "this Xen is older");
	module.resize_errno = ENODATA;
	assert_int_equal(chaos_block_resize(&ctx, &info, "xvdb", &dev, &err), -(int)CHAOS_CONFIG);
	assert_error(err, CHAOS_CONFIG, "its file is empty");
}

static void targets(void **state)
{
	struct chaos_devices devs;

	(void)state;
	give(NOXS_CLASS_VIF, 0, NOXS_STATE_OPEN);
	give(NOXS_CLASS_VBD, 0, NOXS_STATE_OPEN);
	assert_int_equal(chaos_domain_devices(&ctx, DOMID, &devs, &err), 0);
	assert_int_equal(chaos_domain_targets(&ctx, DOMID, &devs, &err), 0);
	assert_null(devs.devs[0].target);
	assert_string_equal(devs.devs[1].target, "/srv/a disk");
	assert_true(devs.devs[1].is_direct);
	chaos_devices_fini(&devs);
	/* Its name has gone. */
	module.target_errno = ENOENT;
	assert_int_equal(chaos_domain_devices(&ctx, DOMID, &devs, &err), 0);
	assert_int_equal(chaos_domain_targets(&ctx, DOMID, &devs, &err), 0);
	assert_null(devs.devs[1].target);
	module.target_errno = EPERM;
	assert_int_equal(chaos_domain_targets(&ctx, DOMID, &devs, &err), -(int)CHAOS_PERMISSION);
	assert_error(err, CHAOS_PERMISSION, "the file behind xvda of domain 7");
	chaos_devices_fini(&devs);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(attached),
		TEST(not_opened_is_no_error),
		TEST(waits_its_turn),
		TEST(undone),
		TEST(not_undone_is_told),
		TEST(cancelled),
		TEST(detached),
		TEST(asked_first),
		TEST(nobody_is_bothered),
		TEST(add_errors),
		TEST(vifs),
		TEST(resized),
		TEST(targets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
