// SPDX-License-Identifier: MIT
/*
 * What is to be done when a domain ends: the module remembers it as long as the domain is attached,
 * and tells whether somebody carries it out, of whom there is one.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include "module-test.h"
#include <xen/sched.h>

#define ENDS                                                                                    \
	(NOXS_END_DESTROY << NOXS_END_POWEROFF_SHIFT | NOXS_END_KEEP << NOXS_END_REBOOT_SHIFT | \
	 NOXS_END_RESTART << NOXS_END_CRASH_SHIFT)
#define KEEPS                                                                                \
	(NOXS_END_KEEP << NOXS_END_POWEROFF_SHIFT | NOXS_END_KEEP << NOXS_END_REBOOT_SHIFT | \
	 NOXS_END_KEEP << NOXS_END_CRASH_SHIFT)

static uint32_t module_flags(void)
{
	struct noxs_ioc_version version = {};

	return control(fd, NOXS_IOC_VERSION, &version) ? 0 : version.flags;
}

static bool has_ends(void)
{
	return module_flags() & NOXS_MODULE_HAS_ENDS;
}

static bool is_watched(void)
{
	return module_flags() & NOXS_MODULE_IS_WATCHED;
}

/* NOXS_END_* of an attached domain; all ones if it is not attached. */
static uint32_t ends_of(uint32_t domid)
{
	struct noxs_ioc_query query = { .domid = (uint16_t)domid };

	return control(fd, NOXS_IOC_QUERY, &query) ? ~0U : query.flags & NOXS_END_ALL;
}

/* NOXS_END_* and NOXS_KEEP_LOG. */
static uint32_t flags_of(uint32_t domid)
{
	struct noxs_ioc_query query = { .domid = (uint16_t)domid };

	return control(fd, NOXS_IOC_QUERY, &query) ? ~0U :
						     query.flags & (NOXS_END_ALL | NOXS_KEEP_LOG);
}

static int follow(int file, uint16_t domid, uint32_t flags)
{
	struct noxs_ioc_subscribe arg = { .domid = domid, .flags = flags };

	return control(file, NOXS_IOC_SUBSCRIBE, &arg);
}

static int attach_with(const struct guest *guest, uint32_t ends)
{
	struct request req;

	request_init(&req, guest);
	req.create.flags |= ends;
	return control(fd, NOXS_IOC_CREATE, &req.create);
}

static void test_kept(const struct guest *guest)
{
	struct request req;

	verdict("ends-none", !has_ends(), "before there is a domain");
	expect("ends-create", attach_with(guest, ENDS), 0);
	verdict("ends-query", ends_of(guest->domid) == ENDS, "%#x", ends_of(guest->domid));
	verdict("ends-has", has_ends(), "not so");
	expect("ends-again", attach_with(guest, KEEPS), EEXIST);
	verdict("ends-not-changed", ends_of(guest->domid) == ENDS, "%#x", ends_of(guest->domid));
	detach(guest->domid);
	verdict("ends-gone", !has_ends(), "of a domain that is not attached");
	/* What fails leaves nothing behind. */
	request_init(&req, guest);
	req.create.flags |= ENDS;
	strcpy(req.dev[1].link, "nosuchbridge");
	expect("ends-failed", control(fd, NOXS_IOC_CREATE, &req.create), ENODEV);
	verdict("ends-failed-leaves-none", !has_ends(), "not so");
	attach_with(guest, KEEPS);
	verdict("ends-keep-is-nothing-to-do", !has_ends() && ends_of(guest->domid) == KEEPS, "%#x",
		ends_of(guest->domid));
	detach(guest->domid);
	attach(guest);
	verdict("ends-unsaid", !has_ends() && !ends_of(guest->domid), "%#x", ends_of(guest->domid));
	detach(guest->domid);
}

static void test_configured(const struct guest *guest)
{
	struct settings set;

	attach_shell(guest);
	verdict("ends-shell-has-none", !has_ends(), "not so");
	settings_init(&set, guest);
	set.configure.flags |= ENDS;
	set.dev[0].cls = NOXS_CLASS_CONSOLE;
	verdict("ends-configure-fails",
		control(fd, NOXS_IOC_CONFIGURE, &set.configure) && !has_ends(), "not so");
	settings_init(&set, guest);
	set.configure.flags |= ENDS;
	expect("ends-configure", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("ends-configured", ends_of(guest->domid) == ENDS && has_ends(), "%#x",
		ends_of(guest->domid));
	/* No device and no word: nothing changes. */
	settings_init(&set, guest);
	set.configure.nr_devs = 0;
	(void)control(fd, NOXS_IOC_CONFIGURE, &set.configure);
	verdict("ends-still", ends_of(guest->domid) == ENDS && has_ends(), "%#x",
		ends_of(guest->domid));
	set.configure.flags |= KEEPS;
	expect("ends-change", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("ends-changed", ends_of(guest->domid) == KEEPS && !has_ends(), "%#x",
		ends_of(guest->domid));
	detach(guest->domid);
	verdict("ends-configured-gone", !has_ends(), "not so");
}

/* Whether a console is to be kept, beside or without the rest; and the event that tells it. */
static void test_log(const struct guest *guest)
{
	struct noxs_ioc_event event = {};
	int events = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);
	struct settings set;

	verdict("log-module", module_flags() & NOXS_MODULE_LOG, "%#x", module_flags());
	expect("log-follow", follow(events, NOXS_DOMID_NONE, 0), 0);
	expect("log-create", attach_with(guest, ENDS | NOXS_KEEP_LOG), 0);
	verdict("log-query", flags_of(guest->domid) == (ENDS | NOXS_KEEP_LOG), "%#x",
		flags_of(guest->domid));
	verdict("log-event",
		read(events, &event, sizeof(event)) == sizeof(event) &&
			event.type == NOXS_EVENT_ATTACHED && event.arg == NOXS_KEEP_LOG,
		"type %u, arg %#x", event.type, event.arg);
	detach(guest->domid);
	attach_with(guest, NOXS_KEEP_LOG);
	verdict("log-alone", flags_of(guest->domid) == NOXS_KEEP_LOG && !has_ends(), "%#x",
		flags_of(guest->domid));
	detach(guest->domid);
	close(events);
	events = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);
	(void)follow(events, NOXS_DOMID_NONE, 0);
	attach_with(guest, ENDS);
	verdict("log-event-none",
		read(events, &event, sizeof(event)) == sizeof(event) &&
			event.type == NOXS_EVENT_ATTACHED && !event.arg,
		"type %u, arg %#x", event.type, event.arg);
	detach(guest->domid);
	attach_shell(guest);
	verdict("log-shell-has-none", !flags_of(guest->domid), "%#x", flags_of(guest->domid));
	settings_init(&set, guest);
	set.configure.flags |= ENDS | NOXS_KEEP_LOG;
	expect("log-configure", control(fd, NOXS_IOC_CONFIGURE, &set.configure), 0);
	verdict("log-configured", flags_of(guest->domid) == (ENDS | NOXS_KEEP_LOG), "%#x",
		flags_of(guest->domid));
	detach(guest->domid);
	close(events);
}

static int set_note(uint32_t domid, const char *text, uint32_t len)
{
	struct noxs_ioc_note arg = {
		.domid = (uint16_t)domid,
		.len = len,
		.text = (uintptr_t)text,
	};

	return control(fd, NOXS_IOC_SET_NOTE, &arg);
}

static int get_note(uint32_t domid, char *text, uint32_t *len)
{
	struct noxs_ioc_note arg = {
		.domid = (uint16_t)domid,
		.len = *len,
		.text = (uintptr_t)text,
	};
	int rc = control(fd, NOXS_IOC_GET_NOTE, &arg);

	*len = arg.len;
	return rc;
}

/* A text that the module keeps for whoever asks, as long as the domain is attached. */
static void test_note(const struct guest *guest)
{
	static char text[NOXS_NOTE_MAX + 1], back[NOXS_NOTE_MAX];
	struct noxs_ioc_note bad = { .domid = (uint16_t)guest->domid, .pad0 = 1 };
	uint32_t len = sizeof(back);

	memset(text, 'n', sizeof(text));
	verdict("note-module", module_flags() & NOXS_MODULE_NOTE, "%#x", module_flags());
	expect("note-unattached", set_note(guest->domid, text, 1), ENOENT);
	expect("note-get-unattached", get_note(guest->domid, back, &len), ENOENT);
	attach(guest);
	expect("note-none", get_note(guest->domid, back, &len), ENODATA);
	expect("note-too-long", set_note(guest->domid, text, NOXS_NOTE_MAX + 1), E2BIG);
	expect("note-bad-pointer", set_note(guest->domid, (char *)8, 16), EFAULT);
	expect("note-pad", control(fd, NOXS_IOC_SET_NOTE, &bad), EINVAL);
	expect("note-get-pad", control(fd, NOXS_IOC_GET_NOTE, &bad), EINVAL);
	expect("note-dom0", set_note(0, text, 1), EINVAL);
	expect("note-set", set_note(guest->domid, text, NOXS_NOTE_MAX), 0);
	expect("note-get", get_note(guest->domid, back, &len), 0);
	verdict("note-same", len == NOXS_NOTE_MAX && !memcmp(back, text, len), "%u bytes", len);
	expect("note-replace", set_note(guest->domid, "one", 3), 0);
	len = 2;
	expect("note-no-room", get_note(guest->domid, back, &len), ENAMETOOLONG);
	len = 3;
	expect("note-get-again", get_note(guest->domid, back, &len), 0);
	verdict("note-replaced", len == 3 && !memcmp(back, "onen", 4), "%u bytes", len);
	expect("note-get-bad-pointer", get_note(guest->domid, (char *)8, &len), EFAULT);
	expect("note-take-away", set_note(guest->domid, NULL, 0), 0);
	expect("note-taken-away", get_note(guest->domid, back, &len), ENODATA);
	(void)set_note(guest->domid, "two", 3);
	detach(guest->domid);
	attach(guest);
	expect("note-goes-with-it", get_note(guest->domid, back, &len), ENODATA);
	detach(guest->domid);
}

static bool is_readable(int file)
{
	struct pollfd pfd = { .fd = file, .events = POLLIN };

	return poll(&pfd, 1, 0) == 1;
}

static int read_error(int file)
{
	struct noxs_ioc_event event;

	return read(file, &event, sizeof(event)) < 0 ? errno : 0;
}

static void test_one(int one, int other)
{
	expect("ends-of-one-domain", follow(one, 1, NOXS_SUBSCRIBE_ENDS), EINVAL);
	expect("ends-take-alone", follow(one, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_TAKE), EINVAL);
	expect("ends-flags", follow(one, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS | 4), EINVAL);
	verdict("ends-unwatched", !is_watched(), "not so");
	expect("ends-follow", follow(one, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS), 0);
	verdict("ends-watched", is_watched(), "not so");
	expect("ends-follow-again", follow(one, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS), 0);
	expect("ends-another", follow(other, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS), EBUSY);
	verdict("ends-another-reads-nothing", read_error(other) == ENOTCONN && !is_readable(one),
		"not so");
	expect("ends-take",
	       follow(other, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS | NOXS_SUBSCRIBE_TAKE), 0);
	verdict("ends-ousted", is_readable(one) && read_error(one) == ENOTCONN, "it is not told");
	/* Whoever was ousted is nobody any more: its end changes nothing. */
	expect("ends-ousted-follows", subscribe(one, NOXS_DOMID_NONE), 0);
	verdict("ends-taken", is_watched() && !is_readable(one), "not so");
	expect("ends-give-up", subscribe(other, NOXS_DOMID_NONE), 0);
	verdict("ends-given-up", !is_watched(), "not so");
}

/* One that waits in read() is woken, and one that is killed has not done it any more. */
static void test_killed(int other)
{
	struct noxs_ioc_event event;
	int pid, status, tries;

	pid = fork();
	if (!pid) {
		int mine = open(NOXS_DEVICE, O_RDWR);

		if (follow(mine, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS))
			_exit(1);
		_exit(read(mine, &event, sizeof(event)) < 0 && errno == ENOTCONN ? 0 : 2);
	}
	for (tries = 0; tries < 500 && !is_watched(); tries++)
		usleep(10000);
	usleep(100000); /* until it sleeps, as a rule */
	expect("ends-take-reader",
	       follow(other, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS | NOXS_SUBSCRIBE_TAKE), 0);
	waitpid(pid, &status, 0);
	verdict("ends-reader-wakes", !status, "status %#x", status);
	subscribe(other, NOXS_DOMID_NONE);
	pid = fork();
	if (!pid) {
		follow(open(NOXS_DEVICE, O_RDWR), NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS);
		pause();
		_exit(1);
	}
	for (tries = 0; tries < 500 && !is_watched(); tries++)
		usleep(10000);
	verdict("ends-child-watches", is_watched(), "not so");
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	verdict("ends-killed", !is_watched(), "not so");
}

/* It reads how domains end, of this one and of all others, and nothing else; and that it was late. */
static void test_read(struct guest *guest, int one)
{
	struct noxs_ioc_event event;
	int i;

	follow(one, NOXS_DOMID_NONE, NOXS_SUBSCRIBE_ENDS);
	attach_with(guest, ENDS);
	xc_domain_shutdown(xch, guest->domid, SHUTDOWN_suspend);
	usleep(100000); /* for the news to come */
	verdict("ends-others-not-told", !is_readable(one), "not so");
	guest_destroy(guest);
	if (guest_create(guest))
		return verdict("guest", false, "cannot be built");
	attach_with(guest, ENDS);
	xc_domain_shutdown(xch, guest->domid, SHUTDOWN_crash);
	verdict("ends-told",
		await_event(one, NOXS_EVENT_SHUTDOWN, &event) && event.domid == guest->domid &&
			event.code == SHUTDOWN_crash,
		"not so");
	detach(guest->domid);
	verdict("ends-nothing-else", !is_readable(one), "not so");
	for (i = 0; i < 600; i++)
		if (attach(guest) || detach(guest->domid))
			break;
	verdict("ends-lost",
		read(one, &event, sizeof(event)) == sizeof(event) && event.type == NOXS_EVENT_LOST,
		"round %d, type %u", i, event.type);
	verdict("ends-lost-once", !is_readable(one), "not so");
}

void test_domain_ends(void)
{
	int one = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);
	int other = open(NOXS_DEVICE, O_RDWR | O_NONBLOCK);
	struct guest guest;

	if (guest_create(&guest))
		return verdict("guest", false, "cannot be built");
	test_kept(&guest);
	test_configured(&guest);
	test_log(&guest);
	test_note(&guest);
	test_one(one, other);
	test_killed(other);
	test_read(&guest, one);
	guest_destroy(&guest);
	close(one);
	close(other);
	verdict("ends-closed", !is_watched(), "not so");
}
