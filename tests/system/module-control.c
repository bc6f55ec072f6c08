// SPDX-License-Identifier: MIT
/*
 * The module's control device: errors of create, conflicts, sysctl, events.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/capability.h>
#include "module-test.h"
#include <xen/sched.h>

static void test_version(void)
{
	struct noxs_ioc_version version = {};
	int err = control(fd, NOXS_IOC_VERSION, &version);

	verdict("version",
		!err && version.uapi == NOXS_UAPI_VERSION &&
			version.module_abi == NOXS_ABI_VERSION &&
			version.xen_abi >> 16 == NOXS_ABI_MAJOR,
		"errno %d, uapi %u, abi %#x, xen %#x", err, version.uapi, version.module_abi,
		version.xen_abi);
}

static void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {};

	syscall(SYS_capset, &header, data);
}

static void test_permission(void)
{
	struct noxs_ioc_version version;
	int status, pid = fork();

	if (!pid) {
		drop_capabilities();
		if (open(NOXS_DEVICE, O_RDWR) >= 0 || errno != EPERM)
			_exit(1);
		_exit(control(fd, NOXS_IOC_VERSION, &version) == EPERM ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	verdict("permission", !status, "status %#x", status);
}

static void test_create_errors(void)
{
	struct guest guest = {};
	struct request req;
	size_t i;
	static const struct {
		const char *name;
		int err;
		uint32_t domid;
	} bad_domid[] = {
		{ "create-own-domid", EINVAL, 0 },
		{ "create-reserved-domid", EINVAL, 0x7ff0 },
		{ "create-no-such-domain", ESRCH, 0x7000 },
	};

	for (i = 0; i < sizeof(bad_domid) / sizeof(bad_domid[0]); i++) {
		guest.domid = bad_domid[i].domid;
		request_init(&req, &guest);
		expect(bad_domid[i].name, control(fd, NOXS_IOC_CREATE, &req.create),
		       bad_domid[i].err);
	}
	if (guest_create(&guest)) {
		verdict("guest", false, "cannot be built");
		return;
	}
#define EXPECT_BAD(name, want, change)                                                   \
	do {                                                                             \
		request_init(&req, &guest);                                              \
		change;                                                                  \
		expect("create-" name, control(fd, NOXS_IOC_CREATE, &req.create), want); \
	} while (0)
	EXPECT_BAD("no-bridge", ENODEV, strcpy(req.dev[1].link, "nosuchbridge"));
	verdict("create-no-bridge-names-device", req.create.err_dev == 1, "%u", req.create.err_dev);
	EXPECT_BAD("bridge-unnamed", EINVAL, req.dev[1].link[0] = 0);
	EXPECT_BAD("not-a-bridge", ENODEV, strcpy(req.dev[1].link, "lo"));
	EXPECT_BAD("padding", EINVAL, req.dev[1].config.vif.pad0[3] = 1);
	EXPECT_BAD("ipv6", EINVAL, req.dev[1].config.vif.ipv6[15] = 1);
	EXPECT_BAD("ipv6-prefix", EINVAL, req.dev[1].config.vif.prefix6 = 64);
	EXPECT_BAD("flags", EINVAL, req.create.flags = 0x80);
	EXPECT_BAD("device-flags", EINVAL, req.dev[1].flags |= 0x80);
	EXPECT_BAD("prefix", EINVAL, req.dev[1].config.vif.prefix = 33);
	EXPECT_BAD("multicast-mac", EINVAL, req.dev[1].config.vif.mac[0] = 1);
	EXPECT_BAD("file", EINVAL, req.dev[1].fd = 0);
	EXPECT_BAD("class", EINVAL, req.dev[1].cls = 77);
	/* What is wrong with disks is in module-disk.c. */
	EXPECT_BAD("console", EOPNOTSUPP, req.dev[1].cls = NOXS_CLASS_CONSOLE);
	EXPECT_BAD("bridge-as-switch", ENODEV, req.dev[1].flags = NOXS_VIF_SWITCH);
	EXPECT_BAD("deferred-with-addresses", EINVAL, req.dev[1].flags |= NOXS_VIF_DEFERRED);
	EXPECT_BAD("twice-the-same", EINVAL, req.dev[1] = req.dev[0]);
	EXPECT_BAD("no-devices", EINVAL, req.create.nr_devs = 0);
	EXPECT_BAD("too-many-devices", EINVAL, req.create.nr_devs = NOXS_CTRL_SLOTS + 1);
	EXPECT_BAD("bad-pointer", EFAULT, req.create.devs = 8);
	EXPECT_BAD("bad-grant", EIO, req.create.ctrl_gref = 500);
	EXPECT_BAD("bad-port", EIO, req.create.ctrl_port = 900);
	EXPECT_BAD("bad-name", EINVAL, req.create.flags = NOXS_CREATE_SET_INFO;
		   req.create.info.what = NOXS_SET_NAME; strcpy(req.create.info.name, "a/b"));
	verdict("create-errors-leave-nothing",
		!count_attached() && !system("for i in $(seq 20); do"
					     " ls /sys/class/net | grep -q ^vif || exit 0;"
					     " sleep 0.1; done; exit 1"),
		"something is left");
	expect("create", attach(&guest), 0);
	expect("create-again", attach(&guest), EEXIST);
	expect("destroy", detach(guest.domid), 0);
	expect("destroy-again", detach(guest.domid), ENOENT);
	expect("destroy-own-domid", detach(0), EINVAL);
	guest_destroy(&guest);
}

static void test_conflicts(void)
{
	struct guest a, b;
	struct request req;
	int err;

	if (guest_create(&a) || guest_create(&b)) {
		verdict("guest", false, "cannot be built");
		return;
	}
	expect("conflict-first", attach(&a), 0);
	request_init(&req, &a);
	req.create.domid = b.domid;
	req.create.ctrl_port = b.ctrl_port;
	err = control(fd, NOXS_IOC_CREATE, &req.create);
	verdict("conflict-mac",
		err == EADDRINUSE && req.create.conflict_domid == a.domid &&
			req.create.conflict_what == NOXS_CONFLICT_MAC && req.create.err_dev == 1,
		"errno %d, what %u of %u", err, req.create.conflict_what,
		req.create.conflict_domid);
	req.dev[1].config.vif.mac[3] = 0x77;
	err = control(fd, NOXS_IOC_CREATE, &req.create);
	verdict("conflict-ipv4",
		err == EADDRINUSE && req.create.conflict_domid == a.domid &&
			req.create.conflict_what == NOXS_CONFLICT_IPV4,
		"errno %d, what %u", err, req.create.conflict_what);
	expect("conflict-gone", detach(a.domid) ?: attach(&b), 0);
	detach(b.domid);
	guest_destroy(&a);
	guest_destroy(&b);
}

/* ---- tests: sysctl and events ---- */

static void test_sysctl(void)
{
	struct noxs_ioc_query query = {};
	struct noxs_ioc_request request = {};
	volatile struct noxs_ctrl_slot *slot;
	struct noxs_ioc_event event;
	struct guest guest;
	int late = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	expect("read-unsubscribed", read(late, &event, sizeof(event)) < 0 ? errno : 0, ENOTCONN);
	subscribe(fd, guest.domid);
	expect("sysctl-attach", attach(&guest), 0);
	slot = &guest.ctrl->slot[0];
	verdict("sysctl-header",
		guest.ctrl->back.magic == NOXS_CTRL_PAGE_MAGIC && guest.ctrl->back.nr_slots == 2 &&
			slot->back.seq == 1 && slot->back.state == NOXS_STATE_OPEN,
		"seq %u state %u", slot->back.seq, slot->back.state);
	query.domid = request.domid = guest.domid;
	request.request = NOXS_SYSCTL_REQ_REPAGE;
	expect("request-not-ready", control(fd, NOXS_IOC_REQUEST, &request), ENOTCONN);

	slot->front.state = NOXS_STATE_OPEN;
	slot->front.u.sysctl.event = NOXS_SYSCTL_EV_READY;
	slot->front.u.sysctl.start_ns = 5;
	slot->front.u.sysctl.event_ns = 7;
	slot->front.ack = slot->back.seq;
	guest_publish(&guest, 0);
	verdict("ready-event",
		await_event(fd, NOXS_EVENT_READY, &event) && event.domid == guest.domid,
		"none came");
	control(fd, NOXS_IOC_QUERY, &query);
	verdict("ready-query",
		query.flags == NOXS_DOM_READY && query.nr_devs == 2 && query.guest_start_ns == 5 &&
			query.guest_ready_ns == 7 && query.ready_ns > query.attached_ns,
		"flags %#x", query.flags);
	subscribe(late, guest.domid);
	verdict("ready-first",
		read(late, &event, sizeof(event)) == sizeof(event) &&
			event.type == NOXS_EVENT_READY,
		"type %u", event.type);
	expect("read-nothing", read(late, &event, sizeof(event)) < 0 ? errno : 0, EAGAIN);
	expect("read-short", read(late, &event, 8) < 0 ? errno : 0, EINVAL);

	expect("request", control(fd, NOXS_IOC_REQUEST, &request), 0);
	verdict("request-published",
		slot->back.u.sysctl.request == NOXS_SYSCTL_REQ_REPAGE &&
			slot->back.u.sysctl.req_id == request.req_id && slot->back.seq == 2,
		"request %u seq %u", slot->back.u.sysctl.request, slot->back.seq);
	expect("request-busy", control(fd, NOXS_IOC_REQUEST, &request), EBUSY);
	slot->front.u.sysctl.event = NOXS_SYSCTL_EV_DONE;
	slot->front.u.sysctl.req_id = request.req_id;
	slot->front.ack = slot->back.seq;
	guest_publish(&guest, 0);
	verdict("answer",
		await_event(fd, NOXS_EVENT_ANSWER, &event) && event.arg == request.req_id &&
			event.code == NOXS_SYSCTL_EV_DONE,
		"none came");
	request.request = NOXS_SYSCTL_REQ_POWEROFF;
	expect("request-poweroff", control(fd, NOXS_IOC_REQUEST, &request), 0);

	slot->front.state = 9;
	guest_publish(&guest, 0);
	verdict("sysctl-nonsense-fails",
		await_event(fd, NOXS_EVENT_DEV_FAILED, &event) && event.code == EPROTO &&
			event.arg == NOXS_CLASS_SYSCTL << 16 &&
			slot->back.state == NOXS_STATE_FAILED && slot->back.error == EPROTO,
		"no");
	detach(guest.domid);
	verdict("detached-event",
		await_event(fd, NOXS_EVENT_DETACHED, &event) && slot->back.state == NOXS_STATE_GONE,
		"none came");
	guest_destroy(&guest);
	close(late);
}

static void test_life_cycle(void)
{
	struct noxs_ioc_event event;
	struct guest guest;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	subscribe(fd, guest.domid);
	attach(&guest);
	xc_domain_shutdown(xch, guest.domid, SHUTDOWN_reboot);
	verdict("shutdown-event",
		await_event(fd, NOXS_EVENT_SHUTDOWN, &event) && event.code == SHUTDOWN_reboot,
		"none came");
	guest_destroy(&guest);
	verdict("dying-event", await_event(fd, NOXS_EVENT_DYING, &event), "none came");
	verdict("gone-event", await_event(fd, NOXS_EVENT_GONE, &event), "none came");
	verdict("destroyed-domain-goes", await_gone(guest.domid) && !count_attached(),
		"it lingers");
}

/* A reader that is overtaken is told so, once, and goes on with what there still is. */
static void test_lost(void)
{
	struct noxs_ioc_event event;
	unsigned int records = 0;
	struct request req;
	struct guest guest;
	int i, late = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	subscribe(late, NOXS_DOMID_NONE);
	request_init(&req, &guest);
	req.create.nr_devs = 1;
	for (i = 0; i < 600; i++)
		if (control(fd, NOXS_IOC_CREATE, &req.create) || detach(guest.domid))
			break;
	verdict("lost-rounds", i == 600, "round %d fails", i);
	verdict("lost",
		read(late, &event, sizeof(event)) == sizeof(event) &&
			event.type == NOXS_EVENT_LOST && event.domid == NOXS_DOMID_NONE,
		"type %u", event.type);
	while (read(late, &event, sizeof(event)) == sizeof(event) && event.domid == guest.domid)
		records++;
	verdict("lost-rest", records == 1024, "%u records", records);
	guest_destroy(&guest);
	close(late);
}

void test_control(void)
{
	test_version();
	test_permission();
	test_create_errors();
	test_conflicts();
	test_sysctl();
	test_life_cycle();
	test_lost();
}
