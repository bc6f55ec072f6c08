// SPDX-License-Identifier: MIT
/*
 * CONFIGURE: every error, and that nothing is left of one.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>
#include "module-test.h"

void shell_request(struct request *req, const struct guest *guest)
{
	request_init(req, guest);
	req->dev[1].flags |= NOXS_VIF_DEFERRED;
	req->dev[1].config = (union noxs_config){ .vif.mtu = 1500 };
}

int attach_shell(const struct guest *guest)
{
	struct request req;

	shell_request(&req, guest);
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

void settings_init(struct settings *set, const struct guest *guest)
{
	struct request req;

	request_init(&req, guest);
	memset(set, 0, sizeof(*set));
	set->configure.domid = guest->domid;
	set->configure.nr_devs = 1;
	set->configure.devs = (uintptr_t)set->dev;
	set->dev[0].cls = set->dev[1].cls = NOXS_CLASS_VIF;
	set->dev[0].fd = set->dev[1].fd = -1;
	set->dev[0].config = set->dev[1].config = req.dev[1].config;
	set->dev[1].id = 1;
	set->dev[1].config.vif.mac[2]++;
	set->dev[1].config.vif.ipv4 ^= 0x8000; /* 10.128.0.0 */
}

int configure(const struct guest *guest)
{
	struct settings set;

	settings_init(&set, guest);
	return control(fd, NOXS_IOC_CONFIGURE, &set.configure);
}

const struct noxs_dev *vif_entry(uint32_t domid)
{
	return device_entry(domid, NOXS_CLASS_VIF, 0);
}

/* ---- errors ---- */

static void test_form(const struct guest *guest)
{
	struct settings set;
	size_t i;
	static const struct {
		const char *name;
		int err;
		uint32_t domid;
	} bad_domid[] = {
		{ "configure-own-domid", EINVAL, 0 },
		{ "configure-reserved-domid", EINVAL, 0x7ff0 },
		{ "configure-not-attached", ENOENT, 0x7000 },
	};

	for (i = 0; i < sizeof(bad_domid) / sizeof(bad_domid[0]); i++) {
		settings_init(&set, guest);
		set.configure.domid = bad_domid[i].domid;
		expect(bad_domid[i].name, control(fd, NOXS_IOC_CONFIGURE, &set.configure),
		       bad_domid[i].err);
	}
#define EXPECT_BAD(name, want, wrong, change)                                                 \
	do {                                                                                  \
		int err;                                                                      \
		settings_init(&set, guest);                                                   \
		change;                                                                       \
		err = control(fd, NOXS_IOC_CONFIGURE, &set.configure);                        \
		verdict("configure-" name, err == (want) && set.configure.err_dev == (wrong), \
			"errno %d, not %d, of device %u", err, want, set.configure.err_dev);  \
	} while (0)
	EXPECT_BAD("call-flags", EINVAL, 0, set.configure.flags = 0x80);
	EXPECT_BAD("too-many", EINVAL, 0, set.configure.nr_devs = NOXS_CTRL_SLOTS + 1);
	EXPECT_BAD("bad-pointer", EFAULT, 0, set.configure.devs = 8);
	EXPECT_BAD("flags", EINVAL, 0, set.dev[0].flags = NOXS_VIF_BRIDGE);
	EXPECT_BAD("link", EINVAL, 0, strcpy(set.dev[0].link, BRIDGE));
	EXPECT_BAD("rings", EINVAL, 0, set.dev[0].nr_rings = 2);
	EXPECT_BAD("file", EINVAL, 0, set.dev[0].fd = 0);
	EXPECT_BAD("padding", EINVAL, 0, set.dev[0].config.vif.pad0[3] = 1);
	EXPECT_BAD("prefix", EINVAL, 0, set.dev[0].config.vif.prefix = 33);
	EXPECT_BAD("multicast-mac", EINVAL, 0, set.dev[0].config.vif.mac[0] = 1);
	EXPECT_BAD("no-mac", EINVAL, 0, memset(set.dev[0].config.vif.mac, 0, 6));
	EXPECT_BAD("other-mtu", EINVAL, 0, set.dev[0].config.vif.mtu = 1400);
	EXPECT_BAD("no-such-vif", ENOENT, 1, set.configure.nr_devs = 2);
	EXPECT_BAD("no-such-class", ENOENT, 0, set.dev[0].cls = NOXS_CLASS_VBD);
	EXPECT_BAD("not-deferred", EALREADY, 0, set.dev[0].cls = NOXS_CLASS_SYSCTL);
	EXPECT_BAD("twice-in-a-call", EINVAL, 1, set.configure.nr_devs = 2;
		   set.dev[1] = set.dev[0]);
	EXPECT_BAD("bad-name", EINVAL, 0xffff, set.configure.flags = NOXS_CREATE_SET_INFO;
		   set.configure.info.what = NOXS_SET_NAME; strcpy(set.configure.info.name, "a/b"));
#undef EXPECT_BAD
}

/* What cannot be told must not be done. */
static void test_answer_unreadable(const struct guest *guest)
{
	struct settings *set =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	settings_init(set, guest);
	mprotect(set, 4096, PROT_READ);
	expect("configure-answer-unwritable", control(fd, NOXS_IOC_CONFIGURE, &set->configure),
	       EFAULT);
	munmap(set, 4096);
}

static void test_errors(void)
{
	struct noxs_ioc_dev_state state;
	struct guest guest;
	struct request req;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	shell_request(&req, &guest);
	req.dev[0].flags = NOXS_VIF_DEFERRED;
	expect("defer-sysctl", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	shell_request(&req, &guest);
	req.dev[1].config.vif.mtu = 0;
	expect("defer-no-mtu", control(fd, NOXS_IOC_CREATE, &req.create), EINVAL);
	expect("defer", attach_shell(&guest), 0);
	test_form(&guest);
	test_answer_unreadable(&guest);
	vif_state(guest.domid, &state);
	verdict("configure-errors-leave-nothing",
		!state.config.vif.mac[2] && !vif_entry(guest.domid) &&
			device_page(guest.domid)->hdr.nr_devs == 1,
		"%u devices", device_page(guest.domid)->hdr.nr_devs);
	expect("configure", configure(&guest), 0);
	expect("configure-again", configure(&guest), EALREADY);
	close_guest(&guest);
}

/* ---- roll-backs ---- */

/* A vif that could be made, and one that cannot: neither is, and the first one's addresses are free. */
static void test_taken(struct guest *shell, struct guest *other)
{
	struct settings set;
	struct request req;
	int err;

	expect("taken-other", attach(other), 0);
	shell_request(&req, shell);
	req.dev[0] = req.dev[1];
	req.dev[0].id = 1;
	expect("taken-shell", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	verdict("taken-no-page", !req.create.frame && !device_page(shell->domid)->hdr.nr_devs,
		"frame %#llx", (unsigned long long)req.create.frame);
	settings_init(&set, shell);
	set.configure.nr_devs = 2;
	request_init(&req, other);
	memcpy(set.dev[1].config.vif.mac, req.dev[1].config.vif.mac, 6);
	err = control(fd, NOXS_IOC_CONFIGURE, &set.configure);
	verdict("taken-mac",
		err == EADDRINUSE && set.configure.err_dev == 1 &&
			set.configure.conflict_what == NOXS_CONFLICT_MAC &&
			set.configure.conflict_domid == other->domid,
		"errno %d, what %u of %u", err, set.configure.conflict_what,
		set.configure.conflict_domid);
	settings_init(&set, shell);
	set.configure.nr_devs = 2;
	set.dev[1].config.vif.ipv4 = req.dev[1].config.vif.ipv4;
	err = control(fd, NOXS_IOC_CONFIGURE, &set.configure);
	verdict("taken-ipv4",
		err == EADDRINUSE && set.configure.conflict_what == NOXS_CONFLICT_IPV4 &&
			set.configure.conflict_domid == other->domid,
		"errno %d, what %u", err, set.configure.conflict_what);
	verdict("taken-leaves-nothing", !vif_entry(shell->domid), "it is in the device page");
	detach(other->domid);
	request_init(&req, shell);
	req.create.domid = other->domid;
	req.create.ctrl_port = other->ctrl_port;
	expect("taken-first-is-free", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	detach(other->domid);
	settings_init(&set, shell);
	set.configure.nr_devs = 2;
	expect("taken-then-free", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("taken-both-there", device_page(shell->domid)->hdr.nr_devs == 2, "%u devices",
		device_page(shell->domid)->hdr.nr_devs);
	detach(shell->domid);
}

static void test_name_taken(struct guest *shell, struct guest *other)
{
	struct settings set;
	struct request req;
	int err;

	request_init(&req, other);
	req.create.flags = NOXS_CREATE_SET_INFO;
	req.create.info.what = NOXS_SET_NAME;
	strcpy(req.create.info.name, "taken");
	expect("name-other", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	expect("name-shell", attach_shell(shell), 0);
	settings_init(&set, shell);
	set.configure.flags = NOXS_CREATE_SET_INFO;
	set.configure.info = req.create.info;
	err = control(fd, NOXS_IOC_CONFIGURE, &set.configure);
	verdict("name-taken",
		err == EEXIST && set.configure.conflict_what == NOXS_CONFLICT_NAME &&
			set.configure.err_dev == 0xffff,
		"errno %d, what %u", err, set.configure.conflict_what);
	verdict("name-taken-leaves-nothing",
		!vif_entry(shell->domid) && !device_page(shell->domid)->hdr.name[0],
		"it is in the device page");
	detach(other->domid);
	request_init(&req, shell);
	req.create.domid = other->domid;
	req.create.ctrl_port = other->ctrl_port;
	expect("name-taken-address-is-free", control(fd, NOXS_IOC_CREATE, &req.create), 0);
	detach(other->domid);
	strcpy(set.configure.info.name, "free");
	expect("name-then-free", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("name-set", !strcmp(device_page(shell->domid)->hdr.name, "free"), "\"%s\"",
		device_page(shell->domid)->hdr.name);
	detach(shell->domid);
}

static void test_roll_back(void)
{
	struct guest a, b;

	if (guest_create(&a) || guest_create(&b))
		return verdict("guest", false, "cannot be built");
	test_taken(&a, &b);
	test_name_taken(&a, &b);
	guest_destroy(&a);
	guest_destroy(&b);
}

void test_configure(void)
{
	test_errors();
	test_roll_back();
}
